/* Clean pages of files go before anybody is killed, even when swap is full. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bombs.h"

#define FILE_PATH "/bombs-cache"
#define STEP	  (16 * PAGE)

static long
memory_kb(const char *name)
{
	return number_read("/proc/meminfo", name);
}

/* A quarter of memory, clean, and in the cache. => KiB of it */
static long
file_make(void)
{
	static char bytes[65536];
	long kb = memory_kb("MemTotal:") / 4 & -64L;
	int fd = open(FILE_PATH, O_RDWR | O_CREAT | O_TRUNC, 0666);

	CHECK(fd >= 0, fd);
	for (long at = 0; at < kb; at += 64)
		CHECK(write(fd, bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes), at);
	CHECK(fsync(fd) == 0, fd);
	CHECK(lseek(fd, 0, SEEK_SET) == 0, fd);
	for (long at = 0; at < kb; at += 64)
		CHECK(read(fd, bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes), at);
	close(fd);
	return kb;
}

/* Notes what is cached when swap is full (or there is none), and at last. */
static void
grow_and_watch(void)
{
	for (;;) {
		char *at = map(STEP, MAP_PRIVATE);

		if (at)
			touch(at, STEP);
		shared->nr_pages[1] = memory_kb("Cached:");
		if (shared->nr_pages[0] == 0 && memory_kb("SwapFree:") == 0)
			shared->nr_pages[0] = shared->nr_pages[1];
	}
}

/* Swap is filled first, by swappiness; then the file must go, and then somebody is killed. */
void
bomb_cache(void)
{
	long base = memory_kb("Cached:"), kb = file_make(), when_full, at_last;

	CHECK(memory_kb("Cached:") >= base + kb, memory_kb("Cached:"));
	text_write("/proc/sys/vm/swappiness", "200");
	check_killed(grow_and_watch);
	text_write("/proc/sys/vm/swappiness", "60");
	when_full = shared->nr_pages[0];
	at_last = shared->nr_pages[1];
	CHECK(when_full >= kb / 4 * 3, when_full);
	CHECK(at_last <= kb / 8, at_last);
	CHECK(unlink(FILE_PATH) == 0, 0);
}
