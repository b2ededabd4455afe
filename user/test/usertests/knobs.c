/*
 * The knobs of memory, /proc/sys/vm: what they say holds. They are the machine's, so what a test that ended
 * early has left of them is put right after it (knobs_restore()).
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "test.h"

/* Those that tests change; of a pair the one that is set. */
static struct {
	const char *path;
	long value; /* -1: not known */
} kept[] = {
	{"/proc/sys/vm/dirty_background_ratio", -1},
	{"/proc/sys/vm/dirty_ratio", -1},
	{"/proc/sys/vm/max_map_count", -1},
};

static long
knob_read(const char *path)
{
	char text[32] = "";
	int fd = open(path, O_RDONLY);
	ssize_t length;

	if (fd < 0)
		return -1;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	return length > 0 ? atol(text) : -1;
}

static ssize_t
knob_write(const char *path, long value)
{
	char text[32];
	int fd = open(path, O_WRONLY);
	ssize_t result;

	if (fd < 0)
		return -1;
	snprintf(text, sizeof(text), "%ld", value);
	result = write(fd, text, strlen(text));
	close(fd);
	return result;
}

void
knobs_save(void)
{
	for (size_t i = 0; i < COUNT(kept); i++)
		kept[i].value = knob_read(kept[i].path);
}

void
knobs_restore(void)
{
	for (size_t i = 0; i < COUNT(kept); i++)
		if (kept[i].value >= 0 && knob_read(kept[i].path) != kept[i].value &&
		    knob_write(kept[i].path, kept[i].value) < 0)
			printf("usertests: %s stays changed\n", kept[i].path);
}

/* The bound for dirty pages as a share and in bytes: the one that was set last holds. */
static void
knobs_of_dirty_pages(void)
{
	static const char *const knobs[][2] = {
		{"/proc/sys/vm/dirty_ratio", "/proc/sys/vm/dirty_bytes"},
		{"/proc/sys/vm/dirty_background_ratio", "/proc/sys/vm/dirty_background_bytes"},
	};
	char text[16384], *threshold;
	int fd;

	for (size_t i = 0; i < COUNT(knobs); i++) {
		long ratio = knob_read(knobs[i][0]);

		CHECK_EQ(knob_read(knobs[i][1]), 0);
		CHECK_ERRNO(knob_write(knobs[i][1], 0), EINVAL);
		CHECK(knob_write(knobs[i][1], 8 * MIB) > 0);
		CHECK_EQ(knob_read(knobs[i][0]), 0);
		CHECK_EQ(knob_read(knobs[i][1]), 8 * MIB);
		fd = open("/proc/vmstat", O_RDONLY);
		CHECK(fd >= 0);
		text[read(fd, text, sizeof(text) - 1)] = 0;
		close(fd);
		threshold = strstr(text, "nr_dirty_threshold ");
		CHECK(i == 1 || (threshold && atol(threshold + 19) == (long)(8 * MIB / PAGE)));
		CHECK(knob_write(knobs[i][0], ratio) > 0);
		CHECK_EQ(knob_read(knobs[i][1]), 0);
	}
}

/* Bytes of files that are not on the disk yet. */
static long
bytes_dirty(void)
{
	return (meminfo_kib("Dirty") + meminfo_kib("Writeback")) * KIB;
}

/* Who writes much waits for the disk at the hard limit; the flusher writes down to the other by itself. */
static void
limits_of_dirty_pages(void)
{
	long background = knob_read("/proc/sys/vm/dirty_background_ratio");
	long hard = knob_read("/proc/sys/vm/dirty_ratio"), most = 0, left = 0;
	int fd = open("file", O_CREAT | O_RDWR, 0600);
	static char block[64 * KIB];

	sync();
	CHECK(knob_write("/proc/sys/vm/dirty_background_bytes", MIB) > 0);
	CHECK(knob_write("/proc/sys/vm/dirty_bytes", 4 * MIB) > 0);
	for (size_t done = 0; done < 16 * MIB; done += sizeof(block)) {
		CHECK_EQ(write(fd, block, sizeof(block)), sizeof(block));
		most = bytes_dirty() > most ? bytes_dirty() : most;
	}
	for (int i = 0; i < 1000 && (left = bytes_dirty()) > (long)MIB; i++)
		sleep_ms(1);
	CHECK(knob_write("/proc/sys/vm/dirty_background_ratio", background) > 0);
	CHECK(knob_write("/proc/sys/vm/dirty_ratio", hard) > 0);
	close(fd);
	if (most > (long)(5 * MIB))
		FAIL("%ld bytes were dirty at once", most);
	if (left > (long)MIB)
		FAIL("%ld bytes stay dirty", left);
}

/* How many areas a process may have can be set. */
static void
knob_of_map_count(void)
{
	const char *knob = "/proc/sys/vm/max_map_count";
	long most = knob_read(knob);
	int nr = 0;

	CHECK(knob_write(knob, 200) > 0);
	while (nr < 300 && mmap(NULL, PAGE, nr % 2 ? PROT_READ : PROT_NONE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
		nr++;
	CHECK(knob_write(knob, most) > 0);
	CHECK(nr > 150 && nr < 200);
	CHECK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}

const struct test knobs_tests[] = {
	{"knobs_of_dirty_pages", knobs_of_dirty_pages, ON_OUR_SIZE},
	{"limits_of_dirty_pages", limits_of_dirty_pages, ON_OUR_SIZE},
	{"knob_of_map_count", knob_of_map_count, ON_OUR_SIZE},
	{NULL, NULL, ANYWHERE},
};
