/* Compare two files. */

#include <cmd.h>
#include <err.h>
#include <string.h>
#include <unistd.h>

static FILE *
open_or_die(const char *name)
{
	FILE *file = strcmp(name, "-") == 0 ? stdin : fopen(name, "r");

	if (!file)
		err(2, "%s", name);
	return file;
}

int
main(int argc, char **argv)
{
	unsigned long long byte = 1, line = 1;
	FILE *first, *second;
	int a, b, c, silent = 0;

	while ((c = getopt(argc, argv, "s")) != -1) {
		if (c == '?')
			cmd_usage("[-s] FILE1 FILE2");
		silent = 1;
	}
	if (argc - optind != 2)
		cmd_usage("[-s] FILE1 FILE2");
	first = open_or_die(argv[optind]);
	second = open_or_die(argv[optind + 1]);
	for (;; byte++, line += a == '\n') {
		a = getc(first);
		b = getc(second);
		if (a == EOF && b == EOF)
			return 0;
		if (a != b)
			break;
	}
	if (silent)
		return 1;
	if (a == EOF || b == EOF)
		warnx("EOF on %s after byte %llu", argv[optind + (a != EOF)], byte - 1);
	else
		printf("%s %s differ: byte %llu, line %llu\n", argv[optind], argv[optind + 1], byte,
		       line);
	return cmd_finish(1);
}
