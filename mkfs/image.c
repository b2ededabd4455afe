#include "image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/qfs/bits.h"
#include "fs/qfs/csum.h"
#include "fs/qfs/dirblock.h"
#include "fs/qfs/layout.h"
#include "fs/qfs/path.h"
#include "fs/qfs/replay.h"

struct image {
	const struct image_params *params;
	const struct qfs_super *sb;
	u32 seed;
	u32 next_block; /* data blocks are given out in order */
	struct qfs_inode *inodes;
};

/* A block of numbers that is being filled. Indices only grow, so one of each kind is enough. */
struct open_block {
	u32 block; /* 0: none */
	u32 ptr[QFS_BLOCK_SIZE / 4];
};

/* A file that is being written. */
struct writer {
	struct image *im;
	struct qfs_inode *inode;
	u32 index; /* of the next block */
	u32 slot;  /* that top and leaf belong to */
	u32 top_at;
	struct open_block top, leaf;
};

static void
block_write(struct image *im, u32 block, const void *data)
{
	if (pwrite(im->params->fd, data, QFS_BLOCK_SIZE, (off_t)block << QFS_BLOCK_SHIFT) !=
	    QFS_BLOCK_SIZE)
		die("writing block %u: %s", block, strerror(errno));
}

static u32
block_alloc(struct image *im, struct qfs_inode *inode)
{
	if (!qfs_is_data_block(im->sb, im->next_block))
		die("the tree does not fit: %u blocks are too few (see -s)", im->sb->nr_blocks);
	inode->nr_blocks++;
	return im->next_block++;
}

static void
open_block_close(struct image *im, struct open_block *ob, u32 kind)
{
	if (ob->block) {
		qfs_block_seal(im->seed, ob->block, kind, ob->ptr);
		block_write(im, ob->block, ob->ptr);
	}
	memset(ob, 0, sizeof(*ob));
}

static void
writer_close(struct writer *w)
{
	open_block_close(w->im, &w->leaf, QFS_KIND_IND);
	open_block_close(w->im, &w->top, QFS_KIND_DIND);
}

/* The block of numbers that *link names, made if there is none yet. */
static void
open_block_get(struct writer *w, struct open_block *ob, u32 *link)
{
	if (!*link) {
		*link = block_alloc(w->im, w->inode);
		ob->block = *link;
	}
}

/* Where the number of block `index` of the file is kept. */
static u32 *
writer_link(struct writer *w, u32 index)
{
	struct qfs_path path;

	qfs_path_of(index, &path);
	if (path.slot != w->slot) {
		writer_close(w);
		w->slot = path.slot;
	}
	if (path.depth == 1)
		return &w->inode->ptr[path.slot];
	if (path.depth == 2) {
		open_block_get(w, &w->leaf, &w->inode->ptr[path.slot]);
		return &w->leaf.ptr[path.at[0]];
	}
	open_block_get(w, &w->top, &w->inode->ptr[path.slot]);
	if (path.at[0] != w->top_at) {
		open_block_close(w->im, &w->leaf, QFS_KIND_IND);
		w->top_at = path.at[0];
	}
	open_block_get(w, &w->leaf, &w->top.ptr[path.at[0]]);
	return &w->leaf.ptr[path.at[1]];
}

/* Append a block of data; `kind` is 0 for file contents, which stay a hole if they are all zero. */
static void
writer_append(struct writer *w, void *data, u32 kind)
{
	static const u8 zero[QFS_BLOCK_SIZE];

	if (kind || memcmp(data, zero, QFS_BLOCK_SIZE) != 0) {
		u32 *link = writer_link(w, w->index);

		*link = block_alloc(w->im, w->inode);
		if (kind)
			qfs_block_seal(w->im->seed, *link, kind, data);
		block_write(w->im, *link, data);
	}
	w->index++;
}

static void
write_piece(const u8 *data, u32 bytes, void *ctx)
{
	u8 block[QFS_BLOCK_SIZE];

	for (u32 at = 0; at < bytes; at += QFS_BLOCK_SIZE) {
		u32 n = bytes - at < QFS_BLOCK_SIZE ? bytes - at : QFS_BLOCK_SIZE;

		memset(block, 0, sizeof(block));
		memcpy(block, data + at, n);
		writer_append(ctx, block, 0);
	}
}

static void
dir_add(struct writer *w, u8 *block, u32 ino, u32 mode, const char *name)
{
	u32 len = strlen(name);

	if (qfs_dirblock_add(block, ino, qfs_type_of_mode(mode), name, len))
		return;
	writer_append(w, block, QFS_KIND_DIR);
	qfs_dirblock_init(block);
	qfs_dirblock_add(block, ino, qfs_type_of_mode(mode), name, len);
}

static void
write_dir(struct writer *w, struct node *node)
{
	u64 block[QFS_BLOCK_SIZE / 8];
	u8 *data = (u8 *)block;

	qfs_dirblock_init(data);
	dir_add(w, data, node->ino, node->mode, ".");
	dir_add(w, data, node->parent->ino, node->parent->mode, "..");
	for (u32 i = 0; i < node->nr_children; i++)
		dir_add(w, data, node->child[i]->ino, node->child[i]->mode, node->child[i]->name);
	writer_append(w, data, QFS_KIND_DIR);
	w->inode->size = (u64)w->index * QFS_BLOCK_SIZE;
}

