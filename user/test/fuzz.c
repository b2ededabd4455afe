/*
 * fuzz [-n CALLS] [-s SEED] [-j JOBS] [-v]: random system calls with hostile arguments.
 *
 * The calls are made in batches. Each batch is a process with a group, a directory and limits of
 * its own; its seed is the run's seed and the batch's number, so `fuzz -s SEED -b BATCH` repeats one.
 * It may end as it likes: most end by a signal, for the calls unmap and protect at random. What
 * counts is that the kernel lives, that a batch which hangs can be killed, and that a bystander,
 * a process with a pattern in its memory, in a pipe and in a file, sees none of it. With -j there are
 * JOBS such runs at a time, run J with the seed SEED + J.
 *
 * What would hurt others by right is left out or tamed: reboot; signals to other processes;
 * device nodes; names outside the batch's directory; mounts; settings of the whole machine but a few
 * harmless ones. Swap is the batch's own file, and off again after it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE		  4096UL
#define CALLS_PER_BATCH	  500
#define BATCH_LIMIT_MS	  3000
#define DEFAULT_CALLS	  20000
#define ADDRESS_SPACE_MAX (96UL << 20)
#define SKIP_STATUS	  77
#define SWAP_PAGES	  24
#define MAX_JOBS	  16

/* What an argument is for. */
enum kind {
	NONE,
	FD,
	PATH,
	POINTER,
	LENGTH,
	INTEGER,
	FLAGS,
	ADDRESS, /* page-aligned, mostly */
	OFFSET,
	OWN_PID,
	SIGNAL,
	SHORT_TIME, /* a struct timespec of little, or a bad pointer */
	COMMAND,    /* of fcntl */
	ADVICE,
	PROTECTION,
	MAP_FLAGS,
	FUTEX_OP,
	ZERO,
};

struct call {
	const char *name;
	long number;
	enum kind args[6];
};

#define CALL(name, ...)             \
	{                           \
#name, SYS_##name,  \
		{                   \
			__VA_ARGS__ \
		}                   \
	}

