/*
 * Pages to and from their slots. Pages whose slots lie side by side on the disk go in one request.
 * Neither direction waits: a page that is read is locked until it is there, one that is written has
 * PG_writeback until it is away.
 *
 * Writing makes memory free, so it must not fail for want of some. It takes memory for requests from
 * the reserves; when there is none even in the reserve of the block layer, pages are written one by
 * one, by a call that waits for a request of somebody else to end.
 */

#include "core/panic.h"
#include "core/printk.h"
#include "dev/block.h"
#include "dev/ratelimit.h"
#include "lib/err.h"
#include "mem/vmstat.h"
#include "vm/kswapd.h"
#include "vm/page_lock.h"
#include "vm/swap_area.h"
#include "vm/swap_keep.h"
#include "vm/writeback.h"

/* Requests are made from pages in order: the one that is being filled. */
struct run {
	enum bio_op op;
	struct bio *bio;
	struct block_device *bdev;
	u64 next_sector;
	bool keep; /* in memory what can be */
};

/* Writes that fail by the hundred do not keep one from hearing of a page that is lost. */
static struct ratelimit read_limit, write_limit;

static u64 nr_writing; /* pages; atomic */

static struct swap_area *
page_area(const struct page *page)
{
	return swap_area_of(page_swp_entry(page));
}

static u64
page_sector(const struct page *page)
{
	return swap_slot_sector(page_area(page), swp_slot(page_swp_entry(page)));
}

/* PG_error makes the slot bad as soon as the page leaves the cache. */
static void
page_write_end(struct page *page, int error)
{
	if (error) {
		if (ratelimit_ok(&write_limit, "swap"))
			pr_err("swap: slot %lu of %s could not be written, error %d",
			       swp_slot(page_swp_entry(page)), page_area(page)->source.bdev->name,
			       error);
		page_set(page, PG_error);
		page_set(page, PG_dirty);
	}
	page_writeback_done(page);
	if (__atomic_sub_fetch(&nr_writing, 1, __ATOMIC_ACQ_REL) == 0)
		kswapd_collect();
}

static void
page_read_end(struct page *page, int error)
{
	if (error && ratelimit_ok(&read_limit, "swap"))
		pr_err("swap: slot %lu of %s could not be read, error %d",
		       swp_slot(page_swp_entry(page)), page_area(page)->source.bdev->name, error);
	page_read_done(page, error);
}

static void
several_not_read(const struct bio *bio)
{
	const struct page *first = bio->segs[0].page;
	u64 slot = swp_slot(page_swp_entry(first));

	if (ratelimit_ok(&read_limit, "swap"))
		pr_err("swap: slots %lu to %lu of %s could not be read together, error %d", slot,
		       slot + bio->nr_segs - 1, page_area(first)->source.bdev->name, bio->status);
}

/* Of several pages that were not read nobody knows whose sector it was: none has PG_error. */
static void
bio_done(struct bio *bio)
{
	bool of_several = bio->op == BIO_READ && bio->status && bio->nr_segs > 1;

	if (of_several)
		several_not_read(bio);
	for (unsigned i = 0; i < bio->nr_segs; i++) {
		if (of_several)
			page_unlock(bio->segs[i].page);
		else if (bio->op == BIO_READ)
			page_read_end(bio->segs[i].page, bio->status);
		else
			page_write_end(bio->segs[i].page, bio->status);
	}
	bio_free(bio);
}

static void
run_submit(struct run *run)
{
	if (run->bio)
		bio_submit(run->bdev, run->bio);
	run->bio = NULL;
}

/* Without memory for a request. */
static void
page_move_slowly(enum bio_op op, struct page *page)
{
	struct block_device *bdev = page_area(page)->source.bdev;

	if (op == BIO_READ)
		page_read_end(page, block_read(bdev, page_sector(page), page, 0, PAGE_SIZE));
	else
		page_write_end(page, block_write(bdev, page_sector(page), page, 0, PAGE_SIZE));
}

/* Add a page to the request, or to the next one when it does not continue this one. */
static void
run_add(struct run *run, struct page *page)
{
	struct block_device *bdev = page_area(page)->source.bdev;
	u64 sector = page_sector(page);

	if (run->bio &&
	    (run->bdev != bdev || run->next_sector != sector || run->bio->nr_segs == BIO_MAX_SEGS))
		run_submit(run);
	if (!run->bio) {
		run->bio = bio_alloc(run->op == BIO_WRITE ? GFP_MEMALLOC : GFP_NOIO);
		if (!run->bio) {
			page_move_slowly(run->op, page);
			return;
		}
		run->bio->op = run->op;
		run->bio->sector = sector;
		run->bio->done = bio_done;
		run->bdev = bdev;
	}
	bio_add(run->bio, page, 0, PAGE_SIZE);
	run->next_sector = sector + PAGE_SIZE / SECTOR_SIZE;
}

void
swap_read_pages(struct page **pages, unsigned nr)
{
	struct run run = {.op = BIO_READ};

	for (unsigned i = 0; i < nr; i++) {
		assert(page_locked(pages[i]) && page_test(pages[i], PG_swapcache));
		int error = swap_keep_load(pages[i]);

		if (error != -ENOENT) {
			vmstat_add(ZSWPIN, page_test(pages[i], PG_dirty));
			page_read_end(pages[i], error);
			continue;
		}
		vmstat_add(PSWPIN, 1);
		run_add(&run, pages[i]);
	}
	run_submit(&run);
}

/*
 * May the page go out as it is? Not when a program can store to it: by a PTE, or by a reference that a
 * system call took before the PTEs went. A slot that failed is not tried again.
 */
static bool
page_can_go(const struct page *page)
{
	return page_test(page, PG_swapcache) && !page_test(page, PG_writeback) &&
	       !page_test(page, PG_error) && page_mapcount(page) == 0 && page_refcount(page) == 2;
}

/* => clean, or under way */
static bool
page_writeout(struct run *run, struct page *page)
{
	if (!page_can_go(page)) {
		page_unlock(page);
		return false;
	}
	page_clear(page, PG_dirty);
	if (run->keep && swap_keep_save(page)) {
		page_unlock(page);
		return true;
	}
	page_set(page, PG_writeback);
	writeback_began();
	__atomic_fetch_add(&nr_writing, 1, __ATOMIC_RELAXED);
	vmstat_add(PSWPOUT, 1);
	page_unlock(page);
	run_add(run, page);
	return true;
}

static unsigned
pages_writeout(struct run *run, struct page **pages, unsigned nr)
{
	unsigned started = 0;

	for (unsigned i = 0; i < nr; i++)
		started += page_writeout(run, pages[i]);
	run_submit(run);
	return started;
}

unsigned
swap_writeout(struct page **pages, unsigned nr)
{
	struct run run = {.op = BIO_WRITE, .keep = true};

	return pages_writeout(&run, pages, nr);
}

unsigned
swap_writeout_to_disk(struct page **pages, unsigned nr)
{
	struct run run = {.op = BIO_WRITE};

	return pages_writeout(&run, pages, nr);
}
