/* Lab swap: areas come and go, pages go to the disk and come back. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>

#include "grade.h"

#define DISK	  "/dev/vdb"
#define OUT_PAGES 15360UL /* 60 MiB, with 48 MiB of RAM */

static uint64_t *out_pages;

static uint64_t
error_of(int result)
{
	return result == 0 ? 0 : errno;
}

static int
mkswap(void *disk)
{
	char *argv[] = {"mkswap", disk, NULL};

	execv("/bin/mkswap", argv);
	return 127;
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

static int
child_of_out(void *arg)
{
	(void)arg;
	return pages_right(out_pages, OUT_PAGES / 4, 0) == OUT_PAGES / 4 ? 0 : 1;
}

/* More memory than there is RAM. */
static void
out(int argc, char **argv)
{
	uint64_t used;

	(void)argc;
	(void)argv;
	if (in_child(mkswap, DISK) || swapon(DISK, 0) < 0)
		give_up("swapon");
	out_pages = memory_map(OUT_PAGES * PAGE);
	pages_fill(out_pages, OUT_PAGES, 0);
	sync();
	checkpoint("filled", "pid", (uint64_t)getpid(), "at", (uint64_t)out_pages, "nr",
		   (uint64_t)OUT_PAGES, NULL);
	fact("written_out", proc_number("/proc/vmstat", "pswpout"));
	fact("swapped_kb", status_kb("VmSwap"));
	fact("out_right", pages_right(out_pages, OUT_PAGES, 0));
	fact("read_in", proc_number("/proc/vmstat", "pswpin"));
	fact("majors", major_faults());
	fact("out_child", in_child(child_of_out, NULL));
	pages_fill(out_pages, OUT_PAGES, 1);
	fact("out_again", pages_right(out_pages, OUT_PAGES, 1));
	munmap((char *)out_pages + 4 * MIB, OUT_PAGES * PAGE - 4 * MIB);
	fact("out_swapoff", error_of(swapoff(DISK)));
	fact("out_last", pages_right(out_pages, 4 * MIB / PAGE, 1));
	used = proc_number("/proc/meminfo", "SwapTotal") - proc_number("/proc/meminfo", "SwapFree");
	fact("out_left", used);
}

const struct grade_case swap_cases[] = {
	{"swap.areas", areas},
	{"swap.out", out},
	{NULL, NULL},
};
