/*
 * Bad pointers in every system call that takes one: EFAULT, and nothing else happens.
 *
 * A row says which argument of a call points, and what the other arguments are. A call is tried
 * with each bad address; a path or a structure also with its end beyond the end of a mapping.
 * tools/check_pointers.py sees that every call of syscall.tbl that has an address is here.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

enum pointer_kind {
	IN = 1,		/* the kernel reads a structure */
	OUT = 2,	/* the kernel writes one */
	PATH = 4,	/* a string */
	NULLABLE = 8,	/* NULL means something */
	PARTIAL = 16,	/* a buffer: what lies before the end of the mapping may be used */
	WORD = 32,	/* must be aligned: else the error is another one */
	ADDRESS = 64,	/* nothing is tried: the argument says where, and is not read or written */
	FOR_EVER = 128, /* with a good pointer the call does not return */
};

/* Values of arguments that are known only when the tests run. */
#define FILE_FD	 1001
#define PIPE_IN	 1002
#define PIPE_OUT 1003
#define DIR_FD	 1004
#define NAME	 1005
#define NEW_NAME 1006
#define BUFFER	 1007
#define BAD	 1008
#define ZEROES	 1009
#define CWD	 1010
#define LINK	 1011
#define CHILD	 1012
#define PROGRAM	 1013
#define HERE	 1014
#define DISK_FS	 1015
#define TIMER	 1016

struct row {
	const char *name;
	long number;
	int kind;
	long args[6];
};

