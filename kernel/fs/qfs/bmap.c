#include "fs/qfs/bmap.h"

#include "fs/qfs/layout.h"
#include "fs/qfs/mount.h"
#include "fs/qfs/path.h"
#include "lib/err.h"

static struct qfs *
fs_of(struct qfs_node *node)
{
	return qfs_of(&node->inode);
}

static int
check_block(struct qfs_node *node, u32 block)
{
	if (block == 0 || qfs_is_data_block(&fs_of(node)->disk, block))
		return 0;
	return qfs_damaged(fs_of(node), node->inode.ino, "inode: block number out of range");
}

/*
 * The array that holds the number of the data block: ptr of the node, or a block of numbers. *buf is
 * that block, with a reference, or NULL. => 0, *numbers NULL when part of the way is a hole
 */
static int
map_walk(struct qfs_node *node, const struct qfs_path *path, struct qfs_buf **buf, u32 **numbers,
	 u32 *at, u32 *missing)
{
	struct qfs *fs = fs_of(node);
	u32 block;
	int err;

	*buf = NULL;
	*numbers = node->ptr;
	*at = path->slot;
	for (u32 level = 0; level + 1 < path->depth; level++) {
		block = (*numbers)[*at];
		err = check_block(node, block);
		qfs_buf_put(fs, *buf);
		*buf = NULL;
		*numbers = NULL;
		*missing = path->depth - level;
		if (err || block == 0)
			return err;
		*buf = qfs_buf_read(fs, block, qfs_path_kind(path->depth, level));
		err = err_or_null_to_errno(*buf);
		if (err) {
			*buf = NULL;
			return err;
		}
		*numbers = (u32 *)(*buf)->data;
		*at = path->at[level];
	}
	return 0;
}

/* Entries that the array has from path's place on, of those that continue the file. */
static u32
entries_left(const struct qfs_path *path, u32 at)
{
	return (path->depth == 1 ? QFS_NR_DIRECT : QFS_PTRS_PER_BLOCK) - at;
}

static u32
count_run(const u32 *numbers, u32 at, u32 max)
{
	u32 run = 1;

	while (run < max && numbers[at + run] == (numbers[at] ? numbers[at] + run : 0))
		run++;
	return run;
}

int
qfs_map_find_locked(struct qfs_node *node, u32 index, u32 max, u32 *block, u32 *run)
{
	struct qfs_path path;
	struct qfs_buf *buf;
	u32 *numbers, at, missing = 0;
	int err;

	qfs_path_of(index, &path);
	err = map_walk(node, &path, &buf, &numbers, &at, &missing);
	if (err)
		return err;
	*block = 0;
	*run = MIN(max, entries_left(&path, path.depth == 1 ? at : path.at[path.depth - 2]));
	if (numbers) {
		*run = count_run(numbers, at, *run);
		*block = numbers[at];
		err = check_block(node, *block);
		if (!err && *block)
			err = check_block(node, *block + *run - 1);
	}
	qfs_buf_put(fs_of(node), buf);
	return err;
}

int
qfs_map_find(struct qfs_node *node, u32 index, u32 max, u32 *block, u32 *run)
{
	int err;

	rwsem_read_lock(&node->map_lock);
	err = qfs_map_find_locked(node, index, max, block, run);
	rwsem_read_unlock(&node->map_lock);
	return err;
}

int
qfs_map_missing_locked(struct qfs_node *node, u32 index)
{
	struct qfs_path path;
	struct qfs_buf *buf;
	u32 *numbers, at, missing = 0;
	int err;

	qfs_path_of(index, &path);
	err = map_walk(node, &path, &buf, &numbers, &at, &missing);
	if (err)
		return err;
	if (numbers)
		missing = numbers[at] == 0;
	qfs_buf_put(fs_of(node), buf);
	return missing;
}

/* A new block of numbers, all zero, with a reference. */
static struct qfs_buf *
numbers_new(struct qfs_handle *h, struct qfs_node *node, u32 kind)
{
	struct qfs_buf *buf;
	u32 block;
	int err = qfs_block_alloc(h, node->goal, &block);

	if (err)
		return ERR_PTR(err);
	buf = qfs_buf_new(h->fs, block, kind);
	if (!buf) {
		qfs_block_free(h, block);
		return NULL;
	}
	qfs_dirty(h, buf);
	node->nr_blocks++;
	node->goal = block + 1;
	return buf;
}

/* The block of numbers that numbers[at] names, made if there is none. *parent is replaced by it. */
static int
step_down(struct qfs_handle *h, struct qfs_node *node, struct qfs_buf **parent, u32 *number,
	  u32 kind)
{
	struct qfs_buf *child;
	int err = check_block(node, *number);

	if (err)
		return err;
	child = *number ? qfs_buf_read(h->fs, *number, kind) : numbers_new(h, node, kind);
	err = err_or_null_to_errno(child);
	if (err)
		return err;
	if (!*number) {
		*number = child->block;
		if (*parent)
			qfs_dirty(h, *parent);
	}
	qfs_buf_put(h->fs, *parent);
	*parent = child;
	return 0;
}

