/* Sort lines, which may hold any bytes. */

#include <cmd.h>
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What sort says when it fails; 1 would mean that lines are not in order. */
#define STATUS_TROUBLE 2
#define USAGE	       "[-nruf] [-k FIRST[,LAST]] [-t SEPARATOR] [FILE...]"

/* A line without its newline, or a part of one. */
struct text {
	const char *start, *end;
};

static int numeric, reverse, unique, fold, separator;
static int key_first, key_last; /* fields, from 1; 0: the whole line */
static struct text *lines;
static size_t nr_lines, room;

static const char *
blanks_skip(const char *at, const char *end, int blank)
{
	while (at < end && (*at == ' ' || *at == '\t') == blank)
		at++;
	return at;
}

/* The end of the field that begins here. */
static const char *
field_end(const char *at, const char *end)
{
	const char *found;

	if (!separator)
		return blanks_skip(blanks_skip(at, end, 1), end, 0);
	found = memchr(at, separator, end - at);
	return found ? found : end;
}

/* The start of field number n. */
static const char *
field_start(const struct text *line, int n)
{
	const char *at = line->start;

	for (; n > 1 && at < line->end; n--) {
		at = field_end(at, line->end);
		if (separator && at < line->end)
			at++;
	}
	return at;
}

static struct text
key_of(const struct text *line)
{
	struct text key = *line;

	if (key_first)
		key.start = field_start(line, key_first);
	if (key_last)
		key.end = field_end(field_start(line, key_last), line->end);
	if (key.end < key.start)
		key.end = key.start;
	return key;
}

/* The number at the start of a text: blanks, a sign, digits, a fraction. */
static double
number_of(const struct text *text)
{
	const char *at = blanks_skip(text->start, text->end, 1);
	int negative = at < text->end && *at == '-';
	double value = 0, scale = 1;

	for (at += negative; at < text->end && isdigit((unsigned char)*at); at++)
		value = value * 10 + (*at - '0');
	if (at < text->end && *at == '.')
		for (at++; at < text->end && isdigit((unsigned char)*at); at++)
			value += (*at - '0') * (scale /= 10);
	return negative ? -value : value;
}

static int
compare_bytes(const struct text *a, const struct text *b)
{
	size_t a_size = a->end - a->start, b_size = b->end - b->start;
	size_t both = a_size < b_size ? a_size : b_size;
	int order = both ? memcmp(a->start, b->start, both) : 0;

	return order ? order : (a_size > b_size) - (a_size < b_size);
}

static int
compare_folded(const struct text *a, const struct text *b)
{
	const char *x = a->start, *y = b->start;

	for (; x < a->end && y < b->end; x++, y++) {
		int order = toupper((unsigned char)*x) - toupper((unsigned char)*y);

		if (order)
			return order;
	}
	return (x < a->end) - (y < b->end);
}

static int
compare_keys(const struct text *a, const struct text *b)
{
	struct text x = key_of(a), y = key_of(b);

	if (numeric) {
		double m = number_of(&x), n = number_of(&y);

		return (m > n) - (m < n);
	}
	return fold ? compare_folded(&x, &y) : compare_bytes(&x, &y);
}

static int
compare(const void *a, const void *b)
{
	int order = compare_keys(a, b);

	if (order == 0 && !unique)
		order = compare_bytes(a, b);
	return reverse ? -order : order;
}

static void
line_add(const char *line, size_t size)
{
	char *copy = malloc(size ? size : 1);

	if (nr_lines == room) {
		room = room ? room * 2 : 256;
		lines = reallocarray(lines, room, sizeof(*lines));
	}
	if (!lines || !copy)
		err(STATUS_TROUBLE, "memory exhausted");
	memcpy(copy, line, size);
	lines[nr_lines++] = (struct text){copy, copy + size};
}

static int
read_lines(FILE *file, const char *name)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while ((len = getline(&line, &size, file)) >= 0)
		line_add(line, len && line[len - 1] == '\n' ? len - 1 : len);
	if (!feof(file))
		err(STATUS_TROUBLE, "%s", errno == ENOMEM ? "memory exhausted" : name);
	free(line);
	return 0;
}

/* A field's number, and letters that say how its key is compared. => the number */
static int
parse_field(const char **text)
{
	char *end;
	long field = strtol(*text, &end, 10);

	for (; *end && strchr("nrf", *end); end++) {
		numeric |= *end == 'n';
		reverse |= *end == 'r';
		fold |= *end == 'f';
	}
	*text = end;
	return field < INT_MAX ? (int)field : INT_MAX;
}

static void
parse_key(const char *text)
{
	const char *at = text;

	key_first = parse_field(&at);
	if (*at == ',') {
		at++;
		key_last = parse_field(&at);
	}
	if (*at || key_first < 1 || key_last < 0)
		errx(STATUS_TROUBLE, "%s: not a key", text);
}

static void
options_read(int argc, char **argv)
{
	int c;

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
			cmd_usage(USAGE);
		}
	}
}

int
main(int argc, char **argv)
{
	options_read(argc, argv);
	if (cmd_each_file(argv + optind, read_lines) != 0)
		return STATUS_TROUBLE;
	if (nr_lines)
		qsort(lines, nr_lines, sizeof(*lines), compare);
	for (size_t i = 0; i < nr_lines; i++) {
		if (unique && i > 0 && compare_keys(&lines[i - 1], &lines[i]) == 0)
			continue;
		fwrite(lines[i].start, 1, lines[i].end - lines[i].start, stdout);
		putchar('\n');
	}
	return cmd_finish(0) ? STATUS_TROUBLE : 0;
}
