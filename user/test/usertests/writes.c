/* Writing to a regular file: by several at once, and from pages that are not there or are its own. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#define NR_WRITERS 4

/* What each of several processes appends: so many lines of two halves, each half of one byte. */
struct lines {
	void (*append)(int fd, char letter);
	int nr;
	size_t half;
	bool second_is_zero; /* else it is the writer's letter, as the first */
};

static int
disk_file(void)
{
	int fd = open("file", O_CREAT | O_TRUNC | O_RDWR, 0644);

	CHECK(fd >= 0);
	return fd;
}

static int
memory_file(void)
{
	int fd = memfd_create("file", 0);

	CHECK(fd >= 0);
	return fd;
}

static size_t
file_size(int fd)
{
	struct stat st;

	CHECK_EQ(fstat(fd, &st), 0);
	return st.st_size;
}

/* A position and flags of its own. */
static int
open_again(int fd, int flags)
{
	char path[32];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, flags);
	CHECK(again >= 0);
	return again;
}

static void
run_writers(int fd, const struct lines *lines)
{
	pid_t children[NR_WRITERS];

	for (int i = 0; i < NR_WRITERS; i++) {
		children[i] = fork_checked();
		if (children[i] == 0) {
			lines->append(open_again(fd, O_WRONLY | O_APPEND), 'a' + i);
			_exit(0);
		}
	}
	for (int i = 0; i < NR_WRITERS; i++)
		check_exit(children[i]);
}

/* => whose line it is */
static int
line_writer(const struct lines *lines, const char *line, int number)
{
	char first = line[0], second = lines->second_is_zero ? 0 : first;

	CHECK(first >= 'a' && first < 'a' + NR_WRITERS);
	for (size_t i = 0; i < lines->half; i++)
		if (line[i] != first || line[lines->half + i] != second)
			FAIL("line %d is torn", number);
	return first - 'a';
}

/* Each line is whole, and none is missing. */
static void
append_lines(int fd, const struct lines *lines)
{
	int nr = NR_WRITERS * lines->nr, seen[NR_WRITERS] = {0};
	size_t length = 2 * lines->half;
	static char line[2 * PAGE];

	run_writers(fd, lines);
	CHECK_EQ(lseek(fd, 0, SEEK_END), nr * length);
	for (int n = 0; n < nr; n++) {
		CHECK_EQ(pread(fd, line, length, n * length), length);
		seen[line_writer(lines, line, n)]++;
	}
	for (int i = 0; i < NR_WRITERS; i++)
		CHECK_EQ(seen[i], lines->nr);
}

#define NR_VECTORS  400
#define VECTOR_HALF 40

/* As a C library writes that flushes its buffer and what did not fit into it. */
static void
append_vectors_of(int fd, char letter)
{
	char first[VECTOR_HALF], second[VECTOR_HALF];
	struct iovec iov[2] = {{first, VECTOR_HALF}, {second, VECTOR_HALF}};

	memset(first, letter, VECTOR_HALF);
	memset(second, letter, VECTOR_HALF);
	for (int i = 0; i < NR_VECTORS; i++)
		CHECK_EQ(writev(fd, iov, 2), 2 * VECTOR_HALF);
}

static void
append_vectors(void)
{
	const struct lines lines = {append_vectors_of, NR_VECTORS, VECTOR_HALF, false};

	append_lines(disk_file(), &lines);
	append_lines(memory_file(), &lines);
}

#define NR_FRESH 100

/* The second page was never touched: it is not there when the write comes to it. */
static void
append_fresh_of(int fd, char letter)
{
	for (int i = 0; i < NR_FRESH; i++) {
		char *area = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		CHECK(area != MAP_FAILED);
		memset(area, letter, PAGE);
		CHECK_EQ(write(fd, area, 2 * PAGE), 2 * PAGE);
		CHECK_EQ(munmap(area, 2 * PAGE), 0);
	}
}

static void
append_absent_pages(void)
{
	const struct lines lines = {append_fresh_of, NR_FRESH, PAGE, true};

	append_lines(disk_file(), &lines);
	append_lines(memory_file(), &lines);
}

#define NR_OWN 8

/* The buffer is a mapping of the very pages that are written, or of others of the file. */
static void
write_own_pages(int fd)
{
	static unsigned char before[NR_OWN * PAGE], after[NR_OWN * PAGE];
	const size_t size = sizeof(before);

	pattern_fill(before, size, 0, 3);
	CHECK_EQ(pwrite(fd, before, size, 0), size);
	for (size_t shift = 0; shift < size; shift += PAGE) {
		unsigned char *own = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		CHECK(own != MAP_FAILED);
		CHECK_EQ(pwrite(fd, own, size - shift, shift), size - shift);
		CHECK_EQ(pwrite(fd, own + size - PAGE, PAGE, 0), PAGE);
		CHECK_EQ(munmap(own, size), 0);
		CHECK_EQ(pwrite(fd, before, size, 0), size);
	}
	CHECK_EQ(pread(fd, after, size, 0), size);
	CHECK(memcmp(before, after, size) == 0);
}

