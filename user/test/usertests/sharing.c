/* Memory of several processes: copies after fork, shared mappings, mapped files. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#define RW (PROT_READ | PROT_WRITE)

static char data_byte = 1;

static void
peek(void *address)
{
	(void)*(volatile char *)address;
}

static void
fork_isolates(void)
{
	char *area = mmap(NULL, 16 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int ready[2], go[2];
	char byte = 1;
	pid_t child;

	CHECK(area != MAP_FAILED);
	memset(area, byte, 16 * PAGE);
	CHECK_EQ(pipe(ready), 0);
	CHECK_EQ(pipe(go), 0);
	child = fork_checked();
	if (child == 0) {
		for (int i = 0; i < 16; i += 2)
			area[i * PAGE] = 2;
		data_byte = 2;
		CHECK_EQ(write(ready[1], &byte, 1), 1);
		CHECK_EQ(read(go[0], &byte, 1), 1);
		for (int i = 0; i < 16; i++)
			CHECK_EQ(area[i * PAGE], i % 2 ? 1 : 2);
		_exit(0);
	}
	CHECK_EQ(read(ready[0], &byte, 1), 1);
	for (int i = 0; i < 16; i++)
		CHECK_EQ(area[i * PAGE], 1);
	CHECK_EQ(data_byte, 1);
	for (int i = 0; i < 16; i++)
		area[i * PAGE] = 3;
	CHECK_EQ(write(go[1], &byte, 1), 1);
	check_exit(child);
	for (int i = 0; i < 16; i++)
		CHECK_EQ(area[i * PAGE], 3);
}

/* Each generation changes its own copy; none sees another's. */
static void
generation(volatile int *area, int depth)
{
	pid_t child;

	if (depth == 8)
		return;
	child = fork_checked();
	if (child == 0) {
		for (int i = 0; i < 8; i++)
			CHECK_EQ(area[i * PAGE / 4], depth);
		area[depth * PAGE / 4] = depth + 1;
		for (int i = 0; i < 8; i++)
			area[i * PAGE / 4] = depth + 1;
		generation(area, depth + 1);
		for (int i = 0; i < 8; i++)
			CHECK_EQ(area[i * PAGE / 4], depth + 1);
		_exit(0);
	}
	check_exit(child);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(area[i * PAGE / 4], depth);
}

