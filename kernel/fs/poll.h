/* Waiting for one of several files to become ready. */
#pragma once

#include "fs/file.h"
#include "sched/wait.h"

#define POLL_INLINE 8

struct poll_entry {
	struct waiter waiter;
	struct wait_queue *wq;
};

struct poll_chunk {
	struct poll_chunk *next;
	unsigned nr;
	struct poll_entry entries[POLL_INLINE];
};

/* The queues that one poller is on. Entries never move while they are queued. */
struct poll_table {
	struct poll_chunk first;
	struct poll_chunk *last;
	bool no_memory;
};

/* For file_ops.poll: be woken through wq, too. table NULL: only the events now are wanted. */
void poll_wait(struct poll_table *table, struct wait_queue *wq);

/* One file and what is wanted of it. */
struct poll_target {
	struct file *file; /* NULL: none */
	u32 events;	   /* POLLERR and POLLHUP are always wanted */
	u32 revents;	   /* result */
};

/*
 * Sleeps until one of the targets is ready or deadline_ns (clock_now_ns) passed; UINT64_MAX: for
 * ever; 0: does not sleep. Sets all revents. => how many are ready, -ERESTARTNOHAND for a signal,
 * -ENOMEM
 */
int poll_targets(struct poll_target *targets, unsigned nr, u64 deadline_ns);
