/*
 * Failing allocations: `usertests -F N...` runs the suite once for each N (or range N-M),
 * with every N-th allocation of the tests failing (docs/fault-injection.md). Whether a test passes
 * does not matter then: it may fail, or be ended by a signal. What matters is that the kernel goes
 * on, that each process can be ended, and that nothing is lost: before and after, the suite runs
 * without failures, must pass, and must leave the same counters.
 *
 * Counting begins anew with each test. So a test that made fewer than N requests had none fail, and
 * is left out for the greater N that follow. Tests that do the same again and again for a long
 * time, such as to fill the disk or memory, are heavy: most end early when something fails, so they
 * run with every N, but not in peace, where they take most of the time.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

#define DEBUG_DIRECTORY "/sys/kernel/debug/"
#define TESTS_MAX	512

static const char *const allocators[] = {"failslab", "fail_page_alloc"};
static char **ranges;	   /* the last is NULL */
static int (*suite)(void); /* absent: nothing is to fail in this run */

int injecting;

static void
text_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
		printf("usertests: cannot write %s to %s: %s\n", text, path, strerror(errno));
		exit(2);
	}
	close(fd);
}

static void
setting_write(const char *allocator, const char *name, int value)
{
	char path[80], text[16];

	snprintf(path, sizeof(path), DEBUG_DIRECTORY "%s/%s", allocator, name);
	snprintf(text, sizeof(text), "%d", value);
	text_write(path, text);
}

static long
setting_read(const char *allocator, const char *name)
{
	char path[80], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), DEBUG_DIRECTORY "%s/%s", allocator, name);
	fd = open(path, O_RDONLY);
	if (fd >= 0) {
		if (read(fd, text, sizeof(text) - 1) < 0)
			text[0] = 0;
		close(fd);
	}
	return atol(text);
}

void
inject_mark_self(void)
{
	text_write("/proc/self/make-it-fail", "1");
}

static void
inject_set(int interval)
{
	for (size_t i = 0; i < COUNT(allocators); i++) {
		setting_write(allocators[i], "probability", 0);
		setting_write(allocators[i], "task-filter", 1);
		setting_write(allocators[i], "verbose", 0);
		setting_write(allocators[i], "times", -1);
		if (interval) {
			setting_write(allocators[i], "interval", interval);
			setting_write(allocators[i], "probability", 100);
		}
	}
	injecting = interval;
}

static long
nr_injected(void)
{
	long nr = 0;

	for (size_t i = 0; i < COUNT(allocators); i++)
		nr += setting_read(allocators[i], "failed");
	return nr;
}

static const char *const heavy[] = {"fp_registers", "pipe_large_transfer", "orphans_go_to_init"};

static int
is_heavy(const struct test *test)
{
	for (size_t i = 0; i < COUNT(heavy); i++)
		if (strcmp(test->name, heavy[i]) == 0)
			return 1;
	return test->needs == ON_OUR_SIZE;
}

/* Tests that make fewer requests than N, as far as was seen. */
static const struct test *exhausted[TESTS_MAX];
static size_t nr_exhausted;

static int
is_exhausted(const struct test *test)
{
	for (size_t i = 0; i < nr_exhausted; i++)
		if (exhausted[i] == test)
			return 1;
	return 0;
}

int
inject_wants(const struct test *test)
{
	if (!suite)
		return 1;
	if (!injecting)
		return !is_heavy(test);
	for (size_t i = 0; i < COUNT(allocators); i++)
		setting_write(allocators[i], "requests", 0);
	return !is_exhausted(test);
}

/* What runs side by side makes requests in another order each time: a quarter more may come. */
void
inject_test_done(const struct test *test)
{
	long most = 0;

	for (size_t i = 0; injecting && i < COUNT(allocators); i++) {
		long nr = setting_read(allocators[i], "requests");

		most = nr > most ? nr : most;
	}
	if (injecting && most + most / 4 < injecting && nr_exhausted < TESTS_MAX)
		exhausted[nr_exhausted++] = test;
}

static void
sweep(int first, int last)
{
	static int before;

	if (first < before)
		nr_exhausted = 0;
	before = last;
	for (int interval = first; interval <= last; interval++) {
		long failed = nr_injected();

		inject_set(interval);
		suite();
		inject_set(0);
		printf("interval %d: %ld allocations failed\n", interval, nr_injected() - failed);
		fflush(stdout);
	}
}

/* The suite of the leak check: clean the first time; the second time after the sweep. */
static int
sweep_then_suite(void)
{
	static int swept;

	if (swept++ != 0) {
		for (char **range = ranges; *range; range++) {
			const char *dash = strchr(*range, '-');

			sweep(atoi(*range), atoi(dash ? dash + 1 : *range));
		}
	}
	return suite();
}

int
inject_sweep(char **wanted, int (*run_suite)(void))
{
	ranges = wanted;
	suite = run_suite;
	inject_set(0);
	return leak_check(sweep_then_suite);
}
