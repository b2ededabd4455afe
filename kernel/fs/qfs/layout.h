/* Where things are on a qfs, and is a superblock or an inode believable. Pure. */
#pragma once

#include "fs/qfs/format.h"

/* File types in qfs_inode.mode. */
#define QFS_S_IFMT   0170000u
#define QFS_S_IFIFO  0010000u
#define QFS_S_IFCHR  0020000u
#define QFS_S_IFDIR  0040000u
#define QFS_S_IFBLK  0060000u
#define QFS_S_IFREG  0100000u
#define QFS_S_IFLNK  0120000u
#define QFS_S_IFSOCK 0140000u

/*
 * Lay out `nr_blocks` with room for `nr_inodes` and a log of `log_blocks` (0: choose): fills in the
 * places and sizes of *sb, rounding the inodes up to a full table block. False if it does not fit.
 */
bool qfs_layout_fill(struct qfs_super *sb, u32 nr_blocks, u32 nr_inodes, u32 log_blocks);

/* The smallest log that a file system of this size can work with. */
u32 qfs_min_log_blocks(u32 nr_blocks);

/*
 * Is this superblock one that we can use on a device of `device_blocks`? NULL if so, else the reason
 * in words. After it, every area lies within the device, in order and without overlap.
 */
const char *qfs_super_check(const struct qfs_super *sb, u64 device_blocks);

/*
 * Is an inode in use (mode not 0) with a good checksum believable? NULL if so, else the reason. After
 * it: the type is known, the size within the limits of the type, the direct and the top block numbers
 * in the data area or 0.
 */
const char *qfs_inode_check(const struct qfs_super *sb, const struct qfs_inode *inode);

/* May `block` belong to a file or directory? */
bool qfs_is_data_block(const struct qfs_super *sb, u32 block);

/* The DT_* type of a directory record for an inode of this mode. */
static inline u8
qfs_type_of_mode(u32 mode)
{
	return (mode & QFS_S_IFMT) >> 12;
}

static inline bool
qfs_mode_is(u32 mode, u32 type)
{
	return (mode & QFS_S_IFMT) == type;
}

/* Where inode `ino` is: the block of the table, and the index within the block. */
static inline u32
qfs_inode_block(const struct qfs_super *sb, u32 ino)
{
	return sb->itable_start + ino / QFS_INODES_PER_BLOCK;
}

static inline u32
qfs_inode_index(u32 ino)
{
	return ino % QFS_INODES_PER_BLOCK;
}
