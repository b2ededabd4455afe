/* The last lines or bytes of files. */

#include <cmd.h>
#include <ctype.h>
#include <err.h>
#include <stdlib.h>
#include <unistd.h>

static unsigned long long limit = 10;
static int by_bytes, from_start, titles;

/* The whole of a file, for input that cannot be read backwards. */
static char *
read_all(FILE *file, size_t *len)
{
	size_t room = 65536;
	char *text = malloc(room);
	size_t n;

	*len = 0;
	while (text && (n = fread(text + *len, 1, room - *len, file)) > 0) {
		*len += n;
		if (*len == room)
			text = realloc(text, room *= 2);
	}
	if (!text)
		err(1, "malloc");
	return text;
}

/* Where the last `limit` lines of text begin. */
static size_t
last_lines(const char *text, size_t len)
{
	unsigned long long left = limit;
	size_t at = len;

	while (at > 0) {
		if (text[at - 1] == '\n' && at != len && --left == 0)
			return at;
		if (limit == 0)
			return len;
		at--;
	}
	return 0;
}

/* Where line number `limit` begins, counted from 1. */
static size_t
line_start(const char *text, size_t len)
{
	unsigned long long line = 1;
	size_t at = 0;

	for (; at < len && line < limit; at++)
		line += text[at] == '\n';
	return at;
}

static int
print_tail(FILE *file, const char *name)
{
	static int printed;
	size_t len, at;
	char *text = read_all(file, &len);

	if (titles)
		printf("%s==> %s <==\n", printed++ ? "\n" : "", name);
	if (by_bytes && from_start)
		at = limit ? limit - 1 : 0;
	else if (by_bytes)
		at = limit < len ? len - limit : 0;
	else
		at = from_start ? line_start(text, len) : last_lines(text, len);
	if (at < len)
		fwrite(text + at, 1, len - at, stdout);
	free(text);
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
	while ((c = getopt(argc, argv, "n:c:")) != -1) {
		if (c == '?')
			cmd_usage("[-n [+]LINES] [-c [+]BYTES] [FILE...]");
		from_start = *optarg == '+';
		limit = cmd_number(optarg + (from_start || *optarg == '-'));
		by_bytes = c == 'c';
	}
	titles = argc - optind > 1;
	return cmd_finish(cmd_each_file(argv + optind, print_tail));
}