static void
write_from_own_mapping(void)
{
	write_own_pages(disk_file());
	write_own_pages(memory_file());
}

/* What the thread that truncates is told, and tells. */
struct cutter {
	int fd;
	volatile int stop;
	int tid;
};

#define CUT_SIZE (4 * PAGE)

/* Cuts the file and lets it grow; takes the lock of the address space for writing, too. */
static int
cut_and_grow(void *argument)
{
	struct cutter *cutter = argument;

	while (!cutter->stop) {
		long area = raw_call(SYS_mmap, 0, PAGE, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		raw_call(SYS_ftruncate, cutter->fd, 0, 0, 0, 0, 0);
		raw_call(SYS_ftruncate, cutter->fd, CUT_SIZE, 0, 0, 0, 0);
		if (area > 0)
			raw_call(SYS_munmap, area, PAGE, 0, 0, 0, 0);
	}
	return 0;
}

/* Every write moves what was there of its buffer, or says that nothing was. */
static void
write_while_cut(int fd)
{
	struct cutter cutter = {.fd = fd};
	char *own = mmap(NULL, CUT_SIZE, PROT_READ, MAP_SHARED, fd, 0);

	CHECK(own != MAP_FAILED);
	CHECK_EQ(ftruncate(fd, CUT_SIZE), 0);
	CHECK(thread_start(cut_and_grow, &cutter, &cutter.tid) > 0);
	for (int i = 0; i < 300; i++) {
		long moved =
			raw_call(SYS_pwrite64, fd, (uintptr_t)own, CUT_SIZE, i % 4 * PAGE, 0, 0);

		CHECK(moved == -EFAULT || (moved > 0 && moved <= (long)CUT_SIZE));
	}
	cutter.stop = 1;
	while (*(volatile int *)&cutter.tid)
		sleep_ms(1);
	CHECK_EQ(munmap(own, CUT_SIZE), 0);
}

static void
write_while_truncated(void)
{
	write_while_cut(disk_file());
	write_while_cut(memory_file());
}

/* A buffer that ends in nothing: what is before that is written, and the position is behind it. */
static void
write_ends_at_hole(void)
{
	int fd = disk_file(), tail;
	char *area =
		mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec iov[2] = {{area, 10}, {area + PAGE, 10}};

	CHECK(area != MAP_FAILED);
	CHECK_EQ(munmap(area + PAGE, PAGE), 0);
	CHECK_EQ(writev(fd, iov, 2), 10);
	CHECK_EQ(write(fd, area + PAGE - 5, 10), 5);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 15);
	tail = open_again(fd, O_WRONLY | O_APPEND);
	CHECK_ERRNO(write(tail, area + PAGE, 10), EFAULT);
	CHECK_EQ(write(tail, area, 0), 0);
	CHECK_EQ(lseek(tail, 0, SEEK_CUR), 0);
	CHECK_EQ(write(tail, area + PAGE - 1, 2), 1);
	CHECK_EQ(lseek(tail, 0, SEEK_CUR), 16);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 16);
}

#define NR_LONG	   1024
#define LONG_PIECE (32 * KIB)

/* Kills a process in one long write. => how far it got */
static size_t
kill_in_write(int fd)
{
	pid_t child = fork_checked(), ended = 0;

	if (child == 0) {
		static struct iovec iov[NR_LONG];
		static char piece[LONG_PIECE];

		for (int i = 0; i < NR_LONG; i++)
			iov[i] = (struct iovec){piece, LONG_PIECE};
		writev(fd, iov, NR_LONG);
		_exit(0);
	}
	while (file_size(fd) < MIB && ended == 0) {
		sched_yield();
		ended = waitpid(child, NULL, WNOHANG);
	}
	if (ended == 0) {
		CHECK_EQ(kill(child, SIGKILL), 0);
		CHECK_EQ(waitpid(child, NULL, 0), child);
	}
	return file_size(fd);
}

/* Who is killed does not write the rest, for which others would have to wait. */
static void
write_is_killed(void)
{
	int fd = memory_file();

	for (int i = 0; i < 20; i++) {
		CHECK_EQ(ftruncate(fd, 0), 0);
		CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
		if (kill_in_write(fd) < NR_LONG * LONG_PIECE)
			return;
	}
	FAIL("all of it was written each time");
}

const struct test write_tests[] = {
	{"append_vectors", append_vectors, ANYWHERE},
	{"append_absent_pages", append_absent_pages, ANYWHERE},
	{"write_from_own_mapping", write_from_own_mapping, ANYWHERE},
	{"write_while_truncated", write_while_truncated, ANYWHERE},
	{"write_ends_at_hole", write_ends_at_hole, A_KERNEL},
	{"write_is_killed", write_is_killed, A_KERNEL},
	{NULL, NULL, ANYWHERE},
};
