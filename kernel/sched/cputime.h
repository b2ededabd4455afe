#pragma once

/* Processor time, split into that of user mode and that of the kernel (sched/cputime.c). */

#include "core/clock.h"

/* How often a busy hart is looked at. */
#define CPUTIME_TICK_NS (10 * NSEC_PER_MSEC)

struct cputime {
	u64 user_units, system_units; /* of 2^20 ns: what ticks found */
	u64 seen_ns;		      /* the sum that these are of */
	u64 user_ns, system_ns;	      /* the split as it was last told */
};

/* A tick found user mode, or the kernel, when total_ns had been used. */
void cputime_count(struct cputime *time, u64 total_ns, bool user);

/* So much of user mode have ticks found. */
u64 cputime_user_seen_ns(const struct cputime *time);

/*
 * Bring user_ns and system_ns up to date; their sum is total_ns, which only grows, as they do.
 * => calls for one cputime are serialised by the caller
 */
void cputime_split(struct cputime *time, u64 total_ns);
