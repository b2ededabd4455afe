/*
 * What need not go to the disk is in the area's tree `kept`. An entry there is either a pointer to a
 * compressed page (vm/zswap.c), or, for a page that is one word over and over, most often zero, that
 * word, as a number of 63 bits:
 *
 *	bit 62 clear	the word, which is below 2^62
 *	bit 62 set	the word's lower half, twice
 *	bits 62, 61	no word: the page could not be decompressed, and is lost
 *
 * and of a word that is neither the page is treated like any other. What is lost stays so until the slot
 * is free: on the disk there is nothing, or another page that had the slot before.
 */

#include "vm/swap_keep.h"

#include "core/panic.h"
#include "lib/errno.h"
#include "mem/kmap.h"
#include "mem/vmstat.h"
#include "vm/page_lock.h"
#include "vm/zswap.h"

#define WORDS_PER_PAGE (PAGE_SIZE / sizeof(u64))

#define FILL_TWICE BIT(62)
#define UNREADABLE (BIT(62) | BIT(61))

/* => an entry for the tree; NULL when the page is not one word, or one that cannot be kept */
static void *
page_to_fill(const u64 *words)
{
	u64 word = words[0];

	if (words[WORDS_PER_PAGE - 1] != word)
		return NULL;
	for (unsigned i = 1; i < WORDS_PER_PAGE; i++)
		if (words[i] != word)
			return NULL;
	if (word < FILL_TWICE)
		return xa_mk_value(word);
	return (u32)word == word >> 32 ? xa_mk_value(FILL_TWICE | (u32)word) : NULL;
}

static void
page_fill(u64 *words, const void *entry)
{
	u64 value = xa_to_value(entry), half = (u32)value;
	u64 word = value & FILL_TWICE ? half << 32 | half : value;

	for (unsigned i = 0; i < WORDS_PER_PAGE; i++)
		words[i] = word;
}

/* => entry is in no tree */
static void
kept_free(void *entry)
{
	if (entry && !xa_is_value(entry))
		zswap_free(entry);
}

/* What is kept of page instead of its contents. => NULL: it has to be written */
static void *
page_to_kept(struct page *page, swp_entry_t entry)
{
	u64 *words = kmap_local_page(page);
	void *fill = page_to_fill(words);

	kunmap_local(words);
	return fill ? fill : zswap_store(page, entry);
}

bool
swap_keep_save(struct page *page)
{
	swp_entry_t entry = page_swp_entry(page);
	struct swap_area *area = swap_area_of(entry);
	void *kept = page_to_kept(page, entry);

	spin_lock(&area->lock);
	swap_keep_drop_locked(area, swp_slot(entry));
	if (kept && xa_insert(&area->kept, swp_slot(entry), kept) < 0) {
		kept_free(kept);
		kept = NULL;
	}
	if (kept && !xa_is_value(kept))
		zswap_publish(kept);
	spin_unlock(&area->lock);
	return kept;
}

/* Fill page with a compressed one, which is then kept no longer. => 0; -EIO: nor is anything else */
static int
kept_expand(struct swap_area *area, u64 slot, struct zswap_entry *kept, struct page *page)
{
	int error = zswap_load(kept, page);

	spin_lock(&area->lock);
	if (!error)
		xa_erase(&area->kept, slot);
	else if (xa_store(&area->kept, slot, xa_mk_value(UNREADABLE)) < 0)
		panic("a full place of an xarray wants memory");
	spin_unlock(&area->lock);
	zswap_free(kept);
	if (!error)
		page_set(page, PG_dirty);
	return error;
}

int
swap_keep_load(struct page *page)
{
	swp_entry_t entry = page_swp_entry(page);
	struct swap_area *area = swap_area_of(entry);
	void *kept;
	u64 *words;

	spin_lock(&area->lock);
	kept = xa_load(&area->kept, swp_slot(entry));
	spin_unlock(&area->lock);
	if (!kept)
		return -ENOENT;
	if (!xa_is_value(kept))
		return kept_expand(area, swp_slot(entry), kept, page);
	if (xa_to_value(kept) == UNREADABLE)
		return -EIO;
	words = kmap_local_page(page);
	page_fill(words, kept);
	kunmap_local(words);
	return 0;
}

bool
swap_keep_has(swp_entry_t entry)
{
	struct swap_area *area = swap_area_of(entry);
	bool has;

	spin_lock(&area->lock);
	has = xa_load(&area->kept, swp_slot(entry));
	spin_unlock(&area->lock);
	return has;
}

void
swap_keep_drop_locked(struct swap_area *area, u64 slot)
{
	if (!xa_empty(&area->kept))
		kept_free(xa_erase(&area->kept, slot));
}
