/*
 * usertests: one behaviour each, one process each.
 *
 *     usertests            all tests
 *     usertests NAME...    these
 *     usertests -l         lists them
 *     usertests -k ...     also those of which QEMU's user mode is known to differ
 *     usertests -L         all tests twice: growth between the two ends is a leak (leak.c)
 *     usertests -F 1-500   with every N-th allocation failing, N from 1 to 500 (inject.c)
 *
 * Each test prints one line, `test NAME ok`, `test NAME FAILED: reason (file:line)` or
 * `test NAME skipped: reason`; the last line counts them. The exit status is 0 if none failed.
 *
 * A test is a process with a process group and a directory of its own, both of which are removed
 * after it. One that takes longer than TIME_LIMIT seconds is killed.
 *
 * Linux agrees with every test. QEMU's user mode runs them too, but differs from a kernel in
 * what ../linux_differences.txt lists; those are marked A_KERNEL. `make linux-compare` sees that
 * the list is true.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#define TIME_LIMIT	    120
#define EMULATED_TIME_LIMIT 5 /* of a test of which QEMU's user mode differs: some wait for ever */
#define INJECT_TIME_LIMIT   5 /* of a test that waits for what its failed part should have done */
#define SKIP_STATUS	    77

static const struct test_group groups[] = {
	{"pointers", pointer_tests},	{"faults", fault_tests},
	{"memory", memory_tests},	{"sharing", sharing_tests},
	{"exec", exec_tests},		{"programs", program_tests},
	{"process", process_tests},	{"files", file_tests},
	{"names", name_tests},		{"pipes", pipe_tests},
	{"signals", signal_tests},	{"system", system_tests},
	{"counts", count_tests},	{"ranges", range_tests},
	{"isolation", isolation_tests}, {"usage", usage_tests},
	{"knobs", knobs_tests},		{"threads", thread_tests},
	{"timers", timer_tests},	{"errnos", errno_tests},
	{"mlock", mlock_tests},		{"thread_signals", thread_signal_tests},
	{"clone", clone_tests},		{"jobs", job_tests},
	{"waits", wait_tests},		{"priority", priority_tests},
	{"writes", write_tests},	{"holes", hole_tests},
	{"procfs", procfs_tests},	{"advice", advice_tests},
};

static struct {
	int passed, failed, skipped;
} counts;

static char work_directory[64];
static volatile pid_t running_group;
static volatile sig_atomic_t timed_out;
static int under_qemu_user, also_where_qemu_differs;
const char *test_program = "/proc/self/exe";

static void
on_time_limit(int sig)
{
	(void)sig;
	timed_out = 1;
	kill(-running_group, SIGKILL);
}

static void
time_limit_set(int seconds)
{
	struct timeval timer[2] = {{0, 0}, {seconds, 0}};

	raw_call(SYS_setitimer, 0, (uintptr_t)timer, 0, 0, 0, 0);
}

/* QEMU's user mode shows the host's /proc/cpuinfo, or one it makes without an isa. */
static int
qemu_user_detect(void)
{
	char text[4096];
	int fd = open("/proc/cpuinfo", O_RDONLY);
	ssize_t got;

	if (fd < 0)
		return 0;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[got > 0 ? got : 0] = 0;
	return strstr(text, "isa") == NULL || strstr(text, "rv64") == NULL;
}

/* Unlinks the files of the current directory; the name of one directory that is left, or 0. */
static int
files_unlink(char *left)
{
	struct dirent *entry;
	int found = 0;
	DIR *dir = opendir(".");

	while (dir && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (entry->d_type != DT_DIR && unlink(entry->d_name) == 0)
			continue;
		strcpy(left, entry->d_name);
		found = 1;
	}
	if (dir)
		closedir(dir);
	return found;
}

/* However deep the tree is, this has one directory open at a time and does not recurse. */
static void
tree_remove(const char *path)
{
	char left[256];
	int depth = 1;

	if (chdir(path) < 0)
		return;
	while (depth > 0) {
		while (files_unlink(left)) {
			if (rmdir(left) == 0)
				continue;
			if (errno != ENOTEMPTY || chdir(left) < 0) {
				printf("cannot remove %s: %s\n", left, strerror(errno));
				exit(1);
			}
			depth++;
		}
		if (chdir("..") < 0)
			exit(1);
		depth--;
	}
	rmdir(path);
}

static void
test_child(const struct test *test, const char *directory)
{
	setpgid(0, 0);
	signal(SIGALRM, SIG_DFL);
	if (mkdir(directory, 0755) < 0 || chdir(directory) < 0)
		FAIL("cannot make the test's directory (errno %d)", errno);
	if (injecting)
		inject_mark_self();
	test->run();
	exit(0);
}

/* Ends what the test has left running, and waits until it is gone. */
static void
group_end(pid_t group)
{
	for (int i = 0; i < 500; i++) {
		if (kill(-group, SIGKILL) < 0)
			return;
		sleep_ms(10);
	}
	printf("cannot end process group %d\n", group);
	exit(1);
}

static int
time_limit_of(const struct test *test)
{
	if (under_qemu_user && test->needs != ANYWHERE)
		return EMULATED_TIME_LIMIT;
	return injecting ? INJECT_TIME_LIMIT : TIME_LIMIT;
}

static int
test_wait(const struct test *test, pid_t child)
{
	int status;

	time_limit_set(time_limit_of(test));
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	time_limit_set(0);
	group_end(child);
	return status;
}

