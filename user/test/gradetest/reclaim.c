/* Lab reclaim: files larger than memory, and who keeps what under pressure. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "grade.h"
#include "record.h"

#define NAME	     "/grade.large"
#define FILE_PAGES   14336U /* 56 MiB, with 32 MiB of RAM */
#define DIRTY_PAGES  4096U  /* 16 MiB */
#define HOT_PAGES    256U
#define NR_REFS	     16000U
#define FIRST_REF    100000U /* words from here on choose pages */
#define ANON_PAGES   512U
#define LOCKED_PAGES 64U

static uint64_t
file_word(int fd, unsigned page)
{
	uint64_t value = 0;

	return pread(fd, &value, sizeof(value), (off_t)page * PAGE) == sizeof(value) ? value : 0;
}

static int
large_file_make(void)
{
	static uint64_t block[16 * PAGE / sizeof(uint64_t)];
	int fd = open(NAME, O_RDWR | O_CREAT | O_TRUNC, 0644);

	for (unsigned page = 0; page < FILE_PAGES; page += 16) {
		for (unsigned i = 0; i < 16; i++)
			block[i * PAGE / sizeof(uint64_t)] = word(page + i);
		if (fd < 0 || write(fd, block, sizeof(block)) != sizeof(block))
			give_up(NAME);
	}
	if (fsync(fd) < 0)
		give_up("fsync");
	return fd;
}

static uint64_t
stolen_by_kswapd(void)
{
	return proc_number("/proc/vmstat", "pgsteal_kswapd");
}

static uint64_t
stolen(void)
{
	return proc_number("/proc/vmstat", "pgsteal_direct") + stolen_by_kswapd();
}

static unsigned
file_pages_right(int fd)
{
	unsigned right = 0;

	for (unsigned page = 0; page < FILE_PAGES; page++)
		right += file_word(fd, page) == word(page);
	return right;
}

/* Written and read twice, with other memory in use that must stay. */
static void
large(int argc, char **argv)
{
	uint64_t *anon = memory_map(ANON_PAGES * PAGE), *locked = memory_map(LOCKED_PAGES * PAGE);
	uint64_t before, before_kswapd;
	int fd;

	(void)argc;
	(void)argv;
	pages_fill(anon, ANON_PAGES, 0);
	pages_fill(locked, LOCKED_PAGES, ANON_PAGES);
	fact("mlock", mlock(locked, LOCKED_PAGES * PAGE) == 0);
	checkpoint("locked", "pid", (uint64_t)getpid(), "at", (uint64_t)locked, "nr",
		   (uint64_t)LOCKED_PAGES, NULL);
	before = stolen();
	before_kswapd = stolen_by_kswapd();
	fd = large_file_make();
	fact("file_right", file_pages_right(fd));
	fact("file_again", file_pages_right(fd));
	fact_growth("stolen", before, stolen());
	fact_growth("stolen_by_kswapd", before_kswapd, stolen_by_kswapd());
	fact("anon_right", pages_right(anon, ANON_PAGES, 0));
	fact("oom_kills", proc_number("/proc/vmstat", "oom_kill"));
	fact("free_pages", proc_number("/proc/vmstat", "nr_free_pages"));
	fact("cached_pages", proc_number("/proc/vmstat", "nr_file_pages"));
	checkpoint("pressed", "pid", (uint64_t)getpid(), "at", (uint64_t)locked, "nr",
		   (uint64_t)LOCKED_PAGES, NULL);
	fd = open("/proc/sys/vm/drop_caches", O_WRONLY);
	if (fd < 0 || write(fd, "3", 1) != 1)
		give_up("drop_caches");
	fact("cached_after_drop", proc_number("/proc/vmstat", "nr_file_pages"));
}

/*
 * References to pages of a mapped file, half of them to few pages: the harness knows the same
 * string, and how many faults it may cost.
 */
static void
references(int argc, char **argv)
{
	int fd = large_file_make();
	volatile uint64_t *at = mmap(NULL, FILE_PAGES * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	uint64_t majors, wrong = 0;

	(void)argc;
	(void)argv;
	if (at == MAP_FAILED || madvise((void *)at, FILE_PAGES * PAGE, MADV_RANDOM) < 0)
		give_up("mmap");
	majors = major_faults();
	for (unsigned i = 0; i < NR_REFS; i++) {
		uint64_t r = word(FIRST_REF + i);
		unsigned page = (r >> 8) % (r & 1 ? HOT_PAGES : FILE_PAGES);

		wrong += at[page * PAGE / sizeof(*at)] != word(page);
	}
	fact("references_wrong", wrong);
	fact_growth("references_majors", majors, major_faults());
	checkpoint("used", "pid", (uint64_t)getpid(), "at", (uint64_t)at, "nr",
		   (uint64_t)FILE_PAGES, NULL);
}

/* Stores to a shared mapping that does not fit into memory. */
static void
dirty(int argc, char **argv)
{
	int fd = open(NAME, O_RDWR | O_CREAT | O_TRUNC, 0644);
	uint64_t *at = mmap(NULL, DIRTY_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	unsigned right = 0;

	(void)argc;
	(void)argv;
	if (at == MAP_FAILED || ftruncate(fd, DIRTY_PAGES * PAGE) < 0)
		give_up("mmap");
	for (unsigned page = 0; page < DIRTY_PAGES; page++)
		*(volatile uint64_t *)((char *)at + page * PAGE) = word(page);
	for (unsigned page = 0; page < DIRTY_PAGES; page++)
		right += file_word(fd, page) == word(page);
	fact("dirty_right", right);
	munmap(at, DIRTY_PAGES * PAGE);
	fsync(fd);
	checkpoint("flushed", NULL);
	fact("dirty_left", proc_number("/proc/vmstat", "nr_dirty"));
}

static unsigned
page_hot_or_cold(const struct ref_string *string, unsigned n, uint64_t r)
{
	(void)n;
	return (r >> 8) % (r & 1 ? string->nr_hot : string->nr_pages);
}

/* Half of all references go to few pages, in a memory of known size: does it matter who is used? */
static void
accessed(int argc, char **argv)
{
	static const struct ref_string hot = {.nr_frames = 40,
					      .nr_pages = 120,
					      .nr_refs = 4000,
					      .first_word = 300000,
					      .nr_hot = 12,
					      .page_of = page_hot_or_cold};
	uint64_t *at;

	(void)argc;
	(void)argv;
	swap_start("/dev/vdb");
	at = record_start(&hot);
	fact("hot_wrong", record_drive(&hot, at));
	fact("hot_faults", record_faults());
}

const struct grade_case reclaim_cases[] = {
	{"reclaim.large", large},
	{"reclaim.references", references},
	{"reclaim.accessed", accessed},
	{"reclaim.dirty", dirty},
	{NULL, NULL},
};
