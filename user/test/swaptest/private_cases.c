/* Private memory whose swap entries several page tables have, or that is moved, hidden, copied. */
#define _GNU_SOURCE
#include <err.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "swaptest.h"

/* Swapped, then forked: both have the pages, and each its own after a store. */
static void
case_fork(void)
{
	uint64_t *words = map(CASE_PAGES, MAP_PRIVATE);
	pid_t pid;

	fill(words, 1, 1);
	squeeze();
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		check(words, 1, 1);
		fill(words, 1, 2);
		squeeze();
		check(words, 1, 2);
		_exit(0);
	}
	squeeze();
	check(words, 1, 1);
	child_end(pid);
	check(words, 1, 1);
	fill(words, 1, 3);
	squeeze();
	check(words, 1, 3);
	munmap(words, CASE_PAGES * PAGE);
}

/* Forked, then swapped. */
static void
case_shared(void)
{
	uint64_t *words = map(CASE_PAGES, MAP_PRIVATE);
	int go[2];
	char byte = 0;
	pid_t pid;

	fill(words, 2, 1);
	if (pipe(go) < 0)
		err(1, "pipe");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		if (read(go[0], &byte, 1) != 1)
			_exit(1);
		check(words, 2, 1);
		fill(words, 2, 2);
		check(words, 2, 2);
		_exit(0);
	}
	squeeze();
	if (write(go[1], &byte, 1) != 1)
		err(1, "write");
	check(words, 2, 1);
	child_end(pid);
	check(words, 2, 1);
	close(go[0]);
	close(go[1]);
	munmap(words, CASE_PAGES * PAGE);
}

static void
case_mremap(void)
{
	uint64_t *words = map(CASE_PAGES, MAP_PRIVATE), *moved;
	uint64_t *place = map(CASE_PAGES, MAP_PRIVATE);

	fill(words, 3, 1);
	squeeze();
	moved = mremap(words, CASE_PAGES * PAGE, CASE_PAGES * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		       place);
	if (moved != place)
		err(1, "mremap");
	check(moved, 3, 1);
	squeeze();
	check(moved, 3, 1);
	munmap(moved, CASE_PAGES * PAGE);
}

static void
case_mprotect(void)
{
	uint64_t *words = map(CASE_PAGES, MAP_PRIVATE);

	fill(words, 4, 1);
	if (mprotect(words, CASE_PAGES * PAGE, PROT_NONE) < 0)
		err(1, "mprotect");
	squeeze();
	if (mprotect(words, CASE_PAGES * PAGE, PROT_READ) < 0)
		err(1, "mprotect");
	check(words, 4, 1);
	squeeze();
	if (mprotect(words, CASE_PAGES * PAGE, PROT_READ | PROT_WRITE) < 0)
		err(1, "mprotect");
	fill(words, 4, 2);
	squeeze();
	check(words, 4, 2);
	munmap(words, CASE_PAGES * PAGE);
}

/* System calls get at swapped memory, too. */
static void
case_calls(void)
{
	uint64_t *words = map(CASE_PAGES, MAP_PRIVATE), *back = map(CASE_PAGES, MAP_PRIVATE);
	int ends[2];

	fill(words, 5, 1);
	fill(back, 5, 2);
	squeeze();
	if (pipe(ends) < 0)
		err(1, "pipe");
	for (uint64_t i = 0; i < CASE_PAGES; i++) {
		if (write(ends[1], words + i * WORDS, PAGE) != (ssize_t)PAGE ||
		    read(ends[0], back + i * WORDS, PAGE) != (ssize_t)PAGE)
			err(1, "pipe");
	}
	squeeze();
	check(back, 5, 1);
	close(ends[0]);
	close(ends[1]);
	munmap(words, CASE_PAGES * PAGE);
	munmap(back, CASE_PAGES * PAGE);
}

void
private_cases(void)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} all[] = {
		{"fork", case_fork},	     {"shared", case_shared}, {"mremap", case_mremap},
		{"mprotect", case_mprotect}, {"calls", case_calls},
	};

	for (unsigned i = 0; i < sizeof(all) / sizeof(*all); i++) {
		printf("swaptest: %s\n", all[i].name);
		fflush(stdout);
		all[i].run();
	}
}
