/* exec: what is refused and how, what the new program sees, what it keeps. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

#define HEADER_BYTES 64

static char *no_environment[] = {NULL};
static char program_path[512];

static void
on_signal(int sig)
{
	(void)sig;
}

/* Sleeps with a value in an FP register that calls keep. => what is in it after */
static uint64_t
sleep_with_register(uint64_t value, const struct timespec *time)
{
	uint64_t after;

	__asm__ volatile("fmv.d.x fs2, %1\n"
			 "mv a0, %2\n li a1, 0\n li a7, 101\n ecall\n"
			 "fmv.x.d %0, fs2\n"
			 : "=r"(after)
			 : "r"(value), "r"(time)
			 : "a0", "a1", "a7", "fs2", "memory");
	return after;
}

/*
 * A program that uses FP registers for the first time, and leaves the hart with them before its first
 * signal comes. (It forks before, for a fork would look at them.)
 */
static int
registers_over_signal(void)
{
	struct timespec time = {1, 0};
	pid_t parent = getpid(), child;

	signal(SIGUSR1, on_signal);
	child = fork();
	if (child == 0) {
		sleep_ms(100);
		kill(parent, SIGUSR1);
		_exit(0);
	}
	return child > 0 && sleep_with_register(15, &time) == 15 ? 0 : 1;
}

/* Does the link to the program's file end so? */
static int
exe_ends_with(const char *end)
{
	char link[256];
	ssize_t length = readlink("/proc/self/exe", link, sizeof(link));
	ssize_t wanted = (ssize_t)strlen(end);

	return length > wanted && memcmp(link + length - wanted, end, wanted) == 0;
}

/* This program is a copy, which gets another name, loses it while a second one is left, and then that. */
static int
lose_name(void)
{
	char *again[] = {"usertests", "-x", "is_nameless", NULL};
	struct stat st;

	if (rename("copy", "renamed") < 0 || !exe_ends_with("/renamed"))
		return 1;
	if (link("renamed", "second") < 0 || !exe_ends_with("/renamed") || unlink("renamed") < 0)
		return 2;
	if (!exe_ends_with("/renamed (deleted)"))
		return 3;
	if (stat("/proc/self/exe", &st) < 0 || st.st_nlink != 1 || unlink("second") < 0)
		return 4;
	execve("/proc/self/exe", again, no_environment);
	return 8;
}

/* It was executed once more, without a name. */
static int
is_nameless(void)
{
	struct stat st;
	char other[4];
	int fd;

	if (!exe_ends_with("/renamed (deleted)"))
		return 5;
	file_make("renamed", "other", 5);
	fd = open("/proc/self/exe", O_RDONLY);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_nlink != 0 || read(fd, other, 4) != 4)
		return 6;
	return memcmp(other, "\177ELF", 4) == 0 ? 0 : 7;
}

/* This program is a memfd: it can be opened by what it is, and executed once more, to say so. */
static int
is_memfd(void)
{
	char *again[] = {"usertests", "-x", "status", "23", NULL};
	int fd = open("/proc/self/exe", O_RDONLY);
	char link[64] = "", magic[4];

	if (fd < 0 || read(fd, magic, 4) != 4 || memcmp(magic, "\177ELF", 4) != 0)
		return 1;
	if (readlink("/proc/self/exe", link, sizeof(link) - 1) < 0 ||
	    !strstr(link, "memfd:program"))
		return 2;
	execve("/proc/self/exe", again, no_environment);
	return 3;
}

#define DEEP_LIMIT (2048 * MIB)
#define DEEP_BYTES (300 * MIB)

/* Uses the stack far down, which nothing that is mapped stands in the way of. */
static int
go_deep(void)
{
	volatile char here, *stack = &here;
	void *map = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED || (uintptr_t)&here - (uintptr_t)map < DEEP_LIMIT - MIB)
		return 1;
	for (size_t down = 0; down <= DEEP_BYTES; down += 8 * MIB)
		stack[-(ptrdiff_t)down] = 1;
	return 0;
}

