/* Lab swap: areas come and go, pages go to the disk and come back. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>

#include "grade.h"
#include "record.h"

#define DISK	   "/dev/vdb"
#define OUT_PAGES  9216UL /* 36 MiB, with 32 MiB of RAM */
#define HALF_PAGES (OUT_PAGES / 2)
#define KEPT_BYTES (4 * MIB)
#define PAGE_WORDS (PAGE / sizeof(uint64_t))

#define REFS_PAGES 12288UL /* 48 MiB */
#define HOT_PAGES  256U
#define NR_REFS	   32000U
#define FIRST_REF  100000U /* words from here on choose pages */

static uint64_t *out_pages;

static uint64_t
error_of(int result)
{
	return result == 0 ? 0 : errno;
}

static void
areas(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	fact("no_header", error_of(swapon(DISK, 0)));
	fact("mkswap", in_child(mkswap, DISK));
	checkpoint("made", NULL);
	fact("swapon", error_of(swapon(DISK, 0)));
	fact("total_kb", proc_number("/proc/meminfo", "SwapTotal"));
	fact("free_kb", proc_number("/proc/meminfo", "SwapFree"));
	fact("listed_kb",
	     proc_number("/proc/swaps", DISK "                                partition"));
	fact("twice", error_of(swapon(DISK, 0)));
	fact("missing", error_of(swapon("/dev/no-such-disk", 0)));
	fact("directory", error_of(swapon("/", 0)));
	fact("bad_pointer", error_of(swapon((const char *)8, 0)));
	fact("swapoff", error_of(swapoff(DISK)));
	fact("total_after", proc_number("/proc/meminfo", "SwapTotal"));
	fact("off_twice", error_of(swapoff(DISK)));
	fact("again", error_of(swapon(DISK, 0)));
}

/* All words of a page differ, and those of no two pages are the same. */
static void
whole_pages_fill(uint64_t *at, size_t nr_pages, unsigned first)
{
	for (size_t page = 0; page < nr_pages; page++)
		for (size_t i = 0; i < PAGE_WORDS; i++)
			at[page * PAGE_WORDS + i] = word(first + page) + i;
}

static size_t
whole_pages_right(const uint64_t *at, size_t nr_pages, unsigned first)
{
	size_t nr = 0;

	for (size_t page = 0; page < nr_pages; page++) {
		uint64_t want = word(first + page);
		size_t i = 0;

		while (i < PAGE_WORDS && at[page * PAGE_WORDS + i] == want + i)
			i++;
		nr += i == PAGE_WORDS;
	}
	return nr;
}

static uint64_t
swap_used_kb(void)
{
	return proc_number("/proc/meminfo", "SwapTotal") - proc_number("/proc/meminfo", "SwapFree");
}

static int
child_of_out(void *arg)
{
	(void)arg;
	return whole_pages_right(out_pages, OUT_PAGES / 4, 0) == OUT_PAGES / 4 ? 0 : 1;
}

/* More memory than there is RAM. */
static void
out(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	swap_start(DISK);
	out_pages = memory_map(OUT_PAGES * PAGE);
	whole_pages_fill(out_pages, OUT_PAGES, 0);
	checkpoint("filled", "pid", (uint64_t)getpid(), "at", (uint64_t)out_pages, "nr",
		   (uint64_t)OUT_PAGES, NULL);
	fact("written_out", proc_number("/proc/vmstat", "pswpout"));
	fact("swapped_kb", status_kb("VmSwap"));
	fact("out_right", whole_pages_right(out_pages, OUT_PAGES, 0));
	fact("read_in", proc_number("/proc/vmstat", "pswpin"));
	fact("majors", major_faults());
	fact("out_child", in_child(child_of_out, NULL));
	whole_pages_fill(out_pages, HALF_PAGES, 1);
	(void)whole_pages_right(out_pages + HALF_PAGES * PAGE_WORDS, HALF_PAGES, HALF_PAGES);
	fact("out_again", whole_pages_right(out_pages, HALF_PAGES, 1));
	munmap((char *)out_pages + KEPT_BYTES, OUT_PAGES * PAGE - KEPT_BYTES);
	fact("used_after_unmap_kb", swap_used_kb());
	fact("out_swapoff", error_of(swapoff(DISK)));
	fact("out_last", whole_pages_right(out_pages, KEPT_BYTES / PAGE, 1));
	fact("out_kills", proc_number("/proc/vmstat", "oom_kill"));
}

/* Half of all references go to a few pages; what they cost is judged by the simulator's bounds. */
static void
references(int argc, char **argv)
{
	uint64_t *pages, faults, wrong = 0;

	(void)argc;
	(void)argv;
	swap_start(DISK);
	pages = memory_map(REFS_PAGES * PAGE);
	whole_pages_fill(pages, REFS_PAGES, 0);
	checkpoint("filled", NULL);
	faults = minor_faults() + major_faults();
	for (unsigned i = 0; i < NR_REFS; i++) {
		uint64_t r = word(FIRST_REF + i);
		unsigned page = (r >> 8) % (r & 1 ? HOT_PAGES : REFS_PAGES);

		wrong += !whole_pages_right(pages + page * PAGE_WORDS, 1, page);
	}
	fact("refs_wrong", wrong);
	fact_growth("refs_faults", faults, minor_faults() + major_faults());
	checkpoint("used", "pid", (uint64_t)getpid(), "at", (uint64_t)pages, "nr",
		   (uint64_t)REFS_PAGES, NULL);
	fact("refs_kills", proc_number("/proc/vmstat", "oom_kill"));
}

/* A few pages for a while, then others: after three phases the first are used again. */
static unsigned
page_of_phase(const struct ref_string *string, unsigned n, uint64_t r)
{
	unsigned nr_sets = string->nr_pages / string->nr_hot;

	return n / string->phase_len % nr_sets * string->nr_hot + (r >> 8) % string->nr_hot;
}

/* Which page goes, and how often is one read? In a memory of known size. */
static void
replacement(int argc, char **argv)
{
	static const struct ref_string phases = {.nr_frames = 32,
						 .nr_pages = 90,
						 .nr_refs = 6000,
						 .first_word = 200000,
						 .nr_hot = 30,
						 .phase_len = 300,
						 .page_of = page_of_phase};
	uint64_t *at;

	(void)argc;
	(void)argv;
	swap_start(DISK);
	at = record_start(&phases);
	checkpoint("phases_begins", NULL);
	fact("phases_wrong", record_drive(&phases, at));
	fact("phases_faults", record_faults());
	checkpoint("phases_ends", NULL);
}

const struct grade_case swap_cases[] = {
	{"swap.areas", areas},
	{"swap.out", out},
	{"swap.references", references},
	{"swap.replacement", replacement},
	{NULL, NULL},
};