static void
test_tell(const struct test *test, int status, const char *reason)
{
	if (timed_out) {
		counts.failed++;
		printf("FAILED: no end in time (%s:0)\n", test->name);
	} else if (WIFEXITED(status) && WEXITSTATUS(status) == SKIP_STATUS) {
		counts.skipped++;
		printf("skipped: %s\n", reason);
	} else if (status == 0) {
		counts.passed++;
		printf("ok\n");
	} else if (reason[0]) {
		counts.failed++;
		printf("FAILED: %s\n", reason);
	} else {
		counts.failed++;
		printf("FAILED: wait status 0x%x (%s:0)\n", status, test->name);
	}
	fflush(stdout);
}

static const char *
test_unfit(const struct test *test)
{
	if (!under_qemu_user || test->needs == ANYWHERE)
		return NULL;
	if (test->needs == ON_OUR_SIZE)
		return "not on a host";
	return also_where_qemu_differs ? NULL : "QEMU's user mode differs";
}

static void
test_run(const struct test *test)
{
	const char *unfit = test_unfit(test);
	int status;
	pid_t child;

	printf("test %s ", test->name);
	fflush(stdout);
	if (unfit) {
		test_tell(test, SKIP_STATUS << 8, unfit);
		return;
	}
	timed_out = 0;
	test_reason_clear();
	child = fork();
	if (child == 0)
		test_child(test, "directory");
	if (child < 0) {
		counts.failed++;
		printf("FAILED: fork: %s (main.c:%d)\n", strerror(errno), __LINE__);
		return;
	}
	setpgid(child, child);
	running_group = child;
	status = test_wait(test, child);
	tree_remove("directory");
	knobs_restore();
	test_tell(test, status, test_reason());
}

/* After all tests: what they did has left every frame of RAM accounted for. */
static void
frames_check(void)
{
	int lost = frames_lost();

	printf("test frames_accounted %s\n", lost ? "FAILED: see /proc/pagestates" : "ok");
	counts.failed += lost;
	counts.passed += !lost;
}

static int
run_suite(void)
{
	memset(&counts, 0, sizeof(counts));
	for (size_t i = 0; i < COUNT(groups); i++) {
		for (const struct test *test = groups[i].tests; test->name; test++) {
			if (!inject_wants(test))
				continue;
			test_run(test);
			inject_test_done(test);
		}
	}
	frames_check();
	printf("%d passed, %d failed, %d skipped\n", counts.passed, counts.failed, counts.skipped);
	return counts.failed > 0;
}

static int
run_named(const char *name)
{
	for (size_t i = 0; i < COUNT(groups); i++) {
		int whole = strcmp(groups[i].name, name) == 0, found = whole;

		for (const struct test *test = groups[i].tests; test->name; test++) {
			if (!whole && strcmp(test->name, name) != 0)
				continue;
			test_run(test);
			found = 1;
		}
		if (found)
			return 0;
	}
	printf("usertests: no test %s\n", name);
	return 1;
}

static int
list(void)
{
	for (size_t i = 0; i < COUNT(groups); i++)
		for (const struct test *test = groups[i].tests; test->name; test++)
			printf("%-10s %s\n", groups[i].name, test->name);
	return 0;
}

static void
work_enter(void)
{
	struct sigaction action = {.sa_handler = on_time_limit};

	sigaction(SIGALRM, &action, NULL);
	snprintf(work_directory, sizeof(work_directory), "usertests.%d", getpid());
	if (mkdir(work_directory, 0755) < 0 || chdir(work_directory) < 0) {
		printf("usertests: cannot make %s: %s\n", work_directory, strerror(errno));
		exit(2);
	}
}

/* The words behind -F: numbers and ranges alone, for it always runs the whole suite. */
static int
inject_chosen(char **ranges)
{
	int first, last, end;

	for (size_t i = 0; ranges[i]; i++) {
		end = 0;
		if (sscanf(ranges[i], "%d%n-%d%n", &first, &end, &last, &end) < 1 ||
		    ranges[i][end] || first < 1) {
			printf("usertests: -F takes numbers and ranges (7 20-29), not %s\n",
			       ranges[i]);
			return 2;
		}
	}
	return inject_sweep(ranges, run_suite);
}

static int
run_chosen(int argc, char **argv)
{
	int unknown = 0;

	if (argc < 2)
		return run_suite();
	if (strcmp(argv[1], "-k") == 0) {
		also_where_qemu_differs = 1;
		return run_chosen(argc - 1, argv + 1);
	}
	if (strcmp(argv[1], "-L") == 0)
		return leak_check(run_suite);
	if (strcmp(argv[1], "-F") == 0)
		return inject_chosen(argv + 2);
	for (int i = 1; i < argc; i++)
		unknown |= run_named(argv[i]);
	printf("%d passed, %d failed, %d skipped\n", counts.passed, counts.failed, counts.skipped);
	return counts.failed > 0 || unknown;
}

/* Who started us may ignore some, as nohup does; that would go on in the children whose end is tested. */
static void
signals_reset(void)
{
	for (int sig = 1; sig < NSIG; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			signal(sig, SIG_DFL);
}

int
main(int argc, char **argv)
{
	int status;

	if (argc > 1 && strcmp(argv[1], "-l") == 0)
		return list();
	if (argc > 1 && strcmp(argv[1], "-x") == 0)
		return exec_helper(argc - 2, argv + 2);
	if (argc > 1 && argv[1][0] == '-' && !strchr("kLF", argv[1][1])) {
		fprintf(stderr, "usage: usertests [-l | -L | -F [NUMBERS...] | [-k] [NAME...]]\n");
		return 2;
	}
	under_qemu_user = qemu_user_detect();
	if (!under_qemu_user)
		knobs_save();
	signals_reset();
	test_reason_init();
	work_enter();
	status = run_chosen(argc, argv);
	if (chdir("..") == 0)
		rmdir(work_directory);
	return status;
}
