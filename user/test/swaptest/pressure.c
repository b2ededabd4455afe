/* Processes that fill memory of their own, and compare and write it again in random order. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "swaptest.h"

struct set {
	uint64_t who;
	uint64_t *words;
	uint8_t *versions;
	uint64_t round;
};

static void
visit_first(uint64_t number, void *arg)
{
	struct set *set = arg;

	page_write(set->words + number * WORDS, set->who, number, 0);
}

static void
visit_again(uint64_t number, void *arg)
{
	struct set *set = arg;
	uint64_t *words = set->words + number * WORDS;

	page_check(words, set->who, number, set->versions[number]);
	if (mix(number + set->round) % 2)
		page_write(words, set->who, number, ++set->versions[number]);
}

static void
process_run(uint64_t who)
{
	uint64_t nr = nr_mib * MIB_PAGES / nr_processes;
	struct set set = {.who = who, .words = map(nr, MAP_PRIVATE), .versions = calloc(nr, 1)};

	if (!set.versions)
		err(1, "calloc");
	each_page(nr, mix(seed + who), visit_first, &set);
	for (set.round = 1; set.round <= nr_rounds; set.round++)
		each_page(nr, mix(seed + who + (set.round << 20)), visit_again, &set);
	exit(0);
}

void
pressure(void)
{
	pid_t off = off_device ? swapoff_begin() : 0;
	int status, failed = 0;

	for (uint64_t who = 0; who < nr_processes; who++)
		start(process_run, who);
	for (uint64_t who = 0; who < nr_processes; who++) {
		pid_t pid = wait(&status);

		if (pid < 0)
			err(1, "wait");
		if (pid == off)
			errx(1, "the swapoffs ended, status %#x", status);
		if (status != 0)
			failed++;
		if (WIFSIGNALED(status))
			warnx("a process was killed by signal %d", WTERMSIG(status));
	}
	if (off)
		swapoff_end(off);
	if (failed)
		errx(1, "%d of %lu processes failed", failed, (unsigned long)nr_processes);
	printf("swaptest: %lu processes, %lu MiB, %lu rounds: every byte is right\n",
	       (unsigned long)nr_processes, (unsigned long)nr_mib, (unsigned long)nr_rounds);
}