/* The programs that the tests exec; they are this program again. */
int
exec_helper(int argc, char **argv)
{
	const char *what = argc > 0 ? argv[0] : "";

	if (strcmp(what, "status") == 0)
		return argc > 1 ? atoi(argv[1]) : 0;
	if (strcmp(what, "arguments") == 0)
		return argc == 4 && strcmp(argv[1], "") == 0 && strcmp(argv[2], "a b") == 0 &&
				       strlen(argv[3]) == 5000 && getenv("ONE") &&
				       strcmp(getenv("ONE"), "1") == 0
			       ? 0
			       : 1;
	if (strcmp(what, "closed") == 0)
		return fcntl(atoi(argv[1]), F_GETFD) < 0 && fcntl(atoi(argv[2]), F_GETFD) == 0 ? 0
											       : 1;
	if (strcmp(what, "peak") == 0)
		return peak_helper();
	if (strcmp(what, "registers") == 0)
		return registers_over_signal();
	if (strcmp(what, "rounding") == 0) {
		long fcsr;

		__asm__ volatile("frcsr %0" : "=r"(fcsr));
		return fcsr;
	}
	if (strcmp(what, "lose_name") == 0)
		return lose_name();
	if (strcmp(what, "is_nameless") == 0)
		return is_nameless();
	if (strcmp(what, "is_memfd") == 0)
		return is_memfd();
	if (strcmp(what, "deep") == 0)
		return go_deep();
	if (strcmp(what, "first_thread") == 0)
		return argc == 2 && getpid() == atoi(argv[1]) && gettid() == getpid() ? 0 : 1;
	if (strcmp(what, "signals") == 0) {
		struct sigaction one, two;
		sigset_t mask;

		sigaction(SIGUSR1, NULL, &one);
		sigaction(SIGUSR2, NULL, &two);
		sigprocmask(SIG_BLOCK, NULL, &mask);
		return one.sa_handler == SIG_IGN && two.sa_handler == SIG_DFL &&
				       sigismember(&mask, SIGTERM) && !sigismember(&mask, SIGINT)
			       ? 0
			       : 1;
	}
	if (strcmp(what, "addresses") == 0) {
		uintptr_t addresses[3] = {
			(uintptr_t)&argc,
			(uintptr_t)sbrk(0),
			(uintptr_t)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		};

		return write(1, addresses, sizeof(addresses)) == sizeof(addresses) ? 0 : 1;
	}
	return 99;
}

static const char *
program(void)
{
	ssize_t length = readlink("/proc/self/exe", program_path, sizeof(program_path) - 1);

	CHECK(length > 0);
	program_path[length] = 0;
	return program_path;
}