static void
fork_nested(void)
{
	int *area = mmap(NULL, 8 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(area != MAP_FAILED);
	generation(area, 0);
}

/* The kernel, too, breaks the sharing when it writes for one process. */
static void
fork_isolates_read(void)
{
	char *area = mmap(NULL, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fds[2];
	pid_t child;

	CHECK(area != MAP_FAILED);
	strcpy(area, "parent");
	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(write(fds[1], "child", 6), 6);
	child = fork_checked();
	if (child == 0) {
		CHECK_EQ(read(fds[0], area, 6), 6);
		CHECK(strcmp(area, "child") == 0);
		_exit(0);
	}
	check_exit(child);
	CHECK(strcmp(area, "parent") == 0);
}

static void
shared_anonymous(void)
{
	int *area = mmap(NULL, 4 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t children[4];

	CHECK(area != MAP_FAILED);
	for (int i = 0; i < 4; i++) {
		children[i] = fork_checked();
		if (children[i] == 0) {
			for (int n = 0; n < 20000; n++)
				__atomic_fetch_add(area, 1, __ATOMIC_RELAXED);
			area[(PAGE + i * 512) / 4] = i + 1;
			_exit(0);
		}
	}
	for (int i = 0; i < 4; i++)
		check_exit(children[i]);
	CHECK_EQ(area[0], 80000);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(area[(PAGE + i * 512) / 4], i + 1);
	CHECK_EQ(area[2 * PAGE / 4], 0);
}

static int
pattern_file(const char *path, size_t length)
{
	static char buffer[8 * PAGE];
	int fd;

	pattern_fill(buffer, sizeof(buffer), 0, 9);
	file_make(path, buffer, length);
	fd = open(path, O_RDWR);
	CHECK(fd >= 0);
	return fd;
}

static void
file_private(void)
{
	int fd = pattern_file("file", 8 * PAGE);
	char *area = mmap(NULL, 8 * PAGE, RW, MAP_PRIVATE, fd, 0);
	char byte;

	CHECK(area != MAP_FAILED);
	CHECK(pattern_holds(area, 8 * PAGE, 0, 9));
	area[PAGE] = (char)(area[PAGE] + 1);
	CHECK_EQ(pread(fd, &byte, 1, PAGE), 1);
	CHECK_EQ((unsigned char)byte, pattern_byte(PAGE, 9));
	CHECK_EQ(close(fd), 0);
	CHECK(pattern_holds(area + 2 * PAGE, PAGE, 2 * PAGE, 9));
}

static void
file_offset(void)
{
	int fd = pattern_file("file", 8 * PAGE);
	char *area = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 3 * PAGE);

	CHECK(area != MAP_FAILED);
	CHECK(pattern_holds(area, 2 * PAGE, 3 * PAGE, 9));
}

static void
file_shared(void)
{
	int fd = pattern_file("file", 8 * PAGE);
	char *area = mmap(NULL, 8 * PAGE, RW, MAP_SHARED, fd, 0);
	char bytes[4];
	pid_t child;

	CHECK(area != MAP_FAILED);
	child = fork_checked();
	if (child == 0) {
		int again = open("file", O_RDWR);
		char *other = mmap(NULL, 8 * PAGE, RW, MAP_SHARED, again, 0);

		CHECK(other != MAP_FAILED);
		memcpy(other + 5 * PAGE, "map", 4);
		CHECK_EQ(pwrite(again, "call", 5, 6 * PAGE), 5);
		_exit(0);
	}
	check_exit(child);
	CHECK(strcmp(area + 5 * PAGE, "map") == 0);
	CHECK(strcmp(area + 6 * PAGE, "call") == 0);
	CHECK_EQ(pread(fd, bytes, 4, 5 * PAGE), 4);
	CHECK(memcmp(bytes, "map", 4) == 0);
	CHECK_EQ(fsync(fd), 0);
	CHECK_EQ(munmap(area, 8 * PAGE), 0);
	CHECK_EQ(pread(fd, bytes, 4, 5 * PAGE), 4);
	CHECK(memcmp(bytes, "map", 4) == 0);
}

static void
file_beyond_end(void)
{
	int fd = pattern_file("file", PAGE + 100);
	char *area = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);

	CHECK(area != MAP_FAILED);
	CHECK(pattern_holds(area, PAGE + 100, 0, 9));
	CHECK_EQ(area[PAGE + 100], 0);
	CHECK_EQ(area[2 * PAGE - 1], 0);
	check_killed(peek, area + 2 * PAGE, SIGBUS);
	check_killed(peek, area + 3 * PAGE, SIGBUS);
}

static char *volatile expected_address;

static void
on_bus(int sig, siginfo_t *info, void *context)
{
	(void)context;
	_exit(sig == SIGBUS && info->si_code == BUS_ADRERR && info->si_addr == expected_address
		      ? 0
		      : 1);
}

/* Where and why is told; the kernel, on the program's behalf, says EFAULT. */
static void
file_end_is_told(void)
{
	struct sigaction action = {.sa_sigaction = on_bus, .sa_flags = SA_SIGINFO};
	int fd = open("file", O_RDWR | O_CREAT, 0644), fds[2];
	char *map;

	CHECK_EQ(write(fd, "x", 1), 1);
	map = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED);
	CHECK_EQ(pipe(fds), 0);
	CHECK_ERRNO(write(fds[1], map + PAGE, 1), EFAULT);
	CHECK_EQ(write(fds[1], map, 1), 1);
	CHECK_ERRNO(read(fds[0], map + 2 * PAGE, 1), EFAULT);
	for (int i = 0; i < 4; i++) {
		pid_t child = fork_checked();

		if (child == 0) {
			CHECK_EQ(sigaction(SIGBUS, &action, NULL), 0);
			expected_address = map + PAGE + i * 1000;
			if (i % 2)
				*expected_address = 1;
			else
				(void)*(volatile char *)expected_address;
			_exit(2);
		}
		check_exit(child);
	}
}

