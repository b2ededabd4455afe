/* fork, exit, wait, process groups, limits on the number of processes. */
#include <dirent.h>
#include <errno.h>
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

#define WALL   0x40000000u
#define WCLONE 0x80000000u

static void
exit_with(void *status)
{
	_exit((int)(intptr_t)status);
}

static void
sleep_for_ever(void *unused)
{
	(void)unused;
	for (;;)
		sleep_ms(1000000);
}

static void
spin(void *unused)
{
	(void)unused;
	for (;;)
		;
}

static void
exit_statuses(void)
{
	for (int status = 0; status < 256; status += 15)
		CHECK_EQ(child_status(exit_with, (void *)(intptr_t)status), status << 8);
	CHECK_EQ(child_status(exit_with, (void *)0x1ff), 0xff00);
	CHECK_EQ(child_status(exit_with, (void *)-1), 0xff00);
}

static void
wait_no_child(void)
{
	int status = 1234;

	CHECK_ERRNO(wait(&status), ECHILD);
	CHECK_ERRNO(waitpid(1, &status, 0), ECHILD);
	CHECK_ERRNO(waitpid(getpid(), &status, WNOHANG), ECHILD);
	CHECK_ERRNO(waitpid(-1, &status, 0x1000), EINVAL);
	CHECK_EQ(status, 1234);
}

