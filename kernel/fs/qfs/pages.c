/*
 * Blocks are allocated when pages are written, not when write(2) or a program's store makes them dirty:
 * then blocks are only reserved, and the page remembers how many. Allocation, the new size and the start
 * of the I/O are one transaction, and its commit waits for the I/O; so after a crash the metadata
 * never show blocks whose data did not arrive.
 *
 * The order of locks: here a transaction is opened while pages are marked PG_writeback. That is
 * sound because nobody who has a transaction open waits for a page's write-back.
 */
#include "fs/qfs/pages.h"

#include "fs/qfs/bmap.h"
#include "fs/qfs/io.h"
#include "fs/qfs/node.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mem/kmap.h"

#define MAP_BUFS 5u /* 64 neighbours cross one boundary: 2 IND1 and 2 IND2; the inode */

static struct qfs_node *
node_of_mapping(struct mapping *mapping)
{
	return qfs_node_of(mapping->host);
}

void
qfs_page_zero_from(struct page *page, u32 offset)
{
	u8 *kva = kmap_local_page(page);

	memset(kva + offset, 0, QFS_BLOCK_SIZE - offset);
	kunmap_local(kva);
}

static u64
sector_of(u32 block)
{
	return (u64)block * QFS_SECTORS_PER_BLOCK;
}

/* --- reading -------------------------------------------------------------------------------- */

/* What was read is complete but for this: bytes behind the end of the file are zeros. */
static void
page_read_end(struct page *page, int error)
{
	u64 start = page->index << QFS_BLOCK_SHIFT;
	u64 size = mapping_size(page->mapping);

	if (!error && size < start + QFS_BLOCK_SIZE)
		qfs_page_zero_from(page, size > start ? size - start : 0);
	page_read_done(page, error);
}

static void
read_bio_done(struct bio *bio)
{
	for (unsigned i = 0; i < bio->nr_segs; i++)
		page_read_end(bio->segs[i].page, bio->status);
	bio_free(bio);
}

static void
read_run(struct qfs *fs, u32 block, struct page **pages, u32 nr)
{
	struct bio *bio = bio_alloc(GFP_KERNEL);

	if (!bio) {
		for (u32 i = 0; i < nr; i++)
			page_read_end(pages[i], block_read(fs->bdev, sector_of(block + i), pages[i],
							   0, QFS_BLOCK_SIZE));
		return;
	}
	bio->op = BIO_READ;
	bio->sector = sector_of(block);
	bio->done = read_bio_done;
	for (u32 i = 0; i < nr; i++)
		bio_add(bio, pages[i], 0, QFS_BLOCK_SIZE);
	bio_submit(fs->bdev, bio);
}

static void
read_hole(struct page **pages, u32 nr)
{
	for (u32 i = 0; i < nr; i++) {
		page_zero_contents(pages[i]);
		page_read_done(pages[i], 0);
	}
}

/*
 * How many of them are within the file? The others have been cut off, and their blocks may be another file's
 * soon. Who cuts them off later waits for these reads: he changes the size, and then looks for pages.
 */
static u32
nr_within(const struct mapping *mapping, u64 first, unsigned nr)
{
	u64 end;

	/* After the pages came to the tree; as mapping_truncate(). */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	end = DIV_ROUND_UP(mapping_size(mapping), QFS_BLOCK_SIZE);
	return first < end ? MIN((u64)nr, end - first) : 0;
}

static void
qfs_read_pages(struct mapping *mapping, struct page **pages, unsigned nr)
{
	struct qfs_node *node = node_of_mapping(mapping);
	struct qfs *fs = qfs_of(&node->inode);
	u64 first = pages[0]->index;
	u32 nr_file = nr_within(mapping, first, nr);
	u32 run, block;

	read_hole(pages + nr_file, nr - nr_file);
	for (u32 i = 0; i < nr_file; i += run) {
		int err = 0;

		run = nr_file - i;
		block = 0;
		if (first + i < QFS_MAX_FILE_BLOCKS)
			err = qfs_map_find(node, first + i, run, &block, &run);
		if (err) {
			page_read_done(pages[i], err);
			run = 1;
		} else if (block) {
			read_run(fs, block, pages + i, run);
		} else {
			read_hole(pages + i, run);
		}
	}
}

/* --- reserving ------------------------------------------------------------------------------ */

int
qfs_page_reserve(struct qfs_node *node, struct page *page)
{
	int missing = 0, err = 0;

	rwsem_write_lock(&node->map_lock);
	if (page->private == 0) {
		missing = qfs_map_missing_locked(node, page->index);
		if (missing > 0)
			err = qfs_space_reserve(qfs_of(&node->inode), missing);
		if (missing > 0 && !err)
			page->private = missing;
	}
	rwsem_write_unlock(&node->map_lock);
	return missing < 0 ? missing : err;
}

static int
qfs_reserve_write(struct mapping *mapping, struct page *page)
{
	return qfs_page_reserve(node_of_mapping(mapping), page);
}