static const struct row rows[] = {
	{"getcwd", SYS_getcwd, OUT, {BAD, 4096}},
	{"mknodat", SYS_mknodat, PATH, {CWD, BAD, S_IFREG | 0644, 0}},
	{"mkdirat", SYS_mkdirat, PATH, {CWD, BAD, 0755}},
	{"unlinkat", SYS_unlinkat, PATH, {CWD, BAD, 0}},
	{"rmdir", SYS_unlinkat, PATH, {CWD, BAD, 0x200}},
	{"symlinkat target", SYS_symlinkat, PATH, {BAD, CWD, NEW_NAME}},
	{"symlinkat", SYS_symlinkat, PATH, {NAME, CWD, BAD}},
	{"linkat old", SYS_linkat, PATH, {CWD, BAD, CWD, NEW_NAME, 0}},
	{"linkat new", SYS_linkat, PATH, {CWD, NAME, CWD, BAD, 0}},
	{"umount2", SYS_umount2, PATH, {BAD, 0}},
	{"mount source", SYS_mount, PATH | NULLABLE, {BAD, HERE, DISK_FS, 0, 0}},
	{"mount target", SYS_mount, PATH, {NAME, BAD, DISK_FS, 0, 0}},
	{"mount type", SYS_mount, PATH | NULLABLE, {NAME, HERE, BAD, 0, 0}},
	{"statfs path", SYS_statfs, PATH, {BAD, BUFFER}},
	{"statfs", SYS_statfs, OUT, {NAME, BAD}},
	{"fstatfs", SYS_fstatfs, OUT, {FILE_FD, BAD}},
	{"truncate", SYS_truncate, PATH, {BAD, 0}},
	{"faccessat", SYS_faccessat, PATH, {CWD, BAD, 0}},
	{"chdir", SYS_chdir, PATH, {BAD}},
	{"fchmodat", SYS_fchmodat, PATH, {CWD, BAD, 0755}},
	{"fchownat", SYS_fchownat, PATH, {CWD, BAD, 0, 0, 0}},
	{"openat", SYS_openat, PATH, {CWD, BAD, O_RDONLY, 0}},
	{"openat create", SYS_openat, PATH, {CWD, BAD, O_CREAT | O_RDWR, 0644}},
	{"pipe2", SYS_pipe2, OUT, {BAD, 0}},
	{"getdents64", SYS_getdents64, OUT, {DIR_FD, BAD, 512}},
	{"read file", SYS_read, OUT | PARTIAL, {FILE_FD, BAD, 64}},
	{"read pipe", SYS_read, OUT | PARTIAL, {PIPE_IN, BAD, 64}},
	{"write file", SYS_write, IN | PARTIAL, {FILE_FD, BAD, 64}},
	{"write pipe", SYS_write, IN | PARTIAL, {PIPE_OUT, BAD, 64}},
	{"readv", SYS_readv, IN, {FILE_FD, BAD, 1}},
	{"writev", SYS_writev, IN, {FILE_FD, BAD, 1}},
	{"pread64", SYS_pread64, OUT | PARTIAL, {FILE_FD, BAD, 64, 0}},
	{"pwrite64", SYS_pwrite64, IN | PARTIAL, {FILE_FD, BAD, 64, 0}},
	{"preadv", SYS_preadv, IN, {FILE_FD, BAD, 1, 0}},
	{"pwritev", SYS_pwritev, IN, {FILE_FD, BAD, 1, 0}},
	{"preadv2", SYS_preadv2, IN, {FILE_FD, BAD, 1, 0, 0, 0}},
	{"pwritev2", SYS_pwritev2, IN, {FILE_FD, BAD, 1, 0, 0, 0}},
	{"sendfile", SYS_sendfile, IN | NULLABLE, {PIPE_OUT, FILE_FD, BAD, 1}},
	{"pselect6 read", SYS_pselect6, IN | NULLABLE, {64, BAD, 0, 0, ZEROES, 0}},
	{"pselect6 write", SYS_pselect6, IN | NULLABLE, {64, 0, BAD, 0, ZEROES, 0}},
	{"pselect6 time", SYS_pselect6, IN | NULLABLE, {0, 0, 0, 0, BAD, 0}},
	{"ppoll", SYS_ppoll, IN, {BAD, 1, ZEROES, 0, 8}},
	{"ppoll time", SYS_ppoll, IN | NULLABLE, {0, 0, BAD, 0, 8}},
	{"readlinkat path", SYS_readlinkat, PATH, {CWD, BAD, BUFFER, 64}},
	{"readlinkat", SYS_readlinkat, OUT | PARTIAL, {CWD, LINK, BAD, 64}},
	{"newfstatat path", SYS_newfstatat, PATH, {CWD, BAD, BUFFER, 0}},
	{"newfstatat", SYS_newfstatat, OUT, {CWD, NAME, BAD, 0}},
	{"fstat", SYS_fstat, OUT, {FILE_FD, BAD}},
	{"utimensat path", SYS_utimensat, PATH | NULLABLE, {CWD, BAD, ZEROES, 0}},
	{"utimensat", SYS_utimensat, IN | NULLABLE, {CWD, NAME, BAD, 0}},
	{"renameat2 old", SYS_renameat2, PATH, {CWD, BAD, CWD, NEW_NAME, 0}},
	{"renameat2 new", SYS_renameat2, PATH, {CWD, NAME, CWD, BAD, 0}},
	{"faccessat2", SYS_faccessat2, PATH, {CWD, BAD, 0, 0}},
	{"memfd_create", SYS_memfd_create, PATH, {BAD, 0}},
	{"getrusage", SYS_getrusage, OUT, {0, BAD}},
	{"execve", SYS_execve, PATH, {BAD, ZEROES, ZEROES}},
	{"execve argv", SYS_execve, IN | NULLABLE | FOR_EVER, {PROGRAM, BAD, ZEROES}},
	{"execve envp", SYS_execve, IN | NULLABLE | FOR_EVER, {PROGRAM, ZEROES, BAD}},
	{"execveat", SYS_execveat, PATH, {CWD, BAD, ZEROES, ZEROES, 0}},
	{"prlimit64 new", SYS_prlimit64, IN | NULLABLE, {0, 7, BAD, 0}},
	{"prlimit64 old", SYS_prlimit64, OUT | NULLABLE, {0, 7, 0, BAD}},
	{"sigaltstack", SYS_sigaltstack, IN | NULLABLE, {BAD, 0}},
	{"sigaltstack old", SYS_sigaltstack, OUT | NULLABLE, {0, BAD}},
	{"rt_sigsuspend", SYS_rt_sigsuspend, IN | FOR_EVER, {BAD, 8}},
	{"rt_sigaction", SYS_rt_sigaction, IN | NULLABLE, {10, BAD, 0, 8}},
	{"rt_sigaction old", SYS_rt_sigaction, OUT | NULLABLE, {10, 0, BAD, 8}},
	{"rt_sigprocmask", SYS_rt_sigprocmask, IN | NULLABLE, {0, BAD, 0, 8}},
	{"rt_sigprocmask old", SYS_rt_sigprocmask, OUT | NULLABLE, {0, 0, BAD, 8}},
	{"rt_sigpending", SYS_rt_sigpending, OUT, {BAD, 8}},
	{"rt_sigtimedwait", SYS_rt_sigtimedwait, IN, {BAD, 0, ZEROES, 8}},
	{"rt_sigtimedwait time", SYS_rt_sigtimedwait, IN | NULLABLE, {ZEROES, 0, BAD, 8}},
	{"rt_sigqueueinfo", SYS_rt_sigqueueinfo, IN, {1, 40, BAD}},
	{"rt_tgsigqueueinfo", SYS_rt_tgsigqueueinfo, IN, {1, 1, 40, BAD}},
	{"nanosleep", SYS_nanosleep, IN, {BAD, 0}},
	{"getitimer", SYS_getitimer, OUT, {0, BAD}},
	{"setitimer", SYS_setitimer, IN | NULLABLE, {0, BAD, 0}},
	{"setitimer old", SYS_setitimer, OUT | NULLABLE, {0, ZEROES, BAD}},
	{"timer_create", SYS_timer_create, IN | NULLABLE, {CLOCK_MONOTONIC, BAD, BUFFER}},
	{"timer_create id", SYS_timer_create, OUT, {CLOCK_MONOTONIC, 0, BAD}},
	{"timer_gettime", SYS_timer_gettime, OUT, {TIMER, BAD}},
	{"timer_settime", SYS_timer_settime, IN | NULLABLE, {TIMER, 0, BAD, 0}},
	{"timer_settime old", SYS_timer_settime, OUT | NULLABLE, {TIMER, 0, ZEROES, BAD}},
	{"clock_gettime", SYS_clock_gettime, OUT, {CLOCK_MONOTONIC, BAD}},
	{"clock_getres", SYS_clock_getres, OUT | NULLABLE, {CLOCK_MONOTONIC, BAD}},
	{"clock_nanosleep", SYS_clock_nanosleep, IN, {CLOCK_MONOTONIC, 0, BAD, 0}},
	{"times", SYS_times, OUT | NULLABLE, {BAD}},
	{"gettimeofday", SYS_gettimeofday, OUT | NULLABLE, {BAD, 0}},
	{"uname", SYS_uname, OUT, {BAD}},
	{"sysinfo", SYS_sysinfo, OUT, {BAD}},
	{"swapon", SYS_swapon, PATH, {BAD, 0}},
	{"swapoff", SYS_swapoff, PATH, {BAD}},
	{"getrandom", SYS_getrandom, OUT | PARTIAL, {BAD, 64, 0}},
	{"wait4", SYS_wait4, OUT | NULLABLE, {CHILD, BAD, 0, 0}},
	{"wait4 rusage", SYS_wait4, OUT | NULLABLE, {CHILD, 0, 0, BAD}},
	{"waitid", SYS_waitid, OUT | NULLABLE, {1, CHILD, BAD, 4, 0}},
	{"waitid rusage", SYS_waitid, OUT | NULLABLE, {1, CHILD, 0, 4, BAD}},
	{"futex wait", SYS_futex, IN | WORD, {BAD, 0, 0, 0}},
	{"futex wait time", SYS_futex, IN | NULLABLE, {BUFFER, 0, 0, BAD}},
	{"futex wake", SYS_futex, IN | WORD, {BAD, 1, 1, 0}},
	{"futex requeue", SYS_futex, IN | WORD, {BUFFER, 3, 0, 0, BAD, 0}},
	{"futex wake op", SYS_futex, OUT | WORD, {BUFFER, 5, 1, 1, BAD, 0}},
	{"get_robust_list", SYS_get_robust_list, OUT, {0, BAD, BUFFER}},
	{"get_robust_list len", SYS_get_robust_list, OUT, {0, BUFFER, BAD}},
	{"sched_setaffinity", SYS_sched_setaffinity, IN, {0, 8, BAD}},
	{"sched_getaffinity", SYS_sched_getaffinity, OUT, {0, 8, BAD}},
	{"sched_setparam", SYS_sched_setparam, IN | NULLABLE, {0, BAD}},
	{"sched_setscheduler", SYS_sched_setscheduler, IN | NULLABLE, {0, 0, BAD}},
	{"sched_getparam", SYS_sched_getparam, OUT | NULLABLE, {0, BAD}},
	{"sched_rr_get_interval", SYS_sched_rr_get_interval, OUT, {0, BAD}},
	{"getcpu", SYS_getcpu, OUT | NULLABLE, {BAD, 0, 0}},
	{"getcpu node", SYS_getcpu, OUT | NULLABLE, {0, BAD, 0}},
	{"mincore", SYS_mincore, OUT | PARTIAL, {BUFFER, PAGE, BAD}},
	{"syslog", SYS_syslog, OUT | PARTIAL | NULLABLE, {3, BAD, 4096}},
	{"prctl set name", SYS_prctl, PATH, {15, BAD}},
	{"prctl get name", SYS_prctl, OUT, {16, BAD}},

	/* Lengths and places of memory; bad ones are the tests' in memory.c. */
	{"brk", SYS_brk, ADDRESS, {0}},
	{"munmap", SYS_munmap, ADDRESS, {0}},
	{"mmap", SYS_mmap, ADDRESS, {0}},
	{"mremap", SYS_mremap, ADDRESS, {0}},
	{"mprotect", SYS_mprotect, ADDRESS, {0}},
	{"msync", SYS_msync, ADDRESS, {0}},
	{"mlock", SYS_mlock, ADDRESS, {0}},
	{"mlock2", SYS_mlock2, ADDRESS, {0}},
	{"munlock", SYS_munlock, ADDRESS, {0}},
	{"madvise", SYS_madvise, ADDRESS, {0}},
	{"riscv_flush_icache", 259, ADDRESS, {0}}, /* SYS_riscv_flush_icache */
	/* Used later, by the end of a thread or for nothing; what cannot be written then is not. */
	{"set_tid_address", SYS_set_tid_address, ADDRESS, {0}},
	{"set_robust_list", SYS_set_robust_list, ADDRESS, {0}},
	{"clone", SYS_clone, ADDRESS, {0}},
	/* A number, where it is used at all. */
	{"reboot", SYS_reboot, ADDRESS, {0}},
};

