/*
 * Who used the processor, and for what: getrusage, times, wait4, /proc/<pid>/stat, /proc/stat, and
 * the same for each thread in /proc/<pid>/task.
 */
#include <dirent.h>
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

#ifndef RUSAGE_THREAD
#define RUSAGE_THREAD 1
#endif

#define NR_PAGES    64
#define PR_SET_NAME 15

#define BURN_US	    400000 /* forty ticks of the clock that samples */
#define TICK_US	    10000  /* of /proc and times */
#define BLOCK_BYTES (256 * KIB)

/* user and system time in microseconds */
struct split {
	int64_t user, system;
};

static struct split
split_of(int who)
{
	struct rusage usage;

	CHECK_EQ(raw_call(SYS_getrusage, (uint64_t)who, (uint64_t)&usage, 0, 0, 0, 0), 0);
	return (struct split){usage.ru_utime.tv_sec * 1000000L + usage.ru_utime.tv_usec,
			      usage.ru_stime.tv_sec * 1000000L + usage.ru_stime.tv_usec};
}

static int64_t
used_by(int who)
{
	struct split now = split_of(who);

	return now.user + now.system;
}

/* Computes, with a call only now and then. */
static void
burn_user(int who)
{
	int64_t end = used_by(who) + BURN_US;

	while (used_by(who) < end)
		for (volatile unsigned i = 0; i < 1000000; i++)
			;
}

/* Is in the kernel nearly all the time. */
static void
burn_system(int who)
{
	int64_t end = used_by(who) + BURN_US;
	char *block = malloc(BLOCK_BYTES);
	int zero = open("/dev/zero", O_RDONLY);

	CHECK(block && zero >= 0);
	while (used_by(who) < end)
		for (int i = 0; i < 16; i++)
			CHECK_EQ(read(zero, block, BLOCK_BYTES), BLOCK_BYTES);
	close(zero);
	free(block);
}

static void
user_time_is_user_time(void)
{
	struct split before = split_of(RUSAGE_SELF), after;

	burn_user(RUSAGE_SELF);
	after = split_of(RUSAGE_SELF);
	CHECK(after.user - before.user > after.system - before.system);
}

static void
system_time_is_system_time(void)
{
	struct split before = split_of(RUSAGE_SELF), after;

	burn_system(RUSAGE_SELF);
	after = split_of(RUSAGE_SELF);
	CHECK(after.system - before.system > after.user - before.user);
}

/* Each part only grows, whatever the next tick finds. */
static void
times_never_go_back(void)
{
	struct split last = split_of(RUSAGE_SELF);
	int64_t end = last.user + last.system + BURN_US;
	char *block = malloc(BLOCK_BYTES);
	int zero = open("/dev/zero", O_RDONLY);

	CHECK(block && zero >= 0);
	while (last.user + last.system < end) {
		struct split now = split_of(RUSAGE_SELF);

		CHECK(now.user >= last.user && now.system >= last.system);
		last = now;
		if (last.user / 20000 % 2)
			CHECK_EQ(read(zero, block, BLOCK_BYTES), BLOCK_BYTES);
	}
}

#define STAT_MINFLT 10
#define STAT_UTIME  14
#define STAT_STIME  15
#define STAT_CUTIME 16

#define STAT_EXIT_SIGNAL 38

/* What was read in ticks lies between what was read before and after it. */
static void
check_between(uint64_t user_ticks, uint64_t system_ticks, struct split before, struct split after)
{
	int64_t user = (int64_t)user_ticks, system = (int64_t)system_ticks;

	if (user < before.user / TICK_US || user > after.user / TICK_US ||
	    system < before.system / TICK_US || system > after.system / TICK_US)
		FAIL("%ld and %ld ticks between %ld and %ld us, and %ld and %ld us", (long)user,
		     (long)system, (long)before.user, (long)before.system, (long)after.user,
		     (long)after.system);
}

/* times(2) and /proc tell what getrusage tells. */
static void
times_agree(void)
{
	uint64_t ticks[4];
	struct split first, second, third;

	burn_user(RUSAGE_SELF);
	burn_system(RUSAGE_SELF);
	first = split_of(RUSAGE_SELF);
	CHECK(raw_call(SYS_times, (uint64_t)ticks, 0, 0, 0, 0, 0) > 0);
	second = split_of(RUSAGE_SELF);
	check_between(ticks[0], ticks[1], first, second);
	CHECK_EQ(ticks[2] + ticks[3], 0);
	ticks[0] = stat_field("/proc/self/stat", STAT_UTIME);
	third = split_of(RUSAGE_SELF);
	check_between(ticks[0], (uint64_t)second.system / TICK_US, second, third);
	ticks[1] = stat_field("/proc/self/stat", STAT_STIME);
	check_between((uint64_t)third.user / TICK_US, ticks[1], third, split_of(RUSAGE_SELF));
}

