/* The end of a program: atexit functions in reverse order, then buffered output. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib.h"

#define ATEXIT_MAX 32

static void (*atexit_functions[ATEXIT_MAX])(void);
static int nr_atexit_functions;

int
atexit(void (*function)(void))
{
	if (nr_atexit_functions == ATEXIT_MAX) {
		errno = ENOMEM;
		return -1;
	}
	atexit_functions[nr_atexit_functions++] = function;
	return 0;
}

void
exit(int status)
{
	while (nr_atexit_functions > 0)
		atexit_functions[--nr_atexit_functions]();
	if (stdio_flush_all)
		stdio_flush_all();
	_exit(status);
}

void
_exit(int status)
{
	for (;;)
		sys_exit_group(status);
}

void
_Exit(int status)
{
	_exit(status);
}

void
abort(void)
{
	raise(SIGABRT);
	signal(SIGABRT, SIG_DFL);
	raise(SIGABRT);
	_exit(127);
}
