/* exec of scripts and programs that the tests make themselves, byte for byte. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

static char *no_environment[] = {NULL};

/* A child that execs the file that argv begins with. */
static pid_t
exec_start(char **argv)
{
	pid_t child = fork_checked();

	if (child == 0) {
		execve(argv[0], argv, no_environment);
		_exit(200 + (errno < 50 ? errno : 50));
	}
	return child;
}

/* What is looked at of the first line of a script. */
#define SCRIPT_LINE 256

/* A script's first line: #!, blanks, and then the rest so that `seen` bytes of it are looked at. */
static void
script_make(const char *name, const char *rest, size_t seen)
{
	char text[2 * SCRIPT_LINE];
	size_t length = strlen(rest), start = SCRIPT_LINE - seen;

	memset(text, ' ', start);
	memcpy(text, "#!", 2);
	memcpy(text + start, rest, length);
	file_make(name, text, start + length);
}

/* A line that goes on may have a longer argument than is seen, but not a longer name. */
static void
exec_script_long_line(void)
{
	static const struct {
		const char *rest;
		size_t seen;
		int error;
	} lines[] = {
		{"/missing-name\n", 8, ENOEXEC}, {"/missing\n", 8, ENOEXEC},
		{"/missing\n", 9, ENOENT},	 {"/missing argument\n", 9, ENOENT},
		{"/missing", 8, ENOEXEC},	 {"", 0, ENOEXEC},
	};
	char *argv[] = {"script", NULL}, text[600];

	for (size_t i = 0; i < COUNT(lines); i++) {
		script_make("script", lines[i].rest, lines[i].seen);
		CHECK_ERRNO(execve("script", argv, no_environment), lines[i].error);
	}
	memset(text, '/', sizeof(text));
	memcpy(text, "#!", 2);
	text[500] = '\n';
	file_make("script", text, sizeof(text));
	CHECK_ERRNO(execve("script", argv, no_environment), ENOEXEC);
}

/* The last byte that is looked at does not count as the argument's. */
static void
exec_script_cut_argument(void)
{
	char *argv[] = {"status", "41", NULL}, text[100];
	int status;

	snprintf(text, sizeof(text), "%s -xyz\n", test_program);
	script_make("status", text, strlen(test_program) + strlen(" -xy"));
	CHECK(waitpid(exec_start(argv), &status, 0) > 0);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 41);
}

#define TYPE_DYN 3
#define RISCV	 243

#define LOAD   1
#define INTERP 3
#define STACK  0x6474e551

#define FLAG_X 1
#define FLAG_W 2
#define FLAG_R 4

#define SEGMENTS_MAX 3
#define CODE_MAX     128