/* A child's time is its parent's business when it was waited for. */
static void
times_of_children(void)
{
	pid_t child = fork_checked();
	struct split children;

	if (child == 0) {
		burn_system(RUSAGE_SELF);
		_exit(0);
	}
	sleep_ms(BURN_US / 1000);
	CHECK_EQ(used_by(RUSAGE_CHILDREN), 0);
	check_exit(child);
	children = split_of(RUSAGE_CHILDREN);
	CHECK(children.user + children.system >= BURN_US);
	CHECK(children.system > children.user);
	check_between(stat_field("/proc/self/stat", STAT_CUTIME),
		      stat_field("/proc/self/stat", STAT_CUTIME + 1), children, children);
}

/* The machine's user and system time in ticks. */
static struct split
machine_split(void)
{
	char text[256];
	int fd = open("/proc/stat", O_RDONLY);
	ssize_t length = read(fd, text, sizeof(text) - 1);
	uint64_t user, nice, system;

	CHECK(length > 0);
	close(fd);
	text[length] = '\0';
	CHECK_EQ(sscanf(text, "cpu %lu %lu %lu", &user, &nice, &system), 3);
	return (struct split){(int64_t)(user + nice), (int64_t)system};
}

/* Linux counts ticks there, of which a loaded host takes many; those that come are of the right kind. */
static void
times_of_the_machine(void)
{
	struct split before = machine_split(), between, after;

	burn_user(RUSAGE_SELF);
	between = machine_split();
	CHECK(between.user - before.user > between.system - before.system);
	burn_system(RUSAGE_SELF);
	after = machine_split();
	CHECK(after.system - between.system > after.user - between.user);
}

/* --- threads ---------------------------------------------------------------------------------- */

/* What the thread tells, and what it waits for. */
static struct {
	void (*run)(void);
	int tid; /* set at the start, cleared by the kernel at the end */
	volatile int may_go, done;
	struct split used;
} worker;

static void
worker_wait(void)
{
	while (!worker.may_go)
		raw_call(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
}

static int
worker_main(void *unused)
{
	(void)unused;
	worker.run();
	worker.done = 1;
	worker_wait();
	return 0;
}

/* => its tid, which stays in the process until worker_end() */
static int
worker_start(void (*run)(void))
{
	worker.run = run;
	worker.may_go = worker.done = 0;
	return thread_start(worker_main, NULL, &worker.tid);
}

static void
worker_wait_done(void)
{
	while (!worker.done)
		sleep_ms(1);
}

static void
worker_end(void)
{
	worker.may_go = 1;
	while (__atomic_load_n(&worker.tid, __ATOMIC_ACQUIRE))
		sleep_ms(1);
}

static const char *
task_path(int tid, const char *file)
{
	static char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/%s", tid, file);
	return path;
}

static void
worker_burns(void)
{
	struct split before = split_of(RUSAGE_THREAD), after;

	burn_user(RUSAGE_THREAD);
	after = split_of(RUSAGE_THREAD);
	worker.used.user = after.user - before.user;
	worker.used.system = after.system - before.system;
}

/* Each thread's time is its own, and the process's is the sum. */
static void
times_of_a_thread(void)
{
	int64_t own = used_by(RUSAGE_THREAD), all = used_by(RUSAGE_SELF);
	int tid = worker_start(worker_burns);

	worker_wait_done();
	CHECK(worker.used.user >= BURN_US / 2);
	CHECK(used_by(RUSAGE_THREAD) - own < BURN_US / 2);
	CHECK(used_by(RUSAGE_SELF) - all >= BURN_US);
	CHECK_EQ(stat_field(task_path(tid, "stat"), STAT_EXIT_SIGNAL), -1);
	CHECK_EQ(stat_field(task_path(getpid(), "stat"), STAT_EXIT_SIGNAL), SIGCHLD);
	CHECK(stat_field(task_path(tid, "stat"), STAT_UTIME) * TICK_US >= BURN_US / 2);
	CHECK(stat_field(task_path(getpid(), "stat"), STAT_UTIME) * TICK_US < BURN_US / 2);
	worker_end();
	CHECK(used_by(RUSAGE_SELF) - all >= BURN_US);
}

static void
worker_touches(void)
{
	uint64_t pages = (uint64_t)raw_call(SYS_mmap, 0, NR_PAGES * PAGE, PROT_READ | PROT_WRITE,
					    MAP_PRIVATE | MAP_ANONYMOUS, (uint64_t)-1, 0);

	for (size_t i = 0; i < NR_PAGES; i++)
		*(volatile char *)(pages + i * PAGE) = 1;
}

/* Faults are counted for the thread that had them, and for the process. */
static void
faults_of_a_thread(void)
{
	long own = stat_field(task_path(getpid(), "stat"), STAT_MINFLT);
	long all = stat_field("/proc/self/stat", STAT_MINFLT), all_after;
	int tid = worker_start(worker_touches);
	long its;

	worker_wait_done();
	its = stat_field(task_path(tid, "stat"), STAT_MINFLT);
	CHECK(its >= NR_PAGES && its < NR_PAGES + 16);
	CHECK(stat_field(task_path(getpid(), "stat"), STAT_MINFLT) - own < NR_PAGES / 2);
	all_after = stat_field("/proc/self/stat", STAT_MINFLT);
	CHECK(all_after - all >= NR_PAGES);
	worker_end();
	/* What the dead had is not forgotten. */
	CHECK(stat_field("/proc/self/stat", STAT_MINFLT) >= all_after);
}

static void
worker_sleeps(void)
{
}

/* How many numbers the directory lists; both are among them. */
static int
task_count(int tid)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;
	int nr = 0, found = 0;

	CHECK(dir);
	while ((entry = readdir(dir))) {
		int number = atoi(entry->d_name);

		nr += number > 0;
		found += number > 0 && (number == tid || number == getpid());
	}
	closedir(dir);
	CHECK_EQ(found, nr < 2 ? nr : 2);
	return nr;
}

