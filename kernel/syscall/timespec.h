#pragma once

/* struct timespec in user memory, and the clocks whose times it holds. */

#include "lib/types.h"

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
	CLOCK_PROCESS_CPUTIME,
	CLOCK_THREAD_CPUTIME,
	CLOCK_MONOTONIC_RAW,
	CLOCK_REALTIME_COARSE,
	CLOCK_MONOTONIC_COARSE,
	CLOCK_BOOTTIME,
	NR_CLOCKS,
};

#define TIMER_ABSTIME 1

/* What one of them shows. => -EINVAL */
int clock_read(int clock, u64 *ns);
