/* Labs pages and slab: what the kernel's allocators show from outside. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "grade.h"

#define NR_FILES 60
#define NR_FORKS 50
#define MOST_MIB 112UL /* of 128 */
#define USED_MIB 40
#define LIST_MAX 256 /* pages: more than a hart's own list has */

static void
touch_and_unmap(size_t nr_pages)
{
	char *at = memory_map(nr_pages * PAGE);

	for (size_t i = 0; i < nr_pages; i++)
		at[i * PAGE] = 1;
	munmap(at, nr_pages * PAGE);
}

/* Everything was in use once, so that all that is free came back through the lists. */
static void
counts(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	touch_and_unmap(MOST_MIB * MIB / PAGE);
	proc_number("/proc/vmstat", "nr_free_pages"); /* what reading takes is there from now on */
	fact("nr_free", proc_number("/proc/vmstat", "nr_free_pages"));
	checkpoint("quiet", NULL);
}

/*
 * Takes much memory and gives it back. What comes last are page tables, one of each 2 MiB: as long as the hart's own
 * list has them, no two blocks of that size are free. So other pages follow.
 */
static void
cycle(int argc, char **argv)
{
	uint64_t before = proc_number("/proc/vmstat", "nr_free_pages"), during;
	char *at = memory_map(USED_MIB * MIB);

	(void)argc;
	(void)argv;
	for (size_t i = 0; i < USED_MIB * MIB / PAGE; i++)
		at[i * PAGE] = 1;
	during = proc_number("/proc/vmstat", "nr_free_pages");
	fact_growth("pages_used", during, before);
	munmap(at, USED_MIB * MIB);
	fact_growth("pages_lost", proc_number("/proc/vmstat", "nr_free_pages"), before);
	touch_and_unmap(LIST_MAX);
	checkpoint("returned", NULL);
}

/* A page of a program, for the harness to see where it lies. */
static void
zone(int argc, char **argv)
{
	volatile uint64_t *at = memory_map(PAGE);

	(void)argc;
	(void)argv;
	*at = word(0);
	checkpoint("touched", "pid", (uint64_t)getpid(), "at", (uint64_t)at, NULL);
	fact("zone_word", *at);
}

const struct grade_case pages_cases[] = {
	{"pages.counts", counts},
	{"pages.cycle", cycle},
	{"pages.zone", zone},
	{NULL, NULL},
};

/* Active objects of a cache. */
static uint64_t
cache_active(const char *name)
{
	char key[40];

	snprintf(key, sizeof(key), "%s ", name);
	return proc_number("/proc/slabinfo", key);
}

static void
files(int argc, char **argv)
{
	int fds[NR_FILES];
	uint64_t before = cache_active("filp");

	(void)argc;
	(void)argv;
	for (int i = 0; i < NR_FILES; i++)
		fds[i] = open("/dev/null", O_RDONLY);
	fact_growth("files_open", before, cache_active("filp"));
	for (int i = 0; i < NR_FILES; i++)
		close(fds[i]);
	fact_growth("files_left", before, cache_active("filp"));
}

static int
nothing(void *arg)
{
	(void)arg;
	return 0;
}

static void
forks(int argc, char **argv)
{
	uint64_t tasks, areas, spaces;

	(void)argc;
	(void)argv;
	in_child(nothing, NULL);
	tasks = cache_active("task_struct");
	areas = cache_active("vm_area_struct");
	spaces = cache_active("mm_struct");
	for (int i = 0; i < NR_FORKS; i++)
		in_child(nothing, NULL);
	fact_growth("tasks_left", tasks, cache_active("task_struct"));
	fact_growth("areas_left", areas, cache_active("vm_area_struct"));
	fact_growth("spaces_left", spaces, cache_active("mm_struct"));
}

const struct grade_case slab_cases[] = {
	{"slab.files", files},
	{"slab.forks", forks},
	{NULL, NULL},
};