static const struct call calls[] = {
	CALL(getcwd, POINTER, LENGTH),
	CALL(dup, FD),
	CALL(dup3, FD, FD, FLAGS),
	CALL(fcntl, FD, COMMAND, INTEGER),
	CALL(ioctl, FD, INTEGER, POINTER),
	CALL(mkdirat, FD, PATH, FLAGS),
	CALL(unlinkat, FD, PATH, FLAGS),
	CALL(symlinkat, PATH, FD, PATH),
	CALL(linkat, FD, PATH, FD, PATH, FLAGS),
	CALL(umount2, PATH, FLAGS),
	CALL(mount, POINTER, POINTER, POINTER, FLAGS, POINTER),
	CALL(statfs, PATH, POINTER),
	CALL(fstatfs, FD, POINTER),
	CALL(truncate, PATH, OFFSET),
	CALL(ftruncate, FD, OFFSET),
	CALL(fallocate, FD, FLAGS, OFFSET, LENGTH),
	CALL(faccessat, FD, PATH, FLAGS),
	CALL(chdir, PATH),
	CALL(fchdir, FD),
	CALL(fchmod, FD, FLAGS),
	CALL(fchmodat, FD, PATH, FLAGS),
	CALL(fchownat, FD, PATH, INTEGER, INTEGER, FLAGS),
	CALL(fchown, FD, INTEGER, INTEGER),
	CALL(openat, FD, PATH, FLAGS, FLAGS),
	CALL(close, FD),
	CALL(pipe2, POINTER, FLAGS),
	CALL(getdents64, FD, POINTER, LENGTH),
	CALL(lseek, FD, OFFSET, INTEGER),
	CALL(read, FD, POINTER, LENGTH),
	CALL(write, FD, POINTER, LENGTH),
	CALL(readv, FD, POINTER, INTEGER),
	CALL(writev, FD, POINTER, INTEGER),
	CALL(pread64, FD, POINTER, LENGTH, OFFSET),
	CALL(pwrite64, FD, POINTER, LENGTH, OFFSET),
	CALL(sendfile, FD, FD, POINTER, LENGTH),
	CALL(pselect6, INTEGER, POINTER, POINTER, POINTER, SHORT_TIME, POINTER),
	CALL(ppoll, POINTER, INTEGER, SHORT_TIME, POINTER, LENGTH),
	CALL(readlinkat, FD, PATH, POINTER, LENGTH),
	CALL(newfstatat, FD, PATH, POINTER, FLAGS),
	CALL(fstat, FD, POINTER),
	CALL(fsync, FD),
	CALL(utimensat, FD, PATH, POINTER, FLAGS),
	CALL(umask, FLAGS),
	CALL(renameat2, FD, PATH, FD, PATH, FLAGS),
	CALL(faccessat2, FD, PATH, FLAGS, FLAGS),
	CALL(waitid, INTEGER, INTEGER, POINTER, FLAGS, POINTER),
	CALL(set_tid_address, POINTER),
	CALL(futex, POINTER, FUTEX_OP, INTEGER, SHORT_TIME, POINTER, INTEGER),
	CALL(set_robust_list, POINTER, LENGTH),
	CALL(setpgid, ZERO, ZERO),
	CALL(getpgid, INTEGER),
	CALL(getsid, INTEGER),
	CALL(setsid),
	CALL(getrusage, INTEGER, POINTER),
	CALL(prctl, INTEGER, POINTER, INTEGER, INTEGER, INTEGER),
	CALL(clone, FLAGS, POINTER, POINTER, POINTER, POINTER),
	CALL(execve, PATH, POINTER, POINTER),
	CALL(wait4, INTEGER, POINTER, FLAGS, POINTER),
	CALL(prlimit64, OWN_PID, INTEGER, POINTER, POINTER),
	CALL(kill, OWN_PID, SIGNAL),
	CALL(tkill, OWN_PID, SIGNAL),
	CALL(tgkill, OWN_PID, OWN_PID, SIGNAL),
	CALL(sigaltstack, POINTER, POINTER),
	CALL(rt_sigaction, SIGNAL, POINTER, POINTER, LENGTH),
	CALL(rt_sigprocmask, INTEGER, POINTER, POINTER, LENGTH),
	CALL(rt_sigpending, POINTER, LENGTH),
	CALL(rt_sigtimedwait, POINTER, POINTER, SHORT_TIME, LENGTH),
	CALL(brk, ADDRESS),
	CALL(munmap, ADDRESS, LENGTH),
	CALL(mmap, ADDRESS, LENGTH, PROTECTION, MAP_FLAGS, FD, OFFSET),
	CALL(mprotect, ADDRESS, LENGTH, PROTECTION),
	CALL(mremap, ADDRESS, LENGTH, LENGTH, FLAGS, ADDRESS),
	CALL(msync, ADDRESS, LENGTH, FLAGS),
	CALL(mlock, ADDRESS, LENGTH),
	CALL(munlock, ADDRESS, LENGTH),
	CALL(mlockall, FLAGS),
	CALL(munlockall),
	CALL(mincore, ADDRESS, LENGTH, POINTER),
	CALL(madvise, ADDRESS, LENGTH, ADVICE),
	CALL(mlock2, ADDRESS, LENGTH, FLAGS),
	CALL(memfd_create, POINTER, FLAGS),
	CALL(riscv_flush_icache, POINTER, POINTER, FLAGS),
	CALL(swapon, PATH, FLAGS),
	CALL(swapoff, PATH),
	CALL(nanosleep, SHORT_TIME, POINTER),
	CALL(getitimer, INTEGER, POINTER),
	CALL(clock_gettime, INTEGER, POINTER),
	CALL(clock_getres, INTEGER, POINTER),
	CALL(clock_nanosleep, INTEGER, FLAGS, SHORT_TIME, POINTER),
	CALL(sched_yield),
	CALL(restart_syscall),
	CALL(times, POINTER),
	CALL(gettimeofday, POINTER, POINTER),
	CALL(uname, POINTER),
	CALL(sysinfo, POINTER),
	CALL(getrandom, POINTER, LENGTH, FLAGS),
};