static struct {
	int file, pipe[2], dir, timer;
	char *buffer, *end; /* end: the first address after a mapping */
	void *no_access;
} fixture;

static void
fixture_make(void)
{
	char *area =
		mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(area != MAP_FAILED);
	fixture.buffer = area;
	fixture.end = area + 2 * PAGE;
	CHECK_EQ(munmap(fixture.end, PAGE), 0);
	fixture.no_access = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(fixture.no_access != MAP_FAILED);
	memset(area, 0, PAGE);
	memset(area + PAGE, 'a', PAGE);
	file_make("name", area + PAGE, PAGE);
	CHECK_EQ(symlink("name", "link"), 0);
	fixture.file = open("name", O_RDWR);
	fixture.dir = open(".", O_RDONLY | O_DIRECTORY);
	CHECK(fixture.file >= 0 && fixture.dir >= 0);
	CHECK_EQ(raw_call(SYS_timer_create, CLOCK_MONOTONIC, 0, (uintptr_t)&fixture.timer, 0, 0, 0),
		 0);
	CHECK_EQ(pipe(fixture.pipe), 0);
	CHECK_EQ(write(fixture.pipe[1], "0123456789", 10), 10);
}

static uint64_t
argument(long value, uint64_t bad)
{
	switch (value) {
	case FILE_FD:
		return fixture.file;
	case PIPE_IN:
		return fixture.pipe[0];
	case PIPE_OUT:
		return fixture.pipe[1];
	case DIR_FD:
		return fixture.dir;
	case TIMER:
		return fixture.timer;
	case NAME:
		return (uintptr_t) "name";
	case NEW_NAME:
		return (uintptr_t) "new name";
	case PROGRAM:
		return (uintptr_t)test_program;
	case LINK:
		return (uintptr_t) "link";
	case HERE:
		return (uintptr_t) ".";
	case DISK_FS:
		return (uintptr_t) "qfs";
	case BUFFER:
	case ZEROES:
		return (uintptr_t)fixture.buffer;
	case CWD:
		return AT_FDCWD;
	case BAD:
		return bad;
	default:
		return value;
	}
}

