/*
 * A batch: a process with files, memory, limits and a timer of its own, which makes calls until it ends.
 *
 * It counts them in memory that it shares with who waits for it, and may overwrite it, and that of
 * other jobs. So a count that cannot be is taken for none, and the sum is kept elsewhere.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

#define CALLS_PER_BATCH	  500
#define BATCH_LIMIT_MS	  3000
#define ADDRESS_SPACE_MAX (96UL << 20)
#define SWAP_PAGES	  24

static volatile long *nr_made; /* of each job's batch: calls that came back */

int
batches_init(void)
{
	nr_made = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return nr_made == MAP_FAILED ? -1 : 0;
}

static void
ignore(int sig)
{
	(void)sig;
}

static void
limit_set(int resource, unsigned long value)
{
	struct rlimit limit = {value, value};

	setrlimit(resource, &limit);
}

/* A file that swapon(2) takes. */
static void
swap_file_make(void)
{
	static char page[PAGE];
	uint32_t header[3] = {1, SWAP_PAGES - 1, 0}; /* version, last page, bad pages */
	int fd = open("swap", O_RDWR | O_CREAT, 0600);

	if (fd < 0)
		return;
	memcpy(page + 1024, header, sizeof(header));
	memcpy(page + PAGE - 10, "SWAPSPACE2", 10);
	for (int i = 0; i < SWAP_PAGES; i++) {
		if (write(fd, page, PAGE) != (ssize_t)PAGE)
			break;
		memset(page, 0, sizeof(page));
	}
	close(fd);
}

/* A memfd, and files of /proc and /dev that may be written without harm. */
static void
special_files_open(void)
{
	static const char *const names[] = {
		"/proc/self/comm",
		"/proc/self/oom_score_adj",
		"/proc/self/make-it-fail",
		"/proc/self/pagemap",
		"/proc/sys/vm/drop_caches",
		"/proc/sys/vm/swappiness",
		"/proc/kpagecount",
		"/proc/kpageflags",
		"/proc/swaps",
		"/proc/self/task",
		"/proc/thread-self/stat",
		"/dev/zero",
		"/proc/self/smaps_rollup",
		"/dev/full",
		"/proc/slabinfo",
	};

	syscall(SYS_memfd_create, "fuzz", below(2) ? MFD_ALLOW_SEALING : below(8));
	for (int i = 0; i < 3; i++) {
		const char *name = names[below(sizeof(names) / sizeof(names[0]))];

		if (open(name, O_RDWR) < 0)
			open(name, below(2) ? O_RDONLY : O_WRONLY);
	}
}

/* Files, memory, a timer that ends waiting calls, and limits. */
static void
batch_prepare(void)
{
	struct itimerval often = {{0, 20000}, {0, 20000}};
	struct sigaction action = {0};

	setpgid(0, 0);
	limit_set(RLIMIT_AS, ADDRESS_SPACE_MAX);
	limit_set(RLIMIT_NOFILE, 64);
	action.sa_handler = ignore;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	buffer = mmap(NULL, 18 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (buffer == MAP_FAILED)
		_exit(1);
	munmap(buffer + 16 * PAGE, 2 * PAGE);
	for (size_t i = 0; i < 16 * PAGE; i += 8)
		*(uint64_t *)(buffer + i) = below(4) ? below(64) : random_next();
	mprotect(buffer + 14 * PAGE, PAGE, PROT_READ);
	for (int i = 0; i < 4; i++)
		open((const char *[]){"a", "b", "c", "."}[i], i < 3 ? O_RDWR | O_CREAT : O_RDONLY,
		     0600);
	mkdir("d", 0700);
	special_files_open();
	if (below(4) == 0)
		swap_file_make();
}

static void
batch_run(uint64_t seed, long batch, long job)
{
	random_start(seed, batch);
	for (int fd = 3; fd < 64; fd++)
		close(fd);
	batch_prepare();
	for (int i = 0; i < CALLS_PER_BATCH; i++)
		nr_made[job] += call_at_random();
	_exit(0);
}

static long
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for the batch, and kills it when it takes too long. => 0; -1: it cannot be killed */
static int
batch_wait(pid_t child)
{
	long end = now_ms() + BATCH_LIMIT_MS;
	int killed = 0, status;

	while (waitpid(child, &status, WNOHANG) == 0) {
		struct timespec pause = {0, 1000000};

		nanosleep(&pause, NULL);
		if (now_ms() < end)
			continue;
		if (killed)
			return -1;
		kill(child, SIGKILL);
		killed = 1;
		end = now_ms() + 10 * BATCH_LIMIT_MS;
	}
	kill(-child, SIGKILL);
	return 0;
}

/* Swap on files of this run's directory, whatever their names are by now, is over. */
static void
swap_end(const char *directory)
{
	FILE *swaps = fopen("/proc/swaps", "r");
	char line[512];

	while (swaps && fgets(line, sizeof(line), swaps)) {
		if (strncmp(line, directory, strlen(directory)) != 0)
			continue;
		line[strcspn(line, " \t\n")] = '\0';
		syscall(SYS_swapoff, line);
	}
	if (swaps)
		fclose(swaps);
}

long
batch_do(uint64_t seed, long batch, long job)
{
	char directory[256];
	long made;
	pid_t child;

	if (!getcwd(directory, sizeof(directory) - 32))
		return -1;
	snprintf(directory + strlen(directory), 32, "/fuzz.%d/", (int)getpid());
	mkdir(directory, 0700);
	nr_made[job] = 0;
	child = fork();
	if (child < 0)
		return -1;
	if (child == 0) {
		if (chdir(directory) < 0)
			_exit(1);
		batch_run(seed, batch, job);
	}
	if (batch_wait(child) < 0) {
		printf("batch %ld hangs and cannot be killed\n", batch);
		return -1;
	}
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	swap_end(directory);
	made = nr_made[job];
	return made >= 0 && made <= CALLS_PER_BATCH ? made : 0;
}
