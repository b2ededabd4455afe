#include "proc/rlimit.h"

#include "fs/files.h"
#include "mem/zone.h"
#include "proc/process.h"
#include "vm/mm.h"

/* An eighth of the memory that the kernel can use for itself, for its stacks at most. */
#define STACKS_SHARE 8

/* Of all threads that there may be, those of one user's processes: half, as on Linux. */
#define USER_SHARE 2

/* Linux's default. There are no POSIX message queues here. */
#define MSGQUEUE_BYTES 819200

static void
rlimit_set(struct rlimit *limit, u64 cur, u64 max)
{
	limit->cur = cur;
	limit->max = max;
}

u64
task_count_max(void)
{
	u64 nr_pages = zones[ZONE_DMA].nr_managed + zones[ZONE_NORMAL].nr_managed;

	return nr_pages * PAGE_SIZE / STACKS_SHARE / KSTACK_SIZE;
}

void
rlimits_init(struct rlimit limits[RLIM_NLIMITS])
{
	u64 nr_tasks = task_count_max() / USER_SHARE;

	for (int i = 0; i < RLIM_NLIMITS; i++)
		rlimit_set(&limits[i], RLIM_INFINITY, RLIM_INFINITY);
	rlimit_set(&limits[RLIMIT_STACK], STACK_LIMIT_DEFAULT, RLIM_INFINITY);
	rlimit_set(&limits[RLIMIT_NPROC], nr_tasks, nr_tasks);
	rlimit_set(&limits[RLIMIT_SIGPENDING], nr_tasks, nr_tasks);
	rlimit_set(&limits[RLIMIT_NOFILE], FILES_MAX, FILES_MAX);
	rlimit_set(&limits[RLIMIT_CORE], 0, RLIM_INFINITY);
	rlimit_set(&limits[RLIMIT_MSGQUEUE], MSGQUEUE_BYTES, MSGQUEUE_BYTES);
	rlimit_set(&limits[RLIMIT_NICE], 0, 0);
	rlimit_set(&limits[RLIMIT_RTPRIO], 0, 0);
}

u64
rlimit_get(unsigned resource)
{
	const struct process *process = current->process;

	return process ? READ_ONCE(process->rlimits[resource].cur) : RLIM_INFINITY;
}
