#include "fs/qfs/dir.h"

#include "fs/qfs/bmap.h"
#include "fs/qfs/dirindex.h"
#include "fs/readdir.h"
#include "lib/err.h"

struct qfs_buf *
qfs_dir_block(struct qfs_node *dir, u32 index)
{
	struct qfs *fs = qfs_of(&dir->inode);
	u32 block, run;
	int err = qfs_map_find(dir, index, 1, &block, &run);

	if (err)
		return ERR_PTR(err);
	if (block == 0)
		return ERR_PTR(qfs_damaged(fs, dir->inode.ino, "inode: directory with a hole"));
	return qfs_buf_read(fs, block, QFS_KIND_DIR);
}

void
qfs_dir_spot_put(struct qfs_node *dir, struct qfs_dir_spot *spot)
{
	qfs_buf_put(qfs_of(&dir->inode), spot->buf);
	spot->buf = NULL;
}

/* Is the name in block `index`? => 0 and spot filled in; -ENOENT, -EIO ... */
static int
find_in_block(struct qfs_node *dir, const char *name, u32 len, u32 index, struct qfs_dir_spot *spot)
{
	int err;

	spot->index = index;
	spot->buf = qfs_dir_block(dir, index);
	err = err_or_null_to_errno(spot->buf);
	if (err) {
		spot->buf = NULL;
		return err;
	}
	spot->entry = qfs_dirblock_find(spot->buf->data, name, len);
	if (spot->entry)
		return 0;
	qfs_dir_spot_put(dir, spot);
	return -ENOENT;
}

int
qfs_dir_find(struct qfs_node *dir, const char *name, u32 len, struct qfs_dir_spot *spot)
{
	const struct qfs_dir_index *index = qfs_index_get(dir);
	u32 nr_blocks = qfs_dir_nr_blocks(dir), block = 0;
	struct qfs_index_probe probe;
	int err = -ENOENT;

	spot->buf = NULL;
	if (!index) {
		for (; block < nr_blocks && err == -ENOENT; block++)
			err = find_in_block(dir, name, len, block, spot);
		return err;
	}
	qfs_index_start(&probe, index, name, len);
	while (err == -ENOENT && qfs_index_next(&probe, &block))
		err = find_in_block(dir, name, len, block, spot);
	return err;
}

int
qfs_dir_find_room(struct qfs_node *dir, u32 len, struct qfs_dir_spot *spot)
{
	u32 nr_blocks = qfs_dir_nr_blocks(dir);

	spot->entry = NULL;
	for (spot->index = dir->room_hint; spot->index < nr_blocks; spot->index++) {
		int err;

		spot->buf = qfs_dir_block(dir, spot->index);
		err = err_or_null_to_errno(spot->buf);
		if (err) {
			spot->buf = NULL;
			return err;
		}
		spot->entry = qfs_dirblock_room(spot->buf->data, len);
		if (spot->entry)
			break;
		qfs_dir_spot_put(dir, spot);
	}
	dir->room_hint = MIN(spot->index, nr_blocks);
	if (spot->index < nr_blocks)
		return 0;
	spot->buf = NULL;
	return spot->index < QFS_MAX_FILE_BLOCKS ? 0 : -ENOSPC;
}

int
qfs_dir_grow(struct qfs_handle *h, struct qfs_node *dir, struct qfs_dir_spot *spot)
{
	u32 block, index = qfs_dir_nr_blocks(dir);
	int err;

	if (spot->buf)
		return 0;
	rwsem_write_lock(&dir->map_lock);
	err = qfs_map_alloc_locked(h, dir, index, &block);
	if (!err) {
		spot->buf = qfs_buf_new(h->fs, block, QFS_KIND_DIR);
		if (!spot->buf)
			err = -ENOMEM;
	}
	if (!err) {
		qfs_dirblock_init(spot->buf->data);
		qfs_dirty(h, spot->buf);
		dir->disk_size = (u64)(index + 1) << QFS_BLOCK_SHIFT;
		mapping_set_size(&dir->inode.mapping, dir->disk_size);
		spot->index = index;
		spot->entry = qfs_dirent_first(spot->buf->data);
	} else {
		qfs_map_free_locked(h, dir, index, true);
	}
	rwsem_write_unlock(&dir->map_lock);
	return err;
}

