/* Shared memory, most of which is in swap when something is done with it. */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "swaptest.h"

#define CASE_BYTES (CASE_PAGES * PAGE)

static char path[256];

/* A file with a name, or a memfd, of that many bytes. */
static int
file_make(uint64_t bytes)
{
	int fd;

	if (strcmp(shared_kind, "memfd") == 0 || strcmp(shared_kind, "anon") == 0) {
		fd = memfd_create("case", MFD_ALLOW_SEALING);
	} else {
		snprintf(path, sizeof(path), "%s.case", shared_kind);
		fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	}
	if (fd < 0 || ftruncate(fd, bytes) < 0)
		err(1, "%s", shared_kind);
	return fd;
}

static void
file_end(int fd)
{
	close(fd);
	if (path[0])
		unlink(path);
}

static uint64_t *
file_map(int fd, int flags)
{
	uint64_t *words = mmap(NULL, CASE_BYTES, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (words == MAP_FAILED)
		err(1, "mmap");
	return words;
}

/* Pages of the area that are in memory. */
static unsigned
nr_resident(void *area)
{
	unsigned char vec[CASE_PAGES];
	unsigned nr = 0;

	if (mincore(area, CASE_BYTES, vec) < 0)
		err(1, "mincore");
	for (unsigned i = 0; i < CASE_PAGES; i++)
		nr += vec[i] & 1;
	return nr;
}

/* A filled file, mapped, whose pages are out. */
static uint64_t *
swapped_file(int *fd, uint64_t who)
{
	uint64_t *words;

	*fd = file_make(CASE_BYTES);
	words = file_map(*fd, MAP_SHARED);
	fill(words, who, 1);
	squeeze();
	return words;
}

/* --- without a file ------------------------------------------------------------------------- */

static void
case_anon_fork(void)
{
	uint64_t *words = map(CASE_PAGES, MAP_SHARED);
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
		_exit(0);
	}
	child_end(pid);
	check(words, 1, 2);
	munmap(words, CASE_BYTES);
}

static void
case_anon_mremap(void)
{
	uint64_t *words = map(CASE_PAGES, MAP_SHARED), *moved;

	fill(words, 2, 1);
	squeeze();
	moved = mremap(words, CASE_BYTES, 2 * CASE_BYTES, MREMAP_MAYMOVE);
	if (moved == MAP_FAILED)
		err(1, "mremap");
	check(moved, 2, 1);
	squeeze();
	check(moved, 2, 1);
	munmap(moved, 2 * CASE_BYTES);
}

/* Two processes come for the same pages at the same time, again and again. */
static void
case_anon_together(void)
{
	uint64_t *words = map(CASE_PAGES, MAP_SHARED);

	fill(words, 3, 1);
	for (int round = 0; round < 3; round++) {
		pid_t pids[3];

		squeeze();
		for (int i = 0; i < 3; i++) {
			pids[i] = fork();
			if (pids[i] < 0)
				err(1, "fork");
			if (pids[i] == 0) {
				check(words, 3, 1);
				_exit(0);
			}
		}
		for (int i = 0; i < 3; i++)
			child_end(pids[i]);
	}
	munmap(words, CASE_BYTES);
}

/* --- files ---------------------------------------------------------------------------------- */

/* read(), sendfile() and a write() into the middle of a page see what is in swap. */
static void
case_calls(void)
{
	uint64_t *back = map(CASE_PAGES, MAP_PRIVATE);
	int fd, copy = memfd_create("copy", 0);
	uint64_t *words = swapped_file(&fd, 4);
	off_t from = 0;

	munmap(words, CASE_BYTES);
	while (from < (off_t)CASE_BYTES)
		if (sendfile(copy, fd, &from, CASE_BYTES - from) <= 0)
			err(1, "sendfile");
	squeeze();
	for (uint64_t i = 0; i < CASE_PAGES; i++)
		if (pread(copy, back + i * WORDS, PAGE, i * PAGE) != (ssize_t)PAGE)
			err(1, "pread");
	check(back, 4, 1);
	for (uint64_t i = 0; i < CASE_PAGES; i++)
		if (pwrite(fd, "new", 3, i * PAGE + 5) != 3)
			err(1, "pwrite");
	words = file_map(fd, MAP_SHARED);
	for (uint64_t i = 0; i < CASE_PAGES; i++) {
		memcpy((char *)(back + i * WORDS) + 5, "new", 3);
		if (memcmp(back + i * WORDS, words + i * WORDS, PAGE) != 0)
			errx(1, "page %lu is wrong after a write into it", (unsigned long)i);
	}
	munmap(words, CASE_BYTES);
	munmap(back, CASE_BYTES);
	close(copy);
	file_end(fd);
}

static void
case_truncate(void)
{
	const uint64_t cut = CASE_BYTES / 2 + 100;
	int fd;
	uint64_t *words = swapped_file(&fd, 5), page[WORDS];

	if (ftruncate(fd, cut) < 0)
		err(1, "ftruncate");
	squeeze();
	if (ftruncate(fd, CASE_BYTES) < 0)
		err(1, "ftruncate");
	for (uint64_t i = 0; i < CASE_PAGES / 2; i++)
		page_check(words + i * WORDS, 5, i, 1);
	page_write(page, 5, CASE_PAGES / 2, 1);
	if (memcmp(words + CASE_BYTES / 2 / 8, page, 100) != 0)
		errx(1, "the last page lost its beginning");
	check_zero(words, cut, CASE_BYTES);
	munmap(words, CASE_BYTES);
	file_end(fd);
}

/* Linux's tmpfs keeps what is stored behind a file's end, and its emulators do not know MADV_REMOVE. */
static bool
on_quire(void)
{
	struct utsname name;

	return uname(&name) == 0 && strstr(name.version, "Quire");
}

