/*
 * Runs the registered tests, each in a child whose output goes to a temporary file that is shown only
 * if it fails.
 */
#include "hosttest.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Of processor time, for the host may be busy; and of the clock, for a test that sleeps. */
#define TIMEOUT_SECONDS 120
#define PATIENCE	900

static struct hosttest *tests;

void
hosttest_register(struct hosttest *test)
{
	struct hosttest **link = &tests;

	while (*link)
		link = &(*link)->next;
	*link = test;
}

static void
run_child(const struct hosttest *test, FILE *log)
{
	dup2(fileno(log), STDOUT_FILENO);
	dup2(fileno(log), STDERR_FILENO);
	setitimer(ITIMER_PROF, &(struct itimerval){.it_value.tv_sec = TIMEOUT_SECONDS}, NULL);
	alarm(PATIENCE);
	test->run();
	exit(0);
}

static void
show_log(FILE *log)
{
	char line[512];

	rewind(log);
	while (fgets(line, sizeof(line), log))
		printf("    %s", line);
}

static void
explain(const struct hosttest *test, int status, uint64_t seed, FILE *log)
{
	printf("FAIL %s (%s): ", test->name, test->file);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF)
		printf("no end after %d seconds of processor time", TIMEOUT_SECONDS);
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		printf("no end after %d seconds", PATIENCE);
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT)
		printf("aborted");
	else if (WIFSIGNALED(status))
		printf("killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		printf("exit status %d", WEXITSTATUS(status));
	printf("; repeat with SEED=%llu\n", (unsigned long long)seed);
	show_log(log);
}

static bool
run_test(const struct hosttest *test, uint64_t seed, bool verbose)
{
	FILE *log = tmpfile();
	int status;

	if (!log) {
		perror("hosttest: temporary file");
		return false;
	}
	fflush(NULL);

	struct timespec start, end;
	pid_t pid = fork();

	clock_gettime(CLOCK_MONOTONIC, &start);
	if (pid == 0) {
		rnd_seed(seed);
		run_child(test, log);
	}
	if (pid < 0) {
		perror("hosttest: fork");
		fclose(log);
		return false;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	clock_gettime(CLOCK_MONOTONIC, &end);
	if (status != 0)
		explain(test, status, seed, log);
	else if (verbose)
		printf("ok   %s (%ld ms)\n", test->name,
		       (end.tv_sec - start.tv_sec) * 1000 +
			       (end.tv_nsec - start.tv_nsec) / 1000000);
	fclose(log);
	return status == 0;
}

/* No patterns: everything. Else a test whose name contains one of them. */
static bool
is_wanted(const struct hosttest *test, char **patterns)
{
	if (!*patterns)
		return true;
	for (; *patterns; patterns++) {
		if (strstr(test->name, *patterns))
			return true;
	}
	return false;
}

static uint64_t
seed_choose(void)
{
	const char *given = getenv("SEED");

	return given && *given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
}

int
main(int argc, char **argv)
{
	bool verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
	bool list = argc > 1 && strcmp(argv[1], "-l") == 0;
	char **patterns = argv + 1 + (verbose || list);
	uint64_t seed = seed_choose();
	unsigned passed = 0, failed = 0;

	for (struct hosttest *test = tests; test; test = test->next) {
		if (!is_wanted(test, patterns))
			continue;
		if (list)
			printf("%s\n", test->name);
		else if (run_test(test, seed, verbose))
			passed++;
		else
			failed++;
	}
	if (!list)
		printf("host: %u passed, %u failed\n", passed, failed);
	return failed != 0;
}