static void
file_truncated_below(void)
{
	int fd = pattern_file("file", 4 * PAGE);
	char *area = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);

	CHECK(area != MAP_FAILED);
	CHECK(pattern_holds(area, 4 * PAGE, 0, 9));
	CHECK_EQ(ftruncate(fd, PAGE), 0);
	CHECK(pattern_holds(area, PAGE, 0, 9));
	check_killed(peek, area + PAGE, SIGBUS);
	CHECK_EQ(ftruncate(fd, 4 * PAGE), 0);
	CHECK_EQ(area[PAGE], 0);
	CHECK_EQ(area[3 * PAGE], 0);
}

/* Bytes that were stored beyond the end of the file, in its last page, are not the file's. */
static void
file_tail_is_not_written(void)
{
	int fd = pattern_file("file", 100);
	char *area = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
	struct stat st;
	char byte = 1;

	CHECK(area != MAP_FAILED);
	memset(area + 100, 7, PAGE - 100);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 100);
	CHECK_EQ(pread(fd, &byte, 1, 100), 0);
	CHECK_EQ(munmap(area, PAGE), 0);
}

/* The last page of the file gets other bytes beyond its end: by memory, if they may also reach the disk. */
static char *
dirty_tail(int fd, size_t size, int written)
{
	char *area = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0);

	CHECK(area != MAP_FAILED);
	if (written)
		CHECK_EQ(fsync(fd), 0);
	memset(area + size, 7, PAGE - size);
	return area;
}

/* The file grows to `to`, by a write at its end if that is not the same as `from`. */
static void
grow(int fd, size_t to, int by_write)
{
	if (by_write)
		CHECK_EQ(pwrite(fd, "x", 1, to - 1), 1);
	else
		CHECK_EQ(ftruncate(fd, to), 0);
}

/* ... and do not appear when the file grows over them. */
static void
file_tail_is_zero_when_it_grows(void)
{
	static const size_t sizes[] = {101, 102, 2000, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE};
	static char buffer[2 * PAGE];

	for (size_t i = 0; i < 4 * COUNT(sizes); i++) {
		size_t to = sizes[i / 4];
		int by_write = i & 1;
		int fd = pattern_file("file", 100);
		char *area = dirty_tail(fd, 100, i & 2);

		grow(fd, to, by_write);
		CHECK_EQ(pread(fd, buffer, sizeof(buffer), 0), to);
		CHECK(pattern_holds(buffer, 100, 0, 9));
		CHECK_EQ(memcmp(area, buffer, to), 0);
		for (size_t at = 100; at < to - by_write; at++)
			CHECK_EQ(buffer[at], 0);
		CHECK_EQ(munmap(area, 2 * PAGE), 0);
		CHECK_EQ(close(fd), 0);
		CHECK_EQ(unlink("file"), 0);
	}
}

static void
file_mapped_then_removed(void)
{
	int fd = pattern_file("file", 4 * PAGE);
	char *area = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);

	CHECK(area != MAP_FAILED);
	CHECK_EQ(close(fd), 0);
	CHECK_EQ(unlink("file"), 0);
	CHECK(pattern_holds(area, 4 * PAGE, 0, 9));
	memset(area, 1, 4 * PAGE);
	CHECK_EQ(area[4 * PAGE - 1], 1);
}

static void
file_read_into_itself(void)
{
	int fd = pattern_file("file", 4 * PAGE);
	char *area = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);

	CHECK(area != MAP_FAILED);
	CHECK_EQ(pread(fd, area, PAGE, 2 * PAGE), PAGE);
	CHECK(pattern_holds(area, PAGE, 2 * PAGE, 9));
	CHECK_EQ(pwrite(fd, area + PAGE, PAGE, 3 * PAGE), PAGE);
	CHECK(pattern_holds(area + 3 * PAGE, PAGE, PAGE, 9));
	CHECK_EQ(pwrite(fd, area, PAGE, 0), PAGE);
}

