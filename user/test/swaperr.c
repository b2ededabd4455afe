/*
 * What becomes of programs when the disk fails that their memory, or the file they map, is on. Requests
 * are made to fail by /sys/kernel/debug/blk_fail.
 *
 *     swaperr SWAP-DISK ROOT-DISK MIB		MIB: enough to push everything else out of memory
 *
 * SWAP-DISK is on as swap, by the name that it has in /dev. What the kernel has to say is in its log.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE	  4096UL
#define WORDS	  (PAGE / sizeof(uint64_t))
#define NR_PAGES  1024UL
#define FAIL_FILE "/sys/kernel/debug/blk_fail"
#define MAP_FILE  "/root/swaperr.data"
#define SKIPPED	  77

static const char *swap_disk, *root_disk;
static uint64_t nr_squeeze;
static jmp_buf bus_return;
static void *volatile bus_address;

static void
text_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	size_t len = strlen(text);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		err(1, "%s", path);
	close(fd);
}

/* The next nr requests to the disk, of the kind "read" or "write", fail. */
static void
disk_fail(const char *disk, const char *kind, unsigned nr)
{
	char text[64];

	snprintf(text, sizeof(text), "%s/%s:1:%u", disk, kind, nr);
	text_write(FAIL_FILE, text);
}

/* From now on none fails. => how many did */
static unsigned long
disk_heal(void)
{
	char text[32] = "";
	int fd = open(FAIL_FILE, O_RDONLY);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		err(1, "%s", FAIL_FILE);
	close(fd);
	text_write(FAIL_FILE, "none:0");
	return strtoul(text, NULL, 10);
}

/* A number that /proc/vmstat or /proc/meminfo has. */
static unsigned long
number_of(const char *path, const char *name)
{
	FILE *file = fopen(path, "r");
	char line[128];
	size_t len = strlen(name);
	unsigned long value = 0;

	if (!file)
		err(1, "%s", path);
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, name, len) == 0 && (line[len] == ' ' || line[len] == ':'))
			value = strtoul(line + len + 1, NULL, 10);
	fclose(file);
	return value;
}

static uint64_t *
map(uint64_t nr_pages)
{
	void *area = mmap(NULL, nr_pages * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED)
		err(1, "mmap");
	return area;
}

static uint64_t
word_of(uint64_t who, uint64_t page, uint64_t at)
{
	return (who << 48 | page << 16 | at) * 0x9e3779b97f4a7c15;
}

static void
pages_fill(uint64_t *words, uint64_t who, uint64_t nr)
{
	for (uint64_t page = 0; page < nr; page++)
		for (uint64_t at = 0; at < WORDS; at++)
			words[page * WORDS + at] = word_of(who, page, at);
}

static void
pages_check(const volatile uint64_t *words, uint64_t who, uint64_t nr)
{
	for (uint64_t page = 0; page < nr; page++)
		for (uint64_t at = 0; at < WORDS; at++)
			if (words[page * WORDS + at] != word_of(who, page, at))
				errx(1, "page %lu, word %lu of %lu is wrong", (unsigned long)page,
				     (unsigned long)at, (unsigned long)who);
}

/* Others' pages have to go. */
static void
squeeze(void)
{
	uint64_t *words = map(nr_squeeze);

	pages_fill(words, 99, nr_squeeze);
	munmap(words, nr_squeeze * PAGE);
}

static void
bus_handler(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	bus_address = info->si_code == BUS_ADRERR ? info->si_addr : NULL;
	longjmp(bus_return, 1);
}

static void
bus_catch(void)
{
	struct sigaction action = {.sa_sigaction = bus_handler,
				   .sa_flags = SA_SIGINFO | SA_NODEFER};

	if (sigaction(SIGBUS, &action, NULL) < 0)
		err(1, "sigaction");
}

/* Reads the first word of each page. => the page that gave SIGBUS; NR_PAGES: none did */
static uint64_t
pages_touch(const volatile uint64_t *words)
{
	static volatile uint64_t page;

	if (setjmp(bus_return)) {
		if (bus_address != (void *)(words + page * WORDS))
			errx(1, "SIGBUS says %p, not %p", bus_address,
			     (void *)(words + page * WORDS));
		return page;
	}
	for (page = 0; page < NR_PAGES; page++)
		(void)words[page * WORDS];
	return NR_PAGES;
}

