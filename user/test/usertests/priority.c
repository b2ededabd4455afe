/* Nice values: setpriority, getpriority, what /proc tells of them, and what they do. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#define NOBODY	 54321 /* neither a group nor a user */
#define LARGEST	 19
#define SMALLEST (-20)

#define ID_OF_PROCESS 1
#define ENDED	      4
#define DO_NOT_REAP   0x01000000

#define SHARE_NICE   5
#define SHARE_MS     100
#define SHARE_ROUNDS 200 /* as long as it may take; mostly it takes */
#define SHARE_LEAST  15
#define BURN_US	     400000 /* forty ticks of the clock that samples */
#define TICK_US	     10000

/* A file that children wait for: they end when its last writer closes. */
static int gate[2];

static void
gate_make(void)
{
	CHECK_EQ(pipe(gate), 0);
}

static void
gate_wait(void)
{
	char byte;

	close(gate[1]);
	CHECK_EQ(read(gate[0], &byte, 1), 0);
	_exit(0);
}

/* => a child that waits at the gate */
static pid_t
waiting_child(void)
{
	pid_t child = fork_checked();

	if (child == 0)
		gate_wait();
	return child;
}

/* Bare calls: threads of these tests share errno. */
static long
priority_of(int which, int who)
{
	return raw_call(SYS_getpriority, (uint64_t)which, (uint64_t)who, 0, 0, 0, 0);
}

static long
nice_of(int tid)
{
	return 20 - priority_of(PRIO_PROCESS, tid);
}

static long
set_nice(int which, int who, int nice)
{
	return raw_call(SYS_setpriority, (uint64_t)which, (uint64_t)who, (uint64_t)nice, 0, 0, 0);
}

/* A value above the present one, which the host of QEMU's user mode may have made large. */
static int
nicer(int steps)
{
	long nice = nice_of(0);

	return (int)(nice + steps > LARGEST ? LARGEST : nice + steps);
}

static void
priority_errors(void)
{
	const int bad[] = {-1, 3, INT32_MIN};

	for (size_t i = 0; i < COUNT(bad); i++) {
		CHECK_EQ(priority_of(bad[i], 0), -EINVAL);
		CHECK_EQ(set_nice(bad[i], 0, 0), -EINVAL);
		CHECK_EQ(set_nice(bad[i], -5, 1000), -EINVAL);
	}
	for (int which = PRIO_PROCESS; which <= PRIO_PGRP; which++) {
		CHECK_EQ(priority_of(which, -5), -ESRCH);
		CHECK_EQ(set_nice(which, -5, LARGEST), -ESRCH);
		CHECK_EQ(priority_of(which, INT32_MAX), -ESRCH);
		CHECK_EQ(set_nice(which, INT32_MIN, LARGEST), -ESRCH);
	}
	CHECK_EQ(priority_of(PRIO_USER, NOBODY), -ESRCH);
	CHECK_EQ(set_nice(PRIO_USER, NOBODY, LARGEST), -ESRCH);
}

/* The call and the functions of the library. */
static void
priority_is_kept(void)
{
	int value = nicer(2);

	CHECK_EQ(set_nice(PRIO_PROCESS, 0, value), 0);
	CHECK_EQ(priority_of(PRIO_PROCESS, 0), 20 - value);
	CHECK_EQ(priority_of(PRIO_PROCESS, getpid()), 20 - value);
	CHECK_EQ(getpriority(PRIO_PROCESS, (id_t)getpid()), value);
	value = nicer(1);
	CHECK_EQ(nice(1), value);
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), value);
	CHECK(priority_of(PRIO_USER, 0) >= 20 - value);
	CHECK_EQ(set_nice(PRIO_PROCESS, 0, 1000), 0);
	CHECK_EQ(nice_of(0), LARGEST);
	CHECK_EQ(setpriority(PRIO_PROCESS, 0, INT32_MAX), 0);
	CHECK_EQ(nice(INT32_MAX), LARGEST);
	CHECK_ERRNO(setpriority(7, 0, 0), EINVAL);
	CHECK_ERRNO(getpriority(PRIO_PROCESS, (id_t)-5), ESRCH);
}