/* Dirty pages of a hole: they get blocks, and are read back from the file. */
static void
file_hole_mapped(void)
{
	int fd = open("file", O_RDWR | O_CREAT, 0644);
	char *area, text[8];

	CHECK(fd >= 0);
	CHECK_EQ(ftruncate(fd, 64 * PAGE), 0);
	area = mmap(NULL, 64 * PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(area != MAP_FAILED);
	for (int i = 0; i < 64; i += 7)
		memcpy(area + i * PAGE + 9, "written", 8);
	CHECK_EQ(munmap(area, 64 * PAGE), 0);
	CHECK_EQ(fsync(fd), 0);
	for (int i = 0; i < 64; i++) {
		CHECK_EQ(pread(fd, text, 8, i * PAGE + 9), 8);
		CHECK(memcmp(text, i % 7 ? "\0\0\0\0\0\0\0" : "written", 8) == 0);
	}
}

static int64_t
modified_ns(int fd)
{
	struct stat st;

	CHECK_EQ(fstat(fd, &st), 0);
	CHECK(st.st_mtim.tv_sec == st.st_ctim.tv_sec && st.st_mtim.tv_nsec == st.st_ctim.tv_nsec);
	return st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
}

/* Stores by a shared mapping modify the file, each time after its pages were written; loads do not. */
static void
file_times_of_stores(void)
{
	int fd = pattern_file("file", 4 * PAGE);
	char *area = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);
	char *own = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE, fd, 0);
	int64_t before = modified_ns(fd);

	CHECK(area != MAP_FAILED && own != MAP_FAILED);
	sleep_ms(30);
	peek(area);
	own[0] = 1;
	CHECK_EQ(modified_ns(fd), before);
	for (int i = 0; i < 3; i++) {
		area[i] = 1;
		CHECK_EQ(msync(area, PAGE, MS_SYNC), 0);
		CHECK(modified_ns(fd) > before);
		before = modified_ns(fd);
		sleep_ms(30);
	}
	CHECK_EQ(munmap(area, 4 * PAGE), 0);
	CHECK_EQ(modified_ns(fd), before);
}

/* Memory by way of /dev/zero is anonymous memory: its own, or shared with children alone. */
static void
zero_device_mapped(void)
{
	int fd = open("/dev/zero", O_RDWR), reader = open("/dev/zero", O_RDONLY);
	char *own = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE, fd, 0);
	char *shared = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);
	char *another = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);
	pid_t child;

	CHECK(own != MAP_FAILED && shared != MAP_FAILED && another != MAP_FAILED);
	CHECK_EQ(close(fd), 0);
	CHECK_EQ(own[3 * PAGE] + shared[3 * PAGE], 0);
	child = fork_checked();
	if (child == 0) {
		memset(own, 1, 4 * PAGE);
		memset(shared, 2, 4 * PAGE);
		_exit(0);
	}
	check_exit(child);
	CHECK_EQ(own[3 * PAGE], 0);
	CHECK_EQ(shared[3 * PAGE], 2);
	CHECK_EQ(another[3 * PAGE], 0);
	CHECK_ERRNO((long)mmap(NULL, PAGE, RW, MAP_SHARED, reader, 0), EACCES);
	own = mmap(NULL, PAGE, RW, MAP_PRIVATE, reader, 0);
	CHECK(own != MAP_FAILED);
	own[0] = 1;
	fd = open("/dev/null", O_RDWR);
	CHECK_ERRNO((long)mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0), ENODEV);
}

/* The number behind `name` in the part of smaps for the area at `address`, in bytes. */
static size_t
smaps_of(const void *address, const char *name)
{
	FILE *file = fopen("/proc/self/smaps", "r");
	unsigned long start, end, number;
	int inside = 0;
	char line[256], word[64];

	CHECK(file);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			inside = start <= (uintptr_t)address && (uintptr_t)address < end;
		else if (inside && sscanf(line, "%63s %lu", word, &number) == 2 &&
			 strcmp(word, name) == 0)
			break;
	}
	fclose(file);
	return number * 1024;
}

