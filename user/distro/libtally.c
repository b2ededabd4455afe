/*
 * A shared library with everything that ld.so has to arrange: thread-local storage, a constructor
 * and a destructor, data of its own, a function that the program may replace. plugin.c links with
 * it; under the name libplugin.so it is also loaded by dlopen().
 */
#include <unistd.h>

int tally_is_ready;
static int farewell_fd = -1;
static __thread long tally = 1000;
__thread long tally_shared = 5;

long tally_step(void);
void tally_farewell(int fd);
long tally_up(void);
long tally_text(void);

__attribute__((constructor)) static void
tally_begin(void)
{
	tally_is_ready = 1;
}

__attribute__((destructor)) static void
tally_end(void)
{
	if (farewell_fd >= 0 && write(farewell_fd, "bye", 3) != 3)
		_exit(3);
}

__attribute__((weak)) long
tally_step(void)
{
	return 1;
}

/* Where the destructor says goodbye. */
void
tally_farewell(int fd)
{
	farewell_fd = fd;
}

/* The calling thread's own count. */
long
tally_up(void)
{
	return tally += tally_step();
}

/* Whose function is it? */
long
tally_text(void)
{
	return (long)tally_up;
}
