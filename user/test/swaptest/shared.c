/*
 * Memory that processes share: a file of tmpfs, a memfd, or a shared anonymous area. All processes go over
 * all pages, each in an order of its own:
 *
 *	one page in four	is never written again; any number of processes look at it at the same time
 *	the others		have a lock and a version in a table, which is shared memory, too; who has the
 *				lock compares the page and may write the next version
 *
 * by the mapping, or by read() and write() when there is a file. With a file each process has another of its
 * own, too, which it makes shorter and longer all the while, and holes in it.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "swaptest.h"

/* Whose contents those of the shared pages are, and of the first file of a process. */
#define WHO_SHARED 1000
#define WHO_FILE   2000

#define FILE_PAGES 128

struct shared_page {
	uint32_t locked;
	uint32_t version;
};

struct worker {
	uint64_t who, round, nr_visits;
	int fd;		 /* of the shared memory, or -1 */
	uint64_t *words; /* the shared memory */
	struct shared_page *table;
	int own_fd;
	uint64_t own_version; /* of its pages below own_pages; there is nothing behind */
	uint64_t own_pages;
};

/* => a descriptor, without a name any more; or -1: KIND has no file */
static int
file_make(const char *suffix, uint64_t who)
{
	char path[256];
	int fd;

	if (strcmp(shared_kind, "anon") == 0)
		return -1;
	if (strcmp(shared_kind, "memfd") == 0) {
		fd = memfd_create(suffix, 0);
	} else {
		snprintf(path, sizeof(path), "%s.%s%lu", shared_kind, suffix, (unsigned long)who);
		fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
		unlink(path);
	}
	if (fd < 0)
		err(1, "%s", shared_kind);
	return fd;
}

