/*
 * Does memory come back from swap as it went? Processes together touch more memory than the machine
 * has, page by page in random order, and look at each byte:
 *
 *     swaptest [-n PROCESSES] [-m MIB] [-r ROUNDS] [-s SEED] [-z PERCENT] [-o DEVICE]
 *     swaptest -t KIND ...      the same in memory that they share: KIND is anon, memfd or a new file's name
 *
 * MIB is the sum of all. Each word of a page follows from its process, its number and how often it was
 * written, so a page of another process, another page or an old one is found out. One page in eight
 * is zero, or one word over and over; of the others, -z PERCENT can be compressed to less than half.
 * In each round a page is compared, and half of them are written again. -o: swapoff DEVICE meanwhile,
 * and swapon again, over and over.
 *
 *     swaptest -c [-t KIND]     cases of private memory: fork, mremap, ...; with -t of shared: truncation, ...
 *     swaptest -O DEVICE ...    swapoff with too little memory is refused, ROUNDS times
 *
 * Also a program for Linux, but for -O: Linux may kill another process then.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "swaptest.h"

uint64_t nr_processes = 8, nr_mib = 256, nr_rounds = 2, seed = 1, compressible;
const char *off_device, *shared_kind;

static void
cases(void)
{
	if (shared_kind)
		shared_cases();
	else
		private_cases();
	printf("swaptest: all cases are right\n");
}

int
main(int argc, char **argv)
{
	int c, only_cases = 0, refused = 0;

	while ((c = getopt(argc, argv, "n:m:r:s:z:o:O:t:c")) != -1) {
		uint64_t number = optarg ? strtoull(optarg, NULL, 0) : 0;

		if (c == '?')
			errx(2, "usage: swaptest [-c] [-t KIND] [-n N] [-m MIB] [-r N] [-s SEED] "
				"[-z PERCENT] [-o DEVICE | -O DEVICE]");
		if (c == 'n')
			nr_processes = number;
		else if (c == 'm')
			nr_mib = number;
		else if (c == 'r')
			nr_rounds = number;
		else if (c == 's')
			seed = number;
		else if (c == 'z')
			compressible = number;
		else if (c == 't')
			shared_kind = optarg;
		else if (c == 'c')
			only_cases = 1;
		else
			off_device = optarg;
		refused |= c == 'O';
	}
	if (refused)
		swapoff_refused();
	else if (only_cases)
		cases();
	else if (shared_kind)
		shared_pressure();
	else
		pressure();
	return 0;
}