/* What is stored behind the end, in its page, does not show when the file grows. */
static void
case_tail(void)
{
	uint64_t *words;
	char *bytes;
	int fd;

	if (!on_quire())
		return;
	words = swapped_file(&fd, 6);
	bytes = (char *)words;
	if (ftruncate(fd, 100) < 0)
		err(1, "ftruncate");
	memset(bytes + 100, 'x', PAGE - 100);
	squeeze();
	if (pwrite(fd, "y", 1, 3 * PAGE) != 1)
		err(1, "pwrite");
	check_zero(bytes, 100, 3 * PAGE);
	if (bytes[3 * PAGE] != 'y')
		errx(1, "what was written is not there");
	munmap(words, CASE_BYTES);
	file_end(fd);
}

static void
case_remove(void)
{
	int fd;
	uint64_t *words = swapped_file(&fd, 7);

	if (on_quire() && madvise(words + CASE_PAGES / 4 * WORDS, CASE_BYTES / 2, MADV_REMOVE) < 0)
		err(1, "MADV_REMOVE");
	squeeze();
	if (on_quire())
		check_zero(words, CASE_BYTES / 4, CASE_BYTES / 4 * 3);
	for (uint64_t i = 0; i < CASE_PAGES; i++)
		if (i < CASE_PAGES / 4 || i >= CASE_PAGES / 4 * 3)
			page_check(words + i * WORDS, 7, i, 1);
	munmap(words, CASE_BYTES);
	file_end(fd);
}

/* Copies that a private mapping made, and what it did not copy. */
static void
case_private(void)
{
	int fd;
	uint64_t *words = swapped_file(&fd, 8), *private = file_map(fd, MAP_PRIVATE);

	for (uint64_t i = 0; i < CASE_PAGES; i += 2)
		page_write(private + i * WORDS, 8, i, 9);
	squeeze();
	check(words, 8, 1);
	for (uint64_t i = 0; i < CASE_PAGES; i++)
		page_check(private + i * WORDS, 8, i, i % 2 ? 1 : 9);
	munmap(private, CASE_BYTES);
	munmap(words, CASE_BYTES);
	file_end(fd);
}

/* The name goes, then the descriptor, while pages are on their way out. */
static void
case_unlink(void)
{
	int fd = file_make(CASE_BYTES);
	uint64_t *words = file_map(fd, MAP_SHARED);
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		squeeze();
		_exit(0);
	}
	for (int i = 0; i < 16; i++)
		fill(words, 9, i);
	file_end(fd);
	check(words, 9, 15);
	child_end(pid);
	check(words, 9, 15);
	munmap(words, CASE_BYTES);
}

static void
case_seals(void)
{
	int fd;
	uint64_t *words;

	if (strcmp(shared_kind, "memfd") != 0)
		return;
	words = swapped_file(&fd, 10);
	munmap(words, CASE_BYTES);
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		err(1, "F_ADD_SEALS");
	if (ftruncate(fd, 0) == 0 || errno != EPERM || pwrite(fd, "x", 1, 0) >= 0)
		errx(1, "a sealed file was changed");
	words = mmap(NULL, CASE_BYTES, PROT_READ, MAP_PRIVATE, fd, 0);
	if (words == MAP_FAILED)
		err(1, "mmap");
	check(words, 10, 1);
	munmap(words, CASE_BYTES);
	file_end(fd);
}

/* What the system says: pages in swap are not in memory, but count as the file's and as the area's. */
static void
case_counts(void)
{
	int fd;
	uint64_t *words = swapped_file(&fd, 11);
	unsigned resident = nr_resident(words);
	unsigned long swapped = proc_number("/proc/self/smaps", "Swap:");
	struct stat st;

	if (resident == CASE_PAGES)
		errx(1, "nothing went to swap");
	if (swapped * 1024 < (CASE_PAGES - resident) * PAGE)
		errx(1, "smaps: %lu KiB in swap, but %u of %u pages in memory", swapped, resident,
		     CASE_PAGES);
	if (fstat(fd, &st) < 0 || (uint64_t)st.st_blocks * 512 < CASE_BYTES)
		errx(1, "%lu blocks for %lu bytes", (unsigned long)st.st_blocks, CASE_BYTES);
	check(words, 11, 1);
	if (msync(words, CASE_BYTES, MS_SYNC) < 0)
		err(1, "msync");
	if (lseek(fd, 0, SEEK_DATA) != 0)
		errx(1, "no data at the beginning");
	if (mlock(words, CASE_BYTES) < 0)
		err(1, "mlock");
	squeeze();
	if (nr_resident(words) != CASE_PAGES)
		errx(1, "%u of %u locked pages in memory", nr_resident(words), CASE_PAGES);
	if (proc_number("/proc/self/status", "RssShmem:") * 1024 < CASE_BYTES)
		errx(1, "RssShmem is %lu", proc_number("/proc/self/status", "RssShmem:"));
	munmap(words, CASE_BYTES);
	file_end(fd);
}

void
shared_cases(void)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} all[] = {
		{"anonymous, fork", case_anon_fork},
		{"anonymous, mremap", case_anon_mremap},
		{"anonymous, together", case_anon_together},
		{"calls", case_calls},
		{"truncate", case_truncate},
		{"tail", case_tail},
		{"remove", case_remove},
		{"private", case_private},
		{"unlink", case_unlink},
		{"seals", case_seals},
		{"counts", case_counts},
	};

	for (unsigned i = 0; i < sizeof(all) / sizeof(*all); i++) {
		printf("swaptest: %s\n", all[i].name);
		fflush(stdout);
		all[i].run();
	}
}