#define NR_CALLS (sizeof(calls) / sizeof(calls[0]))

static uint64_t state;
static int verbose;
static long *nr_made; /* shared by all batches: calls that came back */
static char *buffer;  /* 16 pages in the middle of nothing; the last but one is read-only */

/* xorshift64*: repeatable everywhere. */
static uint64_t
random_next(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dULL;
}

static uint64_t
below(uint64_t limit)
{
	return random_next() % limit;
}

static uint64_t
choose_fd(void)
{
	static const int special[] = {-1, -100 /* AT_FDCWD */, INT_MAX, INT_MIN, 1023, 1024};

	if (below(8) == 0)
		return (uint64_t)special[below(sizeof(special) / sizeof(special[0]))];
	return 3 + below(20);
}

static uint64_t
choose_pointer(void)
{
	switch (below(12)) {
	case 0:
		return 0;
	case 1:
		return below(PAGE);
	case 2:
		return (uint64_t)buffer + 16 * PAGE - below(64); /* runs into nothing */
	case 3:
		return (uint64_t)buffer + 14 * PAGE + below(PAGE); /* read-only */
	case 4:
		return 0xffffffc000000000 + below(1UL << 30); /* the kernel's */
	case 5:
		return 0xffffffff80200000 + below(1UL << 20);
	case 6:
		return 0x4000000000 - below(64);
	case 7:
		return random_next();
	default:
		return (uint64_t)buffer + below(13 * PAGE);
	}
}

static uint64_t
choose_path(void)
{
	static const char *const names[] = {
		"a",
		"b",
		"c",
		"d",
		"a/x",
		"b/y",
		"c/../d",
		"./a",
		"d/",
		"",
		".",
		"missing/name",
		"/proc/self/maps",
		"/proc/self/fd",
		"/proc/self/stat",
		"/proc/meminfo",
		"/proc/self/fd/3",
		"/proc/self/task",
		"/proc/thread-self/status",
		"swap",
		"swap",
	};

	if (below(5) == 0)
		return choose_pointer();
	return (uint64_t)names[below(sizeof(names) / sizeof(names[0]))];
}

static uint64_t
choose_length(void)
{
	switch (below(8)) {
	case 0:
		return 0;
	case 1:
		return random_next();
	case 2:
		return (uint64_t)-1 - below(PAGE);
	case 3:
		return below(1UL << 20);
	case 4:
		return PAGE * below(64);
	case 5:
		return 8; /* of a signal set */
	default:
		return below(2 * PAGE);
	}
}

static uint64_t
choose_address(void)
{
	switch (below(6)) {
	case 0:
		return choose_pointer();
	case 1:
		return random_next() & ~(PAGE - 1);
	case 2:
		return 0x100000000 + PAGE * below(4096);
	default:
		return (uint64_t)buffer + PAGE * below(16);
	}
}

static uint64_t
choose_integer(void)
{
	static const int64_t special[] = {-1, 0, 1, INT_MAX, INT_MIN, INT64_MAX, INT64_MIN};

	switch (below(4)) {
	case 0:
		return (uint64_t)special[below(sizeof(special) / sizeof(special[0]))];
	case 1:
		return random_next();
	default:
		return below(40);
	}
}

/* Those that are known, and anything. */
static uint64_t
choose_command(void)
{
	static const int special[] = {0,    1,	  2,	3,    4,   1024 + 6 /* F_DUPFD_CLOEXEC */,
				      1031, 1032, 1033, 1033, 1034 /* sizes and seals */};

	return below(6) ? (uint64_t)special[below(sizeof(special) / sizeof(special[0]))]
			: choose_integer();
}

/* Private, shared or both, fixed or not, and any other bit. */
static uint64_t
choose_map_flags(void)
{
	uint64_t flags = below(8) ? 1 + below(2) : below(16);

	if (below(2))
		flags |= MAP_ANONYMOUS;
	if (below(3) == 0)
		flags |= MAP_FIXED;
	return below(3) ? flags : flags | 1UL << below(22);
}