int
qfs_map_alloc_locked(struct qfs_handle *h, struct qfs_node *node, u32 index, u32 *block)
{
	struct qfs_buf *buf = NULL;
	u32 *number;
	struct qfs_path path;
	int err = 0;

	qfs_path_of(index, &path);
	number = &node->ptr[path.slot];
	for (u32 level = 0; level + 1 < path.depth && !err; level++) {
		err = step_down(h, node, &buf, number, qfs_path_kind(path.depth, level));
		if (!err)
			number = (u32 *)buf->data + path.at[level];
	}
	if (!err)
		err = check_block(node, *number);
	if (!err && *number == 0) {
		err = qfs_block_alloc(h, node->goal, block);
		if (!err) {
			*number = *block;
			node->nr_blocks++;
			node->goal = *block + 1;
			if (buf)
				qfs_dirty(h, buf);
		}
	} else if (!err) {
		*block = *number;
	}
	qfs_buf_put(h->fs, buf);
	return err;
}

int
qfs_map_undo_locked(struct qfs_handle *h, struct qfs_node *node, u32 index, u32 block, bool reserve)
{
	struct qfs_path path;
	struct qfs_buf *buf;
	u32 *numbers, at, missing;
	int err;

	qfs_path_of(index, &path);
	err = map_walk(node, &path, &buf, &numbers, &at, &missing);
	if (err)
		return err;
	if (!numbers || numbers[at] != block) {
		err = qfs_damaged(h->fs, node->inode.ino,
				  "inode: lost a block while it was written");
	} else {
		err = qfs_block_undo(h, block, reserve);
		numbers[at] = 0;
		node->nr_blocks--;
		if (buf)
			qfs_dirty(h, buf);
	}
	qfs_buf_put(h->fs, buf);
	return err;
}

/* --- freeing ------------------------------------------------------------------------------ */

/*
 * Room that the rest of a step needs: the next block, the two blocks of numbers on the way, a bitmap for each
 * of the three; the inode, and the bitmap of orphans.
 */
#define FREE_ROOM_NEEDED 7u

struct freeing {
	struct qfs_handle *h;
	struct qfs_node *node;
	u64 first;
	bool metadata;
};

static int
free_number(struct freeing *fr, u32 *number, struct qfs_buf *buf)
{
	int err = qfs_block_free(fr->h, *number);

	if (buf)
		qfs_forget(fr->h, buf);
	*number = 0;
	if (fr->node->nr_blocks)
		fr->node->nr_blocks--;
	return err;
}

/*
 * One data block. A directory's may be in memory or in the running transaction, and must leave both. It
 * is not read: a block for which there was no buffer was never written, either.
 */
static int
free_leaf(struct freeing *fr, u32 *number)
{
	struct qfs_buf *buf = fr->metadata ? qfs_buf_find(fr->h->fs, *number) : NULL;

	return free_number(fr, number, buf);
}

static int free_tree(struct freeing *fr, u32 *number, u32 level, u64 start);

/* What *number names: `level` 0 is data, 1 IND1, 2 IND2; `start` is the first index below it. */
static int
free_below(struct freeing *fr, u32 *number, u32 level, u64 start)
{
	int err;

	if (*number == 0)
		return 0;
	if (fr->h->log_room < FREE_ROOM_NEEDED)
		return 1;
	err = check_block(fr->node, *number);
	if (err)
		return err;
	if (level > 0)
		return free_tree(fr, number, level, start);
	return start >= fr->first ? free_leaf(fr, number) : 0;
}

static int
free_tree(struct freeing *fr, u32 *number, u32 level, u64 start)
{
	u64 span = level == 2 ? QFS_PTRS_PER_BLOCK : 1;
	struct qfs_buf *buf;
	u32 *numbers;
	int result;

	buf = qfs_buf_read(fr->h->fs, *number, level == 2 ? QFS_KIND_DIND : QFS_KIND_IND);
	result = err_or_null_to_errno(buf);
	if (result)
		return result;
	numbers = (u32 *)buf->data;
	for (u32 i = QFS_PTRS_PER_BLOCK; i-- > 0 && result == 0;) {
		if (start + (i + 1) * span <= fr->first)
			break;
		result = free_below(fr, &numbers[i], level - 1, start + i * span);
	}
	if (result == 0 && start >= fr->first)
		return free_number(fr, number, buf);
	qfs_dirty(fr->h, buf);
	qfs_buf_put(fr->h->fs, buf);
	return result;
}

int
qfs_map_free_locked(struct qfs_handle *h, struct qfs_node *node, u32 first, bool metadata)
{
	struct freeing fr = {.h = h, .node = node, .first = first, .metadata = metadata};
	int result = 0;

	for (u32 slot = QFS_NR_PTRS; slot-- > 0 && result == 0;) {
		u32 level = slot < QFS_IND_SLOT ? 0 : slot == QFS_IND_SLOT ? 1 : 2;

		if (node->ptr[slot] == 0)
			continue;
		if (qfs_slot_start(slot + 1) <= fr.first)
			break;
		result = free_below(&fr, &node->ptr[slot], level, qfs_slot_start(slot));
	}
	node->goal = 0;
	return result;
}