/* The child that a wait reports; the call that faults may have taken it. */
static pid_t
zombie_make(void)
{
	pid_t child = fork_checked();

	if (child == 0)
		_exit(0);
	return child;
}

static void
row_try(const struct row *row, uint64_t bad)
{
	uint64_t args[6];
	pid_t child = 0;
	long got;

	for (int i = 0; i < 6; i++) {
		args[i] = argument(row->args[i], bad);
		if (row->args[i] == CHILD)
			args[i] = child = zombie_make();
	}
	got = raw_call(row->number, args[0], args[1], args[2], args[3], args[4], args[5]);
	if (child)
		raw_call(SYS_wait4, child, 0, 0, 0, 0, 0);
	if (got != -EFAULT)
		FAIL("%s with 0x%lx gives %ld", row->name, bad, got);
}

static const uint64_t bad_addresses[] = {
	1,
	0xfff,
	0x4000000000,
	0x4000001000,
	0x8000000000,
	0x0000200000000000,
	0x8000000000000000,
	0xffffffc000000000,
	0xffffffc080200000,
	0xffffffe000000000,
	0xffffffe100000000,
	0xffffffff80200000,
	0xfffffffffffffff8,
};

/* The address is one that the row's argument may have, and is bad for it. */
static void
row_try_at(const struct row *row, uint64_t bad)
{
	if (!(row->kind & WORD) || bad % sizeof(int) == 0)
		row_try(row, bad);
}

