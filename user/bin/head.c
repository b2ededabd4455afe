/* The first lines or bytes of files. */

#include <cmd.h>
#include <ctype.h>
#include <string.h>
#include <unistd.h>

static unsigned long long limit = 10;
static int by_bytes, titles;

static int
print_head(FILE *file, const char *name)
{
	static int printed;
	unsigned long long left = limit;
	int c;

	if (titles)
		printf("%s==> %s <==\n", printed++ ? "\n" : "", name);
	while (left && (c = getc(file)) != EOF) {
		putchar(c);
		left -= by_bytes || c == '\n';
	}
	return 0;
}

int
main(int argc, char **argv)
{
	int c;

	if (argc > 1 && argv[1][0] == '-' && isdigit((unsigned char)argv[1][1])) {
		limit = cmd_number(argv[1] + 1);
		argv++;
		argc--;
	}
	while ((c = getopt(argc, argv, "n:c:q")) != -1) {
		if (c == '?')
			cmd_usage("[-n LINES] [-c BYTES] [FILE...]");
		if (c != 'q')
			limit = cmd_number(optarg);
		by_bytes = c == 'c';
	}
	titles = argc - optind > 1;
	return cmd_finish(cmd_each_file(argv + optind, print_head));
}
