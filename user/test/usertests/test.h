/*
 * What a test of usertests sees. A test is a function that runs in a process of its own, in an
 * empty directory of its own; it passes if it returns. CHECK and its relatives end the process and
 * name the reason and the line; they work in the test's children, too.
 */
#pragma once

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* When a test is left out. */
enum test_needs {
	ANYWHERE,
	A_KERNEL,    /* QEMU's user mode differs from Linux here: ../linux_differences.txt */
	ON_OUR_SIZE, /* fills the machine's disk or memory: not on a host */
};

struct test {
	const char *name;
	void (*run)(void);
	enum test_needs needs;
};

struct test_group {
	const char *name;
	const struct test *tests; /* the last has no name */
};

extern const struct test pointer_tests[], fault_tests[], memory_tests[], sharing_tests[],
	exec_tests[], process_tests[], file_tests[], name_tests[], pipe_tests[], signal_tests[],
	system_tests[], range_tests[], isolation_tests[], count_tests[], usage_tests[],
	knobs_tests[], thread_tests[], timer_tests[], errno_tests[], thread_signal_tests[],
	mlock_tests[], clone_tests[], job_tests[], wait_tests[], priority_tests[], program_tests[],
	write_tests[], hole_tests[], procfs_tests[], advice_tests[];

/* Ends the process and makes its test fail. The first reason of a test is the one that is told. */
void test_fail(const char *file, int line, const char *format, ...)
	__attribute__((noreturn, format(printf, 3, 4)));

/* Ends the test: it cannot run here. */
void test_skip(const char *reason) __attribute__((noreturn));

void check_equal(const char *file, int line, const char *what, long got, long expected);
void check_error(const char *file, int line, const char *what, long got, int expected);

#define FAIL(...) test_fail(__FILE__, __LINE__, __VA_ARGS__)

#define CHECK(condition)                                          \
	do {                                                      \
		if (!(condition))                                 \
			FAIL("%s (errno %d)", #condition, errno); \
	} while (0)

/* The value is what is expected. */
#define CHECK_EQ(value, expected) \
	check_equal(__FILE__, __LINE__, #value, (long)(value), (long)(expected))

/* The call returns -1 and sets errno to what is expected. */
#define CHECK_ERRNO(call, expected) check_error(__FILE__, __LINE__, #call, (long)(call), (expected))

/* A bare system call: a value or -errno. The compiler learns nothing about the arguments. */
long raw_call(long number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
	      uint64_t a5);

/* The runner's side of test_fail(): what the test said. */
void test_reason_init(void);
void test_reason_clear(void);
const char *test_reason(void);

/* fork() that fails the test if it fails. */
pid_t fork_checked(void);

/* Runs the function in a child, which exits with 0 if it returns. The child's wait status. */
int child_status(void (*function)(void *argument), void *argument);

/* Runs the function in a child; the test fails unless this signal ends it. */
void check_killed(void (*function)(void *argument), void *argument, int signal);

/* Waits for the child; the test fails unless it exits with 0. */
void check_exit(pid_t child);

/*
 * A thread of this process runs the function and ends. It shares errno and everything thread-local
 * with its creator, so it makes raw calls alone. *tid is its number, and 0 when it has ended.
 */
int thread_start(int (*run)(void *argument), void *argument, int *tid);

/* Sleeps. */
void sleep_ms(long milliseconds);

/* CLOCK_MONOTONIC in microseconds. */
int64_t now_us(void);

/* The path of this program. */
extern const char *test_program;

/* Makes a file that holds these bytes. */
void file_make(const char *path, const void *bytes, size_t length);

/* A number of /proc/PID/stat, or a thread's, which must be there. Fields count from 1; the first two are none. */
long stat_field(const char *path, int field);

/* A number of /proc/meminfo. */
long meminfo_kib(const char *name);

/* A byte that depends on the offset and a seed. */
unsigned char pattern_byte(uint64_t offset, unsigned seed);
void pattern_fill(void *buffer, size_t length, uint64_t offset, unsigned seed);

/* Whether the bytes are the pattern's. */
int pattern_holds(const void *buffer, size_t length, uint64_t offset, unsigned seed);

/* `usertests -x WHAT ...`: what an exec test execs. Returns the exit status. */
int exec_helper(int argc, char **argv);
/* What it does for peak_outlives_exec. */
int peak_helper(void);

/* `usertests -L`: runs the suite twice; growth between the two ends is a leak. 0 or 1. */
int leak_check(int (*run_suite)(void));

/* Is a frame of RAM in none of the states of /proc/pagestates? 0 where there is no such file. */
int frames_lost(void);
/* The knobs of memory as they are now, and as they were then (knobs.c). */
void knobs_save(void);
void knobs_restore(void);

/*
 * `usertests -F N...`: runs the suite with every N-th allocation failing, for each of the numbers
 * and ranges (a list that ends with NULL), and checks that nothing was lost. 0 or 1.
 */
int inject_sweep(char **ranges, int (*run_suite)(void));
/* N while such a run is going on, else 0; the allocations of the caller and its children fail. */
extern int injecting;
void inject_mark_self(void);
/* Around each test: is it worth its time now? (inject.c) */
int inject_wants(const struct test *test);
void inject_test_done(const struct test *test);

#define KIB	     1024UL
#define MIB	     (1024 * KIB)
#define PAGE	     4096UL
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