static int
run(const char *path, char **argv, char **envp)
{
	pid_t child = fork_checked();
	int status;

	if (child == 0) {
		execve(path, argv, envp);
		_exit(200 + (errno < 50 ? errno : 50));
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* Where a program's stack, heap and mappings are in one exec of it. */
static void
addresses_get(uintptr_t addresses[3])
{
	char *argv[] = {(char *)program(), "-x", "addresses", NULL};
	int ends[2];
	pid_t child;

	CHECK_EQ(pipe(ends), 0);
	child = fork_checked();
	if (child == 0) {
		dup2(ends[1], 1);
		execve(argv[0], argv, no_environment);
		_exit(1);
	}
	check_exit(child);
	CHECK_EQ(read(ends[0], addresses, 3 * sizeof(addresses[0])), 3 * sizeof(addresses[0]));
	close(ends[0]);
	close(ends[1]);
}

/* Two of eight execs may agree by chance in one address, but all eight do not. */
static void
exec_randomises(void)
{
	uintptr_t first[3], next[3];
	int differ[3] = {0, 0, 0};

	addresses_get(first);
	for (int i = 0; i < 7; i++) {
		addresses_get(next);
		for (int kind = 0; kind < 3; kind++)
			differ[kind] |= first[kind] >> 12 != next[kind] >> 12;
	}
	for (int kind = 0; kind < 3; kind++)
		CHECK(differ[kind]);
}

static void
exec_errors(void)
{
	char *argv[] = {"x", NULL};
	static char name[5000];

	CHECK_ERRNO(execve("missing", argv, no_environment), ENOENT);
	CHECK_ERRNO(execve("", argv, no_environment), ENOENT);
	CHECK_ERRNO(execve(".", argv, no_environment), EACCES);
	file_make("file", "#!/missing\n", 11);
	CHECK_ERRNO(execve("file", argv, no_environment), ENOENT);
	CHECK_ERRNO(execve("file/x", argv, no_environment), ENOTDIR);
	CHECK_EQ(chmod("file", 0644), 0);
	CHECK_ERRNO(execve("file", argv, no_environment), EACCES);
	memset(name, 'n', 300);
	CHECK_ERRNO(execve(name, argv, no_environment), ENAMETOOLONG);
	memset(name, '/', sizeof(name) - 1);
	CHECK_ERRNO(execve(name, argv, no_environment), ENAMETOOLONG);
}

static int
thread_execs(void *argv)
{
	raw_call(SYS_execve, (uint64_t)((char **)argv)[0], (uint64_t)argv, (uint64_t)no_environment,
		 0, 0, 0);
	return 0;
}

/* A thread that is not the first execs. The first sleeps meanwhile, or has ended. */
static void
exec_in_thread(int first_ends)
{
	char number[12];
	char *argv[] = {(char *)program(), "-x", "first_thread", number, NULL};
	int tid;

	snprintf(number, sizeof(number), "%d", getpid());
	thread_start(thread_execs, argv, &tid);
	if (first_ends)
		raw_call(SYS_exit, 0, 0, 0, 0, 0, 0);
	for (;;)
		sleep_ms(1000);
}

/* Whichever thread of a process execs, it goes on as the first, with the process's number. */
static void
exec_by_a_thread(void)
{
	for (int i = 0; i < 20; i++) {
		pid_t child = fork_checked();

		if (child == 0)
			exec_in_thread(i % 2);
		check_exit(child);
	}
}

static void
refused(const char *what, const void *bytes, size_t length)
{
	char *argv[] = {"bad", NULL};
	int status;

	file_make("bad", bytes, length);
	status = run("bad", argv, no_environment);
	if (access("/proc/pagestates", F_OK) == 0)
		CHECK_EQ(status, 200 + ENOEXEC); /* Linux has let go of the old program by then */
	else if (status != 200 + ENOEXEC && status != 200 + EINVAL && status != 200 + EACCES &&
		 status != 200 + ENOMEM && status != -SIGKILL && status != -SIGSEGV &&
		 status != 200 + EFAULT)
		FAIL("exec of %s gives %d", what, status);
}

static void
exec_no_program(void)
{
	char *argv[] = {"bad", NULL};

	file_make("bad", "", 0);
	CHECK_ERRNO(execve("bad", argv, no_environment), ENOEXEC);
	file_make("bad", "\177ELF", 4);
	CHECK_ERRNO(execve("bad", argv, no_environment), ENOEXEC);
	file_make("bad", "echo hello\n", 11);
	CHECK_ERRNO(execve("bad", argv, no_environment), ENOEXEC);
	file_make("bad", "\0\0\0\0\0\0\0\0", 8);
	CHECK_ERRNO(execve("bad", argv, no_environment), ENOEXEC);
}

static char image[8192];

static void
image_read(void)
{
	int fd = open(program(), O_RDONLY);

	CHECK(fd >= 0);
	CHECK_EQ(read(fd, image, sizeof(image)), sizeof(image));
	close(fd);
}

/* Overwrites a field of the header, tries the file, puts the field back. */
static void
image_refused(const char *what, size_t offset, uint64_t value, size_t bytes)
{
	char old[8];

	memcpy(old, image + offset, bytes);
	memcpy(image + offset, &value, bytes);
	refused(what, image, sizeof(image));
	memcpy(image + offset, old, bytes);
}

static void
exec_bad_header(void)
{
	char *argv[] = {"bad", NULL};

	image_read();
	image[4] = 1;
	file_make("bad", image, sizeof(image));
	CHECK_ERRNO(execve("bad", argv, no_environment), ENOEXEC);
	image[4] = 2;
	image[18] = 62;
	file_make("bad", image, sizeof(image));
	CHECK_ERRNO(execve("bad", argv, no_environment), ENOEXEC);
	image[18] = (char)243;
	image_refused("a truncated file", 0, 0x464c457f, 4);
	image_refused("type 9", 16, 9, 2);
	image_refused("program headers nowhere", 32, 1ul << 40, 8);
	image_refused("program headers at -8", 32, ~7ul, 8);
	image_refused("no program headers", 56, 0, 2);
	image_refused("65535 program headers", 56, 0xffff, 2);
	image_refused("program headers of 1 byte", 54, 1, 2);
	image_refused("an entry in the kernel", 24, 0xffffffff80200000, 8);
}

static void
exec_bad_segments(void)
{
	static const uint64_t values[] = {0xffffffff80200000, ~0ul, 1ul << 63,	       0x4000000000,
					  0x3fffffffff,	      1,    0xfffffffffffff000};
	static const size_t fields[] = {8, 16, 32, 40};

	image_read();
	for (size_t i = 0; i < COUNT(fields); i++)
		for (size_t j = 0; j < COUNT(values); j++)
			image_refused("a bad segment", HEADER_BYTES + fields[i], values[j], 8);
}

/* Random damage to the headers: never more than the program's own end. */
static void
exec_random_headers(void)
{
	uint64_t state = 12345;

	image_read();
	for (int round = 0; round < 60; round++) {
		char *argv[] = {"bad", "-x", "status", NULL};
		char copy[HEADER_BYTES * 5];

		memcpy(copy, image, sizeof(copy));
		for (int i = 0; i < 4; i++) {
			state = state * 6364136223846793005u + 1442695040888963407u;
			image[4 + (state >> 33) % (sizeof(copy) - 4)] = (char)(state >> 56);
		}
		file_make("bad", image, sizeof(image));
		run("bad", argv, no_environment);
		memcpy(image, copy, sizeof(copy));
	}
}

static void
exec_arguments(void)
{
	static char big[5001];
	char *argv[] = {"usertests", "-x", "arguments", "", "a b", big, NULL};
	char *envp[] = {"ZERO=0", "ONE=1", NULL};

	memset(big, 'x', 5000);
	CHECK_EQ(run(program(), argv, envp), 0);
}

static void
exec_status(void)
{
	char *argv[] = {"usertests", "-x", "status", "37", NULL};

	CHECK_EQ(run(program(), argv, no_environment), 37);
}

static void
exec_too_much(void)
{
	size_t length = 200 * KIB;
	char *one = malloc(length + 1);
	char *argv[4] = {"usertests", "-x", one, NULL};
	char **many = malloc(600001 * sizeof(char *));

	CHECK(one && many);
	memset(one, 'x', length);
	one[length] = 0;
	CHECK_ERRNO(execve(program(), argv, no_environment), E2BIG);
	for (int i = 0; i < 600000; i++)
		many[i] = "0123456789";
	many[600000] = NULL;
	CHECK_ERRNO(execve(program(), many, no_environment), E2BIG);
	CHECK_ERRNO(execve(program(), argv + 3, many), E2BIG);
}

static void
exec_script(void)
{
	char text[600];
	char *argv[] = {"script", "41", NULL};

	snprintf(text, sizeof(text), "#! %s -x\nnothing\n", program());
	file_make("status", text, strlen(text));
	CHECK_EQ(run("status", argv, no_environment), 41);
}

static void
exec_script_loop(void)
{
	char *argv[] = {"script", NULL};

	file_make("loop", "#!loop\n", 7);
	CHECK_ERRNO(execve("loop", argv, no_environment), ELOOP);
}

static void
exec_closes(void)
{
	char closed[8], kept[8];
	char *argv[] = {"usertests", "-x", "closed", closed, kept, NULL};
	int fds[2];

	CHECK_EQ(pipe2(fds, O_CLOEXEC), 0);
	CHECK_EQ(fcntl(fds[1], F_SETFD, 0), 0);
	snprintf(closed, sizeof(closed), "%d", fds[0]);
	snprintf(kept, sizeof(kept), "%d", fds[1]);
	CHECK_EQ(run(program(), argv, no_environment), 0);
	CHECK_EQ(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
}

/* The old program's rounding mode and FP flags are not the new one's. */
static void
exec_clears_fp(void)
{
	char *argv[] = {"usertests", "-x", "rounding", NULL};
	long before = 1 << 5 | 1;

	__asm__ volatile("fscsr %0" : : "r"(before));
	CHECK_EQ(run(program(), argv, no_environment), 0);
}

static void
exec_registers(void)
{
	char *argv[] = {"usertests", "-x", "registers", NULL};

	CHECK_EQ(run(program(), argv, no_environment), 0);
}

static void
exec_signals(void)
{
	char *argv[] = {"usertests", "-x", "signals", NULL};
	sigset_t mask;

	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, on_signal);
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	CHECK_EQ(sigprocmask(SIG_SETMASK, &mask, NULL), 0);
	CHECK_EQ(run(program(), argv, no_environment), 0);
}

static void
exec_failure_changes_nothing(void)
{
	char *argv[] = {"bad", NULL};
	char *area = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = open(".", O_RDONLY | O_CLOEXEC);

	strcpy(area, "kept");
	signal(SIGUSR2, on_signal);
	file_make("bad", "\177ELF", 4);
	CHECK_ERRNO(execve("bad", argv, no_environment), ENOEXEC);
	CHECK(strcmp(area, "kept") == 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(raise(SIGUSR2), 0);
}

static void
copy_file(const char *from, const char *to)
{
	static char bytes[16384];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT, 0755);
	ssize_t got;

	CHECK(in >= 0 && out >= 0);
	while ((got = read(in, bytes, sizeof(bytes))) > 0)
		CHECK_EQ(write(out, bytes, got), got);
	CHECK_EQ(got, 0);
	CHECK_EQ(close(in) + close(out), 0);
}

static void
exec_tells_name(void)
{
	char *argv[] = {"usertests", "-x", "lose_name", NULL};

	copy_file(program(), "copy");
	CHECK_EQ(run("copy", argv, no_environment), 0);
}

static void
exec_of_memfd(void)
{
	char *argv[] = {"usertests", "-x", "is_memfd", NULL}, path[40];
	int fd = memfd_create("program", 0);

	CHECK(fd >= 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	copy_file(program(), path);
	CHECK_EQ(run(path, argv, no_environment), 23);
}

/* There is room for as much stack as the limit says. */
static void
exec_deep_stack(void)
{
	struct rlimit limit = {DEEP_LIMIT, RLIM_INFINITY};
	char *argv[] = {"usertests", "-x", "deep", NULL};

	CHECK_EQ(setrlimit(RLIMIT_STACK, &limit), 0);
	CHECK_EQ(run(program(), argv, no_environment), 0);
	limit.rlim_cur = RLIM_INFINITY;
	CHECK_EQ(setrlimit(RLIMIT_STACK, &limit), 0);
	CHECK_EQ(run(program(), argv, no_environment), 0);
}

/* A program that runs is not written to, and what is being written is not run. */
static void
exec_busy(void)
{
	char *argv[] = {"script", NULL}, path[40];
	int fd;

	CHECK_ERRNO(open(program(), O_WRONLY), ETXTBSY);
	CHECK_ERRNO(open(program(), O_RDWR), ETXTBSY);
	CHECK_ERRNO(open(program(), O_RDONLY | O_TRUNC), ETXTBSY);
	CHECK_ERRNO(truncate(program(), 0), ETXTBSY);
	file_make("script", "\177ELF", 4);
	fd = open("script", O_RDWR);
	CHECK(fd >= 0);
	CHECK_ERRNO(execve("script", argv, no_environment), ETXTBSY);
	CHECK_EQ(close(fd), 0);
	CHECK_ERRNO(execve("script", argv, no_environment), ENOEXEC);
	fd = open("script", O_WRONLY | O_TRUNC);
	CHECK(fd >= 0);
	/* A file in memory is executed while it is open. */
	fd = raw_call(SYS_memfd_create, (uintptr_t) "m", 0, 0, 0, 0, 0);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "\177ELF", 4), 4);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK_ERRNO(execve(path, argv, no_environment), ENOEXEC);
}

/* A mapping counts as one who writes, as the descriptor did that it was made from. */
static void
exec_busy_while_mapped(void)
{
	char *argv[] = {"script", NULL}, *area;
	int fd;

	file_make("script", "\177ELF", 4);
	fd = open("script", O_RDWR);
	area = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(area != MAP_FAILED);
	CHECK_EQ(close(fd), 0);
	CHECK_ERRNO(execve("script", argv, no_environment), ETXTBSY);
	CHECK_EQ(munmap(area, PAGE), 0);
	CHECK_ERRNO(execve("script", argv, no_environment), ETXTBSY);
	area = mremap(area + PAGE, PAGE, 3 * PAGE, MREMAP_MAYMOVE);
	CHECK(area != MAP_FAILED);
	CHECK_ERRNO(execve("script", argv, no_environment), ETXTBSY);
	CHECK_EQ(munmap(area, 3 * PAGE), 0);
	CHECK_ERRNO(execve("script", argv, no_environment), ENOEXEC);
	fd = open("script", O_RDONLY);
	CHECK(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED);
	CHECK_ERRNO(execve("script", argv, no_environment), ENOEXEC);
}

const struct test exec_tests[] = {
	{"exec_randomises", exec_randomises, A_KERNEL},
	{"exec_errors", exec_errors, ANYWHERE},
	{"exec_no_program", exec_no_program, ANYWHERE},
	{"exec_bad_header", exec_bad_header, A_KERNEL},
	{"exec_bad_segments", exec_bad_segments, A_KERNEL},
	{"exec_random_headers", exec_random_headers, A_KERNEL},
	{"exec_arguments", exec_arguments, A_KERNEL},
	{"exec_status", exec_status, A_KERNEL},
	{"exec_too_much", exec_too_much, ANYWHERE},
	{"exec_script", exec_script, A_KERNEL},
	{"exec_script_loop", exec_script_loop, ANYWHERE},
	{"exec_closes", exec_closes, A_KERNEL},
	{"exec_clears_fp", exec_clears_fp, A_KERNEL},
	{"exec_registers", exec_registers, A_KERNEL},
	{"exec_signals", exec_signals, A_KERNEL},
	{"exec_by_a_thread", exec_by_a_thread, A_KERNEL},
	{"exec_failure_changes_nothing", exec_failure_changes_nothing, ANYWHERE},
	{"exec_tells_name", exec_tells_name, A_KERNEL},
	{"exec_of_memfd", exec_of_memfd, A_KERNEL},
	{"exec_deep_stack", exec_deep_stack, A_KERNEL},
	{"exec_busy", exec_busy, A_KERNEL},
	{"exec_busy_while_mapped", exec_busy_while_mapped, ANYWHERE},
	{NULL, NULL, ANYWHERE},
};