static uint64_t
choose_time(void)
{
	static struct timespec soon;

	soon.tv_sec = below(20) == 0 ? (time_t)random_next() : 0;
	soon.tv_nsec = (long)below(1000000);
	return below(4) == 0 ? choose_pointer() : (uint64_t)&soon;
}

static uint64_t
choose(enum kind kind)
{
	switch (kind) {
	case FD:
		return choose_fd();
	case PATH:
		return choose_path();
	case POINTER:
		return choose_pointer();
	case LENGTH:
		return choose_length();
	case ADDRESS:
		return choose_address();
	case OFFSET:
		return below(3) ? below(1UL << 18) : choose_integer();
	case FLAGS:
		return below(3) ? 1UL << below(20) | below(4) : choose_integer();
	case OWN_PID:
		return below(4) ? (uint64_t)getpid() : INT_MAX - below(1000);
	case SIGNAL:
		return below(5) ? 17 /* SIGCHLD */ : below(70);
	case SHORT_TIME:
		return choose_time();
	case INTEGER:
		return choose_integer();
	case COMMAND:
		return choose_command();
	case ADVICE:
		return below(8) ? below(26) : choose_integer();
	case PROTECTION:
		return below(8) ? below(8) : choose_integer();
	case MAP_FLAGS:
		return choose_map_flags();
	case FUTEX_OP:
		return below(8) ? below(14) | below(2) << 7 : choose_integer();
	case NONE:
	case ZERO:
	default:
		return 0;
	}
}

/* Arguments with which a call would do harm by right. */
static int
is_harmful(const struct call *call, const uint64_t args[6])
{
	switch (call->number) {
	case SYS_umount2:
	case SYS_mount:
		return !((uint64_t)args[0] < PAGE || args[0] >= 0x4000000000);
	case SYS_clone: /* no new stack: the child would go on here */
		return (args[0] & 0x100) != 0 && args[1] == 0;
	default:
		return 0;
	}
}

