/* Drop or count lines that repeat the one before. */

#include <cmd.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int opt_count, opt_repeated, opt_unique;

static void
put(const char *line, unsigned long count)
{
	if ((opt_repeated && count < 2) || (opt_unique && count > 1))
		return;
	if (opt_count)
		printf("%7lu ", count);
	fputs(line, stdout);
}

static int
filter(FILE *file, const char *name)
{
	char *line = NULL, *previous = NULL;
	size_t size = 0;
	unsigned long count = 0;

	(void)name;
	while (getline(&line, &size, file) >= 0) {
		if (previous && strcmp(line, previous) == 0) {
			count++;
			continue;
		}
		if (previous)
			put(previous, count);
		free(previous);
		previous = strdup(line);
		if (!previous)
			err(1, "strdup");
		count = 1;
	}
	if (previous)
		put(previous, count);
	free(previous);
	free(line);
	return 0;
}

int
main(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "cdu")) != -1) {
		if (c == '?')
			cmd_usage("[-c] [-d | -u] [FILE]");
		opt_count |= c == 'c';
		opt_repeated |= c == 'd';
		opt_unique |= c == 'u';
	}
	return cmd_finish(cmd_each_file(argv + optind, filter));
}
