/*
 * What the kernel's operations cost. Also a valid static Linux program, so that the same
 * source can be measured there. Each row is printed as "bench NAME NANOSECONDS", the mean
 * of one operation; under QEMU's -icount shift=0 a nanosecond is an instruction. A row that
 * the kernel cannot do is "bench NAME n/a REASON".
 *
 * usage: membench [ROW...]	rows by name; all of them without
 */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096UL
#define MIB  (1024 * 1024UL)

static const char *self;
static char page[PAGE] __attribute__((aligned(4096)));
static char scratch_file[] = "membench.data";

static unsigned long
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000UL + t.tv_nsec;
}

static void
fail(const char *what)
{
	perror(what);
	exit(1);
}

static char *
map(size_t size, int flags, int fd)
{
	char *area = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (area == MAP_FAILED)
		fail("mmap");
	return area;
}

static void
touch(volatile char *area, size_t size)
{
	for (size_t i = 0; i < size; i += PAGE)
		area[i] = 1;
}

static void
look(volatile char *area, size_t size)
{
	for (size_t i = 0; i < size; i += PAGE)
		(void)area[i];
}

/* A file of `size` bytes in the page cache, open for reading and writing; already unlinked. */
static int
cached_file(size_t size)
{
	int fd = open(scratch_file, O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (fd < 0)
		fail(scratch_file);
	unlink(scratch_file);
	for (size_t done = 0; done < size; done += PAGE)
		if (write(fd, page, PAGE) != (ssize_t)PAGE)
			fail("write");
	return fd;
}

static void
wait_for(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status != 0)
		fail("child");
}

/* Each row does `n` operations and returns the nanoseconds that they took, set-up excluded. */

static unsigned long
null_call(unsigned long n)
{
	unsigned long start = now();

	for (unsigned long i = 0; i < n; i++)
		syscall(SYS_getppid);
	return now() - start;
}

static unsigned long
clock_call(unsigned long n)
{
	struct timespec t;
	unsigned long start = now();

	for (unsigned long i = 0; i < n; i++)
		syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
	return now() - start;
}

static unsigned long
first_touch(unsigned long n)
{
	char *area = map(n * PAGE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	unsigned long start = now();

	touch(area, n * PAGE);
	start = now() - start;
	munmap(area, n * PAGE);
	return start;
}

static unsigned long
zero_read(unsigned long n)
{
	char *area = map(n * PAGE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	unsigned long start = now();

	look(area, n * PAGE);
	start = now() - start;
	munmap(area, n * PAGE);
	return start;
}

/* The child writes to pages that the parent still has; it reports through a pipe. */
static unsigned long
cow_write(unsigned long n)
{
	char *area = map(n * PAGE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	unsigned long spent = 0;
	int fds[2];
	pid_t pid;

	touch(area, n * PAGE);
	if (pipe(fds) < 0)
		fail("pipe");
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid == 0) {
		unsigned long start = now();

		touch(area, n * PAGE);
		spent = now() - start;
		_exit(write(fds[1], &spent, sizeof(spent)) != sizeof(spent));
	}
	if (read(fds[0], &spent, sizeof(spent)) != sizeof(spent))
		fail("read");
	wait_for(pid);
	close(fds[0]);
	close(fds[1]);
	munmap(area, n * PAGE);
	return spent;
}

static unsigned long
fork_wait(unsigned long n, size_t size, int exec)
{
	char *area = size ? map(size, MAP_PRIVATE | MAP_ANONYMOUS, -1) : NULL;
	unsigned long start;

	if (area)
		touch(area, size);
	start = now();
	for (unsigned long i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0)
			fail("fork");
		if (pid == 0 && exec)
			execl(self, self, "--exit", NULL);
		if (pid == 0)
			_exit(exec);
		wait_for(pid);
	}
	start = now() - start;
	if (area)
		munmap(area, size);
	return start;
}

static unsigned long
fork_1m(unsigned long n)
{
	return fork_wait(n, MIB, 0);
}

static unsigned long
fork_16m(unsigned long n)
{
	return fork_wait(n, 16 * MIB, 0);
}

static unsigned long
fork_64m(unsigned long n)
{
	return fork_wait(n, 64 * MIB, 0);
}

static unsigned long
fork_exec_1m(unsigned long n)
{
	return fork_wait(n, MIB, 1);
}

static unsigned long
fork_exec_16m(unsigned long n)
{
	return fork_wait(n, 16 * MIB, 1);
}

static unsigned long
fork_exec_64m(unsigned long n)
{
	return fork_wait(n, 64 * MIB, 1);
}

static unsigned long
fork_exec_small(unsigned long n)
{
	return fork_wait(n, 0, 1);
}

static unsigned long
map_touch_unmap(unsigned long n, size_t size)
{
	unsigned long start = now();

	for (unsigned long i = 0; i < n; i++) {
		char *area = map(size, MAP_PRIVATE | MAP_ANONYMOUS, -1);

		touch(area, size);
		munmap(area, size);
	}
	return now() - start;
}

static unsigned long
map_4k(unsigned long n)
{
	return map_touch_unmap(n, PAGE);
}

static unsigned long
map_16m(unsigned long n)
{
	return map_touch_unmap(n, 16 * MIB);
}

static unsigned long
brk_cycle(unsigned long n)
{
	char *end = (char *)syscall(SYS_brk, 0);
	unsigned long start = now();

	end = (char *)(((unsigned long)end + PAGE - 1) & ~(PAGE - 1));
	for (unsigned long i = 0; i < n; i++) {
		if ((char *)syscall(SYS_brk, end + PAGE) != end + PAGE)
			fail("brk");
		*(volatile char *)end = 1;
		syscall(SYS_brk, end);
	}
	return now() - start;
}

static unsigned long
pipe_round_trip(unsigned long n)
{
	int there[2], back[2];
	unsigned long start;
	pid_t pid;
	char c = 0;

	if (pipe(there) < 0 || pipe(back) < 0)
		fail("pipe");
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid == 0) {
		close(there[1]);
		while (read(there[0], &c, 1) == 1)
			if (write(back[1], &c, 1) != 1)
				_exit(1);
		_exit(0);
	}
	start = now();
	for (unsigned long i = 0; i < n; i++)
		if (write(there[1], &c, 1) != 1 || read(back[0], &c, 1) != 1)
			fail("pipe");
	start = now() - start;
	close(there[1]);
	close(there[0]);
	wait_for(pid);
	close(back[0]);
	close(back[1]);
	return start;
}

