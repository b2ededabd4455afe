/* Sort lines. */

#include <cmd.h>
#include <ctype.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static int numeric, reverse, unique, fold, separator;
static int key_first, key_last; /* fields, from 1; 0: the whole line */
static char **lines;
static size_t nr_lines, room;

/* The start of field number n of a line. */
static const char *
field_start(const char *line, int n)
{
	for (; n > 1 && *line; n--) {
		if (separator) {
			line = strchr(line, separator);
			if (!line)
				return "";
			line++;
		} else {
			line += strspn(line, " \t");
			line += strcspn(line, " \t");
		}
	}
	return line;
}

/* The key of a line in memory of its own. */
static char *
key_of(const char *line)
{
	const char *start = line, *end = line + strlen(line);

	if (key_first)
		start = field_start(line, key_first);
	if (key_last && separator) {
		const char *last = field_start(line, key_last);

		end = last + strcspn(last, (char[]){separator, '\0'});
	} else if (key_last) {
		const char *last = field_start(line, key_last);

		last += strspn(last, " \t");
		end = last + strcspn(last, " \t");
	}
	return strndup(start, end > start ? end - start : 0);
}

static int
compare_numbers(const char *a, const char *b)
{
	double x = strtod(a, NULL), y = strtod(b, NULL);

	return (x > y) - (x < y);
}

static int
compare_text(const char *a, const char *b)
{
	if (numeric)
		return compare_numbers(a, b);
	return fold ? strcasecmp(a, b) : strcmp(a, b);
}

static int
compare_keys(const char *a, const char *b)
{
	char *x, *y;
	int order;

	if (!key_first)
		return compare_text(a, b);
	x = key_of(a);
	y = key_of(b);
	order = compare_text(x, y);
	free(x);
	free(y);
	return order;
}

static int
compare(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;
	int order = compare_keys(x, y);

	if (order == 0 && !unique)
		order = strcmp(x, y);
	return reverse ? -order : order;
}

static int
read_lines(FILE *file, const char *name)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	(void)name;
	while ((len = getline(&line, &size, file)) >= 0) {
		if (len && line[len - 1] == '\n')
			line[len - 1] = '\0';
		if (nr_lines == room) {
			room = room ? room * 2 : 256;
			lines = realloc(lines, room * sizeof(*lines));
		}
		if (!lines || !(lines[nr_lines++] = strdup(line)))
			err(1, "malloc");
	}
	free(line);
	return 0;
}

static void
parse_key(const char *text)
{
	char *end;

	key_first = strtol(text, &end, 10);
	if (key_first < 1)
		errx(2, "%s: not a key", text);
	for (; isalpha((unsigned char)*end); end++)
		numeric |= *end == 'n';
	if (*end == ',')
		key_last = atoi(end + 1);
}

int
main(int argc, char **argv)
{
	int c, status;

	while ((c = getopt(argc, argv, "nrufk:t:")) != -1) {
		switch (c) {
		case 'n':
			numeric = 1;
			break;
		case 'r':
			reverse = 1;
			break;
		case 'u':
			unique = 1;
			break;
		case 'f':
			fold = 1;
			break;
		case 'k':
			parse_key(optarg);
			break;
		case 't':
			separator = (unsigned char)*optarg;
			break;
		default:
			cmd_usage("[-nruf] [-k FIRST[,LAST]] [-t SEPARATOR] [FILE...]");
		}
	}
	status = cmd_each_file(argv + optind, read_lines);
	if (nr_lines)
		qsort(lines, nr_lines, sizeof(*lines), compare);
	for (size_t i = 0; i < nr_lines; i++)
		if (!unique || i == 0 || compare_keys(lines[i - 1], lines[i]) != 0)
			puts(lines[i]);
	return cmd_finish(status);
}