static void
threads_are_listed(void)
{
	int tid;

	CHECK_EQ(task_count(0), 1);
	CHECK_EQ(access(task_path(getpid(), "maps"), R_OK), 0);
	tid = worker_start(worker_sleeps);
	CHECK_EQ(task_count(tid), 2);
	CHECK_EQ(access(task_path(tid, "fd/0"), F_OK), 0);
	CHECK_ERRNO(access(task_path(tid, "task"), F_OK), ENOENT);
	CHECK_ERRNO(access(task_path(getppid(), "stat"), F_OK), ENOENT);
	CHECK_ERRNO(access(task_path(0, "stat"), F_OK), ENOENT);
	worker_wait_done();
	worker_end();
	while (access(task_path(tid, "stat"), F_OK) == 0)
		sleep_ms(1); /* its word is cleared a little before it is gone */
	CHECK_EQ(errno, ENOENT);
	CHECK_EQ(task_count(0), 1);
}

static void
name_check(const char *path, const char *expected)
{
	char name[32] = "";
	int fd = open(path, O_RDONLY);

	CHECK(fd >= 0);
	CHECK(read(fd, name, sizeof(name) - 1) > 0);
	close(fd);
	name[strcspn(name, "\n")] = '\0';
	if (strcmp(name, expected) != 0)
		FAIL("%s: %s, not %s", path, name, expected);
}

static void
worker_names_itself(void)
{
	raw_call(SYS_prctl, PR_SET_NAME, (uint64_t) "worker", 0, 0, 0, 0);
}

/* A thread's name is its own, and another thread of the process may write it. */
static void
names_of_threads(void)
{
	int tid = worker_start(worker_names_itself), fd;

	worker_wait_done();
	name_check(task_path(tid, "comm"), "worker");
	name_check(task_path(getpid(), "comm"), "usertests");
	name_check("/proc/self/comm", "usertests");
	fd = open(task_path(tid, "comm"), O_WRONLY);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "a name that is too long", 23), 23);
	close(fd);
	name_check(task_path(tid, "comm"), "a name that is ");
	name_check("/proc/self/comm", "usertests");
	worker_end();
}

/* Nobody names another process's threads. */
static void
names_of_others(void)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", getppid());
	fd = open(path, O_WRONLY);
	CHECK(fd >= 0);
	CHECK_ERRNO(write(fd, "x", 1), EINVAL);
	close(fd);
}

static char link_of_thread[64];

static void
worker_reads_link(void)
{
	long length = raw_call(SYS_readlinkat, (uint64_t)AT_FDCWD, (uint64_t) "/proc/thread-self",
			       (uint64_t)link_of_thread, sizeof(link_of_thread) - 1, 0, 0);

	link_of_thread[length < 0 ? 0 : length] = '\0';
}

static void
thread_self(void)
{
	char expected[64];
	int tid = worker_start(worker_reads_link);

	worker_wait_done();
	snprintf(expected, sizeof(expected), "%d/task/%d", getpid(), tid);
	if (strcmp(link_of_thread, expected) != 0)
		FAIL("%s, not %s", link_of_thread, expected);
	worker_end();
}