static void
qfs_release_page(struct mapping *mapping, struct page *page)
{
	struct inode *inode = mapping->host;

	if (page->private) {
		qfs_space_unreserve(qfs_of(inode), page->private);
		page->private = 0;
	}
}

/* --- writing -------------------------------------------------------------------------------- */

_Static_assert(MAPPING_BATCH_MAX <= 64, "a bit for each page of a batch");

/* A batch of neighbours on its way to the disk. */
struct write_plan {
	struct qfs_node *node;
	struct qfs *fs;
	struct page **pages;
	u32 nr;
	u32 first;
	u32 block[MAPPING_BATCH_MAX];
	u64 fresh;	      /* a bit for each: its block is new, with another file's data */
	u64 disk_size;	      /* that the disk has to know when they are written */
	struct qfs_handle *h; /* not NULL: metadata changed, and the commit waits for the data */
};

/* Look up the blocks there are. => 1: some are missing, or the size on the disk is too small */
static int
plan_look_up(struct write_plan *plan)
{
	int err = 0, missing = 0;
	u32 run = 0;

	rwsem_read_lock(&plan->node->map_lock);
	missing = plan->disk_size > plan->node->disk_size;
	for (u32 i = 0; i < plan->nr && !err; i += run) {
		u32 block;

		err = qfs_map_find_locked(plan->node, plan->first + i, plan->nr - i, &block, &run);
		for (u32 k = 0; !err && k < run; k++)
			plan->block[i + k] = block ? block + k : 0;
		missing |= block == 0;
	}
	rwsem_read_unlock(&plan->node->map_lock);
	return err ? err : missing;
}

static bool
plan_has_reservations(const struct write_plan *plan)
{
	for (u32 i = 0; i < plan->nr; i++)
		if (READ_ONCE(plan->pages[i]->private))
			return true;
	return false;
}

/* What is reserved for the pages goes to the caller. */
static u32
plan_take_reservations(struct write_plan *plan)
{
	u32 total = 0;

	rwsem_write_lock(&plan->node->map_lock);
	for (u32 i = 0; i < plan->nr; i++) {
		total += plan->pages[i]->private;
		plan->pages[i]->private = 0;
	}
	rwsem_write_unlock(&plan->node->map_lock);
	return total;
}

/* When one block cannot be had, the size on the disk still grows over those before it: they are its. */
static int
plan_allocate_locked(struct write_plan *plan, struct qfs_handle *h)
{
	u32 nr = 0;
	int err = 0;
	u64 end;

	while (nr < plan->nr && !err) {
		if (plan->block[nr] == 0) {
			err = qfs_map_alloc_locked(h, plan->node, plan->first + nr,
						   &plan->block[nr]);
			plan->fresh |= (u64)!err << nr;
		}
		nr += !err;
	}
	end = MIN(plan->disk_size, (u64)(plan->first + nr) << QFS_BLOCK_SHIFT);
	if (nr > 0)
		plan->node->disk_size = MAX(plan->node->disk_size, end);
	return err;
}

static void plan_submit(struct write_plan *plan, int error);

/*
 * Allocate what is missing and start the I/O, in one transaction. A page may get dirty again after its
 * reservation was taken and before it has its block: then it reserves once more, in vain, and the next
 * write-back, which finds the block, gives that back.
 */
static int
plan_allocate(struct write_plan *plan, struct qfs_buf *buf)
{
	struct qfs_handle h;
	u32 reserved;
	int err;

	reserved = plan_take_reservations(plan);
	err = qfs_begin_reserved(&h, plan->fs, MAP_BUFS + qfs_space_max_bufs(plan->fs, reserved),
				 reserved);
	if (err) {
		qfs_space_unreserve(plan->fs, reserved);
		return err;
	}
	h.reserved = true;
	rwsem_write_lock(&plan->node->map_lock);
	err = plan_allocate_locked(plan, &h);
	qfs_node_store_locked(&h, plan->node, buf);
	rwsem_write_unlock(&plan->node->map_lock);
	plan->h = &h;
	plan_submit(plan, err);
	qfs_end(&h);
	return 0;
}

static void
write_bio_done(struct bio *bio)
{
	struct qfs *fs = bio->private; /* NULL: no commit waits for it */

	for (unsigned i = 0; i < bio->nr_segs; i++)
		page_end_writeback(bio->segs[i].page, bio->status);
	bio_free(bio);
	if (fs)
		qfs_data_end(fs);
}

static void
write_fresh_bio_done(struct bio *bio)
{
	struct qfs *fs = bio->private;

	if (!bio->status) {
		write_bio_done(bio);
		return;
	}
	qfs_write_failed(fs, bio);
	qfs_data_end(fs);
}

static bool
plan_is_fresh(const struct write_plan *plan, u32 i)
{
	return plan->fresh >> i & 1;
}

