/*
 * fuzz [-n CALLS] [-s SEED] [-j JOBS] [-v]: random system calls with hostile arguments.
 *
 * The calls are made in batches. Each batch is a process with a group, a directory and limits of
 * its own; its seed is the run's seed and the batch's number, so `fuzz -s SEED -b BATCH` repeats one.
 * It may end as it likes: most end by a signal, for the calls unmap and protect at random. What
 * counts is that the kernel lives, that a batch which hangs can be killed, and that a bystander,
 * a process with a pattern in its memory, in a pipe and in a file, sees none of it. With -j there are
 * JOBS such runs at a time, run J with the seed SEED + J, which share the CALLS.
 *
 * What would hurt others by right is left out or tamed: reboot; signals to other processes;
 * device nodes; names outside the batch's directory; mounts; settings of the whole machine but a few
 * harmless ones. Swap is the batch's own file, and off again after it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz.h"

#define DEFAULT_CALLS 20000
#define SKIP_STATUS   77

/* One job: batches until they have made nr_calls. => 0, or 1 if it found something */
static int
fuzz(uint64_t seed, long nr_calls, long job)
{
	struct bystander bystander;
	long batch, total = 0;
	int bad = 0;

	if (bystander_start(&bystander) < 0)
		return 1;
	for (batch = 0; total < nr_calls && !bad; batch++) {
		long made = batch_do(seed, batch, job);

		bad = made < 0;
		total += made;
		if (!bad && batch % 16 == 0 && !bystander_is_well(&bystander))
			bad = 1;
		if (bad)
			printf("seed %lu batch %ld\n", (unsigned long)seed, batch);
	}
	if (bystander_end(&bystander) < 0)
		bad = 1;
	printf("seed %lu: %ld batches, %ld calls\n", (unsigned long)seed, batch, total);
	return bad != 0;
}

/* Each job makes its part of the calls. => 0, or 1 if one of them found something */
static int
fuzz_at_once(uint64_t seed, long nr_calls, long jobs)
{
	int bad = 0, status;

	fflush(stdout);
	for (long job = 0; job < jobs; job++) {
		pid_t child = fork();

		if (child == 0) {
			status = fuzz(seed + (uint64_t)job, nr_calls / jobs, job);
			fflush(stdout);
			_exit(status);
		}
		bad |= child < 0;
	}
	while (wait(&status) > 0)
		bad |= status != 0;
	return bad;
}

static int
usage(void)
{
	fprintf(stderr, "usage: fuzz [-v] [-n CALLS] [-s SEED] [-b BATCH] [-j JOBS]\n");
	return 2;
}

int
main(int argc, char **argv)
{
	uint64_t seed = 1;
	long nr_calls = DEFAULT_CALLS, only_batch = -1, jobs = 1;
	struct utsname name;
	int option, bad;

	while ((option = getopt(argc, argv, "n:s:b:j:v")) != -1) {
		switch (option) {
		case 'n':
			nr_calls = atol(optarg);
			break;
		case 's':
			seed = strtoul(optarg, NULL, 0);
			break;
		case 'b':
			only_batch = atol(optarg);
			break;
		case 'j':
			jobs = atol(optarg);
			break;
		case 'v':
			verbose = 1;
			setvbuf(stdout, NULL, _IOLBF, 0);
			break;
		default:
			return usage();
		}
	}
	if (jobs < 1 || jobs > MAX_JOBS)
		return usage();
	if (uname(&name) < 0 || !strstr(name.version, "Quire")) {
		printf("it would disturb another system\n");
		return SKIP_STATUS;
	}
	if (batches_init() < 0)
		return 1;
	bad = only_batch >= 0 ? batch_do(seed, only_batch, 0) < 0
			      : fuzz_at_once(seed, nr_calls, jobs);
	printf("test fuzz %s\n", bad ? "FAILED: see above" : "ok");
	return bad != 0;
}
