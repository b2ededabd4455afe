/*
 * Which blocks and inodes are free.
 *
 * The bitmaps stay in memory while the file system is mounted, so that allocation cannot fail by an
 * I/O error. Free blocks are counted, and promised, in three steps:
 *
 *	free		0 in the block bitmap
 *	  reserved	... promised to dirty pages without a block, and to operations to come
 *	  held		... freed since the last checkpoint: not to be used before the next (log.h)
 *	  claimed	... not held, promised to the operations open now
 *
 * reserved <= free makes a write that was accepted sure to find its block; claimed <= free - held
 * makes sure that it finds it without waiting. Only qfs_begin() waits: for a checkpoint.
 */
#pragma once

#include "core/spinlock.h"
#include "sched/mutex.h"

struct qfs;
struct qfs_buf;
struct qfs_handle;

/* One bitmap: its blocks, and where the next search begins. */
struct qfs_map {
	struct qfs_buf **bufs;
	u32 nr_bufs;
	u32 nr_bits;
	u32 cursor; /* FSALLOC: blocks: after the last one allocated; inodes: none before it is free */
};

struct qfs_space {
	struct mutex mutex; /* FSALLOC: the bitmaps */
	struct qfs_map blocks, inodes, orphans;
	u8 *held_map;			   /* FSALLOC: bodies of bitmap blocks: 1 is held */
	struct spinlock lock;		   /* S */
	u32 free, reserved, held, claimed; /* S: blocks */
	u32 free_inodes;		   /* S */
};

/* Load and count. => 0 or -errno; call qfs_space_destroy() in any case */
int qfs_space_init(struct qfs *fs);
void qfs_space_destroy(struct qfs *fs);

/* Promise n free blocks; give back what was not used. => 0 or -ENOSPC */
int qfs_space_reserve(struct qfs *fs, u32 n);
void qfs_space_unreserve(struct qfs *fs, u32 n);

/* For log.c alone. */
bool qfs_space_claim(struct qfs *fs, u32 n);
void qfs_space_unclaim(struct qfs *fs, u32 n);
/* A checkpoint is done. => exclusive barrier */
void qfs_space_release_held(struct qfs *fs);

/*
 * A free block, `goal` or near after it (0: anywhere), at the expense of the operation's claim and of the
 * reservation that goes with it. => 0; -EUCLEAN when the bitmap is not what was counted
 */
int qfs_block_alloc(struct qfs_handle *h, u32 goal, u32 *block);
/* => 0; -EUCLEAN: it was free already, or is no block for data; then nothing was done */
int qfs_block_free(struct qfs_handle *h, u32 block);
/* The same for a block that is not needed after all; reserve: it is promised again in one step. */
int qfs_block_undo(struct qfs_handle *h, u32 block, bool reserve);

/* ialloc.c. An inode number. => 0; -ENOSPC */
int qfs_ino_alloc(struct qfs_handle *h, u32 *ino);
void qfs_ino_free(struct qfs_handle *h, u32 ino);
/* The bit in the orphan bitmap. */
void qfs_orphan_set(struct qfs_handle *h, u32 ino, bool is_orphan);
bool qfs_is_orphan(struct qfs *fs, u32 ino);
/* The first orphan from `ino` on. => 0 when there is none */
u32 qfs_orphan_next(struct qfs *fs, u32 ino);

/* Bitmap blocks that an operation which allocates or frees `nr` blocks changes at most. */
u32 qfs_space_max_bufs(struct qfs *fs, u32 nr);
