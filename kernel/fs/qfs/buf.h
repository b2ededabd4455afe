/*
 * Buffers: blocks of metadata in memory, one page each.
 *
 * A buffer in a transaction, or one whose committed contents are not in their place yet, has a reference
 * from each and so stays. Buffers that nobody refers to are kept until memory is short, the oldest given up
 * first. Contents are guarded by whoever owns the block: the inode's lock for a directory, the block
 * map's lock for blocks of numbers, the mutex of the bitmaps.
 */
#pragma once

#include "core/spinlock.h"
#include "lib/list.h"
#include "sched/wait.h"

struct qfs;
struct qfs_log;

#define QFS_BUF_HASH_ORDER 9

struct qfs_buf_cache {
	struct spinlock lock; /* C */
	struct list_head table[1 << QFS_BUF_HASH_ORDER];
	struct list_head unused; /* C: oldest first */
	u32 nr_bufs, nr_unused;	 /* C */
	u32 max_unused;
	struct wait_queue wq; /* for those who wait until a read ends */
	struct qfs_log *log;
	struct list_head link; /* of all caches, under a lock of their own */
};

enum qfs_buf_flag {
	BUF_READING = 1,  /* C */
	BUF_VALID = 2,	  /* C */
	BUF_DEAD = 4,	  /* C: forgotten; freed with the last reference */
	BUF_RUNNING = 8,  /* the log's lock: in the running transaction */
	BUF_WAITING = 16, /* the log's lock: committed, not in its place yet */
};

struct qfs_buf {
	u32 block;
	u32 kind;      /* QFS_KIND_*; 0 without tail: the inode table, symbolic links */
	u32 flags;     /* BUF_READING, BUF_VALID, BUF_DEAD */
	u32 log_flags; /* BUF_RUNNING, BUF_WAITING */
	u32 refs;      /* C */
	u32 unsealed;  /* atomic: of the inode table: inodes (bit per slot) whose checksum is due */
	u8 *data;      /* a page */
	struct list_head hash_link, unused_link;     /* C */
	struct list_head running_link, waiting_link; /* the log's lock */
};

void qfs_buf_cache_init(struct qfs *fs);
/* At unmount: frees all. => nobody has a reference but the log's lists, which are dropped */
void qfs_buf_cache_destroy(struct qfs *fs);

/*
 * The block, read and verified, with a reference. Sleeps.
 * => NULL no memory; ERR_PTR(-EIO), ERR_PTR(-EUCLEAN) for a wrong checksum or kind
 */
struct qfs_buf *qfs_buf_read(struct qfs *fs, u32 block, u32 kind);

/* The block as it is in memory, valid or not, with a reference. => NULL: it is not there */
struct qfs_buf *qfs_buf_find(struct qfs *fs, u32 block);

/* A block that was just allocated: zeros, valid, with a reference. => NULL no memory */
struct qfs_buf *qfs_buf_new(struct qfs *fs, u32 block, u32 kind);

/* Its checksums, before it is written: of the whole, or of the inodes in it that have changed. => exclusive barrier */
void qfs_buf_seal(struct qfs *fs, struct qfs_buf *buf);

/* One reference more, or less. NULL may be put. */
void qfs_buf_ref(struct qfs *fs, struct qfs_buf *buf);
void qfs_buf_put(struct qfs *fs, struct qfs_buf *buf);

/* Take it out of the cache: nobody finds it any more. The caller's reference stays. */
void qfs_buf_unhash(struct qfs *fs, struct qfs_buf *buf);

void qfs_buf_init(void);
