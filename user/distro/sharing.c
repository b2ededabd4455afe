/*
 * Ten processes that run this program have libc's text in memory once: by the statistics of their
 * areas (/proc/PID/smaps), and by the frames themselves (/proc/PID/pagemap, /proc/kpagecount).
 */
#include <fcntl.h>
#include <stdint.h>

#include "distro.h"

#define PAGE		4096UL
#define NR_PROCESSES	10
#define MAX_PAGES	1024
#define PAGEMAP_PRESENT (1ULL << 63)
#define PAGEMAP_PFN	((1ULL << 55) - 1)

struct text {
	unsigned long start, end;
	long rss_kib, pss_kib, shared_clean_kib, dirty_kib;
	uint64_t frames[MAX_PAGES]; /* 0: not mapped */
};

static pid_t pids[NR_PROCESSES];
static struct text texts[NR_PROCESSES];

/* Reads the line's number into *value if the line is this field's. */
static void
field_read(const char *line, const char *name, long *value)
{
	long number;

	if (strncmp(line, name, strlen(name)) == 0 &&
	    sscanf(line + strlen(name), ": %ld kB", &number) == 1)
		*value += number;
}

static void
smaps_read(pid_t pid, struct text *text)
{
	char path[64], line[512], mode[5];
	unsigned long start, end;
	int inside = 0;
	FILE *smaps;

	snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
	CHECK((smaps = fopen(path, "r")) != NULL);
	while (fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%lx-%lx %4s", &start, &end, mode) == 3) {
			inside = strcmp(mode, "r-xp") == 0 && strstr(line, "libc.so.6");
			if (inside) {
				text->start = start;
				text->end = end;
			}
		}
		if (!inside)
			continue;
		field_read(line, "Rss", &text->rss_kib);
		field_read(line, "Pss", &text->pss_kib);
		field_read(line, "Shared_Clean", &text->shared_clean_kib);
		field_read(line, "Private_Dirty", &text->dirty_kib);
	}
	fclose(smaps);
	CHECK(text->end > text->start && (text->end - text->start) / PAGE <= MAX_PAGES);
}

static void
frames_read(pid_t pid, struct text *text)
{
	uint64_t entries[MAX_PAGES];
	size_t nr_pages = (text->end - text->start) / PAGE;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	CHECK((fd = open(path, O_RDONLY)) >= 0);
	CHECK(pread(fd, entries, nr_pages * 8, (off_t)(text->start / PAGE * 8)) ==
	      (ssize_t)(nr_pages * 8));
	close(fd);
	for (size_t i = 0; i < nr_pages; i++)
		text->frames[i] = entries[i] & PAGEMAP_PRESENT ? entries[i] & PAGEMAP_PFN : 0;
}

static uint64_t
frame_nr_maps(uint64_t frame)
{
	static int fd = -1;
	uint64_t count;

	if (fd < 0)
		fd = open("/proc/kpagecount", O_RDONLY);
	CHECK(fd >= 0 && pread(fd, &count, 8, (off_t)(frame * 8)) == 8);
	return count;
}

/* Each child is a new program, and says through its pipe that it runs. */
static void
children_start(const char *self, int *release_fd)
{
	int ready[2], release[2];
	char byte;

	CHECK(pipe(ready) == 0 && pipe(release) == 0);
	for (int i = 0; i < NR_PROCESSES; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			dup2(release[0], 0);
			dup2(ready[1], 1);
			close(release[1]);
			execl(self, self, "child", NULL);
			_exit(1);
		}
	}
	for (int i = 0; i < NR_PROCESSES; i++)
		CHECK(read(ready[0], &byte, 1) == 1);
	*release_fd = release[1];
}

static int
child_main(void)
{
	char byte;

	CHECK(write(1, "r", 1) == 1);
	return read(0, &byte, 1) != 0;
}

/* => pages of text that all have, in the same frames */
static size_t
frames_compare(void)
{
	size_t nr_common = 0;

	for (size_t page = 0; page < MAX_PAGES; page++) {
		uint64_t frame = texts[0].frames[page];
		int nr_users = 0;

		for (int i = 0; i < NR_PROCESSES; i++) {
			CHECK(!frame || !texts[i].frames[page] || texts[i].frames[page] == frame);
			nr_users += frame && texts[i].frames[page] == frame;
		}
		if (nr_users == NR_PROCESSES) {
			CHECK(frame_nr_maps(frame) >= NR_PROCESSES);
			nr_common++;
		}
	}
	return nr_common;
}

int
main(int argc, char **argv)
{
	long rss_kib = 0, pss_kib = 0, shared_kib = 0;
	size_t nr_common;
	int release_fd;

	if (argc > 1)
		return child_main();
	children_start(argv[0], &release_fd);
	for (int i = 0; i < NR_PROCESSES; i++) {
		smaps_read(pids[i], &texts[i]);
		frames_read(pids[i], &texts[i]);
		CHECK(texts[i].dirty_kib == 0);
		rss_kib += texts[i].rss_kib;
		pss_kib += texts[i].pss_kib;
		shared_kib += texts[i].shared_clean_kib;
	}
	/* Not of each: what a fault maps around its page lies by address, which chance chooses. */
	CHECK(shared_kib * 10 >= rss_kib * 9);
	nr_common = frames_compare();
	printf("libc's text in %d processes: Rss %ld KiB in all, Pss %ld KiB; %zu pages in the "
	       "same frames, each mapped %d times or more\n",
	       NR_PROCESSES, rss_kib, pss_kib, nr_common, NR_PROCESSES);
	CHECK(nr_common >= 16 && pss_kib * 5 < rss_kib);
	close(release_fd);
	for (int i = 0; i < NR_PROCESSES; i++)
		CHECK(wait(NULL) > 0);
	printf("test sharing ok\n");
	return 0;
}
