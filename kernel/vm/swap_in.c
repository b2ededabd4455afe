/*
 * Reading from swap. A page that is missed is read together with the slots around it, as far as
 * they are in use: what left memory together was often used together. How many is learnt, process by
 * process:
 *
 *	of the pages read ahead last time		the next read has
 *	half or more were used				twice as many pages, 8 at most
 *	fewer						as many
 *	none was					half as many
 *
 * What is kept in memory in another form comes alone, when it is asked for: there is no I/O to be saved.
 *
 * When a request of several pages fails nobody knows whose sector it was. The page that is wanted is read
 * once more, alone; the others are not marked.
 *
 * Where it has come down to one page nothing is read ahead that could be used; two misses of
 * neighbours in a row start it again, and keep it from coming down: of two slots that are read together
 * the first is even, so the second miss may be of the one whose neighbour is here already.
 *
 * Whoever says what it will need (MADV_WILLNEED) has that read, and nothing is learnt from it.
 */

#include "lib/bitops.h"
#include "lib/err.h"
#include "mem/vmstat.h"
#include "vm/page_lock.h"
#include "vm/swap_area.h"
#include "vm/swap_keep.h"

#define SWAP_WINDOW_MAX 8

/* Neighbours are read when there is a page for them, but nobody has to make room. */
#define GFP_AHEAD (GFP_BIT_HIGHMEM | GFP_MOVABLE | GFP_NOWARN)

/* => pages to read, a power of two */
static u32
window_next(struct swap_readahead *ra, u64 slot)
{
	u32 window = MAX(ra->window, 1U), hits = ra->hits;
	u64 last = ra->last_slot;

	ra->hits = 0;
	ra->last_slot = slot;
	if (window > 1 && hits * 2 >= window - 1)
		window = MIN(window * 2, (u32)SWAP_WINDOW_MAX);
	else if (window > 1 && hits == 0)
		window /= 2;
	if (window == 1 && (slot == last + 1 || slot + 1 == last))
		window = 2;
	ra->window = window;
	return window;
}

/*
 * Pages for slots around that of page, page among them, in order. Their colours are those of the places
 * around `at`, for neighbours on disk were neighbours in memory. => how many
 */
static unsigned
window_fill(struct page *page, swp_entry_t entry, u64 at, u32 window, struct page **pages)
{
	u64 first = ALIGN_DOWN(swp_slot(entry), (u64)window);
	unsigned nr = 0;

	for (u64 slot = first; slot < first + window; slot++) {
		u64 place = at + ((slot - swp_slot(entry)) << PAGE_SHIFT);
		swp_entry_t neighbour = swp_entry(swp_type(entry), slot);
		struct page *other;

		if (slot == swp_slot(entry)) {
			pages[nr++] = page;
			continue;
		}
		if (swap_keep_has(neighbour))
			continue;
		other = swap_cache_add_new(neighbour, place, GFP_AHEAD);
		if (IS_ERR_OR_NULL(other))
			continue;
		page_set(other, PG_readahead);
		pages[nr++] = other;
	}
	return nr;
}

/* page is new in the cache: read it, and others with it. */
static void
read_around(struct page *page, swp_entry_t entry, u64 at, struct swap_readahead *ra)
{
	struct page *pages[SWAP_WINDOW_MAX];
	u32 window = ra && !swap_keep_has(entry) ? window_next(ra, swp_slot(entry)) : 1;
	unsigned nr = window_fill(page, entry, at, window, pages);

	vmstat_add(SWAP_RA, nr - 1);
	swap_read_pages(pages, nr);
	for (unsigned i = 0; i < nr; i++)
		if (pages[i] != page)
			page_put(pages[i]);
}

void
swap_read_ahead(const struct swap_wanted *wanted, unsigned nr)
{
	struct page *pages[SWAP_AHEAD_MAX];
	unsigned nr_new = 0;

	for (unsigned i = 0; i < nr; i++) {
		struct page *page = NULL;

		if (!swap_keep_has(wanted[i].entry))
			page = swap_cache_add_new(wanted[i].entry, wanted[i].at, GFP_AHEAD);
		if (!IS_ERR_OR_NULL(page))
			pages[nr_new++] = page;
	}
	swap_read_pages(pages, nr_new);
	for (unsigned i = 0; i < nr_new; i++)
		page_put(pages[i]);
}

/* => the page, perhaps still being read; *read is set when it was not in the cache */
static struct page *
page_start(swp_entry_t entry, u64 at, struct swap_readahead *ra, bool *read)
{
	struct page *page;

	do {
		page = swap_cache_find(entry);
		if (page)
			return page;
		page = swap_cache_add_new(entry, at, GFP_HIGHUSER);
	} while (IS_ERR(page) && PTR_ERR(page) == -EEXIST);
	if (IS_ERR_OR_NULL(page))
		return page;
	*read = true;
	read_around(page, entry, at, ra);
	return page;
}

/* It leaves the cache, so that the next one tries again. */
static void
page_fail(struct page *page)
{
	page_lock(page);
	if (page_test(page, PG_swapcache) && !page_uptodate(page))
		swap_cache_remove(page);
	page_unlock(page);
	page_put(page);
}

struct page *
swap_in(swp_entry_t entry, u64 at, struct swap_readahead *ra, bool *major)
{
	for (;;) {
		bool read = false, alone;
		struct page *page = page_start(entry, at, ra, &read);

		if (IS_ERR_OR_NULL(page))
			return page;
		*major |= read;
		page_wait_unlocked(page);
		if (page_uptodate(page))
			return page;
		alone = !ra || page_test(page, PG_error);
		page_fail(page);
		if (read && alone)
			return ERR_PTR(-EIO);
		ra = NULL;
	}
}
