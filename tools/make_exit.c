/*
 * A function for GNU make: $(exit-with-status-in FILE) ends make with the status that FILE
 * holds and removes it, or does nothing if that is 0. Without it `make run` could only exit with 2, whatever
 * the status of its recipe. Make loads the object by itself; see tools/run.mk.
 */
#include <stdio.h>
#include <stdlib.h>

int plugin_is_GPL_compatible;

typedef char *(*make_function)(const char *name, unsigned argc, char **argv);

/* make's own, in its executable. */
void gmk_add_function(const char *name, make_function function, unsigned min_args,
		      unsigned max_args, unsigned flags);
int make_exit_setup(void);

static char *
exit_with_status_in(const char *name, unsigned argc, char **argv)
{
	FILE *file = fopen(argv[0], "r");
	int status = 0;

	(void)name;
	(void)argc;
	if (!file)
		return NULL;
	if (fscanf(file, "%d", &status) != 1)
		status = 0;
	fclose(file);
	if (status != 0) {
		remove(argv[0]);
		fflush(NULL);
		exit(status);
	}
	return NULL;
}

int
make_exit_setup(void)
{
	gmk_add_function("exit-with-status-in", exit_with_status_in, 1, 1, 0);
	return 1;
}
