/*
 * Writes of data into new blocks that failed.
 *
 * Such a block still has what another file left there, and must not show. The transaction that put it
 * into the block map cannot have been committed, for its commit waits for the data. So before it is, the
 * block is taken out of the map again, and the file has a hole in its place:
 *
 *	write ends with an error -> queued, its pages still PG_writeback -> thread -> commit:
 *		barrier, all data ended -> out of the map, block free -> page_end_writeback(error)
 *
 * While a page is PG_writeback it is neither dropped (and so not read from the disk), nor can its
 * file be cut or leave memory. Whoever waits for it holds neither the barrier nor the block map's lock.
 *
 * Every buffer that changes here was changed by the allocation, and is in the running transaction.
 * The page gets its reservation back, so that it can be dirty again.
 */
#include "fs/qfs/bmap.h"
#include "fs/qfs/io.h"
#include "fs/qfs/node.h"
#include "fs/qfs/pages.h"
#include "lib/err.h"

void
qfs_write_failed_init(struct qfs *fs)
{
	spin_init(&fs->failed.lock, "qfs_failed", RANK_DEVICE);
	list_init(&fs->failed.bios);
}

void
qfs_write_failed(struct qfs *fs, struct bio *bio)
{
	u64 flags = spin_lock_irqsave(&fs->failed.lock);

	list_add_tail(&bio->link, &fs->failed.bios);
	spin_unlock_irqrestore(&fs->failed.lock, flags);
	wake_up_all(&fs->log.wq);
}

bool
qfs_has_write_failed(struct qfs *fs)
{
	return !list_empty(&fs->failed.bios);
}

static struct bio *
failed_take(struct qfs *fs)
{
	u64 flags = spin_lock_irqsave(&fs->failed.lock);
	struct bio *bio = NULL;

	if (!list_empty(&fs->failed.bios)) {
		bio = list_first_entry(&fs->failed.bios, struct bio, link);
		list_del(&bio->link);
	}
	spin_unlock_irqrestore(&fs->failed.lock, flags);
	return bio;
}

void
qfs_page_undo(struct qfs_handle *h, struct page *page, u32 block)
{
	struct qfs_node *node = qfs_node_of(page->mapping->host);
	struct qfs_buf *buf = qfs_node_buf(h->fs, node->inode.ino);
	int err = err_or_null_to_errno(buf);
	bool reserve;

	if (!err) {
		rwsem_write_lock(&node->map_lock);
		reserve = page->private == 0;
		err = qfs_map_undo_locked(h, node, page->index, block, reserve);
		if (!err && reserve)
			page->private = 1;
		qfs_node_store_locked(h, node, buf);
		rwsem_write_unlock(&node->map_lock);
		qfs_buf_put(h->fs, buf);
	}
	if (err)
		qfs_abort(h->fs, err, "a block without its data cannot be taken back");
}

void
qfs_write_failed_undo_locked(struct qfs *fs)
{
	struct qfs_handle h = {.fs = fs};
	struct bio *bio;

	while ((bio = failed_take(fs))) {
		u32 block = bio->sector / QFS_SECTORS_PER_BLOCK;

		for (u32 i = 0; i < bio->nr_segs; i++) {
			qfs_page_undo(&h, bio->segs[i].page, block + i);
			page_end_writeback(bio->segs[i].page, bio->status);
		}
		bio_free(bio);
	}
}
