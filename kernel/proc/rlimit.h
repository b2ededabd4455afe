#pragma once

/* Resource limits: numbers and layout are Linux's. */

#include "lib/types.h"

enum rlimit_resource {
	RLIMIT_CPU,
	RLIMIT_FSIZE,
	RLIMIT_DATA,
	RLIMIT_STACK,
	RLIMIT_CORE,
	RLIMIT_RSS,
	RLIMIT_NPROC,
	RLIMIT_NOFILE,
	RLIMIT_MEMLOCK,
	RLIMIT_AS,
	RLIMIT_LOCKS,
	RLIMIT_SIGPENDING,
	RLIMIT_MSGQUEUE,
	RLIMIT_NICE,
	RLIMIT_RTPRIO,
	RLIMIT_RTTIME,
	RLIM_NLIMITS,
};

#define RLIM_INFINITY (~0UL)

struct rlimit {
	u64 cur, max;
};

/* Threads that there may be at all: what their stacks may take of the memory. */
u64 task_count_max(void);

/* Fill in what init starts with. */
void rlimits_init(struct rlimit limits[RLIM_NLIMITS]);