static void
row_try_all(const struct row *row)
{
	for (size_t j = 0; j < COUNT(bad_addresses); j++)
		row_try_at(row, bad_addresses[j]);
	row_try(row, (uintptr_t)fixture.end);
	row_try(row, (uintptr_t)fixture.no_access);
	if (!(row->kind & NULLABLE))
		row_try(row, 0);
	if (row->kind & OUT) {
		row_try(row, (uintptr_t)row_try_all & ~7ul);
		row_try(row, 0x3ffffffff8);
	}
	memset(fixture.end - 2, 'a', 2);
	if (!(row->kind & PARTIAL))
		row_try_at(row, (uintptr_t)fixture.end - 2);
}

static void
rows_try(void)
{
	fixture_make();
	for (size_t i = 0; i < COUNT(rows); i++)
		if (!(rows[i].kind & ADDRESS))
			row_try_all(&rows[i]);
}

/* After all those calls the descriptors, the pipe and the files are what they were. */
static void
nothing_happened(void)
{
	struct stat st;
	char text[16];
	int fd = dup(0);

	CHECK_EQ(fd, fixture.pipe[1] + 1);
	CHECK_EQ(read(fixture.pipe[0], text, sizeof(text)), 10);
	CHECK(memcmp(text, "0123456789", 10) == 0);
	CHECK_EQ(fstat(fixture.file, &st), 0);
	CHECK_EQ(st.st_size, PAGE);
	CHECK_EQ(st.st_nlink, 1);
	CHECK_ERRNO(access("new name", F_OK), ENOENT);
}

static void
bad_pointers(void)
{
	rows_try();
	nothing_happened();
}

/*
 * A good pointer that no structure would have: odd, and with its first bytes in one page and the rest
 * in the next. Each page is one that the kernel has to fault in.
 */
static void
row_try_crossing(void *row_in_table)
{
	const struct row *row = row_in_table;
	char *pages =
		mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t args[6];

	CHECK(pages != MAP_FAILED);
	if (row->kind & PATH)
		pages[PAGE - 1] = 'z';
	for (int i = 0; i < 6; i++) {
		args[i] = argument(row->args[i],
				   (uintptr_t)pages + PAGE - (row->kind & PATH ? 1 : 3));
		if (row->args[i] == CHILD)
			args[i] = zombie_make();
	}
	CHECK(raw_call(row->number, args[0], args[1], args[2], args[3], args[4], args[5]) !=
	      -EFAULT);
}

static void
crossing_pointers(void)
{
	fixture_make();
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (rows[i].kind & (ADDRESS | FOR_EVER))
			continue;
		if (child_status(row_try_crossing, (void *)&rows[i]) != 0)
			FAIL("%s with a pointer that crosses pages", rows[i].name);
	}
}