/* Root gets what it asks for. */
static void
priority_goes_down(void)
{
	CHECK_EQ(set_nice(PRIO_PROCESS, 0, INT32_MIN), 0);
	CHECK_EQ(nice_of(0), SMALLEST);
	for (int value = SMALLEST; value <= LARGEST; value++) {
		CHECK_EQ(set_nice(PRIO_PROCESS, 0, value), 0);
		CHECK_EQ(nice_of(0), value);
	}
	CHECK_EQ(set_nice(PRIO_PROCESS, 0, -1), 0);
	errno = 0;
	CHECK_EQ(nice(0), -1);
	CHECK_EQ(errno, 0);
}

static void
children_are_as_nice(void)
{
	int value = nicer(3);
	pid_t child;

	CHECK_EQ(set_nice(PRIO_PROCESS, 0, value), 0);
	gate_make();
	child = waiting_child();
	CHECK_EQ(nice_of(child), value);
	CHECK_EQ(set_nice(PRIO_PROCESS, child, nicer(1)), 0);
	CHECK_EQ(nice_of(child), nicer(1));
	CHECK_EQ(nice_of(0), value);
	close(gate[1]);
	check_exit(child);
}

static struct {
	int tid;
	volatile long first, then;
	volatile int may_end;
} worker;

static int
worker_main(void *steps)
{
	worker.first = nice_of(0);
	if (steps)
		set_nice(PRIO_PROCESS, 0, nicer((int)(intptr_t)steps));
	worker.then = nice_of(0);
	while (!worker.may_end)
		raw_call(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
	return 0;
}

/* => its number, when it has said what it found; it goes on until worker_end() */
static int
worker_start(intptr_t steps)
{
	int tid;

	worker.may_end = 0;
	worker.then = 100;
	tid = thread_start(worker_main, (void *)steps, &worker.tid);
	while (worker.then == 100)
		sleep_ms(1);
	return tid;
}

static void
worker_end(void)
{
	worker.may_end = 1;
	while (__atomic_load_n(&worker.tid, __ATOMIC_ACQUIRE))
		sleep_ms(1);
}

/* Each thread has its own, and begins with its creator's. A group is all threads of its processes. */
static void
threads_are_nice_alone(void)
{
	int value = nicer(2), other = nicer(4), both = nicer(5);
	int tid;

	CHECK_EQ(set_nice(PRIO_PROCESS, 0, value), 0);
	tid = worker_start(other - value);
	CHECK_EQ(worker.first, value);
	CHECK_EQ(worker.then, other);
	CHECK_EQ(nice_of(tid), other);
	CHECK_EQ(nice_of(0), value);
	CHECK_EQ(nice_of(getpid()), value);
	CHECK_EQ(set_nice(PRIO_PROCESS, getpid(), other), 0);
	CHECK_EQ(set_nice(PRIO_PROCESS, tid, both), 0);
	CHECK_EQ(nice_of(0), other);
	CHECK_EQ(nice_of(tid), both);
	CHECK_EQ(set_nice(PRIO_PGRP, 0, both), 0);
	CHECK_EQ(nice_of(0), both);
	CHECK_EQ(nice_of(tid), both);
	CHECK_EQ(set_nice(PRIO_PROCESS, 0, LARGEST), 0);
	CHECK_EQ(priority_of(PRIO_PGRP, 0), 20 - both);
	worker_end();
	/* It may be on its way out for a while. */
	while (priority_of(PRIO_PROCESS, tid) != -ESRCH)
		sleep_ms(1);
}

/* The process is there as long as one thread is, and its number is that of the first. */
static void
first_thread_may_end(void)
{
	int status, value = nicer(2);
	pid_t child = fork_checked();

	if (child == 0) {
		CHECK_EQ(set_nice(PRIO_PROCESS, 0, value), 0);
		worker_start(1);
		raw_call(SYS_exit, 0, 0, 0, 0, 0, 0);
	}
	sleep_ms(100);
	CHECK_EQ(waitpid(child, &status, WNOHANG), 0);
	CHECK_EQ(nice_of(child), value);
	CHECK_EQ(set_nice(PRIO_PROCESS, child, nicer(3)), 0);
	CHECK_EQ(nice_of(child), nicer(3));
	CHECK_EQ(kill(child, SIGKILL), 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(priority_of(PRIO_PROCESS, child), -ESRCH);
}

static void
groups_are_nice(void)
{
	int value = nicer(0), low = nicer(1), high = nicer(3);
	pid_t children[3];

	gate_make();
	for (int i = 0; i < 3; i++) {
		children[i] = waiting_child();
		CHECK_EQ(setpgid(children[i], children[i > 1 ? 1 : i]), 0);
	}
	CHECK_EQ(set_nice(PRIO_PGRP, children[1], high), 0);
	CHECK_EQ(nice_of(children[0]), value);
	CHECK_EQ(nice_of(children[1]), high);
	CHECK_EQ(nice_of(children[2]), high);
	CHECK_EQ(nice_of(0), value);
	CHECK_EQ(priority_of(PRIO_PGRP, children[1]), 20 - high);
	CHECK_EQ(priority_of(PRIO_PGRP, children[2]), -ESRCH);
	CHECK_EQ(set_nice(PRIO_PGRP, 0, low), 0);
	CHECK_EQ(nice_of(0), low);
	CHECK_EQ(nice_of(children[0]), value);
	CHECK_EQ(nice_of(children[1]), high);
	CHECK_EQ(set_nice(PRIO_PROCESS, children[2], LARGEST), 0);
	CHECK_EQ(priority_of(PRIO_PGRP, children[1]), 20 - high);
	close(gate[1]);
	for (int i = 0; i < 3; i++)
		check_exit(children[i]);
}

#define STAT_PRIORITY 18
#define STAT_NICE     19

static void
check_stat(const char *path, long nice)
{
	CHECK_EQ(stat_field(path, STAT_PRIORITY), 20 + nice);
	CHECK_EQ(stat_field(path, STAT_NICE), nice);
}

/* A zombie still has the value, and takes another. */
static void
proc_tells_nice(void)
{
	int value = nicer(4), other = nicer(6);
	char path[64], task_path[64];
	pid_t child;

	gate_make();
	child = waiting_child();
	snprintf(path, sizeof(path), "/proc/%d/stat", child);
	snprintf(task_path, sizeof(task_path), "/proc/%d/task/%d/stat", child, child);
	check_stat(path, nice_of(0));
	CHECK_EQ(set_nice(PRIO_PROCESS, child, value), 0);
	check_stat(path, value);
	check_stat(task_path, value);
	close(gate[1]);
	CHECK_EQ(raw_call(SYS_waitid, ID_OF_PROCESS, (uint64_t)child, 0, ENDED | DO_NOT_REAP, 0, 0),
		 0);
	check_stat(path, value);
	CHECK_EQ(nice_of(child), value);
	CHECK_EQ(set_nice(PRIO_PROCESS, child, other), 0);
	check_stat(path, other);
	check_exit(child);
}

/* All of the machine; the test leaves it with 0. */
static void
users_are_nice(void)
{
	pid_t child;

	gate_make();
	child = waiting_child();
	CHECK_EQ(set_nice(PRIO_PROCESS, child, 7), 0);
	CHECK_EQ(set_nice(PRIO_PROCESS, 0, -7), 0);
	CHECK_EQ(priority_of(PRIO_USER, 0), 27);
	CHECK_EQ(set_nice(PRIO_USER, 0, 3), 0);
	CHECK_EQ(nice_of(child), 3);
	CHECK_EQ(nice_of(0), 3);
	CHECK_EQ(nice_of(getppid()), 3);
	CHECK_EQ(nice_of(1), 3);
	CHECK_EQ(set_nice(PRIO_USER, 0, 0), 0);
	CHECK_EQ(nice_of(1), 0);
	close(gate[1]);
	check_exit(child);
}

static void
stay_on_one_hart(void)
{
	uint64_t mask[16] = {0};

	CHECK(raw_call(SYS_sched_getaffinity, 0, sizeof(mask), (uint64_t)mask, 0, 0, 0) >= 8);
	mask[0] &= -mask[0];
	CHECK_EQ(raw_call(SYS_sched_setaffinity, 0, 8, (uint64_t)mask, 0, 0, 0), 0);
}

/* Counts as fast as it can. => the child */
static pid_t
spinner_start(volatile uint64_t *count, int nice)
{
	pid_t child = fork_checked();

	if (child == 0) {
		stay_on_one_hart();
		CHECK_EQ(set_nice(PRIO_PROCESS, 0, nice), 0);
		for (;;)
			++*count;
	}
	while (!*count)
		sleep_ms(1);
	return child;
}

/*
 * Five steps are a factor of three in what two get done in one hart. The work is counted, not the time,
 * of which a host takes as much as it likes from one or the other; and it is counted for longer when the
 * host's part is large.
 */
static void
nice_is_a_share(void)
{
	volatile uint64_t *counts =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t first[2], much = 0, little = 1;
	pid_t children[2];
	int round, good = 0;

	if (injecting)
		test_skip("what fails would leave a spinner behind");
	CHECK(counts != MAP_FAILED);
	for (int i = 0; i < 2; i++)
		children[i] = spinner_start(&counts[i * 8], i * SHARE_NICE);
	for (int i = 0; i < 2; i++)
		first[i] = counts[i * 8];
	for (round = 0; !good && round < SHARE_ROUNDS; round++) {
		sleep_ms(SHARE_MS);
		much = counts[0] - first[0];
		little = counts[8] - first[1];
		good = round >= SHARE_LEAST && much > 2 * little && much * 2 < little * 9;
	}
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(kill(children[i], SIGKILL), 0);
		CHECK_EQ(waitpid(children[i], NULL, 0), children[i]);
	}
	if (!good)
		FAIL("%lu and %lu", (unsigned long)much, (unsigned long)little);
}

/* The machine's time in user mode in ticks: of those that are not nice, and of those that are. */
static void
machine_times(uint64_t times[2])
{
	char text[256];
	int fd = open("/proc/stat", O_RDONLY);
	ssize_t length = read(fd, text, sizeof(text) - 1);

	CHECK(length > 0);
	close(fd);
	text[length] = '\0';
	CHECK_EQ(sscanf(text, "cpu %lu %lu", &times[0], &times[1]), 2);
}

static void
burn(void *nice)
{
	struct rusage usage;

	CHECK_EQ(set_nice(PRIO_PROCESS, 0, (int)(intptr_t)nice), 0);
	do {
		for (volatile unsigned i = 0; i < 1000000; i++)
			;
		CHECK_EQ(getrusage(RUSAGE_SELF, &usage), 0);
	} while (usage.ru_utime.tv_sec * 1000000L + usage.ru_utime.tv_usec < BURN_US);
}

static void
time_of_the_nice(void)
{
	uint64_t before[2], between[2], after[2];

	machine_times(before);
	CHECK_EQ(child_status(burn, (void *)1), 0);
	machine_times(between);
	CHECK(between[1] - before[1] >= BURN_US / TICK_US / 2);
	CHECK(between[0] - before[0] < BURN_US / TICK_US / 2);
	CHECK_EQ(child_status(burn, (void *)0), 0);
	machine_times(after);
	CHECK(after[0] - between[0] >= BURN_US / TICK_US / 2);
	CHECK(after[1] - between[1] < BURN_US / TICK_US / 2);
}

/* There is one policy for all, with one priority. */
static void
one_policy(void)
{
	int32_t priority = 0, realtime = 1000;
	uint64_t param = (uintptr_t)&priority, bad = (uintptr_t)&realtime;
	int64_t interval[2];

	CHECK_EQ(raw_call(SYS_sched_getscheduler, 0, 0, 0, 0, 0, 0), 0);
	CHECK_EQ(raw_call(SYS_sched_getparam, getpid(), bad, 0, 0, 0, 0), 0);
	CHECK_EQ(realtime, 0);
	realtime = 1000;
	CHECK_EQ(raw_call(SYS_sched_setscheduler, 0, 0, param, 0, 0, 0), 0);
	CHECK_EQ(raw_call(SYS_sched_setparam, 0, param, 0, 0, 0, 0), 0);
	CHECK_EQ(raw_call(SYS_sched_setscheduler, 0, 0, bad, 0, 0, 0), -EINVAL);
	CHECK_EQ(raw_call(SYS_sched_setscheduler, 0, 1, bad, 0, 0, 0), -EINVAL);
	CHECK_EQ(raw_call(SYS_sched_setscheduler, 0, 99, param, 0, 0, 0), -EINVAL);
	CHECK_EQ(raw_call(SYS_sched_setscheduler, -1, 0, param, 0, 0, 0), -EINVAL);
	CHECK_EQ(raw_call(SYS_sched_getscheduler, -1, 0, 0, 0, 0, 0), -EINVAL);
	CHECK_EQ(raw_call(SYS_sched_getscheduler, 999999999, 0, 0, 0, 0, 0), -ESRCH);
	CHECK_EQ(raw_call(SYS_sched_getparam, 0, 0, 0, 0, 0, 0), -EINVAL);
	CHECK_EQ(raw_call(SYS_sched_get_priority_min, 0, 0, 0, 0, 0, 0), 0);
	CHECK_EQ(raw_call(SYS_sched_get_priority_max, 0, 0, 0, 0, 0, 0), 0);
	CHECK_EQ(raw_call(SYS_sched_get_priority_min, 1, 0, 0, 0, 0, 0), 1);
	CHECK_EQ(raw_call(SYS_sched_get_priority_max, 2, 0, 0, 0, 0, 0), 99);
	CHECK_EQ(raw_call(SYS_sched_get_priority_max, 4, 0, 0, 0, 0, 0), -EINVAL);
	CHECK_EQ(raw_call(SYS_sched_rr_get_interval, 0, (uintptr_t)interval, 0, 0, 0, 0), 0);
	CHECK(interval[0] == 0 && interval[1] >= 0 && interval[1] < 1000000000);
}

/* A thread that may run on one hart alone is there. */
static void
hart_is_told(void)
{
	uint64_t mask = 1;
	uint32_t hart = 99, node = 99;

	CHECK_EQ(raw_call(SYS_sched_setaffinity, 0, 8, (uintptr_t)&mask, 0, 0, 0), 0);
	CHECK_EQ(raw_call(SYS_getcpu, (uintptr_t)&hart, (uintptr_t)&node, 0, 0, 0, 0), 0);
	CHECK(hart == 0 && node == 0);
	CHECK_EQ(raw_call(SYS_getcpu, 0, 0, 0, 0, 0, 0), 0);
}

const struct test priority_tests[] = {
	{"one_policy", one_policy, ANYWHERE},
	{"hart_is_told", hart_is_told, ANYWHERE},
	{"priority_errors", priority_errors, ANYWHERE},
	{"priority_is_kept", priority_is_kept, ANYWHERE},
	{"priority_goes_down", priority_goes_down, A_KERNEL},
	{"children_are_as_nice", children_are_as_nice, ANYWHERE},
	{"threads_are_nice_alone", threads_are_nice_alone, ANYWHERE},
	{"first_thread_may_end", first_thread_may_end, ANYWHERE},
	{"groups_are_nice", groups_are_nice, A_KERNEL},
	{"proc_tells_nice", proc_tells_nice, ANYWHERE},
	{"users_are_nice", users_are_nice, ON_OUR_SIZE},
	{"nice_is_a_share", nice_is_a_share, ON_OUR_SIZE},
	{"time_of_the_nice", time_of_the_nice, A_KERNEL},
	{NULL, NULL, ANYWHERE},
};
