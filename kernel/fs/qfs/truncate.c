/*
 * Changing the size of a file, and freeing files.
 *
 * Blocks are freed from the end, as many in one transaction as fit. If it takes more than one, the inode
 * is marked in the orphan bitmap in the first and unmarked in the last, and mount finishes what
 * a crash interrupted.
 *
 * Bytes behind the end of the file, in its last block, may be old data on the disk after a cut. They
 * never show: reading a page zeroes them (pages.c), and before a file grows past its last block
 * that block is written with zeros (qfs_clean_tail).
 *
 * Freeing reads blocks of numbers, for which there may be no memory. Then the cut is pending: the file
 * has its new size, and what lies behind is freed before it grows again. So is what a file without a name
 * had. The next sync does both, and the next mount: an inode leaves memory in the middle of reclaim, where no
 * transaction may begin.
 */
#include "fs/qfs/bmap.h"
#include "fs/qfs/node.h"
#include "fs/qfs/pages.h"
#include "lib/err.h"
#include "vm/pagecache.h"

/* Buffers of one step: enough for the freed blocks to lie in dozens of bitmap blocks. */
#define FREE_STEP_BUFS 48u

static u32
blocks_of(u64 bytes)
{
	return (bytes + QFS_BLOCK_SIZE - 1) >> QFS_BLOCK_SHIFT;
}

/* The last transaction of a free: the whole file vanishes, or it is an ordinary file again. */
static void
free_finish(struct qfs_handle *h, struct qfs_node *node, struct qfs_buf *buf, bool whole_file)
{
	if (whole_file) {
		qfs_node_erase(h, node, buf);
		qfs_ino_free(h, node->inode.ino);
	} else {
		qfs_node_store_locked(h, node, buf);
	}
	if (whole_file || node->inode.nlink > 0)
		qfs_orphan_set(h, node->inode.ino, false);
}

/* => 1 when there is more to free */
static int
free_step(struct qfs_node *node, struct qfs_buf *buf, u64 size, bool whole_file)
{
	struct qfs_handle h;
	int result = qfs_begin(&h, qfs_of(&node->inode), FREE_STEP_BUFS, 0);

	if (result)
		return result;
	rwsem_write_lock(&node->map_lock);
	if (!whole_file)
		node->disk_size = size;
	if (qfs_node_owns_blocks(node))
		result = qfs_map_free_locked(&h, node, blocks_of(size), !S_ISREG(node->inode.mode));
	if (result == 0) {
		free_finish(&h, node, buf, whole_file);
	} else {
		qfs_node_store_locked(&h, node, buf);
		qfs_orphan_set(&h, node->inode.ino, true);
	}
	rwsem_write_unlock(&node->map_lock);
	qfs_end(&h);
	return result;
}

int
qfs_free_blocks(struct qfs_node *node, u64 size, bool whole_file)
{
	struct qfs *fs = qfs_of(&node->inode);
	struct qfs_buf *buf = qfs_node_buf(fs, node->inode.ino);
	int result = err_or_null_to_errno(buf);

	if (result)
		return result;
	do {
		result = free_step(node, buf, size, whole_file);
		cond_resched();
	} while (result == 1);
	qfs_buf_put(fs, buf);
	return result;
}

/* The page that holds the byte before `size`, in the cache: mapping_truncate() zeroes its rest. */
static int
bring_last_page(struct qfs_node *node, u64 size)
{
	u32 index = size >> QFS_BLOCK_SHIFT, block, run;
	struct page *page;
	int err;

	if (size % QFS_BLOCK_SIZE == 0)
		return 0;
	err = qfs_map_find(node, index, 1, &block, &run);
	if (err || block == 0)
		return err;
	page = pagecache_get(&node->inode.mapping, index, NULL);
	err = err_or_null_to_errno(page);
	if (!err)
		page_put(page);
	return err;
}

int
qfs_cut(struct qfs_node *node)
{
	struct qfs *fs = qfs_of(&node->inode);
	u64 size = inode_size(&node->inode);
	int err = 0;

	node->cut_pending = true;
	/* The disk will be told this size: as in shrink(). */
	if (READ_ONCE(node->disk_size) < size)
		err = mapping_writeback(&node->inode.mapping, 0, size, true);
	if (!err)
		err = qfs_free_blocks(node, size, false);
	if (!err)
		node->cut_pending = false;
	else if (err == -ENOMEM)
		WRITE_ONCE(fs->unfinished, 1);
	return err;
}

static int
shrink(struct qfs_node *node, u64 size)
{
	struct mapping *mapping = &node->inode.mapping;
	struct qfs *fs = qfs_of(&node->inode);
	struct qfs_buf *buf;
	int err = 0;

	/* The disk will be told the new size, so what it has not seen of the file must get there first. */
	if (READ_ONCE(node->disk_size) < size)
		err = mapping_writeback(mapping, 0, size, true);
	if (!err)
		err = bring_last_page(node, size);
	if (err)
		return err;
	/* From here on there is at least the memory to tell the disk the size. */
	buf = qfs_node_buf(fs, node->inode.ino);
	err = err_or_null_to_errno(buf);
	if (err)
		return err;
	mapping_truncate(mapping, size);
	err = qfs_cut(node);
	qfs_buf_put(fs, buf);
	return err;
}

static int
zero_tail(struct qfs_node *node, u64 old_size)
{
	struct mapping *mapping = &node->inode.mapping;
	u32 index = old_size >> QFS_BLOCK_SHIFT, block, run;
	struct page *page;
	int err;

	if (old_size % QFS_BLOCK_SIZE == 0)
		return 0;
	err = qfs_map_find(node, index, 1, &block, &run);
	if (err)
		return err;
	if (block == 0) {
		mapping_zero_tail(mapping);
		return 0;
	}
	page = pagecache_get_for_write(mapping, index, false);
	err = err_or_null_to_errno(page);
	if (err)
		return err;
	qfs_page_zero_from(page, old_size % QFS_BLOCK_SIZE);
	page_mark_dirty(page);
	page_unlock(page);
	page_put(page);
	return mapping_writeback(mapping, (u64)index << QFS_BLOCK_SHIFT,
				 (u64)(index + 1) << QFS_BLOCK_SHIFT, true);
}

int
qfs_clean_tail(struct qfs_node *node)
{
	int err = node->cut_pending ? qfs_cut(node) : 0;

	return err ? err : zero_tail(node, inode_size(&node->inode));
}

static int
grow(struct qfs_node *node, u64 size)
{
	struct qfs *fs = qfs_of(&node->inode);
	int err = qfs_clean_tail(node);
	struct qfs_buf *buf;
	struct qfs_handle h;

	if (err)
		return err;
	buf = qfs_node_buf(fs, node->inode.ino);
	err = err_or_null_to_errno(buf);
	if (err)
		return err;
	err = qfs_begin(&h, fs, 1, 0);
	if (!err) {
		mapping_set_size(&node->inode.mapping, size);
		rwsem_write_lock(&node->map_lock);
		node->disk_size = size;
		qfs_node_store_locked(&h, node, buf);
		rwsem_write_unlock(&node->map_lock);
		qfs_end(&h);
	}
	qfs_buf_put(fs, buf);
	return err;
}

int
qfs_truncate(struct qfs_node *node, u64 size)
{
	u64 old_size = inode_size(&node->inode);

	if (size > QFS_MAX_BYTES)
		return -EFBIG;
	if (size < old_size)
		return shrink(node, size);
	return size > old_size ? grow(node, size) : 0;
}
