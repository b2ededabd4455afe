/* exec of scripts that the tests make themselves, byte for byte. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
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

const struct test program_tests[] = {
	{"exec_script_long_line", exec_script_long_line, ANYWHERE},
	{"exec_script_cut_argument", exec_script_cut_argument, A_KERNEL},
	{NULL, NULL, ANYWHERE},
};