struct segment {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

/* A file: its headers and code, all of which one segment maps at address 0 and readable. */
struct program {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
	struct segment segments[SEGMENTS_MAX];
	char interp[16];
	char code[CODE_MAX];
};

/*
 * The programs' code, which runs wherever it is:
 *
 *	tell_place	exits with bits 12 to 19 of its own address
 *	run_stack	executes a `ret` near the stack pointer and one that lies 1 MiB below, then stops
 *	tell_open	exits with 0 if descriptor 100 is open
 */
extern const char tell_place[], run_stack[], tell_open[], code_end[];
__asm__(".pushsection .rodata\n"
	".option push\n"
	".option norvc\n"
	".balign 4\n"
	"tell_place:\n"
	"	auipc	a0, 0\n"
	"	srli	a0, a0, 12\n"
	"	li	a7, 93\n" /* exit */
	"	ecall\n"
	"run_stack:\n"
	"	li	t0, 0x8067\n" /* ret */
	"	addi	t1, sp, -16\n"
	"	li	t2, 1 << 20\n"
	"	sub	t2, sp, t2\n"
	"	sw	t0, 0(t1)\n"
	"	sw	t0, 0(t2)\n"
	"	fence.i\n"
	"	jalr	t1\n"
	"	jalr	t2\n"
	"	li	a7, 172\n" /* getpid */
	"	ecall\n"
	"	li	a1, 19\n"  /* SIGSTOP */
	"	li	a7, 129\n" /* kill */
	"	ecall\n"
	"tell_open:\n"
	"	li	a0, 100\n"
	"	li	a1, 1\n"  /* F_GETFD */
	"	li	a7, 25\n" /* fcntl */
	"	ecall\n"
	"	sltz	a0, a0\n"
	"	li	a7, 93\n" /* exit */
	"	ecall\n"
	"code_end:\n"
	".option pop\n"
	".popsection\n");

/* A position-independent program of one segment. */
static struct program
program_begin(const char *code, const char *end)
{
	struct program program = {
		.ident = {0x7f, 'E', 'L', 'F', 2, 1, 1},
		.type = TYPE_DYN,
		.machine = RISCV,
		.version = 1,
		.entry = offsetof(struct program, code),
		.phoff = offsetof(struct program, segments),
		.ehsize = offsetof(struct program, segments),
		.phentsize = sizeof(struct segment),
		.phnum = 1,
		.segments = {{.type = LOAD,
			      .flags = FLAG_R | FLAG_X,
			      .filesz = sizeof(struct program),
			      .memsz = sizeof(struct program),
			      .align = PAGE}},
	};

	memcpy(program.code, code, end - code);
	return program;
}

static pid_t
program_start(const struct program *program)
{
	char *argv[] = {"program", NULL};

	file_make("program", program, sizeof(*program));
	return exec_start(argv);
}

/* The wait status of a child that execs the program. */
static int
program_status(const struct program *program, int options)
{
	pid_t child = program_start(program);
	int status;

	CHECK_EQ(waitpid(child, &status, options), child);
	return status;
}

/* Where the program was put: bits 12 to 19 of its address. */
static int
place_of(const struct program *program)
{
	int status = program_status(program, 0);

	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define TRIES 6

/* By chance an address is a multiple of 1 MiB in one of 256 cases. */
static void
exec_aligns_program(void)
{
	struct program program = program_begin(tell_place, run_stack);
	int places = 0;

	program.segments[0].align = MIB;
	for (int i = 0; i < TRIES; i++)
		CHECK_EQ(place_of(&program), 0);
	/* The largest is what counts; what is no power of two does not. */
	program.phnum = 3;
	program.segments[1] = (struct segment){.type = LOAD, .align = 2 * MIB};
	program.segments[2] = (struct segment){.type = LOAD, .align = 16 * KIB};
	for (int i = 0; i < TRIES; i++)
		CHECK_EQ(place_of(&program), 0);
	program.phnum = 1;
	for (int i = 0; i < TRIES; i++) {
		program.segments[0].align = i % 2 ? MIB - 1 : 0;
		places |= place_of(&program);
	}
	CHECK(places != 0);
}

static void
exec_aligns_interpreter(void)
{
	struct program program = program_begin(tell_place, run_stack);
	struct program interp = program;

	interp.segments[0].align = MIB;
	file_make("interp", &interp, sizeof(interp));
	program.phnum = 2;
	program.segments[1] = (struct segment){.type = INTERP,
					       .offset = offsetof(struct program, interp),
					       .filesz = sizeof("interp")};
	strcpy(program.interp, "interp");
	for (int i = 0; i < TRIES; i++)
		CHECK_EQ(place_of(&program), 0);
}

/* An alignment that no address of a program has. */
static void
exec_aligns_to_nothing(void)
{
	struct program program = program_begin(tell_place, run_stack);
	int status;

	for (int bit = 38; bit < 64; bit++) {
		program.segments[0].align = 1UL << bit;
		status = program_status(&program, 0);
		CHECK(WIFEXITED(status));
		CHECK_EQ(WEXITSTATUS(status), 200 + ENOEXEC);
	}
}

/* A program that executes its stack, with a header that allows this or not. */
static struct program
stack_program(uint32_t flags)
{
	struct program program = program_begin(run_stack, tell_open);

	program.phnum = 2;
	program.segments[1] = (struct segment){.type = STACK, .flags = flags};
	return program;
}

static void
exec_stack_is_not_code(void)
{
	struct program program = stack_program(FLAG_R | FLAG_W);
	int status = program_status(&program, WUNTRACED);

	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	program.phnum = 1;
	status = program_status(&program, WUNTRACED);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

/* Is the stack an area of its own that may be executed? */
static int
stack_may_execute(pid_t pid)
{
	char path[40], line[200];
	int may = 0;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = fopen(path, "r");
	CHECK(maps != NULL);
	while (fgets(line, sizeof(line), maps))
		may |= strstr(line, "[stack]") && strstr(line, " rwxp ");
	fclose(maps);
	return may;
}

static void
exec_stack_is_code(void)
{
	struct program program = stack_program(FLAG_R | FLAG_W | FLAG_X);
	pid_t child = program_start(&program);
	int status;

	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	CHECK(WIFSTOPPED(status));
	CHECK(stack_may_execute(child));
	CHECK_EQ(kill(child, SIGKILL), 0);
}

/* Opens descriptor 100 and closes it, and says after each time, and for a while, that it is closed. */
static int
open_and_close(void *closed)
{
	for (;;) {
		__atomic_store_n((int *)closed, 0, __ATOMIC_SEQ_CST);
		raw_call(SYS_dup3, 0, 100, 0, 0, 0, 0);
		raw_call(SYS_close, 100, 0, 0, 0, 0, 0);
		__atomic_store_n((int *)closed, 1, __ATOMIC_SEQ_CST);
		for (int i = 0; i < 10; i++)
			raw_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
	}
	return 0;
}

static int
sleep_on(void *time)
{
	for (;;)
		raw_call(SYS_nanosleep, (uint64_t)time, 0, 0, 0, 0, 0);
	return 0;
}

/* Execs while another thread opens and closes. Those that are ended before it give it time. */
static void
exec_among_threads(char **argv, int *closed)
{
	struct timespec second = {1, 0};
	int tid;

	for (int i = 0; i < 20; i++)
		thread_start(sleep_on, &second, &tid);
	thread_start(open_and_close, closed, &tid);
	sleep_ms(1);
	execve(argv[0], argv, no_environment);
	_exit(200);
}

/* What a thread closed before it ended with its program is not open in the next. */
static void
exec_keeps_what_threads_left(void)
{
	struct program program = program_begin(tell_open, code_end);
	int *closed = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char *argv[] = {"program", NULL};

	CHECK(closed != MAP_FAILED);
	file_make("program", &program, sizeof(program));
	for (int fd = 101; fd < 1000; fd++) /* so that a copy of the table takes its time */
		CHECK_EQ(dup2(0, fd), fd);
	for (int i = 0; i < 200; i++) {
		pid_t child = fork_checked();
		int status;

		if (child == 0)
			exec_among_threads(argv, closed);
		CHECK_EQ(waitpid(child, &status, 0), child);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
		if (*closed)
			CHECK_EQ(WEXITSTATUS(status), 1);
	}
}

/* => what the program of descriptor fd, or of a path from there, exits with, or minus the error number */
static int
run_at(int fd, const char *path, int flags)
{
	char *argv[] = {"usertests", "-x", "status", "41", NULL};
	pid_t child = fork_checked();
	int status;

	if (child == 0)
		_exit(-raw_call(SYS_execveat, fd, (uintptr_t)path, (uintptr_t)argv,
				(uintptr_t)no_environment, flags, 0));
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
exec_of_descriptor(void)
{
	int fd = open(test_program, O_RDONLY | O_CLOEXEC), here = open(".", O_RDONLY);

	CHECK(fd >= 0 && here >= 0);
	CHECK_EQ(symlink(test_program, "link"), 0);
	CHECK_EQ(run_at(fd, "", AT_EMPTY_PATH), 41);
	CHECK_EQ(run_at(here, "link", 0), 41);
	CHECK_EQ(run_at(-1, test_program, 0), 41);
	CHECK_EQ(run_at(AT_FDCWD, "link", 0), 41);
	CHECK_EQ(run_at(here, "link", AT_SYMLINK_NOFOLLOW), ELOOP);
	CHECK_EQ(run_at(fd, "", 0), ENOENT);
	CHECK_EQ(run_at(-1, "link", 0), EBADF);
	CHECK_EQ(run_at(fd, "link", 0), ENOTDIR);
	CHECK_EQ(run_at(here, "", AT_EMPTY_PATH), EACCES);
	CHECK_EQ(run_at(here, "link", 1), EINVAL);
}

/* A thread whose descriptors are its own runs what is behind them, not behind those of the first. */
static int
run_of_own_table(void *argument)
{
	char *argv[] = {"usertests", "-x", "status", "41", NULL};
	int fd = *(int *)argument;

	if (raw_call(SYS_close_range, 1000, 1000, 2 /* CLOSE_RANGE_UNSHARE */, 0, 0, 0) < 0 ||
	    raw_call(SYS_dup3, fd, 100, 0, 0, 0, 0) != 100)
		_exit(42);
	raw_call(SYS_execveat, 100, (uintptr_t) "", (uintptr_t)argv, (uintptr_t)no_environment,
		 AT_EMPTY_PATH, 0);
	_exit(43);
}

static void
exec_of_own_descriptor(void)
{
	int fd = open(test_program, O_RDONLY), status, tid;
	pid_t child;

	CHECK(fd >= 0);
	child = fork_checked();
	if (child == 0) {
		thread_start(run_of_own_table, &fd, &tid);
		for (;;)
			pause();
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 41 << 8);
}

const struct test program_tests[] = {
	{"exec_of_own_descriptor", exec_of_own_descriptor, A_KERNEL},
	{"exec_of_descriptor", exec_of_descriptor, A_KERNEL},
	{"exec_script_long_line", exec_script_long_line, ANYWHERE},
	{"exec_script_cut_argument", exec_script_cut_argument, ON_OUR_SIZE},
	{"exec_aligns_program", exec_aligns_program, A_KERNEL},
	{"exec_aligns_interpreter", exec_aligns_interpreter, A_KERNEL},
	{"exec_aligns_to_nothing", exec_aligns_to_nothing, A_KERNEL},
	{"exec_stack_is_not_code", exec_stack_is_not_code, A_KERNEL},
	{"exec_stack_is_code", exec_stack_is_code, A_KERNEL},
	{"exec_keeps_what_threads_left", exec_keeps_what_threads_left, A_KERNEL},
	{NULL, NULL, ANYWHERE},
};