/* The number behind a name in /proc/self/status. */
static long
status_number(const char *name)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[128], word[64];
	long number = -1, found = -1;

	CHECK(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%63s %ld", word, &number) == 2 && strcmp(word, name) == 0)
			found = number;
	fclose(file);
	return found;
}

/* Executable files that are mapped, but for the program, are libraries; not every stack is the first. */
static void
status_tells_libraries(void)
{
	int fd = open("library", O_RDWR | O_CREAT, 0755);
	long text = status_number("VmExe:"), libraries = status_number("VmLib:");
	char line[256];
	int stacks = 0;
	FILE *maps;

	CHECK_EQ(ftruncate(fd, 64 * PAGE), 0);
	CHECK(mmap(NULL, 64 * PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) != MAP_FAILED);
	CHECK_EQ(status_number("VmExe:"), text);
	CHECK_EQ(status_number("VmLib:"), libraries + 256);
	CHECK(text > 0);
	CHECK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0) !=
	      MAP_FAILED);
	maps = fopen("/proc/self/maps", "r");
	CHECK(maps);
	while (fgets(line, sizeof(line), maps))
		stacks += strstr(line, "[stack]") != NULL;
	fclose(maps);
	CHECK_EQ(stacks, 1);
}

static long
peak_kib(int who)
{
	struct rusage usage;

	CHECK_EQ(raw_call(SYS_getrusage, (uint64_t)who, (uint64_t)&usage, 0, 0, 0, 0), 0);
	return usage.ru_maxrss;
}

#define PEAK_KIB 8192

static void
reach_peak(void)
{
	char *memory = mmap(NULL, PEAK_KIB * KIB, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(memory != MAP_FAILED);
	memset(memory, 1, PEAK_KIB * KIB);
	CHECK_EQ(munmap(memory, PEAK_KIB * KIB), 0);
}

/* How large a process was at most is told of each of its threads, too. */
static void
peak_of_a_thread(void)
{
	reach_peak();
	CHECK(peak_kib(RUSAGE_SELF) >= PEAK_KIB);
	CHECK(peak_kib(RUSAGE_THREAD) >= PEAK_KIB);
}

int
peak_helper(void)
{
	return peak_kib(RUSAGE_SELF) >= PEAK_KIB ? 0 : 1;
}

static void
exec_at_peak(void *unused)
{
	(void)unused;
	reach_peak();
	execl(test_program, test_program, "-x", "peak", NULL);
	FAIL("exec");
}

/* ... and outlives exec. */
static void
peak_outlives_exec(void)
{
	CHECK_EQ(child_status(exec_at_peak, NULL), 0);
	CHECK(peak_kib(RUSAGE_CHILDREN) >= PEAK_KIB);
}

/* Of a child that has stopped, what it used until then. */
static void
usage_of_the_stopped(void)
{
	struct rusage usage;
	pid_t child = fork_checked();
	int status;

	if (child == 0) {
		burn_user(RUSAGE_SELF);
		raise(SIGSTOP);
		_exit(0);
	}
	CHECK_EQ(wait4(child, &status, WUNTRACED, &usage), child);
	CHECK(WIFSTOPPED(status));
	CHECK(usage.ru_utime.tv_sec * 1000000L + usage.ru_utime.tv_usec +
		      usage.ru_stime.tv_sec * 1000000L + usage.ru_stime.tv_usec >=
	      BURN_US);
	CHECK(usage.ru_maxrss > 0);
	CHECK_EQ(kill(child, SIGCONT), 0);
	check_exit(child);
}

const struct test usage_tests[] = {
	{"peak_of_a_thread", peak_of_a_thread, ANYWHERE},
	{"peak_outlives_exec", peak_outlives_exec, A_KERNEL},
	{"usage_of_the_stopped", usage_of_the_stopped, ANYWHERE},
	{"user_time_is_user_time", user_time_is_user_time, ANYWHERE},
	{"system_time_is_system_time", system_time_is_system_time, ANYWHERE},
	{"times_never_go_back", times_never_go_back, ANYWHERE},
	{"times_agree", times_agree, A_KERNEL},
	{"times_of_children", times_of_children, A_KERNEL},
	{"times_of_the_machine", times_of_the_machine, A_KERNEL},
	{"times_of_a_thread", times_of_a_thread, ANYWHERE},
	{"faults_of_a_thread", faults_of_a_thread, A_KERNEL},
	{"threads_are_listed", threads_are_listed, A_KERNEL},
	{"names_of_threads", names_of_threads, A_KERNEL},
	{"names_of_others", names_of_others, ANYWHERE},
	{"thread_self", thread_self, ANYWHERE},
	{"status_tells_libraries", status_tells_libraries, A_KERNEL},
	{NULL, NULL, ANYWHERE},
};
