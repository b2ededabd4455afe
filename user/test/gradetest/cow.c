/* Lab cow: what fork shares, and when it stops to. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "grade.h"

#define NR_PAGES     8
#define NR_FORKS     20
#define FAMILY_PAGES 64
#define LARGE	     (16 * MIB)
#define CHILD_WORD   100 /* words from here on are what children write */

static uint64_t *
page_at(void *pages, size_t index)
{
	return (uint64_t *)((char *)pages + index * PAGE);
}

/* One step of the child's at a time: a byte on `go` asks for it, one on `done` answers. */
struct steps {
	int go[2], done[2];
};

static void
steps_open(struct steps *steps)
{
	if (pipe(steps->go) < 0 || pipe(steps->done) < 0)
		give_up("pipe");
}

static void
byte_send(int fd)
{
	if (write(fd, "x", 1) != 1)
		give_up("pipe");
}

static void
byte_wait(int fd)
{
	char byte;

	if (read(fd, &byte, 1) != 1)
		give_up("pipe");
}

/* The child's half of `share`. */
static int
child_of_share(uint64_t *pages, struct steps *steps)
{
	uint64_t before;

	byte_send(steps->done[1]);
	byte_wait(steps->go[0]);
	fact("child_sees", pages_right(pages, NR_PAGES, 0));
	before = minor_faults();
	*page_at(pages, 0) = word(CHILD_WORD);
	fact_growth("write_faults", before, minor_faults());
	fact("child_page0", *page_at(pages, 0));
	byte_send(steps->done[1]);
	byte_wait(steps->go[0]);
	return 0;
}

static void
share(int argc, char **argv)
{
	uint64_t *pages = memory_map(NR_PAGES * PAGE);
	struct steps steps;
	int status = -1;
	pid_t child;

	(void)argc;
	(void)argv;
	steps_open(&steps);
	pages_fill(pages, NR_PAGES, 0);
	child = fork_checked();
	if (child == 0)
		_exit(child_of_share(pages, &steps));
	byte_wait(steps.done[0]);
	checkpoint("forked", "parent", (uint64_t)getpid(), "child", (uint64_t)child, "at",
		   (uint64_t)pages, "nr", (uint64_t)NR_PAGES, "text", (uint64_t)child_of_share,
		   NULL);
	byte_send(steps.go[1]);
	byte_wait(steps.done[0]);
	checkpoint("split", "parent", (uint64_t)getpid(), "child", (uint64_t)child, "at",
		   (uint64_t)pages, "nr", (uint64_t)NR_PAGES, NULL);
	fact("parent_keeps", pages_right(pages, NR_PAGES, 0));
	byte_send(steps.go[1]);
	waitpid(child, &status, 0);
	fact("child_status", status);
	checkpoint("alone", "parent", (uint64_t)getpid(), "at", (uint64_t)pages, NULL);
	*page_at(pages, 1) = word(CHILD_WORD + 1);
	checkpoint("rewritten", "parent", (uint64_t)getpid(), "at", (uint64_t)pages, NULL);
	fact("parent_page1", *page_at(pages, 1));
}

static int
idle_child(void *pages)
{
	fact("anon_kb_forked", proc_number("/proc/meminfo", "AnonPages"));
	(void)pages;
	return 0;
}

/* Each child takes a page and adds to it. */
static int
writer(void *page)
{
	uint64_t *at = page;

	for (int i = 0; i < 1000; i++)
		(*at)++;
	return *at == word(0) + 1000 ? 0 : 1;
}

static int
writer_of_all(void *pages)
{
	pages_fill(pages, FAMILY_PAGES, CHILD_WORD);
	return pages_right(pages, FAMILY_PAGES, CHILD_WORD) == FAMILY_PAGES ? 0 : 1;
}

/* A parent whose pages are all copied for its child; then both go, with the originals and the copies. */
static int
family(void *arg)
{
	void *pages = memory_map(FAMILY_PAGES * PAGE);

	(void)arg;
	pages_fill(pages, FAMILY_PAGES, 0);
	if (in_child(writer_of_all, pages) != 0)
		return 1;
	return pages_right(pages, FAMILY_PAGES, 0) == FAMILY_PAGES ? 0 : 1;
}

/* Many forks of much memory: no copies, nothing left over. */
static void
many(int argc, char **argv)
{
	uint64_t *pages = memory_map(LARGE);
	uint64_t anon;
	unsigned nr_right = 0;

	(void)argc;
	(void)argv;
	pages_fill(pages, LARGE / PAGE, 0);
	fact("anon_kb", proc_number("/proc/meminfo", "AnonPages"));
	in_child(idle_child, pages);
	anon = proc_number("/proc/vmstat", "nr_anon_pages");
	for (unsigned i = 0; i < NR_FORKS; i++)
		nr_right += in_child(writer, page_at(pages, 0)) == 0;
	fact("writers_right", nr_right);
	fact("original", *page_at(pages, 0));
	fact_growth("anon_left", anon, proc_number("/proc/vmstat", "nr_anon_pages"));
	fact_frames_lost("frames_lost", family, NULL);
}

/* A chain: each generation forks the next and changes a page of its own after it. */
static unsigned
generation(uint64_t *pages, unsigned depth)
{
	int status = 0;
	pid_t child = 0;
	unsigned wrong = 0;

	if (depth < NR_PAGES) {
		child = fork_checked();
		if (child == 0)
			_exit(generation(pages, depth + 1));
	}
	*page_at(pages, depth % NR_PAGES) = word(CHILD_WORD + depth);
	if (child > 0)
		waitpid(child, &status, 0);
	for (unsigned i = 0; i < NR_PAGES; i++)
		wrong += *page_at(pages, i) != word(i == depth % NR_PAGES ? CHILD_WORD + depth : i);
	return wrong || status ? 1 : 0;
}

static void
chain(int argc, char **argv)
{
	uint64_t *pages = memory_map(NR_PAGES * PAGE);

	(void)argc;
	(void)argv;
	pages_fill(pages, NR_PAGES, 0);
	fact("chain_wrong", generation(pages, 0));
}

/* The kernel writes into shared pages, too: read(2) must break them as a store does. */
static int
reader(void *pages)
{
	int fds[2];
	uint64_t value = word(CHILD_WORD);

	if (pipe(fds) < 0 || write(fds[1], &value, sizeof(value)) != sizeof(value) ||
	    read(fds[0], pages, sizeof(value)) != sizeof(value))
		return 2;
	fact("read_into", *(uint64_t *)pages);
	return 0;
}

static int
forbidden_writer(void *pages)
{
	*(volatile uint64_t *)pages = 1;
	return 0;
}

static void
kernel_writes(int argc, char **argv)
{
	uint64_t *pages = memory_map(2 * PAGE);

	(void)argc;
	(void)argv;
	pages_fill(pages, 2, 0);
	in_child(reader, pages);
	fact("read_parent", *pages);
	if (mprotect(page_at(pages, 1), PAGE, PROT_READ) < 0)
		give_up("mprotect");
	fact("readonly_status", in_child(forbidden_writer, page_at(pages, 1)));
	fact("readonly_kept", *page_at(pages, 1));
}

const struct grade_case cow_cases[] = {
	{"cow.share", share}, {"cow.many", many},
	{"cow.chain", chain}, {"cow.kernel_writes", kernel_writes},
	{NULL, NULL},
};
