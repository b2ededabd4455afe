/* What every test uses: failing with a reason, children, files with known bytes, time. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

#define SKIP_STATUS  77
#define REASON_BYTES 1000

#define THREAD_STACK_BYTES 65536
#define THREAD_FLAGS                                                                        \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | \
	 CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)

/* Shared by the runner, the test and its children; the first that fails takes it. */
static struct reason {
	int taken;
	char text[REASON_BYTES];
} * reason;

void
test_reason_init(void)
{
	reason = mmap(NULL, sizeof(*reason), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (reason == MAP_FAILED) {
		printf("usertests: no shared memory\n");
		exit(2);
	}
}

void
test_reason_clear(void)
{
	memset(reason, 0, sizeof(*reason));
}

const char *
test_reason(void)
{
	return reason->text;
}

void
test_fail(const char *file, int line, const char *format, ...)
{
	va_list args;

	if (__atomic_exchange_n(&reason->taken, 1, __ATOMIC_SEQ_CST) == 0) {
		const char *name = strrchr(file, '/');
		size_t used;

		va_start(args, format);
		vsnprintf(reason->text, REASON_BYTES - 100, format, args);
		va_end(args);
		used = strlen(reason->text);
		snprintf(reason->text + used, REASON_BYTES - used, " (%s:%d)",
			 name ? name + 1 : file, line);
	}
	_exit(1);
}

void
test_skip(const char *why)
{
	snprintf(reason->text, REASON_BYTES, "%s", why);
	_exit(SKIP_STATUS);
}

void
check_equal(const char *file, int line, const char *what, long got, long expected)
{
	if (got != expected)
		test_fail(file, line, "%s is %ld, not %ld (errno %d)", what, got, expected, errno);
}

void
check_error(const char *file, int line, const char *what, long got, int expected)
{
	if (got != -1)
		test_fail(file, line, "%s is %ld, not an error", what, got);
	if (errno != expected)
		test_fail(file, line, "%s: %s, not %s", what, strerror(errno), strerror(expected));
}

long
raw_call(long number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
	register long r7 __asm__("a7") = number;
	register uint64_t r0 __asm__("a0") = a0;
	register uint64_t r1 __asm__("a1") = a1;
	register uint64_t r2 __asm__("a2") = a2;
	register uint64_t r3 __asm__("a3") = a3;
	register uint64_t r4 __asm__("a4") = a4;
	register uint64_t r5 __asm__("a5") = a5;

	__asm__ volatile("ecall"
			 : "+r"(r0)
			 : "r"(r7), "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5)
			 : "memory");
	return (long)r0;
}

pid_t
fork_checked(void)
{
	pid_t child = fork();

	if (child < 0)
		FAIL("fork: %s", strerror(errno));
	return child;
}

int
child_status(void (*function)(void *argument), void *argument)
{
	pid_t child = fork_checked();
	int status;

	if (child == 0) {
		function(argument);
		_exit(0);
	}
	if (waitpid(child, &status, 0) != child)
		FAIL("waitpid: %s", strerror(errno));
	return status;
}

void
check_killed(void (*function)(void *argument), void *argument, int signal)
{
	int status = child_status(function, argument);

	if (!WIFSIGNALED(status) || WTERMSIG(status) != signal)
		FAIL("wait status 0x%x, not a death by signal %d", status, signal);
}

void
check_exit(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) != child)
		FAIL("waitpid: %s", strerror(errno));
	if (status != 0)
		FAIL("a child's wait status is 0x%x", status);
}

struct thread_work {
	int (*run)(void *argument);
	void *argument;
};

/* First code of a thread: its work lies at the bottom of its stack. */
static int
thread_main(void *argument)
{
	struct thread_work *work = argument;

	work->run(work->argument);
	raw_call(SYS_exit, 0, 0, 0, 0, 0, 0);
	return 0;
}

int
thread_start(int (*run)(void *argument), void *argument, int *tid)
{
	char *stack = mmap(NULL, THREAD_STACK_BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int number;

	CHECK(stack != MAP_FAILED);
	*(struct thread_work *)stack = (struct thread_work){run, argument};
	*tid = 1;
	number =
		clone(thread_main, stack + THREAD_STACK_BYTES, THREAD_FLAGS, stack, tid, NULL, tid);
	CHECK(number > 0);
	return number;
}

void
sleep_ms(long milliseconds)
{
	struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};

	while (nanosleep(&time, &time) < 0 && errno == EINTR)
		;
}

int64_t
now_us(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) < 0)
		FAIL("clock_gettime: %s", strerror(errno));
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void
file_make(const char *path, const void *bytes, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755);

	if (fd < 0 || write(fd, bytes, length) != (ssize_t)length || close(fd) < 0)
		FAIL("cannot make %s: %s", path, strerror(errno));
}

unsigned char
pattern_byte(uint64_t offset, unsigned seed)
{
	uint64_t word = (offset / 8 + 1) * 0x9e3779b97f4a7c15u + seed * 0xbf58476d1ce4e5b9u;

	return (unsigned char)((word ^ word >> 29) >> (offset % 8 * 8));
}

void
pattern_fill(void *buffer, size_t length, uint64_t offset, unsigned seed)
{
	unsigned char *bytes = buffer;

	for (size_t i = 0; i < length; i++)
		bytes[i] = pattern_byte(offset + i, seed);
}

int
pattern_holds(const void *buffer, size_t length, uint64_t offset, unsigned seed)
{
	const unsigned char *bytes = buffer;

	for (size_t i = 0; i < length; i++)
		if (bytes[i] != pattern_byte(offset + i, seed))
			return 0;
	return 1;
}

long
stat_field(const char *path, int field)
{
	char text[1024];
	int fd = open(path, O_RDONLY);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	char *at;

	if (length <= 0)
		FAIL("%s: errno %d", path, errno);
	close(fd);
	text[length] = '\0';
	at = strrchr(text, ')');
	CHECK(at);
	for (int i = 2; i < field; i++) {
		at = strchr(at + 1, ' ');
		CHECK(at);
	}
	return strtol(at + 1, NULL, 10);
}

long
meminfo_kib(const char *name)
{
	size_t length = strlen(name);
	char line[128];
	long kib = -1;
	FILE *file = fopen("/proc/meminfo", "r");

	CHECK(file != NULL);
	while (kib < 0 && fgets(line, sizeof(line), file))
		if (strncmp(line, name, length) == 0 && line[length] == ':')
			kib = strtol(line + length + 1, NULL, 10);
	fclose(file);
	CHECK(kib >= 0);
	return kib;
}