static void
write_symlink(struct writer *w, struct node *node)
{
	if (node->size <= QFS_INLINE_BYTES) {
		w->inode->flags |= QFS_INODE_INLINE;
		memcpy(w->inode->ptr, node->target, node->size);
		return;
	}
	write_piece((const u8 *)node->target, node->size, w);
}

static void
inode_start(struct image *im, struct node *node, struct qfs_inode *inode)
{
	inode->mode = node->mode;
	inode->nlink = node->nlink;
	if (im->params->keep_owner) {
		inode->uid = node->uid;
		inode->gid = node->gid;
	}
	inode->generation = 1;
	inode->size = node->size;
	inode->atime = inode->mtime = inode->ctime = inode->btime = im->params->time;
	if (S_ISCHR(node->mode) || S_ISBLK(node->mode))
		inode->rdev = node->rdev;
}

static void
write_node(struct node *node, void *ctx)
{
	struct image *im = ctx;
	struct writer *w;

	if (node->same)
		return;
	w = xalloc(sizeof(*w));
	w->im = im;
	w->inode = &im->inodes[node->ino];
	inode_start(im, node, w->inode);
	if (S_ISDIR(node->mode))
		write_dir(w, node);
	else if (S_ISLNK(node->mode))
		write_symlink(w, node);
	else if (S_ISREG(node->mode))
		host_file_read(node->host_path, node->size, write_piece, w);
	writer_close(w);
	qfs_inode_seal(im->seed, node->ino, w->inode);
	free(w);
}

/* A bitmap of which bits 0..nr_used-1 and all from `end` on are 1. */
static void
write_bitmap(struct image *im, u32 start, u32 nr_blocks, u32 kind, u32 nr_used, u32 end)
{
	u64 block[QFS_BLOCK_SIZE / 8];

	for (u32 i = 0; i < nr_blocks; i++) {
		memset(block, 0, sizeof(block));
		for (u32 b = 0; b < QFS_BITS_PER_BLOCK; b++) {
			u64 bit = (u64)i * QFS_BITS_PER_BLOCK + b;

			if (bit < nr_used || bit >= end)
				qfs_bit_set(block, b);
		}
		qfs_block_seal(im->seed, start + i, kind, block);
		block_write(im, start + i, block);
	}
}

static void
write_empty_log(struct image *im)
{
	u64 block[QFS_BLOCK_SIZE / 8] = {0};
	struct qfs_log_head *head = (void *)block;

	if (im->params->is_device)
		for (u32 i = 1; i < im->sb->log_blocks; i++)
			block_write(im, im->sb->log_start + i, block);
	head->magic = QFS_LOG_MAGIC;
	head->kind = QFS_LOG_HEADER;
	head->seq = 1;
	qfs_log_seal(im->seed, head, QFS_SUPER_BYTES);
	block_write(im, im->sb->log_start, block);
}

static void
write_super(struct image *im)
{
	u8 block[QFS_BLOCK_SIZE] = {0};
	struct qfs_super *sb = (void *)block;

	*sb = *im->sb;
	qfs_super_seal(sb);
	block_write(im, im->sb->nr_blocks - 1, block);
	block_write(im, 0, block);
}

u32
image_write(const struct image_params *params, struct node *root)
{
	const struct qfs_super *sb = &params->sb;
	struct image im = {.params = params, .sb = sb, .seed = qfs_seed(sb)};
	u32 last_ino = params->last_ino;
	u8 zero[QFS_BLOCK_SIZE] = {0};

	if (last_ino >= sb->nr_inodes)
		die("the tree has %u files, the image room for %u (see -i)", last_ino,
		    sb->nr_inodes - 1);
	im.next_block = sb->data_start;
	im.inodes = xalloc((size_t)sb->itable_blocks * QFS_BLOCK_SIZE);
	if (params->is_device)
		block_write(&im, 0, zero);
	tree_walk(root, write_node, &im);
	for (u32 i = 0; i < sb->itable_blocks; i++)
		block_write(&im, sb->itable_start + i, im.inodes + i * QFS_INODES_PER_BLOCK);
	write_bitmap(&im, sb->imap_start, sb->imap_blocks, QFS_KIND_IMAP, last_ino + 1,
		     sb->nr_inodes);
	write_bitmap(&im, sb->omap_start, sb->imap_blocks, QFS_KIND_OMAP, 0, UINT32_MAX);
	write_bitmap(&im, sb->bmap_start, sb->bmap_blocks, QFS_KIND_BMAP, im.next_block,
		     sb->nr_blocks - 1);
	write_empty_log(&im);
	write_super(&im);
	free(im.inodes);
	return im.next_block - sb->data_start;
}

static void
count_blocks(struct node *node, void *ctx)
{
	u64 *total = ctx;
	u64 bytes = node->size, blocks;

	for (u32 i = 0; i < node->nr_children; i++)
		bytes += QFS_DIRENT_BYTES(strlen(node->child[i]->name));
	if (S_ISDIR(node->mode))
		bytes += bytes / 8 + QFS_BLOCK_SIZE; /* no record crosses a block */
	blocks = (bytes + QFS_BLOCK_SIZE - 1) / QFS_BLOCK_SIZE;
	if (blocks > QFS_NR_DIRECT)
		blocks += qfs_path_max_meta(blocks);
	if (!node->same)
		*total += blocks;
}

u64
image_blocks_needed(struct node *root)
{
	u64 total = 0;

	tree_walk(root, count_blocks, &total);
	return total;
}
