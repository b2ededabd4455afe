/* Which calls there are, what their arguments are for, and values for those. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

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
	CALL(get_robust_list, OWN_PID, POINTER, POINTER),
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
	CALL(rt_sigqueueinfo, OWN_PID, SIGNAL, POINTER),
	CALL(rt_tgsigqueueinfo, OWN_PID, OWN_PID, SIGNAL, POINTER),
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
	CALL(timer_create, INTEGER, POINTER, POINTER),
	CALL(timer_gettime, INTEGER, POINTER),
	CALL(timer_getoverrun, INTEGER),
	CALL(timer_settime, INTEGER, FLAGS, POINTER, POINTER),
	CALL(timer_delete, INTEGER),
	CALL(clock_gettime, INTEGER, POINTER),
	CALL(clock_getres, INTEGER, POINTER),
	CALL(clock_nanosleep, INTEGER, FLAGS, SHORT_TIME, POINTER),
	CALL(sched_setaffinity, OWN_PID, LENGTH, POINTER),
	CALL(sched_getaffinity, OWN_PID, LENGTH, POINTER),
	CALL(sched_yield),
	CALL(setpriority, ZERO, OWN_PID, INTEGER),
	CALL(getpriority, INTEGER, INTEGER),
	CALL(restart_syscall),
	CALL(times, POINTER),
	CALL(gettimeofday, POINTER, POINTER),
	CALL(uname, POINTER),
	CALL(sysinfo, POINTER),
	CALL(getrandom, POINTER, LENGTH, FLAGS),
};

#define NR_CALLS (sizeof(calls) / sizeof(calls[0]))

static uint64_t state;
int verbose;
char *buffer;

void
random_start(uint64_t seed, long batch)
{
	state = (seed + 1) * 0x9e3779b97f4a7c15ULL ^ (uint64_t)(batch + 1) * 0xd1342543de82ef95ULL;
}

/* xorshift64*: repeatable everywhere. */
uint64_t
random_next(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dULL;
}

uint64_t
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

int
call_at_random(void)
{
	const struct call *call = &calls[below(NR_CALLS)];
	uint64_t args[6];
	long result;

	for (int i = 0; i < 6; i++)
		args[i] = choose(call->args[i]);
	if (is_harmful(call, args))
		return 0;
	if (verbose)
		printf("%s(%lx, %lx, %lx, %lx, %lx, %lx)\n", call->name, args[0], args[1], args[2],
		       args[3], args[4], args[5]);
	result = syscall(call->number, args[0], args[1], args[2], args[3], args[4], args[5]);
	if (call->number == SYS_clone && result == 0)
		_exit(0);
	return 1;
}