static void
call_at_random(void)
{
	const struct call *call = &calls[below(NR_CALLS)];
	uint64_t args[6];
	long result;

	for (int i = 0; i < 6; i++)
		args[i] = choose(call->args[i]);
	if (is_harmful(call, args))
		return;
	if (verbose)
		printf("%s(%lx, %lx, %lx, %lx, %lx, %lx)\n", call->name, args[0], args[1], args[2],
		       args[3], args[4], args[5]);
	result = syscall(call->number, args[0], args[1], args[2], args[3], args[4], args[5]);
	if (call->number == SYS_clone && result == 0)
		_exit(0);
	__atomic_fetch_add(nr_made, 1, __ATOMIC_RELAXED);
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
batch_run(uint64_t seed, long batch)
{
	state = (seed + 1) * 0x9e3779b97f4a7c15ULL ^ (uint64_t)(batch + 1) * 0xd1342543de82ef95ULL;
	for (int fd = 3; fd < 64; fd++)
		close(fd);
	batch_prepare();
	for (int i = 0; i < CALLS_PER_BATCH; i++)
		call_at_random();
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

static int
batch_do(uint64_t seed, long batch)
{
	char directory[40];
	pid_t child;

	snprintf(directory, sizeof(directory), "/tmp/fuzz.%d/", (int)getpid());
	mkdir(directory, 0700);
	child = fork();
	if (child < 0)
		return -1;
	if (child == 0) {
		if (chdir(directory) < 0)
			_exit(1);
		batch_run(seed, batch);
	}
	if (batch_wait(child) < 0) {
		printf("batch %ld hangs and cannot be killed\n", batch);
		return -1;
	}
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	swap_end(directory);
	return 0;
}

/* --- the bystander ---------------------------------------------------------------------------- */

#define BYSTANDER_BYTES (256 * 1024)

static unsigned char
bystander_byte(size_t i)
{
	return (unsigned char)(i * 31 + (i >> 8));
}

/* Says "go on" by a byte in the pipe each round, until the pipe's other end is closed. */
static void
bystander_run(int from_parent, int to_parent)
{
	unsigned char *memory = malloc(BYSTANDER_BYTES), *copy = malloc(BYSTANDER_BYTES);
	char name[40], byte;
	int fd;

	snprintf(name, sizeof(name), "/tmp/fuzz-bystander.%d", (int)getpid());
	fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (!memory || !copy || fd < 0)
		_exit(1);
	for (size_t i = 0; i < BYSTANDER_BYTES; i++)
		memory[i] = bystander_byte(i);
	if (write(fd, memory, BYSTANDER_BYTES) != BYSTANDER_BYTES)
		_exit(2);
	while (read(from_parent, &byte, 1) == 1) {
		for (size_t i = 0; i < BYSTANDER_BYTES; i++)
			if (memory[i] != bystander_byte(i))
				_exit(3);
		if (pread(fd, copy, BYSTANDER_BYTES, 0) != BYSTANDER_BYTES ||
		    memcmp(memory, copy, BYSTANDER_BYTES) != 0)
			_exit(4);
		if (write(to_parent, &byte, 1) != 1)
			_exit(5);
	}
	unlink(name);
	_exit(0);
}

struct bystander {
	pid_t pid;
	int ask, answer;
};

static int
bystander_start(struct bystander *bystander)
{
	int ask[2], answer[2];

	if (pipe(ask) < 0 || pipe(answer) < 0)
		return -1;
	bystander->pid = fork();
	if (bystander->pid == 0) {
		close(ask[1]);
		close(answer[0]);
		bystander_run(ask[0], answer[1]);
	}
	close(ask[0]);
	close(answer[1]);
	bystander->ask = ask[1];
	bystander->answer = answer[0];
	return bystander->pid < 0 ? -1 : 0;
}

static int
bystander_is_well(const struct bystander *bystander)
{
	char byte = 'x';

	return write(bystander->ask, &byte, 1) == 1 && read(bystander->answer, &byte, 1) == 1;
}

/* => 0: it saw nothing amiss */
static int
bystander_end(const struct bystander *bystander)
{
	int status;

	close(bystander->ask);
	if (waitpid(bystander->pid, &status, 0) != bystander->pid || status != 0) {
		printf("the bystander was disturbed: status %x\n", status);
		return -1;
	}
	return 0;
}

static int
fuzz(uint64_t seed, long nr_calls)
{
	struct bystander bystander;
	long batch;
	int bad = 0;

	if (bystander_start(&bystander) < 0)
		return 1;
	for (batch = 0; __atomic_load_n(nr_made, __ATOMIC_RELAXED) < nr_calls && !bad; batch++) {
		bad = batch_do(seed, batch);
		if (!bad && batch % 16 == 0 && !bystander_is_well(&bystander))
			bad = 1;
		if (bad)
			printf("seed %lu batch %ld\n", (unsigned long)seed, batch);
	}
	if (bystander_end(&bystander) < 0)
		bad = 1;
	printf("seed %lu: %ld batches\n", (unsigned long)seed, batch);
	return bad != 0;
}

/* => 0, or 1 if one of the runs found something */
static int
fuzz_at_once(uint64_t seed, long nr_calls, long jobs)
{
	int bad = 0, status;

	fflush(stdout);
	for (long job = 0; job < jobs; job++) {
		pid_t child = fork();

		if (child == 0) {
			status = fuzz(seed + (uint64_t)job, nr_calls);
			fflush(stdout);
			_exit(status);
		}
		bad |= child < 0;
	}
	while (wait(&status) > 0)
		bad |= status != 0;
	return bad;
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
			jobs = 0;
		}
	}
	if (jobs < 1 || jobs > MAX_JOBS) {
		fprintf(stderr, "usage: fuzz [-v] [-n CALLS] [-s SEED] [-b BATCH] [-j JOBS]\n");
		return 2;
	}
	if (uname(&name) < 0 || !strstr(name.version, "Quire")) {
		printf("it would disturb another system\n");
		return SKIP_STATUS;
	}
	nr_made = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (nr_made == MAP_FAILED)
		return 1;
	bad = only_batch >= 0 ? batch_do(seed, only_batch) : fuzz_at_once(seed, nr_calls, jobs);
	printf("%ld calls\n", *nr_made);
	printf("test fuzz %s\n", bad ? "FAILED: see above" : "ok");
	return bad != 0;
}
