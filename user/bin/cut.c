/* Print chosen fields or characters of lines. */

#include <cmd.h>
#include <ctype.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POSITIONS 1024

static char
	chosen[POSITIONS + 1]; /* chosen[n]: position n, from 1; the last stands for all above */
static char separator = '\t';
static int by_fields;

static void
choose(const char *list)
{
	while (*list) {
		char *end;
		long first = strtol(list, &end, 10), last = first;

		if (end == list)
			first = 1;
		if (*end == '-')
			last = isdigit((unsigned char)end[1]) ? strtol(end + 1, &end, 10)
							      : (end++, POSITIONS);
		if (first < 1 || last < first || last > POSITIONS || (*end && *end != ','))
			errx(2, "%s: not a list", list);
		memset(chosen + first, 1, last - first + 1);
		list = *end ? end + 1 : end;
	}
}

static int
is_chosen(long n)
{
	return chosen[n < POSITIONS ? n : POSITIONS];
}

static void
print_fields(char *line)
{
	int printed = 0;
	long n = 1;

	if (!strchr(line, separator)) {
		puts(line);
		return;
	}
	for (char *field = line; field; n++) {
		char *end = strchr(field, separator);
		int len = end ? (int)(end - field) : (int)strlen(field);

		if (is_chosen(n)) {
			if (printed++)
				putchar(separator);
			printf("%.*s", len, field);
		}
		field = end ? end + 1 : NULL;
	}
	putchar('\n');
}

static int
cut(FILE *file, const char *name)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	(void)name;
	while ((len = getline(&line, &size, file)) >= 0) {
		if (len && line[len - 1] == '\n')
			line[--len] = '\0';
		if (by_fields) {
			print_fields(line);
			continue;
		}
		for (ssize_t i = 0; i < len; i++)
			if (is_chosen(i + 1))
				putchar(line[i]);
		putchar('\n');
	}
	free(line);
	return 0;
}

int
main(int argc, char **argv)
{
	static const char usage[] = "-f LIST [-d SEPARATOR] | -c LIST [FILE...]";
	int c, listed = 0;

	while ((c = getopt(argc, argv, "f:c:d:")) != -1) {
		if (c == '?')
			cmd_usage(usage);
		if (c == 'd') {
			separator = *optarg;
			continue;
		}
		by_fields = c == 'f';
		choose(optarg);
		listed = 1;
	}
	if (!listed)
		cmd_usage(usage);
	return cmd_finish(cmd_each_file(argv + optind, cut));
}
