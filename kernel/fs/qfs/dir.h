/* Records of a directory. The directory's inode lock is held: shared to read, exclusively to change. */
#pragma once

#include "fs/qfs/dirblock.h"
#include "fs/qfs/node.h"

/* Where a record is: buf has a reference until qfs_dir_spot_put(). */
struct qfs_dir_spot {
	struct qfs_buf *buf;	  /* NULL: nowhere yet, the directory must grow */
	struct qfs_dirent *entry; /* an existing record; or where there is room for one */
	u32 index;		  /* of the block in the directory */
};

static inline u32
qfs_dir_nr_blocks(const struct qfs_node *dir)
{
	return inode_size(&dir->inode) >> QFS_BLOCK_SHIFT;
}

/* Block `index`, with a reference. => NULL, ERR_PTR */
struct qfs_buf *qfs_dir_block(struct qfs_node *dir, u32 index);

/* The record of that name. => 0; -ENOENT, -EIO ..., then there is no reference */
int qfs_dir_find(struct qfs_node *dir, const char *name, u32 len, struct qfs_dir_spot *spot);

/* A block with room for a name of that length; or none, and the directory must grow. => 0 or -errno */
int qfs_dir_find_room(struct qfs_node *dir, u32 len, struct qfs_dir_spot *spot);

/* Give the spot a block: a new one at the end, if it has none. => 0 or -errno */
int qfs_dir_grow(struct qfs_handle *h, struct qfs_node *dir, struct qfs_dir_spot *spot);

/* Blocks that qfs_dir_grow() may allocate. */
static inline u32
qfs_dir_growth(const struct qfs_dir_spot *spot)
{
	return spot->buf ? 0 : 3; /* IND2, IND1, the block */
}

/* Enter a record where room was found; remove, or point to another inode, one that was found. */
void qfs_dir_add(struct qfs_handle *h, struct qfs_node *dir, struct qfs_dir_spot *spot,
		 const struct name *name, const struct inode *inode);
void qfs_dir_remove(struct qfs_handle *h, struct qfs_node *dir, struct qfs_dir_spot *spot);
void qfs_dir_set(struct qfs_handle *h, struct qfs_dir_spot *spot, const struct inode *inode);

void qfs_dir_spot_put(struct qfs_node *dir, struct qfs_dir_spot *spot);

/* Make the first block of a new directory. => 0 or -errno */
int qfs_dir_init(struct qfs_handle *h, struct qfs_node *dir, const struct inode *parent);

/* => 0 when there is nothing but "." and ".."; -ENOTEMPTY, -EIO ... */
int qfs_dir_check_empty(struct qfs_node *dir);

/* inode_ops */
int qfs_readdir(struct inode *inode, struct dir_context *ctx);
