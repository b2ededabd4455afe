/* swapoff while memory is used: all of it comes back, or nothing changes. Swap is on DEVICE alone. */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>

#include "swaptest.h"

/* How often swapoff succeeded, and how often it was refused, and whether it is enough; in shared memory. */
static volatile struct {
	unsigned done, refused, enough;
} * outcomes;

/*
 * Off and on again, the first that is used of all areas, until it is told to end, which it does when it is on.
 * No memory for it is no error. There should be another area: when all has come back and it is not on again somebody may need memory.
 */
static void
off_and_on(uint64_t arg)
{
	(void)arg;
	while (!outcomes->enough) {
		if (swapoff(off_device) == 0) {
			outcomes->done++;
			if (swapon(off_device, SWAP_FLAG_PREFER | 9) < 0)
				err(1, "swapon");
		} else if (errno == ENOMEM) {
			outcomes->refused++;
		} else {
			err(1, "swapoff");
		}
		usleep(100000);
	}
	_exit(0);
}

static void
child_kill(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

pid_t
swapoff_begin(void)
{
	outcomes = map(1, MAP_SHARED);
	return start(off_and_on, 0);
}

void
swapoff_end(pid_t pid)
{
	outcomes->enough = 1;
	child_end(pid);
	printf("swaptest: swapoff done %u times, refused %u times\n", outcomes->done,
	       outcomes->refused);
	if (outcomes->done == 0)
		errx(1, "no swapoff was done");
}

/* --- too little memory ---------------------------------------------------------------------- */

/* Which half of the memory, and who tells whom when; in shared memory. */
static volatile struct {
	unsigned go;	/* the round that has begun */
	unsigned ready; /* in this one there is room */
	unsigned done;	/* in this one there is none any more */
} * rounds;

/* One half, which is in swap in part, is looked at now and then. */
static void
hold(uint64_t who)
{
	uint64_t nr = nr_mib * MIB_PAGES / 2 / (nr_processes - 1);
	uint64_t *words = map(nr, MAP_PRIVATE);

	for (uint64_t i = 0; i < nr; i++)
		page_write(words + i * WORDS, who, i, 0);
	for (;;) {
		usleep(500000);
		for (uint64_t i = 0; i < nr; i++)
			page_check(words + i * WORDS, who, i, 0);
	}
}

/* The other is let go, so that swapoff may begin, and a moment later is there again. */
static void
breathe(uint64_t who)
{
	uint64_t nr = nr_mib * MIB_PAGES / 2;
	uint64_t *words = map(nr, MAP_PRIVATE);

	for (unsigned round = 1;; round++) {
		for (uint64_t i = 0; i < nr; i++)
			words[i * WORDS] = mix(round + i);
		for (uint64_t i = 0; i < nr; i++)
			if (words[i * WORDS] != mix(round + i))
				errx(1, "page %lu is wrong", (unsigned long)i);
		rounds->done = round - 1;
		while (rounds->go < round)
			usleep(1000);
		madvise(words, nr * PAGE, MADV_DONTNEED);
		rounds->ready = round;
		usleep(1000 + mix(seed + who + round) % 4000);
	}
}

/* => true when it was refused */
static bool
swapoff_round(unsigned round)
{
	int result, status;

	rounds->go = round;
	while (rounds->ready < round)
		usleep(200);
	result = swapoff(off_device);
	if (result < 0 && errno != ENOMEM)
		err(1, "swapoff");
	if (result == 0 && swapon(off_device, 0) < 0)
		err(1, "swapon");
	while (rounds->done < round)
		if (waitpid(-1, &status, WNOHANG) > 0)
			errx(1, "a process ended, status %#x, and swapoff was %s", status,
			     result < 0 ? "refused" : "done: there was time for all to come back");
		else
			usleep(1000);
	return result < 0;
}

/*
 * There is room for what is in swap when swapoff begins, nr_rounds times, and not when it is under way. It
 * fails with ENOMEM; everybody is alive, and finds each byte right.
 */
void
swapoff_refused(void)
{
	pid_t pids[nr_processes];
	unsigned nr_refused = 0;

	rounds = map(1, MAP_SHARED);
	for (uint64_t who = 0; who < nr_processes; who++)
		pids[who] = start(who ? hold : breathe, who);
	for (uint64_t round = 1; round <= nr_rounds; round++)
		nr_refused += swapoff_round(round);
	for (uint64_t who = 0; who < nr_processes; who++)
		child_kill(pids[who]);
	if (nr_refused < nr_rounds / 2)
		errx(1, "only %u of %lu swapoffs were refused", nr_refused,
		     (unsigned long)nr_rounds);
	printf("swaptest: %u of %lu swapoffs refused, and nobody lost anything\n", nr_refused,
	       (unsigned long)nr_rounds);
}