static pid_t
start(void (*run)(int go), int *go)
{
	int ends[2];
	pid_t pid;

	if (pipe(ends) < 0)
		err(1, "pipe");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		close(ends[1]);
		run(ends[0]);
		_exit(0);
	}
	close(ends[0]);
	*go = ends[1];
	return pid;
}

/* Fills memory; when told to go on, compares it. */
static void
bystander_run(int go)
{
	uint64_t *words = map(NR_PAGES);
	char byte;

	pages_fill(words, 1, NR_PAGES);
	(void)read(go, &byte, 1);
	pages_check(words, 1, NR_PAGES);
}

static int
status_of(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		err(1, "waitpid");
	return status;
}

/* Reads fail: who needed the page has SIGBUS, and nobody else; when it is tried again it is there. */
static void
case_read_caught(void)
{
	uint64_t *words = map(NR_PAGES), page;

	pages_fill(words, 2, NR_PAGES);
	squeeze();
	bus_catch();
	disk_fail(swap_disk, "read", 1000000);
	page = pages_touch(words);
	if (disk_heal() == 0 || page == NR_PAGES)
		errx(1, "reads failed, but there was no SIGBUS");
	if (pages_touch(words) != NR_PAGES)
		errx(1, "SIGBUS again, though the disk is well");
	pages_check(words, 2, NR_PAGES);
	munmap(words, NR_PAGES * PAGE);
	signal(SIGBUS, SIG_DFL);
}

