/*
 * Edit lines on their way.
 *
 * A script is commands, apart by newlines or semicolons: [ADDRESS[,ADDRESS]][!]COMMAND. An address
 * is a line's number, $ for the last line, or /RE/. The commands are
 *
 *	s/RE/TEXT/[g][p][N]   replace; & and \1 to \9 in TEXT stand for what matched
 *	d   p   q   =         forget the line, print it, print it and stop, print its number
 *
 * The lines of all files are one stream, of which the next line is read ahead, so that $ is known.
 */

#include <cmd.h>
#include <ctype.h>
#include <err.h>
#include <regex_small.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum address_kind { NONE, NUMBER, LAST, MATCH };

struct address {
	enum address_kind kind;
	unsigned long number;
	struct regex_small *regex;
};

struct command {
	struct address from, to;
	int in_range, negated;
	char letter;
	struct regex_small *regex; /* s */
	char *text;		   /* s: the replacement as it was written */
	int all, print;		   /* s: flags */
	unsigned long which;	   /* s: replace from this match on */
	struct command *next;
};

struct buffer {
	char *text;
	size_t len, room;
};

static struct command *commands;
static struct command **commands_end = &commands;
static struct regex_small *last_regex; /* what an empty // means */
static int quiet, extended, failed;

static char **files; /* those to come */
static FILE *input;
static char *ahead; /* the line after the present one, or NULL */
static size_t ahead_room;
static ssize_t ahead_len;
static unsigned long line_number;

static void
buffer_add(struct buffer *buffer, const char *text, size_t len)
{
	if (buffer->len + len + 1 > buffer->room) {
		buffer->room = 2 * (buffer->len + len + 1);
		buffer->text = realloc(buffer->text, buffer->room);
		if (!buffer->text)
			err(1, "no memory");
	}
	memcpy(buffer->text + buffer->len, text, len);
	buffer->len += len;
	buffer->text[buffer->len] = '\0';
}

/* The text up to the delimiter, which a backslash protects; *at goes behind it. */
static char *
delimited(const char **at, char delimiter)
{
	struct buffer buffer = {0};

	buffer_add(&buffer, "", 0);
	for (; **at && **at != delimiter; ++*at) {
		if (**at == '\\' && (*at)[1] == delimiter)
			++*at;
		else if (**at == '\\' && (*at)[1])
			buffer_add(&buffer, (*at)++, 1);
		buffer_add(&buffer, *at, 1);
	}
	if (!**at)
		errx(2, "no %c at the end", delimiter);
	++*at;
	return buffer.text;
}

static struct regex_small *
regex_parse(const char **at, char delimiter)
{
	char *pattern = delimited(at, delimiter);
	const char *error;

	if (*pattern)
		last_regex = regex_small_compile(pattern, extended, 0, &error);
	if (!last_regex)
		errx(2, "%s: %s", pattern, *pattern ? error : "no pattern before");
	free(pattern);
	return last_regex;
}

static struct address
address_parse(const char **at)
{
	struct address address = {.kind = NONE};
	char *end;

	if (isdigit((unsigned char)**at)) {
		address.kind = NUMBER;
		address.number = strtoul(*at, &end, 10);
		*at = end;
	} else if (**at == '$') {
		address.kind = LAST;
		++*at;
	} else if (**at == '/') {
		address.kind = MATCH;
		++*at;
		address.regex = regex_parse(at, '/');
	}
	return address;
}

/* Behind the letter s. */
static void
substitution_parse(struct command *command, const char **at)
{
	char delimiter = *(*at)++, *end;

	if (!delimiter || delimiter == '\n' || delimiter == '\\')
		errx(2, "s needs a delimiter");
	command->regex = regex_parse(at, delimiter);
	command->text = delimited(at, delimiter);
	command->which = 1;
	for (;; ++*at) {
		if (**at == 'g') {
			command->all = 1;
		} else if (**at == 'p') {
			command->print = 1;
		} else if (**at >= '1' && **at <= '9') {
			command->which = strtoul(*at, &end, 10);
			*at = end - 1;
		} else {
			return;
		}
	}
}

static const char *
blanks_skip(const char *at)
{
	return at + strspn(at, " \t");
}

static void
command_parse(const char **at)
{
	struct command *command = calloc(1, sizeof(*command));

	if (!command)
		err(1, "no memory");
	command->from = address_parse(at);
	*at = blanks_skip(*at);
	if (command->from.kind != NONE && **at == ',') {
		*at = blanks_skip(*at + 1);
		command->to = address_parse(at);
		if (command->to.kind == NONE)
			errx(2, "no address behind the comma");
		*at = blanks_skip(*at);
	}
	for (; **at == '!' || **at == ' '; ++*at)
		command->negated |= **at == '!';
	command->letter = *(*at)++;
	if (!command->letter || !strchr("sdpq=", command->letter))
		errx(2, "unknown command: %c", command->letter ? command->letter : ' ');
	if (command->letter == 's')
		substitution_parse(command, at);
	*at = blanks_skip(*at);
	if (**at && !strchr(";\n", **at))
		errx(2, "unknown text behind %c: %s", command->letter, *at);
	*commands_end = command;
	commands_end = &command->next;
}

static void
script_parse(const char *at)
{
	for (;;) {
		at += strspn(at, "; \t\n");
		if (*at == '#')
			at += strcspn(at, "\n");
		else if (*at)
			command_parse(&at);
		else
			return;
	}
}

