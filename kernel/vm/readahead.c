/*
 * Reading ahead. A reader that goes through a file page by page is given windows: 4 pages, then 8,
 * 16, 32. One page of each window is marked; when the reader gets there the next window is started,
 * so that the disk works while the reader does:
 *
 *	miss here		 marked			next window, started at the mark
 *	│			 │			│
 *	[0  1  2  3][4  5  6  7  8* 9 10 11][12* ...				* = PG_readahead
 *
 * A reader that jumps gets one page at a time, until it goes on from where it was. Faults of mapped
 * files jump often, but come back to the neighbourhood: they get the aligned 16 pages around. Of those
 * one is marked, too, if it lies behind the page that was wanted; and a fault maps what is around but
 * not the marked page, so that the program that goes on faults there.
 *
 * Memory that has no disk is not read ahead: its holes are made one by one, when a program asks for them.
 */

#include "lib/err.h"
#include "mem/page_alloc.h"
#include "sched/sched.h"
#include "vm/pagecache_internal.h"
#include "vm/vma.h"

#define WINDOW_MIN 4
#define AROUND	   16 /* pages that a fault maps at most */

#define CHUNK 256 /* that are asked for without a look whether somebody else should run */

#define GFP_READAHEAD (GFP_HIGHUSER | GFP_NORETRY | GFP_NOWARN)

/* Pages being collected for one read_pages call. */
struct batch {
	struct mapping *mapping;
	unsigned nr;
	struct page *pages[MAPPING_BATCH_MAX];
};

static void
batch_submit(struct batch *batch)
{
	if (batch->nr == 0)
		return;
	batch->mapping->ops->read_pages(batch->mapping, batch->pages, batch->nr);
	for (unsigned i = 0; i < batch->nr; i++)
		page_put(batch->pages[i]);
	batch->nr = 0;
}

static void
batch_add(struct batch *batch, struct page *page)
{
	if (batch->nr == MAPPING_BATCH_MAX)
		batch_submit(batch);
	batch->pages[batch->nr++] = page;
}

/* Is the page there? No reference: a hint. */
static bool
page_cached(struct mapping *mapping, u64 index)
{
	bool cached;

	spin_lock(&mapping->lock);
	cached = xa_load(&mapping->pages, index) != NULL;
	spin_unlock(&mapping->lock);
	return cached;
}

/*
 * Read what is missing of first .. first + nr - 1. Page `mark` gets PG_readahead; page `wanted`,
 * when it is read here, is returned with a reference. With none wanted: ERR_PTR(-ENOMEM) when memory is out.
 */
static struct page *
read_range(struct mapping *mapping, u64 first, u64 nr, u64 mark, u64 wanted)
{
	struct batch batch = {.mapping = mapping};
	struct page *found = NULL;

	for (u64 index = first; index < first + nr; index++) {
		gfp_t gfp = index == wanted ? GFP_HIGHUSER : GFP_READAHEAD;
		struct page *page = ERR_PTR(-EEXIST);

		if (!page_cached(mapping, index))
			page = pagecache_add(mapping, index, gfp);
		if (IS_ERR(page)) {
			batch_submit(&batch);
			if (index == wanted)
				found = ERR_PTR(-EAGAIN);
			continue;
		}
		if (!page) {
			batch_submit(&batch);
			if (wanted == UINT64_MAX)
				found = ERR_PTR(-ENOMEM);
			if (index >= wanted || found)
				break;
			continue;
		}
		if (index == mark)
			page_set(page, PG_readahead);
		if (index == wanted) {
			page_get(page);
			found = page;
		}
		batch_add(&batch, page);
	}
	batch_submit(&batch);
	return found;
}

/* The pages of the file from index on. */
static u64
pages_left(const struct mapping *mapping, u64 index)
{
	u64 nr = (mapping_size(mapping) + PAGE_SIZE - 1) >> PAGE_SHIFT;

	return index < nr ? nr - index : 0;
}

/* Is this read the continuation of what the reader did? Of what is mapped not every page is read. */
static bool
is_sequential(const struct readahead *ra, u64 index)
{
	if (ra->advice & VM_RAND_READ)
		return false;
	return index == ra->next || index == ra->end || index == 0 || ra->advice & VM_SEQ_READ;
}

static u32
window_next(const struct readahead *ra)
{
	return CLAMP(ra->window * 2, (u32)WINDOW_MIN, (u32)READAHEAD_MAX);
}

struct page *
readahead_miss(struct mapping *mapping, u64 index, struct readahead *ra)
{
	u64 first = index, left, mark, nr = 1;

	if (ra && is_sequential(ra, index)) {
		ra->window = window_next(ra);
		nr = ra->window;
	} else if (ra == &mapping->ra && !(ra->advice & VM_RAND_READ)) {
		first = ALIGN_DOWN(index, AROUND);
		nr = AROUND;
		ra->window = 0;
	} else if (ra) {
		ra->window = 0;
	}
	left = pages_left(mapping, first);
	nr = CLAMP(left, index - first + 1, MAX(nr, index - first + 1));
	if (ra)
		ra->end = first + nr;
	mark = first + nr / 2;
	if (mark <= index)
		mark = UINT64_MAX;
	return read_range(mapping, first, nr, mark, index);
}

void
readahead_hit(struct mapping *mapping, struct page *page, struct readahead *ra)
{
	u64 first = MAX(ra->end, page->index + 1);
	u64 nr;

	page_clear(page, PG_readahead);
	if (ra->advice & VM_RAND_READ || page->index + READAHEAD_MAX < first)
		return;
	ra->window = window_next(ra);
	nr = MIN((u64)ra->window, pages_left(mapping, first));
	ra->end = first + nr;
	if (nr > 0)
		read_range(mapping, first, nr, first + nr / 2, UINT64_MAX);
}

/* A program may ask for all of a large file: others come to their turn, and it may be killed. */
void
pagecache_readahead(struct mapping *mapping, u64 index, u64 nr_pages)
{
	u64 end = index + MIN(nr_pages, pages_left(mapping, index)), nr;

	for (; index < end && !kill_pending(); index += nr) {
		nr = MIN(end - index, (u64)CHUNK);
		if (read_range(mapping, index, nr, UINT64_MAX, UINT64_MAX))
			break;
		cond_resched();
	}
}
