/*
 * What is in memory of a mounted qfs.
 *
 *	name.c dir.c dirindex.c	names, and records in directory blocks
 *	node.c truncate.c file.c pages.c  files: attributes, reading and writing, I/O of their pages
 *	undo.c			writes of data that failed
 *	bmap.c			from an index in a file to a block
 *	space.c ialloc.c	bitmaps: blocks, inodes, orphans
 *	log.c commit.c		transactions
 *	buf.c			blocks of metadata in memory
 *
 * Each layer calls those below it only.
 *
 * Locks, outermost first: the inode's (VFS), the transaction (log.barrier, shared), page lock, the
 * node's block map, the bitmaps' mutex; then the spinlocks of log, space and buffers, none inside another.
 */
#pragma once

#include "fs/inode.h"
#include "fs/qfs/buf.h"
#include "fs/qfs/format.h"
#include "fs/qfs/log.h"
#include "fs/qfs/space.h"
#include "fs/super.h"

/* Writes of data into new blocks that ended with an error (undo.c). */
struct qfs_failed {
	struct spinlock lock;
	struct list_head bios; /* F */
};

/* A mounted file system: super_block.private. */
struct qfs {
	struct super_block *sb;
	struct block_device *bdev;
	struct qfs_super disk; /* the superblock as it is on the disk now */
	u32 seed;	       /* of all checksums */
	struct qfs_buf_cache bufs;
	struct qfs_log log;
	struct qfs_space space;
	struct qfs_failed failed;
	u32 unfinished; /* 1: orphans could not be freed for want of memory; any thread sets it */
};

/*
 * A file. disk_size is the size that the disk knows, which lags behind inode_size() until the data is
 * written: the size in the log never covers blocks whose data is not on the disk.
 */
struct qfs_node {
	struct inode inode;
	struct rwsem
		map_lock; /* BMAP: ptr, nr_blocks, disk_size, goal, and storing all to the table */
	u32 ptr[QFS_NR_PTRS];
	u32 nr_blocks;
	u32 goal; /* the block after the one allocated last; 0: anywhere */
	u64 disk_size;
	bool cut_pending; /* inode's lock: blocks behind the end are still to be freed */
	u32 flags;
	u32 generation;
	s64 btime;
	u64 stored_seq;		     /* the transaction that last changed this inode */
	struct qfs_dir_index *index; /* of a large directory (dirindex.h), or NULL */
	u32 room_hint; /* L: a directory: no block before this index has room for much */
};

static inline struct qfs_node *
qfs_node_of(struct inode *inode)
{
	return container_of(inode, struct qfs_node, inode);
}

static inline struct qfs *
qfs_of_sb(struct super_block *sb)
{
	return sb->private;
}

static inline struct qfs *
qfs_of(const struct inode *inode)
{
	return inode->sb->private;
}

/* The disk is damaged or fails in a way that we cannot go on from: say so and stop all writing. */
void qfs_abort(struct qfs *fs, int error, const char *what);

/* Say that something is damaged, once for each. => -EUCLEAN */
int qfs_damaged(struct qfs *fs, u64 ino, const char *what);