/* The same with shared memory, where pages that were read ahead fail with the one that is needed. */
static void
case_read_shared(void)
{
	volatile uint64_t *words = mmap(NULL, NR_PAGES * PAGE, PROT_READ | PROT_WRITE,
					MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (words == MAP_FAILED)
		err(1, "mmap");
	pages_fill((uint64_t *)words, 10, NR_PAGES);
	squeeze();
	/* Now many are read at a time. */
	for (uint64_t page = 0; page < NR_PAGES / 4; page++)
		(void)words[page * WORDS];
	bus_catch();
	disk_fail(swap_disk, "read", 1000000);
	if (pages_touch(words) == NR_PAGES || disk_heal() < 2)
		errx(1, "reads of shared memory failed, but there was no SIGBUS");
	if (pages_touch(words) != NR_PAGES)
		errx(1, "SIGBUS for a page of shared memory that was only read ahead");
	pages_check(words, 10, NR_PAGES);
	munmap((void *)words, NR_PAGES * PAGE);
	signal(SIGBUS, SIG_DFL);
}

static void
case_read_killed(void)
{
	uint64_t *words = map(NR_PAGES);
	int go, status;
	pid_t bystander = start(bystander_run, &go);

	pages_fill(words, 3, NR_PAGES);
	squeeze();
	disk_fail(swap_disk, "read", 1000000);
	if (fork() == 0) {
		pages_check(words, 3, NR_PAGES);
		_exit(0);
	}
	if (wait(&status) < 0 || !WIFSIGNALED(status) || WTERMSIG(status) != SIGBUS)
		errx(1, "who could not have its page ended with status %#x", status);
	disk_heal();
	close(go);
	if (status_of(bystander) != 0)
		errx(1, "the read of another process's page hurt a bystander");
	pages_check(words, 3, NR_PAGES);
	munmap(words, NR_PAGES * PAGE);
}

/* Writes fail: the pages stay, all that is lost are slots. */
static void
case_write(void)
{
	uint64_t *words = map(NR_PAGES);
	unsigned long bad = number_of("/proc/vmstat", "swap_slots_bad"), failed;

	pages_fill(words, 4, NR_PAGES);
	disk_fail(swap_disk, "write", 3);
	squeeze();
	failed = disk_heal();
	if (failed != 3)
		errx(1, "%lu writes failed, not 3", failed);
	pages_check(words, 4, NR_PAGES);
	munmap(words, NR_PAGES * PAGE);
	squeeze();
	if (number_of("/proc/vmstat", "swap_slots_bad") <= bad)
		errx(1, "no slot is bad after failed writes");
}

/* swapoff cannot bring a page back: it says so, and swap is as it was. */
static void
case_swapoff(void)
{
	char path[64];
	uint64_t *words = map(NR_PAGES);

	snprintf(path, sizeof(path), "/dev/%s", swap_disk);
	pages_fill(words, 5, NR_PAGES);
	squeeze();
	disk_fail(swap_disk, "read", 1);
	if (swapoff(path) == 0 || errno != EIO)
		err(1, "swapoff with a read that fails");
	disk_heal();
	squeeze();
	pages_check(words, 5, NR_PAGES);
	squeeze();
	if (swapoff(path) < 0)
		err(1, "swapoff");
	pages_check(words, 5, NR_PAGES);
	munmap(words, NR_PAGES * PAGE);
	if (swapon(path, 0) < 0)
		err(1, "swapon");
}

static int
file_make(void)
{
	int fd = open(MAP_FILE, O_RDWR | O_CREAT | O_TRUNC, 0600);
	uint64_t *words = map(1);

	if (fd < 0)
		err(1, MAP_FILE);
	for (uint64_t page = 0; page < NR_PAGES; page++) {
		for (uint64_t at = 0; at < WORDS; at++)
			words[at] = word_of(6, page, at);
		if (write(fd, words, PAGE) != (ssize_t)PAGE)
			err(1, "write");
	}
	if (fsync(fd) < 0)
		err(1, "fsync");
	munmap(words, PAGE);
	return fd;
}

static uint64_t *
file_map(int fd)
{
	void *area = mmap(NULL, NR_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (area == MAP_FAILED)
		err(1, "mmap");
	return area;
}

/* Pages of a mapped file, dropped for want of memory, cannot be read again: SIGBUS, then all is well. */
static void
case_file_read(void)
{
	int fd = file_make();
	uint64_t *words = file_map(fd);

	pages_check(words, 6, NR_PAGES);
	squeeze();
	bus_catch();
	disk_fail(root_disk, "read", 1);
	if (pages_touch(words) == NR_PAGES)
		errx(1, "a read of the file failed, but there was no SIGBUS");
	disk_heal();
	if (pages_touch(words) != NR_PAGES)
		errx(1, "SIGBUS again, though the disk is well");
	pages_check(words, 6, NR_PAGES);
	signal(SIGBUS, SIG_DFL);
	munmap(words, NR_PAGES * PAGE);
	close(fd);
}

/* Stores to a mapped file that the disk does not take: fsync says so once, and the next ones are safe. */
static void
case_file_write(void)
{
	int fd = file_make();
	uint64_t *words = file_map(fd);

	pages_fill(words, 7, NR_PAGES);
	disk_fail(root_disk, "write", 1);
	if (fsync(fd) == 0 || errno != EIO)
		err(1, "fsync with a write that fails");
	if (disk_heal() != 1)
		errx(1, "no write failed");
	pages_check(words, 7, NR_PAGES);
	pages_fill(words, 8, NR_PAGES);
	if (fsync(fd) < 0)
		err(1, "fsync again");
	squeeze();
	pages_check(words, 8, NR_PAGES);
	munmap(words, NR_PAGES * PAGE);
	close(fd);
}

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	{"read-caught", case_read_caught}, {"read-shared", case_read_shared},
	{"read-killed", case_read_killed}, {"write", case_write},
	{"swapoff", case_swapoff},	   {"file-read", case_file_read},
	{"file-write", case_file_write},
};

int
main(int argc, char **argv)
{
	if (argc != 4)
		errx(2, "usage: swaperr SWAP-DISK ROOT-DISK MIB");
	if (access(FAIL_FILE, W_OK) < 0)
		return SKIPPED;
	swap_disk = argv[1];
	root_disk = argv[2];
	nr_squeeze = strtoul(argv[3], NULL, 10) * 256;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		printf("swaperr: %s\n", cases[i].name);
		fflush(stdout);
		cases[i].run();
	}
	unlink(MAP_FILE);
	printf("swaperr: %lu KiB of swap used\n",
	       number_of("/proc/meminfo", "SwapTotal") - number_of("/proc/meminfo", "SwapFree"));
	return 0;
}