/* Without memory for a request: one page after the other. */
static void
write_run_slowly(struct write_plan *plan, u32 at, u32 nr)
{
	for (u32 i = at; i < at + nr; i++) {
		struct page *page = plan->pages[i];
		int err = block_write(plan->fs->bdev, sector_of(plan->block[i]), page, 0,
				      QFS_BLOCK_SIZE);

		if (err && plan_is_fresh(plan, i))
			qfs_page_undo(plan->h, page, plan->block[i]);
		page_end_writeback(page, err);
	}
}

static void
write_run(struct write_plan *plan, u32 at, u32 nr)
{
	struct bio *bio = bio_alloc(GFP_NOIO);

	if (!bio) {
		write_run_slowly(plan, at, nr);
		return;
	}
	bio->op = BIO_WRITE;
	bio->sector = sector_of(plan->block[at]);
	bio->done = plan_is_fresh(plan, at) ? write_fresh_bio_done : write_bio_done;
	bio->private = plan->h ? plan->fs : NULL;
	for (u32 i = 0; i < nr; i++)
		bio_add(bio, plan->pages[at + i], 0, QFS_BLOCK_SIZE);
	if (plan->h)
		qfs_data_begin(plan->fs);
	bio_submit(plan->fs->bdev, bio);
}

/* Do these two go in one request? */
static bool
plan_are_neighbours(const struct write_plan *plan, u32 i, u32 k)
{
	return plan->block[k] == plan->block[i] + (k - i) &&
	       plan_is_fresh(plan, k) == plan_is_fresh(plan, i);
}

/* Start writing the pages that have a block; the others ended with `error`. */
static void
plan_submit(struct write_plan *plan, int error)
{
	u32 run;

	for (u32 i = 0; i < plan->nr; i += run) {
		run = 1;
		if (plan->block[i] == 0) {
			page_end_writeback(plan->pages[i], error);
			continue;
		}
		while (i + run < plan->nr && run < BIO_MAX_SEGS &&
		       plan_are_neighbours(plan, i, i + run))
			run++;
		write_run(plan, i, run);
	}
}

static void
plan_write(struct write_plan *plan)
{
	int result = plan_look_up(plan);
	struct qfs_buf *buf = NULL;

	if (result == 1) {
		buf = qfs_node_buf(plan->fs, plan->node->inode.ino);
		result = err_or_null_to_errno(buf);
		if (!result)
			result = plan_allocate(plan, buf);
		if (!result) {
			qfs_buf_put(plan->fs, buf);
			return;
		}
	}
	if (!IS_ERR(buf))
		qfs_buf_put(plan->fs, buf);
	if (plan_has_reservations(plan))
		qfs_space_unreserve(plan->fs, plan_take_reservations(plan));
	plan_submit(plan, result);
}

static void
qfs_write_pages(struct mapping *mapping, struct page **pages, unsigned nr)
{
	struct qfs_node *node = node_of_mapping(mapping);
	u64 size = mapping_size(mapping);
	u64 first = pages[0]->index;
	struct write_plan plan = {
		.node = node,
		.fs = qfs_of(&node->inode),
		.pages = pages,
		.nr = nr,
		.first = first,
	};

	/* A page that lies behind the end belongs to a truncation, which is waiting to drop it. */
	while (plan.nr && (first + plan.nr - 1) << QFS_BLOCK_SHIFT >= size)
		page_end_writeback(pages[--plan.nr], 0);
	if (plan.nr == 0)
		return;
	plan.disk_size = MIN(size, (first + plan.nr) << QFS_BLOCK_SHIFT);
	plan_write(&plan);
}

/* --- swap files ----------------------------------------------------------------------------- */

static int
qfs_find_sectors(struct mapping *mapping, u64 index, u64 *nr, u64 *sector,
		 struct block_device **bdev)
{
	struct qfs_node *node = node_of_mapping(mapping);
	u32 block, run;
	int err;

	if (index >= QFS_MAX_FILE_BLOCKS)
		return -EINVAL;
	err = qfs_map_find(node, index, MIN(*nr, (u64)UINT32_MAX), &block, &run);
	if (err)
		return err;
	*nr = run;
	*sector = sector_of(block);
	*bdev = qfs_of(&node->inode)->bdev;
	return block ? 0 : -EINVAL;
}

/* Within the last block it need not be: who reads that zeroes what lies behind the end. */
static int
clean_tail(struct mapping *mapping, u64 pos)
{
	if (pos >> QFS_BLOCK_SHIFT <= mapping_size(mapping) >> QFS_BLOCK_SHIFT)
		return 0;
	return qfs_clean_tail(node_of_mapping(mapping));
}

const struct mapping_ops qfs_mapping_ops = {
	.read_pages = qfs_read_pages,
	.write_pages = qfs_write_pages,
	.reserve_write = qfs_reserve_write,
	.clean_tail = clean_tail,
	.release_page = qfs_release_page,
	.find_sectors = qfs_find_sectors,
	.get = inode_mapping_get,
	.put = inode_mapping_put,
	.sync = inode_mapping_sync,
	.stored = inode_mapping_stored,
	.path = inode_mapping_path,
	.identify = inode_mapping_identify,
};
