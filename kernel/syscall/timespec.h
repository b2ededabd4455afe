#pragma once

/* struct timespec in user memory, and the clocks whose times it holds. */

#include "lib/types.h"
#include "proc/cpu_clock.h"

/* Longer times are for ever: 292 years. */
#define FOREVER_NS (~0UL >> 1)

/* => -EFAULT, -EINVAL (negative, or nanoseconds that are a second or more) */
int timespec_get(uva_t uva, u64 *ns);
/* => -EFAULT */
int timespec_put(uva_t uva, u64 ns);

/* What times may be of; the numbers are the ABI's. */
enum clock_id {
	CLOCK_REALTIME,
	CLOCK_MONOTONIC,
	CLOCK_MONOTONIC_RAW = 4, /* 2 and 3: proc/cpu_clock.h */
	CLOCK_REALTIME_COARSE,
	CLOCK_MONOTONIC_COARSE,
	CLOCK_BOOTTIME,
	NR_CLOCKS,
};

#define TIMER_ABSTIME 1

/* True for the caller's own processor time, and for all clocks with negative numbers. */
static inline bool
clock_is_cpu_time(int clock)
{
	return clock < 0 || clock == CLOCK_PROCESS_CPUTIME || clock == CLOCK_THREAD_CPUTIME;
}

/* Can a timer go by it? (That one of processor time has an owner is not looked at.) => -EINVAL, -EOPNOTSUPP */
int clock_to_wait_by(int clock);

/* What one of them shows, or a clock of processor time. => -EINVAL */
int clock_read(int clock, u64 *ns);