static int
input_open(const char *name)
{
	input = strcmp(name, "-") == 0 ? stdin : fopen(name, "r");
	if (input)
		return 1;
	warn("%s", name);
	failed = 1;
	return 0;
}

/* Reads the line after the present one. */
static void
line_read_ahead(void)
{
	while (input || *files) {
		if (!input && !input_open(*files++))
			continue;
		ahead_len = getline(&ahead, &ahead_room, input);
		if (ahead_len >= 0)
			return;
		if (ferror(input)) {
			warn("cannot read");
			failed = 1;
		}
		fclose(input);
		input = NULL;
	}
	free(ahead);
	ahead = NULL;
}

static int
address_matches(const struct address *address, const char *line)
{
	switch (address->kind) {
	case NUMBER:
		return line_number == address->number;
	case LAST:
		return !ahead;
	case MATCH:
		return regex_small_match(address->regex, line);
	default:
		return 1;
	}
}

/* A range that begins ends on this line only if its end is a number that is not ahead. */
static int
command_applies(struct command *command, const char *line)
{
	int past = command->to.kind == NUMBER && line_number >= command->to.number, applies;

	if (command->to.kind == NONE) {
		applies = address_matches(&command->from, line);
	} else if (command->in_range) {
		applies = !past || line_number == command->to.number;
		command->in_range = !past && !address_matches(&command->to, line);
	} else {
		applies = address_matches(&command->from, line);
		command->in_range = applies && !past && !(command->to.kind == LAST && !ahead);
	}
	return applies != command->negated;
}

static void
replacement_add(struct buffer *out, const char *text, const struct regex_span *spans)
{
	for (; *text; text++) {
		const struct regex_span *span = NULL;

		if (*text == '&')
			span = &spans[0];
		else if (*text == '\\' && isdigit((unsigned char)text[1]))
			span = &spans[*++text - '0'];
		else if (*text == '\\' && text[1])
			buffer_add(out, *++text == 'n' ? "\n" : text, 1);
		else
			buffer_add(out, text, 1);
		if (span && span->start)
			buffer_add(out, span->start, (size_t)(span->end - span->start));
	}
}

/* => whether anything was replaced */
static int
substitute(const struct command *command, struct buffer *line)
{
	struct regex_span spans[REGEX_NR_SPANS];
	const char *at = line->text, *previous_end = NULL;
	struct buffer out = {0};
	unsigned long nr = 0;
	int replaced = 0;

	while (regex_small_find(command->regex, line->text, at, spans)) {
		int empty = spans[0].start == spans[0].end;

		buffer_add(&out, at, (size_t)(spans[0].start - at));
		if (!(empty && spans[0].start == previous_end) && ++nr >= command->which) {
			replacement_add(&out, command->text, spans);
			replaced = 1;
		} else {
			buffer_add(&out, spans[0].start, (size_t)(spans[0].end - spans[0].start));
		}
		at = previous_end = spans[0].end;
		if ((empty && !*at) || (replaced && !command->all))
			break;
		if (empty)
			buffer_add(&out, at++, 1);
	}
	buffer_add(&out, at, strlen(at));
	free(line->text);
	*line = out;
	return replaced;
}

static void
line_print(const struct buffer *line, int newline)
{
	fwrite(line->text, 1, line->len, stdout);
	if (newline)
		putchar('\n');
}

/* Runs the script on a line. => whether it is to be the last */
static int
line_edit(struct buffer *line, int newline)
{
	int ends = 0;

	for (struct command *command = commands; command && !ends; command = command->next) {
		if (!command_applies(command, line->text))
			continue;
		if (command->letter == 'd')
			return 0;
		if (command->letter == 's' && substitute(command, line) && command->print)
			line_print(line, newline);
		if (command->letter == 'p')
			line_print(line, newline);
		if (command->letter == '=')
			printf("%lu\n", line_number);
		ends = command->letter == 'q';
	}
	if (!quiet)
		line_print(line, newline);
	return ends;
}

static void
stream_edit(void)
{
	struct buffer line = {0};
	int ends = 0;

	line_read_ahead();
	while (ahead && !ends) {
		int newline = ahead_len > 0 && ahead[ahead_len - 1] == '\n';

		line.len = 0;
		buffer_add(&line, ahead, (size_t)(ahead_len - newline));
		line_number++;
		line_read_ahead();
		ends = line_edit(&line, newline);
	}
	free(line.text);
}

int
main(int argc, char **argv)
{
	static char *standard_input[] = {"-", NULL};
	int option, nr_scripts = 0;

	while ((option = getopt(argc, argv, "nEre:")) != -1) {
		if (option == 'n') {
			quiet = 1;
		} else if (option == 'E' || option == 'r') {
			extended = 1;
		} else if (option == 'e') {
			script_parse(optarg);
			nr_scripts++;
		} else {
			optind = argc;
			nr_scripts = 0;
			break;
		}
	}
	if (!nr_scripts && optind == argc)
		cmd_usage("[-nE] {SCRIPT | -e SCRIPT...} [FILE...]");
	if (!nr_scripts)
		script_parse(argv[optind++]);
	files = optind < argc ? argv + optind : standard_input;
	stream_edit();
	return cmd_finish(failed);
}