void
qfs_dir_add(struct qfs_handle *h, struct qfs_node *dir, struct qfs_dir_spot *spot,
	    const struct name *name, const struct inode *inode)
{
	qfs_index_add(dir, name->text, name->len, spot->index);
	qfs_dirent_add(spot->entry, inode->ino, MODE_TO_DT(inode->mode), name->text, name->len);
	qfs_dirty(h, spot->buf);
}

void
qfs_dir_remove(struct qfs_handle *h, struct qfs_node *dir, struct qfs_dir_spot *spot)
{
	qfs_dirblock_remove(spot->buf->data, spot->entry);
	qfs_dirty(h, spot->buf);
	dir->room_hint = MIN(dir->room_hint, spot->index);
}

void
qfs_dir_set(struct qfs_handle *h, struct qfs_dir_spot *spot, const struct inode *inode)
{
	spot->entry->ino = inode->ino;
	spot->entry->type = MODE_TO_DT(inode->mode);
	qfs_dirty(h, spot->buf);
}

int
qfs_dir_init(struct qfs_handle *h, struct qfs_node *dir, const struct inode *parent)
{
	struct qfs_dir_spot spot = {0};
	int err = qfs_dir_grow(h, dir, &spot);

	if (err)
		return err;
	qfs_dirblock_add(spot.buf->data, dir->inode.ino, MODE_TO_DT(S_IFDIR), ".", 1);
	qfs_dirblock_add(spot.buf->data, parent->ino, MODE_TO_DT(S_IFDIR), "..", 2);
	qfs_dir_spot_put(dir, &spot);
	return 0;
}

int
qfs_dir_check_empty(struct qfs_node *dir)
{
	u32 nr_blocks = qfs_dir_nr_blocks(dir);

	for (u32 index = 0; index < nr_blocks; index++) {
		struct qfs_buf *buf = qfs_dir_block(dir, index);
		int err = err_or_null_to_errno(buf);

		if (err)
			return err;
		if (!qfs_dirblock_is_empty(buf->data))
			err = -ENOTEMPTY;
		qfs_buf_put(qfs_of(&dir->inode), buf);
		if (err)
			return err;
	}
	return 0;
}

/* Emit what is in one block from ctx->pos on. => false: no more room */
static bool
emit_block(struct dir_context *ctx, const struct qfs_buf *buf, u64 block_pos)
{
	qfs_for_each_dirent(entry, buf->data)
	{
		u64 at = block_pos + ((u8 *)entry - buf->data);
		u64 next = at + entry->rec_len;

		if (at < ctx->pos || entry->ino == 0)
			continue;
		if (!dir_emit(ctx, entry->name, entry->name_len, entry->ino, entry->type, next))
			return false;
	}
	return true;
}

/* The cookie of an entry is its place: the index of the block times 4096 and the offset in it. */
int
qfs_readdir(struct inode *inode, struct dir_context *ctx)
{
	struct qfs_node *dir = qfs_node_of(inode);
	u64 size = inode_size(inode);

	while (ctx->pos < size) {
		u32 index = ctx->pos >> QFS_BLOCK_SHIFT;
		u64 block_pos = (u64)index << QFS_BLOCK_SHIFT;
		struct qfs_buf *buf = qfs_dir_block(dir, index);
		int err = err_or_null_to_errno(buf);
		bool go_on;

		if (err)
			return err;
		go_on = emit_block(ctx, buf, block_pos);
		qfs_buf_put(qfs_of(inode), buf);
		if (!go_on)
			return 0;
		ctx->pos = block_pos + QFS_BLOCK_SIZE;
		cond_resched();
	}
	return 0;
}
