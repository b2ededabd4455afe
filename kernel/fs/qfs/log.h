/*
 * Transactions.
 *
 * An operation that changes metadata brackets its changes with qfs_begin() and qfs_end(), and calls
 * qfs_dirty() for every buffer it changed. The buffers of many operations collect in the running
 * transaction, which is committed as a whole: after 5 seconds, when it grows large, or by fsync.
 *
 *	running: buffers changed       committed: in the log            in place
 *	since the last commit   -----> and still waiting     ---------> log empty again
 *	                       commit  to go to their place checkpoint
 *
 * The barrier is a read-write lock: operations hold it shared; a commit takes it exclusively, so that it sees
 * no operation half done. Nothing of a transaction is written before its commit, and the
 * commit's order is: file data under way -> images and descriptor -> FLUSH -> commit block -> FLUSH.
 *
 * The log is not a ring. Every commit that leaves less than one more full transaction of room
 * is followed by a checkpoint, under the same barrier: all waiting buffers are written to
 * their place, FLUSH, and a new header empties the log, FLUSH. So there is always room for the running
 * transaction, and a waiting buffer never has uncommitted changes when it is written.
 *
 * Blocks that were freed are not used again before the next checkpoint (space.h). So a block of
 * metadata in the log can not be replayed over the file data that came to live there, and what a
 * transaction frees is intact should it never commit.
 */
#pragma once

#include "core/spinlock.h"
#include "lib/list.h"
#include "sched/rwsem.h"

struct qfs;
struct qfs_buf;
struct task;

#define QFS_COMMIT_INTERVAL_NS (5 * 1000000000ul)

struct qfs_log {
	struct rwsem barrier;	  /* LOG */
	struct spinlock lock;	  /* L */
	struct list_head running; /* L: buffers by running_link */
	struct list_head waiting; /* L: buffers by waiting_link */
	u32 nr_running;		  /* L */
	u32 promised;		  /* L: buffers that open operations may add yet */
	u32 max_running;	  /* blocks of one transaction at most */
	u64 seq;	      /* changed under the exclusive barrier: of the running transaction */
	u64 started_ns;	      /* when the running transaction got its first buffer */
	u32 pos;	      /* exclusive barrier: block of the log for the next commit */
	u8 *scratch;	      /* exclusive barrier: two blocks, for descriptor and commit block */
	u32 nr_data;	      /* atomic: writes of file data under way */
	int error;	      /* not 0: writing has stopped for good */
	struct wait_queue wq; /* the thread's */
	bool has_thread, stop, stopped; /* the thread's */
	bool want_checkpoint;
	u64 nr_commits, nr_checkpoints;
};

/* One operation. On the stack of whoever does it. */
struct qfs_handle {
	struct qfs *fs;
	u32 log_room;  /* buffers it may add still */
	u32 claimed;   /* blocks that it will find, if it allocates */
	bool reserved; /* they were reserved for it, and what is left over is to be given back */
};

/* init cannot fail and comes first; start wants the superblock. => 0 or -ENOMEM */
void qfs_log_init(struct qfs *fs);
int qfs_log_start(struct qfs *fs);
void qfs_log_destroy(struct qfs *fs);

/*
 * Begin an operation that changes up to nr_bufs blocks of metadata and allocates up to nr_blocks
 * blocks. Sleeps: perhaps for a commit. => 0; -ENOSPC, -EROFS (stopped after an error), then nothing
 * was begun. No transaction open.
 */
int qfs_begin(struct qfs_handle *h, struct qfs *fs, u32 nr_bufs, u32 nr_blocks);

/* The same, for up to nr_blocks that were reserved before (space.h): so never -ENOSPC. */
int qfs_begin_reserved(struct qfs_handle *h, struct qfs *fs, u32 nr_bufs, u32 nr_blocks);

void qfs_end(struct qfs_handle *h);

/* This buffer was changed, or is going to be before qfs_end(). */
void qfs_dirty(struct qfs_handle *h, struct qfs_buf *buf);

/* The block is being freed: its contents need not be written any more. Puts the reference. */
void qfs_forget(struct qfs_handle *h, struct qfs_buf *buf);

/* A write of file data begins; it ended (any context). A commit waits for them. */
void qfs_data_begin(struct qfs *fs);
void qfs_data_end(struct qfs *fs);
/* Until none is under way. => exclusive barrier, so no new one begins */
void qfs_data_wait(struct qfs *fs);

/* About how many buffers wait to go to their place. */
static inline u32
qfs_log_nr_waiting(const struct qfs_log *log)
{
	return MAX(READ_ONCE(log->pos), 1u) - 1;
}

/* Memory is short: the thread shall bring all to its place. Any context, any lock but those inside WAITQ. */
void qfs_checkpoint_soon(struct qfs_log *log);

/* The most buffers that one operation may ask for. */
static inline u32
qfs_log_max_bufs(const struct qfs_log *log)
{
	return log->max_running;
}

/*
 * commit.c. Make everything up to transaction `seq` durable, and file data written before the call.
 * => 0 or -errno. No transaction open.
 */
int qfs_commit_through(struct qfs *fs, u64 seq);
/* ... everything up to now. */
int qfs_commit_all(struct qfs *fs);
/* ... and put everything in its place, so that the log is empty. */
int qfs_checkpoint_all(struct qfs *fs);

/* The barrier is held exclusively by the caller. => 0 or -errno, then the log has stopped */
int qfs_commit_locked(struct qfs *fs);
int qfs_checkpoint_locked(struct qfs *fs);

/* The thread that commits every 5 seconds. => 0 or -ENOMEM */
int qfs_commit_thread_start(struct qfs *fs);
void qfs_commit_thread_stop(struct qfs *fs);