static void
wait_nohang(void)
{
	int status = 1234;
	pid_t child = fork_checked();

	if (child == 0)
		sleep_for_ever(NULL);
	CHECK_EQ(waitpid(child, &status, WNOHANG), 0);
	CHECK_EQ(waitpid(-1, &status, WNOHANG), 0);
	CHECK_EQ(status, 1234);
	CHECK_EQ(kill(child, SIGKILL), 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	CHECK_ERRNO(waitpid(child, &status, WNOHANG), ECHILD);
}

static void
wait_chosen(void)
{
	pid_t children[5];
	int status;

	for (int i = 0; i < 5; i++) {
		children[i] = fork_checked();
		if (children[i] == 0)
			_exit(i + 1);
	}
	for (int i = 4; i >= 0; i--) {
		CHECK_EQ(waitpid(children[i], &status, 0), children[i]);
		CHECK_EQ(status, (i + 1) << 8);
	}
}

static void
wait_group(void)
{
	pid_t inside = fork_checked(), outside;
	int status;

	if (inside == 0) {
		setpgid(0, 0);
		sleep_ms(100);
		_exit(1);
	}
	setpgid(inside, inside);
	CHECK_EQ(getpgid(inside), inside);
	outside = fork_checked();
	if (outside == 0)
		_exit(2);
	CHECK_EQ(waitpid(-inside, &status, 0), inside);
	CHECK_EQ(waitpid(0, &status, 0), outside);
}

static void
wait_usage(void)
{
	struct rusage usage;
	pid_t child = fork_checked();

	if (child == 0) {
		int64_t end = now_us() + 200000;

		while (now_us() < end)
			;
		_exit(0);
	}
	CHECK_EQ(wait4(child, NULL, 0, &usage), child);
	CHECK(usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec >
	      1000);
	CHECK(usage.ru_minflt > 0);
}

/* The many children of a loop, all of them zombies for a while. */
static void
fork_many(void)
{
	int sum = 0, status;

	for (int i = 0; i < 60; i++) {
		if (fork_checked() == 0)
			_exit(i);
	}
	sleep_ms(100);
	for (int i = 0; i < 60; i++) {
		CHECK(wait(&status) > 0);
		CHECK(WIFEXITED(status));
		sum += WEXITSTATUS(status);
	}
	CHECK_EQ(sum, 59 * 60 / 2);
	CHECK_ERRNO(wait(&status), ECHILD);
}

static void
fork_ids(void)
{
	pid_t parent = getpid(), group = getpgrp(), child;

	child = fork_checked();
	if (child == 0) {
		CHECK(getpid() != parent);
		CHECK_EQ(getppid(), parent);
		CHECK_EQ(getpgrp(), group);
		CHECK_EQ(gettid(), getpid());
		_exit(0);
	}
	CHECK(child > 0 && child != parent);
	check_exit(child);
}

static void
orphans_go_to_init(void)
{
	int fds[2];
	pid_t middle, heir;

	CHECK_EQ(pipe(fds), 0);
	middle = fork_checked();
	if (middle == 0) {
		if (fork_checked() == 0) {
			while (getppid() == middle || getppid() == getpgrp())
				sleep_ms(1);
			for (int i = 0; i < 1000 && kill(middle, 0) == 0; i++)
				sleep_ms(1);
			heir = getppid();
			CHECK_EQ(write(fds[1], &heir, sizeof(heir)), sizeof(heir));
			_exit(0);
		}
		_exit(0);
	}
	check_exit(middle);
	close(fds[1]);
	CHECK_EQ(read(fds[0], &heir, sizeof(heir)), sizeof(heir));
	CHECK(heir != middle && heir != getpid());
	CHECK_EQ(read(fds[0], &heir, 1), 0);
	CHECK_ERRNO(wait(NULL), ECHILD);
}

static void
fork_many_orphans(void)
{
	for (int i = 0; i < 40; i++) {
		pid_t child = fork_checked();

		if (child == 0) {
			for (int j = 0; j < 3; j++)
				if (fork() == 0)
					_exit(0);
			_exit(0);
		}
		check_exit(child);
	}
}

/* More forks than the machine has room for: the last one fails, and all can be undone. */
static void
fork_until_refused(void)
{
	struct rlimit limit;
	int fds[2], count = 0, error = 0;
	pid_t keeper;

	CHECK_EQ(pipe(fds), 0);
	keeper = fork_checked();
	if (keeper == 0) {
		CHECK_EQ(getrlimit(RLIMIT_NPROC, &limit), 0);
		close(fds[0]);
		for (; count < 5000; count++) {
			pid_t child = fork();

			if (child == 0)
				sleep_for_ever(NULL);
			if (child < 0)
				break;
		}
		error = count < 5000 ? errno : EAGAIN;
		CHECK_EQ(write(fds[1], &error, sizeof(error)), sizeof(error));
		kill(0, SIGKILL);
	}
	setpgid(keeper, keeper);
	close(fds[1]);
	if (read(fds[0], &error, sizeof(error)) == sizeof(error))
		CHECK(error == EAGAIN || error == ENOMEM);
	kill(-keeper, SIGKILL);
	CHECK_EQ(waitpid(keeper, &count, 0), keeper);
	for (int i = 0; i < 1000 && kill(-keeper, 0) == 0; i++)
		sleep_ms(10);
	CHECK_EQ(child_status(exit_with, NULL), 0);
}

/* Threads of all processes; of the kernel none is listed. */
static long
threads_of_processes(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	long sum = 0;

	CHECK(proc);
	while ((entry = readdir(proc)) != NULL) {
		char path[300], text[2048], *threads;
		ssize_t length;
		int fd;

		snprintf(path, sizeof(path), "/proc/%s/status", entry->d_name);
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		fd = open(path, O_RDONLY);
		length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
		close(fd);
		text[length < 0 ? 0 : length] = 0;
		threads = strstr(text, "Kthread:\t1") ? NULL : strstr(text, "Threads:");
		sum += threads ? atol(threads + 8) : 0;
	}
	closedir(proc);
	return sum;
}

/* The limit is for threads of programs, and those of the kernel do not count. */
static void
process_limit(void)
{
	long nr = threads_of_processes();
	struct rlimit limit = {nr, nr + 1};
	pid_t child;

	CHECK_EQ(setrlimit(RLIMIT_NPROC, &limit), 0);
	CHECK_ERRNO(fork(), EAGAIN);
	limit.rlim_cur = nr + 1;
	CHECK_EQ(setrlimit(RLIMIT_NPROC, &limit), 0);
	child = fork_checked();
	if (child == 0)
		sleep_for_ever(NULL);
	CHECK_ERRNO(fork(), EAGAIN);
	CHECK_EQ(kill(child, SIGKILL), 0);
	CHECK_EQ(waitpid(child, NULL, 0), child);
	CHECK_EQ(child_status(exit_with, NULL), 0);
}

#define NR_RACERS 4
#define NR_PLACES 6

struct race {
	volatile int begin;
	int nr_forked, nr_done;
};

static void
race_for_places(struct race *race, const struct rlimit *limit)
{
	pid_t child = 1;

	CHECK_EQ(setrlimit(RLIMIT_NPROC, limit), 0);
	while (!race->begin)
		;
	for (int i = 0; i < NR_PLACES + 1 && child > 0; i++) {
		child = fork();
		if (child > 0)
			__atomic_fetch_add(&race->nr_forked, 1, __ATOMIC_SEQ_CST);
	}
	if (child)
		__atomic_fetch_add(&race->nr_done, 1, __ATOMIC_SEQ_CST);
	sleep_for_ever(NULL);
}

/* => how many of NR_RACERS children found one */
static int
run_race(struct race *race, const struct rlimit *limit)
{
	pid_t group = 0;

	*race = (struct race){};
	for (int i = 0; i < NR_RACERS; i++) {
		pid_t racer = fork_checked();

		if (racer == 0)
			race_for_places(race, limit);
		group = group ? group : racer;
		CHECK_EQ(setpgid(racer, group), 0);
	}
	race->begin = 1;
	while (__atomic_load_n(&race->nr_done, __ATOMIC_SEQ_CST) < NR_RACERS)
		sleep_ms(1);
	CHECK_EQ(kill(-group, SIGKILL), 0);
	while (waitpid(-group, NULL, 0) > 0)
		;
	return race->nr_forked;
}

/* Processes that fork at the same time get the places that there are, and not one more. */
static void
forks_race_for_places(void)
{
	struct race *race =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	long nr = threads_of_processes();
	struct rlimit limit = {nr + NR_RACERS + NR_PLACES, nr + NR_RACERS + NR_PLACES};

	if (injecting)
		test_skip("what fails would leave racers behind");
	CHECK(race != MAP_FAILED);
	for (int round = 0; round < 20; round++) {
		CHECK_EQ(run_race(race, &limit), NR_PLACES);
		while (threads_of_processes() > nr)
			sleep_ms(1);
	}
}

#define ID_OF_PROCESS 1
#define EXITED	      4
#define DO_NOT_REAP   0x01000000

/* Who has ended counts until it is waited for. */
static void
process_limit_counts_zombies(void)
{
	pid_t child = fork_checked();
	struct rlimit limit;
	char info[128];

	if (child == 0)
		_exit(0);
	CHECK_EQ(syscall(SYS_waitid, ID_OF_PROCESS, child, info, EXITED | DO_NOT_REAP, NULL), 0);
	limit.rlim_cur = limit.rlim_max = threads_of_processes();
	CHECK_EQ(setrlimit(RLIMIT_NPROC, &limit), 0);
	CHECK_ERRNO(fork(), EAGAIN);
	CHECK_EQ(waitpid(child, NULL, 0), child);
	CHECK_EQ(child_status(exit_with, NULL), 0);
}

/* Linux holds root to no limit of processes; here everybody is root, and there is no such call. */
#define LINUX_SETRESUID 147

/* A process that doubles itself for ever; its group can still be killed. */
static void
fork_bomb(void)
{
	pid_t bomb = fork_checked();

	if (bomb == 0) {
		struct rlimit limit = {300, 300};

		setpgid(0, 0);
		syscall(LINUX_SETRESUID, 1000, 1000, 1000);
		setrlimit(RLIMIT_NPROC, &limit);
		for (;;)
			fork();
	}
	setpgid(bomb, bomb);
	sleep_ms(700);
	CHECK_EQ(kill(-bomb, SIGKILL), 0);
	for (int i = 0; i < 1000 && kill(-bomb, SIGKILL) == 0; i++) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		sleep_ms(10);
	}
	CHECK_ERRNO(kill(-bomb, 0), ESRCH);
	CHECK_EQ(child_status(exit_with, NULL), 0);
}