/* A buffer that begins well and ends nowhere: what fits is used, or nothing. */
static void
buffers_that_end(void)
{
	long got;

	fixture_make();
	got = raw_call(SYS_read, fixture.file, (uintptr_t)fixture.end - 100, 200, 0, 0, 0);
	CHECK(got == 100 || got == -EFAULT);
	CHECK_EQ(lseek(fixture.file, 0, SEEK_CUR), got == 100 ? 100 : 0);
	got = raw_call(SYS_pwrite64, fixture.file, (uintptr_t)fixture.end - 100, 200, 0, 0, 0);
	CHECK(got == 100 || got == -EFAULT);
	got = raw_call(SYS_read, fixture.pipe[0], (uintptr_t)fixture.end - 4, 10, 0, 0, 0);
	CHECK(got == 4 || got == -EFAULT);
}

static void
argv_with_bad_pointer(void)
{
	uint64_t argv[3] = {(uintptr_t) "a", 0xffffffff80200000, 0};

	CHECK_EQ(raw_call(SYS_execve, (uintptr_t)test_program, (uintptr_t)argv, 0, 0, 0, 0),
		 -EFAULT);
	argv[1] = 1;
	CHECK_EQ(raw_call(SYS_execve, (uintptr_t)test_program, (uintptr_t)argv, 0, 0, 0, 0),
		 -EFAULT);
	file_make("no program", "nothing", 7);
	CHECK_EQ(raw_call(SYS_execve, (uintptr_t) "no program", (uintptr_t)argv, 0, 0, 0, 0),
		 -EFAULT);
	CHECK_EQ(raw_call(SYS_execve, (uintptr_t) "no program", 0, 0, 0, 0, 0), -ENOEXEC);
}

static void
iovec_with_bad_pointer(void)
{
	uint64_t iov[4] = {0, 5, 0xffffffc080200000, 5};
	char text[5] = "abcd";

	fixture_make();
	iov[0] = (uintptr_t)text;
	CHECK_EQ(raw_call(SYS_writev, fixture.file, (uintptr_t)(iov + 2), 1, 0, 0, 0), -EFAULT);
	long got = raw_call(SYS_writev, fixture.file, (uintptr_t)iov, 2, 0, 0, 0);
	CHECK(got == 5 || got == -EFAULT);
	CHECK_EQ(raw_call(SYS_writev, fixture.file, (uintptr_t)iov, 1025, 0, 0, 0), -EINVAL);
	iov[1] = 1ul << 63;
	CHECK_EQ(raw_call(SYS_writev, fixture.file, (uintptr_t)iov, 1, 0, 0, 0), -EINVAL);
}

/* Sizes that wrap around with their address. */
static void
sizes_that_wrap(void)
{
	static char page[PAGE];
	static const uint64_t sizes[] = {1ul << 38, 1ul << 62, ~0ul >> 1, ~0ul, 1ul << 63};
	fixture_make();

	for (size_t i = 0; i < COUNT(sizes); i++) {
		long got = raw_call(SYS_write, fixture.pipe[1], (uintptr_t)fixture.end, sizes[i], 0,
				    0, 0);

		if (got != -EFAULT && got != -EINVAL)
			FAIL("write of 0x%lx bytes gives %ld", sizes[i], got);
		got = raw_call(SYS_read, fixture.pipe[0], 0xffffffff80200000, sizes[i], 0, 0, 0);
		if (got != -EFAULT && got != -EINVAL)
			FAIL("read of 0x%lx bytes gives %ld", sizes[i], got);
	}
	/* No range is so long, wherever it begins: -1, as of a call that failed, moves nothing. */
	for (uint64_t size = 1ul << 63; size; size = size == ~0ul ? 0 : ~0ul) {
		static const int calls[] = {SYS_read, SYS_write, SYS_pread64, SYS_pwrite64};

		for (size_t i = 0; i < COUNT(calls); i++) {
			CHECK_EQ(raw_call(calls[i], fixture.file, (uintptr_t)page, size, 0, 0, 0),
				 -EFAULT);
			CHECK_EQ(raw_call(calls[i], -1, (uintptr_t)page, size, 0, 0, 0), -EBADF);
		}
	}
}

const struct test pointer_tests[] = {
	{"bad_pointers", bad_pointers, A_KERNEL},
	{"crossing_pointers", crossing_pointers, ANYWHERE},
	{"buffers_that_end", buffers_that_end, ANYWHERE},
	{"argv_with_bad_pointer", argv_with_bad_pointer, ANYWHERE},
	{"iovec_with_bad_pointer", iovec_with_bad_pointer, ANYWHERE},
	{"sizes_that_wrap", sizes_that_wrap, A_KERNEL},
	{NULL, NULL, ANYWHERE},
};