/* Two processes yield to each other: each of our calls is one switch there and one back. */
static unsigned long
yield_switch(unsigned long n)
{
	unsigned long start;
	pid_t pid = fork();

	if (pid < 0)
		fail("fork");
	if (pid == 0) {
		for (unsigned long i = 0; i < n; i++)
			sched_yield();
		_exit(0);
	}
	sched_yield();
	start = now();
	for (unsigned long i = 0; i < n / 2; i++)
		sched_yield();
	start = now() - start;
	wait_for(pid);
	return start;
}

static unsigned long
file_map_read(unsigned long n)
{
	int fd = cached_file(n * PAGE);
	char *area = map(n * PAGE, MAP_SHARED, fd);
	unsigned long start = now();

	look(area, n * PAGE);
	start = now() - start;
	munmap(area, n * PAGE);
	close(fd);
	return start;
}

static unsigned long
file_private_write(unsigned long n)
{
	int fd = cached_file(n * PAGE);
	char *area = map(n * PAGE, MAP_PRIVATE, fd);
	unsigned long start = now();

	touch(area, n * PAGE);
	start = now() - start;
	munmap(area, n * PAGE);
	close(fd);
	return start;
}

static unsigned long
read_4k(unsigned long n)
{
	int fd = cached_file(PAGE);
	unsigned long start;

	if (pread(fd, page, PAGE, 0) != (ssize_t)PAGE)
		fail("pread");
	start = now();
	for (unsigned long i = 0; i < n; i++)
		pread(fd, page, PAGE, 0);
	start = now() - start;
	close(fd);
	return start;
}

static unsigned long
protect_16(unsigned long n)
{
	char *area = map(16 * PAGE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	unsigned long start;

	touch(area, 16 * PAGE);
	start = now();
	for (unsigned long i = 0; i < n; i++)
		mprotect(area, 16 * PAGE, i & 1 ? PROT_READ | PROT_WRITE : PROT_READ);
	start = now() - start;
	munmap(area, 16 * PAGE);
	return start;
}

static const struct row {
	const char *name;
	unsigned long (*run)(unsigned long n);
	unsigned long nr;
} rows[] = {
	{"null", null_call, 100000},
	{"clock_gettime", clock_call, 20000},
	{"first_touch", first_touch, 1024},
	{"zero_read", zero_read, 1024},
	{"cow_write", cow_write, 1024},
	{"fork_exit_1m", fork_1m, 20},
	{"fork_exit_16m", fork_16m, 20},
	{"fork_exit_64m", fork_64m, 20},
	{"fork_exec_1m", fork_exec_1m, 20},
	{"fork_exec_16m", fork_exec_16m, 5},
	{"fork_exec_64m", fork_exec_64m, 10},
	{"fork_exec_small", fork_exec_small, 40},
	{"mmap_4k", map_4k, 500},
	{"mmap_16m", map_16m, 3},
	{"brk", brk_cycle, 500},
	{"pipe", pipe_round_trip, 10000},
	{"yield", yield_switch, 20000},
	{"file_map_read", file_map_read, 256},
	{"file_private_write", file_private_write, 256},
	{"read_4k", read_4k, 1000},
	{"mprotect_16", protect_16, 500},
};

#define NR_ROWS (sizeof(rows) / sizeof(rows[0]))

/* Each row in a process of its own, so that one that fails does not take the others along. */
static void
run_row(const struct row *row)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		unsigned long ns;

		row->run(row->nr / 10 + 1);
		ns = row->run(row->nr);
		printf("bench %s %lu\n", row->name, ns / row->nr);
		fflush(stdout);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		printf("bench %s n/a failed\n", row->name);
	fflush(stdout);
}

static int
wanted(char **names, const char *name)
{
	if (!*names)
		return 1;
	while (*names && strcmp(*names, name) != 0)
		names++;
	return *names != NULL;
}

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--exit") == 0)
		return 0;
	self = argv[0][0] == '/' ? argv[0] : "/bin/membench";
	for (size_t i = 0; i < NR_ROWS; i++)
		if (wanted(argv + 1, rows[i].name))
			run_row(&rows[i]);
	return 0;
}
