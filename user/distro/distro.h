/*
 * What the programs of this folder share. They are Linux programs: built by the stock cross compiler
 * against glibc, with its headers alone, and run unmodified, on Quire and on Linux.
 */
#pragma once

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(condition)                                                                         \
	do {                                                                                     \
		if (!(condition)) {                                                              \
			printf("%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno); \
			fflush(stdout);                                                          \
			_exit(1);                                                                \
		}                                                                                \
	} while (0)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct distro_test {
	const char *name;
	void (*run)(void);
};

/* Runs each test in a process of its own, a line for each. The exit status of the program. */
static inline int
tests_run(const struct distro_test *tests, size_t nr_tests)
{
	int nr_failed = 0;

	for (size_t i = 0; i < nr_tests; i++) {
		int status = -1;
		pid_t child;

		fflush(stdout);
		child = fork();
		if (child == 0) {
			tests[i].run();
			exit(0);
		}
		waitpid(child, &status, 0);
		if (status == 0)
			printf("test %s ok\n", tests[i].name);
		else
			printf("test %s FAILED: wait status %#x\n", tests[i].name, status);
		nr_failed += status != 0;
	}
	return nr_failed > 0;
}