static uint64_t *
file_map(int fd, uint64_t nr_pages)
{
	uint64_t *words;

	if (fd < 0)
		return map(nr_pages, MAP_SHARED);
	if (ftruncate(fd, nr_pages * PAGE) < 0)
		err(1, "ftruncate");
	words = mmap(NULL, nr_pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (words == MAP_FAILED)
		err(1, "mmap");
	return words;
}

/* --- the file of a process ------------------------------------------------------------------ */

static void
own_fill(struct worker *w, uint64_t nr_pages)
{
	uint64_t page[WORDS];

	for (uint64_t i = 0; i < nr_pages; i++) {
		page_write(page, WHO_FILE + w->who, i, w->own_version);
		if (pwrite(w->own_fd, page, PAGE, i * PAGE) != (ssize_t)PAGE)
			err(1, "pwrite");
	}
	w->own_pages = nr_pages;
}

/* What is there is right, and zeros follow up to nr_pages, but for the first bytes behind it. */
static void
own_check(const struct worker *w, uint64_t nr_pages, uint64_t nr_bytes)
{
	uint64_t page[WORDS], whole[WORDS];

	for (uint64_t i = 0; i < nr_pages; i++) {
		if (pread(w->own_fd, page, PAGE, i * PAGE) != (ssize_t)PAGE)
			err(1, "pread");
		page_write(whole, WHO_FILE + w->who, i, w->own_version);
		if (i < w->own_pages) {
			page_check(page, WHO_FILE + w->who, i, w->own_version);
		} else if (i == w->own_pages) {
			if (memcmp(page, whole, nr_bytes) != 0)
				errx(1, "page %lu lost its beginning", (unsigned long)i);
			check_zero(page, nr_bytes, PAGE);
		} else {
			check_zero(page, 0, PAGE);
		}
	}
}

/* Shorter, perhaps within a page, longer again, and full again. */
static void
own_change(struct worker *w)
{
	uint64_t key = mix(seed + (w->who << 32) + w->own_version);
	uint64_t bytes = key % (FILE_PAGES * PAGE);

	own_check(w, FILE_PAGES, 0);
	if (ftruncate(w->own_fd, bytes) < 0 || ftruncate(w->own_fd, FILE_PAGES * PAGE) < 0)
		err(1, "ftruncate");
	w->own_pages = bytes / PAGE;
	own_check(w, FILE_PAGES, bytes % PAGE);
	w->own_version++;
	own_fill(w, FILE_PAGES);
}

/* --- shared pages --------------------------------------------------------------------------- */

static void
page_lock(struct shared_page *page)
{
	while (__atomic_exchange_n(&page->locked, 1, __ATOMIC_ACQUIRE))
		sched_yield();
}

static void
page_unlock(struct shared_page *page)
{
	__atomic_store_n(&page->locked, 0, __ATOMIC_RELEASE);
}

static void
visit_by_call(struct worker *w, uint64_t number, bool store)
{
	struct shared_page *page = &w->table[number];
	uint64_t copy[WORDS];

	if (pread(w->fd, copy, PAGE, number * PAGE) != (ssize_t)PAGE)
		err(1, "pread");
	page_check(copy, WHO_SHARED, number, page->version);
	if (!store)
		return;
	page_write(copy, WHO_SHARED, number, page->version + 1);
	if (pwrite(w->fd, copy, PAGE, number * PAGE) != (ssize_t)PAGE)
		err(1, "pwrite");
	page->version++;
}

static void
visit_by_mapping(struct worker *w, uint64_t number, bool store)
{
	struct shared_page *page = &w->table[number];
	uint64_t *words = w->words + number * WORDS;

	page_check(words, WHO_SHARED, number, page->version);
	if (store)
		page_write(words, WHO_SHARED, number, ++page->version);
}

static void
visit_shared(uint64_t number, void *arg)
{
	struct worker *w = arg;
	uint64_t key = mix(number + (w->who << 40) + (w->round << 50));
	bool constant = number % 4 == 0, store = key % 2 && !constant;

	if (!constant)
		page_lock(&w->table[number]);
	if (w->fd >= 0 && key / 2 % 2)
		visit_by_call(w, number, store);
	else
		visit_by_mapping(w, number, store);
	if (!constant)
		page_unlock(&w->table[number]);
	if (w->own_fd >= 0 && ++w->nr_visits % 1024 == 0)
		own_change(w);
}

/* What all have: set up by the parent. */
static struct worker common;

static void
shared_run(uint64_t who)
{
	struct worker w = common;
	uint64_t nr = nr_mib * MIB_PAGES;

	w.who = who;
	w.own_fd = file_make("own", who);
	if (w.own_fd >= 0)
		own_fill(&w, FILE_PAGES);
	for (w.round = 1; w.round <= nr_rounds; w.round++)
		each_page(nr, mix(seed + who + (w.round << 20)), visit_shared, &w);
	exit(0);
}

void
shared_pressure(void)
{
	pid_t off = off_device ? swapoff_begin() : 0, pid;
	uint64_t nr = nr_mib * MIB_PAGES;
	int status, failed = 0;

	common.fd = file_make("shared", 0);
	common.words = file_map(common.fd, nr);
	common.table = map((nr * sizeof(*common.table) + PAGE - 1) / PAGE, MAP_SHARED);
	for (uint64_t i = 0; i < nr; i++)
		page_write(common.words + i * WORDS, WHO_SHARED, i, 0);
	for (uint64_t who = 0; who < nr_processes; who++)
		start(shared_run, who);
	for (uint64_t left = nr_processes; left > 0;) {
		pid = wait(&status);
		if (pid < 0)
			err(1, "wait");
		if (pid == off)
			errx(1, "the swapoffs ended, status %#x", status);
		failed += status != 0;
		left--;
	}
	if (off)
		swapoff_end(off);
	for (uint64_t i = 0; i < nr; i++)
		page_check(common.words + i * WORDS, WHO_SHARED, i, common.table[i].version);
	if (failed)
		errx(1, "%d of %lu processes failed", failed, (unsigned long)nr_processes);
	printf("swaptest: %lu processes, %lu MiB of %s, %lu rounds: every byte is right\n",
	       (unsigned long)nr_processes, (unsigned long)nr_mib, shared_kind,
	       (unsigned long)nr_rounds);
}