/* -1: the file cannot be read. */
static long
context_switches(void)
{
	char text[4096] = "", *at;
	int fd = open("/proc/stat", O_RDONLY);

	if (fd >= 0 && read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	close(fd);
	at = strstr(text, "ctxt ");
	return at ? atol(at + 5) : -1;
}

/* Who sleeps does not queue behind all who only compute, each time it wakes. */
static void
sleeper_among_spinners(void)
{
	enum { SPINNERS = 100, NAPS = 20 };
	pid_t group = fork_checked();
	long before, after;

	if (group == 0) {
		setpgid(0, 0);
		for (int i = 1; i < SPINNERS; i++)
			if (fork_checked() == 0)
				spin(NULL);
		spin(NULL);
	}
	setpgid(group, group);
	sleep_ms(300);
	before = context_switches();
	for (int i = 0; i < NAPS; i++)
		sleep_ms(1);
	after = context_switches();
	kill(-group, SIGKILL);
	waitpid(group, NULL, 0);
	CHECK(before >= 0 && after >= 0);
	if (after - before > SPINNERS * NAPS / 2)
		FAIL("%ld switches in %d naps", after - before, NAPS);
}

static void
process_groups(void)
{
	pid_t child = fork_checked();

	if (child == 0) {
		CHECK_EQ(setpgid(0, 0), 0);
		CHECK_EQ(getpgrp(), getpid());
		CHECK_ERRNO(setsid(), EPERM);
		_exit(0);
	}
	check_exit(child);
	child = fork_checked();
	if (child == 0) {
		CHECK_EQ(setsid(), getpid());
		CHECK_EQ(getsid(0), getpid());
		CHECK_EQ(getpgrp(), getpid());
		CHECK_ERRNO(setpgid(0, 0), EPERM);
		_exit(0);
	}
	check_exit(child);
	CHECK_ERRNO(setpgid(0, -1), EINVAL);
	CHECK_ERRNO(setpgid(1, 1), ESRCH);
	CHECK_ERRNO(getpgid(0x3fffffff), ESRCH);
}

static void
kill_errors(void)
{
	CHECK_ERRNO(kill(0x3fffffff, SIGTERM), ESRCH);
	CHECK_ERRNO(kill(getpid(), 65), EINVAL);
	CHECK_ERRNO(kill(getpid(), -1), EINVAL);
	CHECK_EQ(kill(getpid(), 0), 0);
}

/* As soon as it was waited for there is no such process, whatever its last thread still does. */
static void
waited_for_is_gone(void)
{
	for (int i = 0; i < 300; i++) {
		pid_t child = fork_checked();

		if (child == 0)
			_exit(0);
		CHECK_EQ(waitpid(child, NULL, 0), child);
		CHECK_ERRNO(kill(child, 0), ESRCH);
		CHECK_ERRNO(getpgid(child), ESRCH);
	}
}

/* Killed while it waits in many ways. */
static void
wait_in_pipe(void *fds)
{
	char byte;

	(void)!read(((int *)fds)[0], &byte, 1);
}

static void
wait_in_wait(void *unused)
{
	(void)unused;
	if (fork() == 0)
		sleep_for_ever(NULL);
	wait(NULL);
}

static void
die_while(void (*function)(void *argument), void *argument)
{
	pid_t child = fork_checked();
	int status;

	if (child == 0) {
		function(argument);
		_exit(0);
	}
	sleep_ms(50);
	CHECK_EQ(kill(child, SIGKILL), 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void
kill_while_waiting(void)
{
	int fds[2];

	CHECK_EQ(pipe(fds), 0);
	die_while(sleep_for_ever, NULL);
	die_while(wait_in_pipe, fds);
	die_while(wait_in_wait, NULL);
	die_while(spin, NULL);
}

static void
descriptors_are_inherited(void)
{
	int fd = open("file", O_CREAT | O_RDWR, 0644);
	pid_t child;

	CHECK_EQ(write(fd, "0123456789", 10), 10);
	child = fork_checked();
	if (child == 0) {
		CHECK_EQ(lseek(fd, 3, SEEK_SET), 3);
		_exit(0);
	}
	check_exit(child);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 3);
}

/* fork(), but the end of the child is told by another signal, or by none. */
static pid_t
fork_with_signal(int sig)
{
	pid_t child = raw_call(SYS_clone, sig, 0, 0, 0, 0, 0);

	CHECK(child >= 0);
	return child;
}

static volatile sig_atomic_t child_signals, other_signals;

static void
on_child(int sig)
{
	if (sig == SIGCHLD)
		child_signals++;
	else
		other_signals++;
}

/* Children without SIGCHLD are waited for with __WCLONE or __WALL. */
static void
children_with_other_signals(void)
{
	static const int signals[] = {0, SIGUSR1, SIGCHLD};

	signal(SIGCHLD, on_child);
	signal(SIGUSR1, on_child);
	for (size_t i = 0; i < COUNT(signals); i++) {
		unsigned right = signals[i] == SIGCHLD ? 0 : WCLONE;
		pid_t child = fork_with_signal(signals[i]);
		int status;

		if (child == 0)
			_exit(3);
		CHECK_ERRNO(waitpid(child, &status, (int)(right ^ WCLONE)), ECHILD);
		while (waitpid(child, &status, (int)right) < 0)
			CHECK_EQ(errno, EINTR);
		CHECK_EQ(status, 3 << 8);
	}
	CHECK_EQ(child_signals, 1);
	CHECK_EQ(other_signals, 1);
	for (size_t i = 0; i < COUNT(signals); i++) {
		pid_t child = fork_with_signal(signals[i]);

		if (child == 0)
			_exit(0);
		while (waitpid(-1, NULL, (int)WALL) < 0)
			CHECK_EQ(errno, EINTR);
	}
	CHECK_ERRNO(waitpid(-1, NULL, (int)WALL), ECHILD);
}

const struct test process_tests[] = {
	{"exit_statuses", exit_statuses, ANYWHERE},
	{"wait_no_child", wait_no_child, ANYWHERE},
	{"wait_nohang", wait_nohang, ANYWHERE},
	{"wait_chosen", wait_chosen, ANYWHERE},
	{"wait_group", wait_group, ANYWHERE},
	{"wait_usage", wait_usage, ANYWHERE},
	{"fork_many", fork_many, ANYWHERE},
	{"fork_ids", fork_ids, ANYWHERE},
	{"orphans_go_to_init", orphans_go_to_init, ANYWHERE},
	{"fork_many_orphans", fork_many_orphans, ANYWHERE},
	{"fork_until_refused", fork_until_refused, ON_OUR_SIZE},
	{"process_limit", process_limit, A_KERNEL},
	{"forks_race_for_places", forks_race_for_places, ON_OUR_SIZE},
	{"process_limit_counts_zombies", process_limit_counts_zombies, A_KERNEL},
	{"fork_bomb", fork_bomb, ON_OUR_SIZE},
	{"sleeper_among_spinners", sleeper_among_spinners, ON_OUR_SIZE},
	{"process_groups", process_groups, ANYWHERE},
	{"kill_errors", kill_errors, ANYWHERE},
	{"waited_for_is_gone", waited_for_is_gone, ANYWHERE},
	{"kill_while_waiting", kill_while_waiting, ANYWHERE},
	{"descriptors_are_inherited", descriptors_are_inherited, ANYWHERE},
	{"children_with_other_signals", children_with_other_signals, A_KERNEL},
	{NULL, NULL, ANYWHERE},
};
