/*
 * Stores through shared mappings of files that are larger than memory:
 *
 *     dirtymap [-n PROCESSES] [-m MIB] [-r ROUNDS] FILE
 *
 * Each process maps a file of its own, FILE.0, FILE.1 ..., MIB in all, and stores to every page of it, first
 * in order, then ROUNDS times in random order, where it first looks at what the page was. Every 64th page is
 * also compared with what pread says, and written by pwrite instead of a store. At the end the
 * mappings are gone, the files are read, and each byte must be the last that was stored. Also a program for Linux.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE	   4096UL
#define WORDS	   (PAGE / sizeof(uint64_t))
#define MIB_PAGES  256UL
#define CALL_SHARE 64

static uint64_t nr_processes = 1, nr_mib = 64, nr_rounds = 1;

/* One process and its file. */
struct job {
	uint64_t who, nr_pages;
	int fd;
	uint64_t *words;
};

static void
words_make(uint64_t *words, uint64_t who, uint64_t number, uint64_t version)
{
	uint64_t word = (who + 1) << 56 | number << 24 | version << 12;

	for (uint64_t at = 0; at < WORDS; at++)
		words[at] = word + at;
}

static void
words_check(const uint64_t *words, uint64_t who, uint64_t number, uint64_t version, const char *how)
{
	uint64_t expected[WORDS];

	words_make(expected, who, number, version);
	if (memcmp(words, expected, PAGE) == 0)
		return;
	for (uint64_t at = 0; at < WORDS; at++)
		if (words[at] != expected[at])
			errx(1, "%s: file %lu page %lu: word %lu is %016lx, not %016lx", how,
			     (unsigned long)who, (unsigned long)number, (unsigned long)at,
			     (unsigned long)words[at], (unsigned long)expected[at]);
}

/* => what the file has there, by a call */
static const uint64_t *
page_read(const struct job *job, uint64_t number)
{
	static uint64_t words[WORDS];

	if (pread(job->fd, words, PAGE, number * PAGE) != (ssize_t)PAGE)
		err(1, "pread of page %lu", (unsigned long)number);
	return words;
}

static void
page_store(const struct job *job, uint64_t number, uint64_t version)
{
	uint64_t words[WORDS];

	if (number % CALL_SHARE) {
		words_make(job->words + number * WORDS, job->who, number, version);
		return;
	}
	words_make(words, job->who, number, version);
	if (pwrite(job->fd, words, PAGE, number * PAGE) != (ssize_t)PAGE)
		err(1, "pwrite of page %lu", (unsigned long)number);
}

/* The next of all numbers below nr in a fixed order without pattern, `step` being prime to nr. */
static uint64_t
prime_step(uint64_t nr)
{
	uint64_t step = nr / 2 + 7919;

	for (uint64_t a = nr, b = step; b;) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
		if (b == 0 && a != 1) {
			step++;
			a = nr;
			b = step;
		}
	}
	return step;
}

static void
store_all(const struct job *job)
{
	uint64_t step = prime_step(job->nr_pages), number = 0;

	for (number = 0; number < job->nr_pages; number++)
		page_store(job, number, 0);
	for (uint64_t round = 1; round <= nr_rounds; round++)
		for (uint64_t i = 0; i < job->nr_pages; i++) {
			number = (number + step) % job->nr_pages;
			words_check(job->words + number * WORDS, job->who, number, round - 1,
				    "mapped");
			page_store(job, number, round);
			if (number % CALL_SHARE == 1)
				words_check(page_read(job, number), job->who, number, round,
					    "pread");
		}
}

static void
job_run(const char *prefix, uint64_t who)
{
	struct job job = {.who = who, .nr_pages = nr_mib * MIB_PAGES / nr_processes};
	char name[256];

	snprintf(name, sizeof(name), "%s.%lu", prefix, (unsigned long)who);
	job.fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0666);
	if (job.fd < 0 || ftruncate(job.fd, job.nr_pages * PAGE) < 0)
		err(1, "%s", name);
	job.words = mmap(NULL, job.nr_pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, job.fd, 0);
	if (job.words == MAP_FAILED)
		err(1, "mmap");
	store_all(&job);
	if (munmap(job.words, job.nr_pages * PAGE) < 0 || fsync(job.fd) < 0)
		err(1, "munmap, fsync");
	for (uint64_t number = 0; number < job.nr_pages; number++)
		words_check(page_read(&job, number), who, number, nr_rounds, "read");
	if (unlink(name) < 0)
		err(1, "unlink");
	exit(0);
}

static void
run(const char *prefix)
{
	int status, failed = 0;

	for (uint64_t who = 0; who < nr_processes; who++)
		if (fork() == 0)
			job_run(prefix, who);
	for (uint64_t who = 0; who < nr_processes; who++) {
		if (wait(&status) < 0)
			err(1, "wait");
		failed += status != 0;
		if (WIFSIGNALED(status))
			warnx("a process was killed by signal %d", WTERMSIG(status));
	}
	if (failed)
		errx(1, "%d of %lu processes failed", failed, (unsigned long)nr_processes);
	printf("dirtymap: %lu files, %lu MiB, %lu rounds: every byte is right\n",
	       (unsigned long)nr_processes, (unsigned long)nr_mib, (unsigned long)nr_rounds);
}

int
main(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "n:m:r:")) != -1) {
		if (c == 'n')
			nr_processes = strtoull(optarg, NULL, 0);
		else if (c == 'm')
			nr_mib = strtoull(optarg, NULL, 0);
		else if (c == 'r')
			nr_rounds = strtoull(optarg, NULL, 0);
		else
			errx(2, "usage: dirtymap [-n PROCESSES] [-m MIB] [-r ROUNDS] FILE");
	}
	if (optind + 1 != argc || nr_processes == 0)
		errx(2, "usage: dirtymap [-n PROCESSES] [-m MIB] [-r ROUNDS] FILE");
	run(argv[optind]);
	return 0;
}
