/* From the kernel's initial stack to main(), and the auxiliary vector. */
#include <errno.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/syscall.h>

void libc_start(long *stack) __attribute__((noreturn));
int main(int argc, char **argv, char **envp);

/*
 * Nothing here is initialised or constant: a program that needs no more than this has neither
 * data nor rodata, which are two mappings and two page faults less at each exec.
 */
char **environ;
const char *program_invocation_short_name;
int errno;

static const unsigned long *auxv;
static char no_name[1];

/* Bounds of the constructor table, from user.ld. */
extern void (*const init_array_start[])(void);
extern void (*const init_array_end[])(void);

static const char *
after_last_slash(const char *path)
{
	const char *name = path;

	for (; *path; path++)
		if (*path == '/')
			name = path + 1;
	return name;
}

/* stack: argc, then argv, a null, envp, a null, and pairs of auxv. */
void
libc_start(long *stack)
{
	int argc = (int)stack[0];
	char **argv = (char **)&stack[1];
	char **end;

	environ = argv + argc + 1;
	for (end = environ; *end; end++)
		;
	auxv = (const unsigned long *)(end + 1);
	program_invocation_short_name = argc > 0 ? after_last_slash(argv[0]) : no_name;
	for (void (*const *init)(void) = init_array_start; init < init_array_end; init++)
		(*init)();
	exit(main(argc, argv, environ));
}

unsigned long
getauxval(unsigned long type)
{
	for (const unsigned long *entry = auxv; entry[0] != AT_NULL; entry += 2)
		if (entry[0] == type)
			return entry[1];
	errno = ENOENT;
	return 0;
}

long
syscall_result(long result)
{
	if ((unsigned long)result > -4096UL) {
		errno = (int)-result;
		return -1;
	}
	return result;
}