static void
smaps_tell_sharing(void)
{
	char *area = mmap(NULL, 8 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t child;

	CHECK(area != MAP_FAILED);
	memset(area, 1, 4 * PAGE);
	CHECK_EQ(smaps_of(area, "Rss:"), 4 * PAGE);
	CHECK_EQ(smaps_of(area, "Anonymous:"), 4 * PAGE);
	CHECK_EQ(smaps_of(area, "Private_Dirty:"), 4 * PAGE);
	child = fork_checked();
	if (child == 0) {
		CHECK_EQ(smaps_of(area, "Shared_Dirty:"), 4 * PAGE);
		CHECK_EQ(smaps_of(area, "Pss:"), 2 * PAGE);
		CHECK(smaps_of((void *)smaps_tell_sharing, "Shared_Clean:") > 0);
		area[0] = 2;
		CHECK_EQ(smaps_of(area, "Private_Dirty:"), PAGE);
		CHECK_EQ(smaps_of(area, "Shared_Dirty:"), 3 * PAGE);
		_exit(0);
	}
	check_exit(child);
}

static char *private_page;
static volatile int stores_end;
static int zero_fd;

/* A page of a file that is just too short is no place to store to: EFAULT. */
static int
store_zeros(void *unused)
{
	(void)unused;
	while (!stores_end)
		raw_call(SYS_read, (uint64_t)zero_fd, (uint64_t)private_page, 1, 0, 0, 0);
	return 0;
}

/* Whenever a private copy is made, it has nothing of what was cut off the file. */
static void
file_truncated_while_copied(void)
{
	int fd = open("file", O_CREAT | O_RDWR, 0600);
	volatile int tid;
	char page[PAGE];

	memset(page, 'a', sizeof(page));
	zero_fd = open("/dev/zero", O_RDONLY);
	private_page = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
	CHECK(fd >= 0 && zero_fd >= 0 && private_page != MAP_FAILED);
	CHECK(thread_start(store_zeros, NULL, (int *)&tid) > 0);
	for (int round = 0; round < 800; round++) {
		CHECK_EQ(pwrite(fd, page, PAGE, 0), PAGE);
		CHECK_EQ(ftruncate(fd, 0), 0);
		CHECK_EQ(ftruncate(fd, PAGE), 0);
		if (((volatile char *)private_page)[PAGE - 1] != 0) {
			stores_end = 1;
			FAIL("round %d: what was cut off is back", round);
		}
	}
	stores_end = 1;
	while (tid)
		sleep_ms(1);
}

#define MANY 8000

/* Megabytes of text. */
static void
smaps_of_many_areas(void)
{
	char *area = mmap(NULL, 2 * MANY * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	static char text[16 * PAGE];
	int fd = open("/proc/self/smaps", O_RDONLY);
	long nr_bytes = 0;
	ssize_t got;

	CHECK(area != MAP_FAILED && fd >= 0);
	for (long i = 0; i < MANY; i++)
		CHECK_EQ(mprotect(area + 2 * i * PAGE, PAGE, PROT_READ), 0);
	while ((got = read(fd, text, sizeof(text))) > 0)
		nr_bytes += got;
	CHECK_EQ(got, 0);
	CHECK(nr_bytes > 2L * MANY * 400);
}

const struct test sharing_tests[] = {
	{"smaps_of_many_areas", smaps_of_many_areas, ANYWHERE},
	{"smaps_tell_sharing", smaps_tell_sharing, A_KERNEL},
	{"fork_isolates", fork_isolates, ANYWHERE},
	{"fork_nested", fork_nested, ANYWHERE},
	{"fork_isolates_read", fork_isolates_read, ANYWHERE},
	{"shared_anonymous", shared_anonymous, ANYWHERE},
	{"file_private", file_private, ANYWHERE},
	{"file_offset", file_offset, ANYWHERE},
	{"file_shared", file_shared, ANYWHERE},
	{"file_beyond_end", file_beyond_end, ANYWHERE},
	{"file_end_is_told", file_end_is_told, ANYWHERE},
	{"file_truncated_below", file_truncated_below, ANYWHERE},
	{"file_truncated_while_copied", file_truncated_while_copied, ANYWHERE},
	{"file_tail_is_not_written", file_tail_is_not_written, ANYWHERE},
	{"file_tail_is_zero_when_it_grows", file_tail_is_zero_when_it_grows, A_KERNEL},
	{"file_mapped_then_removed", file_mapped_then_removed, ANYWHERE},
	{"file_read_into_itself", file_read_into_itself, ANYWHERE},
	{"file_hole_mapped", file_hole_mapped, ANYWHERE},
	{"file_times_of_stores", file_times_of_stores, ANYWHERE},
	{"zero_device_mapped", zero_device_mapped, ANYWHERE},
	{NULL, NULL, ANYWHERE},
};
