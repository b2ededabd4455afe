/* The builtins that print and read: echo, printf, read. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builtins.h"
#include "mem.h"
#include "parser.h"
#include "shell.h"
#include "traps.h"
#include "vars.h"

/*
 * Prints what a backslash sequence at p stands for; returns the position behind it, or null for
 * \c, which ends all output.
 */
static const char *
escape_print(const char *p)
{
	static const char letters[] = "abfnrtv\\e", values[] = "\a\b\f\n\r\t\v\\\033";
	const char *found = *p ? strchr(letters, *p) : NULL;
	int value = 0;

	if (*p == 'c')
		return NULL;
	if (found) {
		putchar(values[found - letters]);
		return p + 1;
	}
	if (*p >= '0' && *p <= '7') {
		const char *end = p + (*p == '0' ? 4 : 3);

		for (; p < end && *p >= '0' && *p <= '7'; p++)
			value = value * 8 + *p - '0';
		putchar(value);
		return p;
	}
	if (*p == 'x' && isxdigit((unsigned char)p[1])) {
		char digits[3] = {p[1], isxdigit((unsigned char)p[2]) ? p[2] : '\0', '\0'};

		putchar((int)strtol(digits, NULL, 16));
		return p + 1 + strlen(digits);
	}
	putchar('\\');
	return p;
}

/* Prints text with its escapes; false after \c. */
static int
escaped_print(const char *text)
{
	while (text && *text) {
		if (*text == '\\')
			text = escape_print(text + 1);
		else
			putchar(*text++);
	}
	return text != NULL;
}

int
builtin_echo(int argc, char **argv)
{
	int newline = 1, escapes = 0, i;

	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1] &&
		    !argv[i][1 + strspn(argv[i] + 1, "neE")];
	     i++) {
		for (const char *letter = argv[i] + 1; *letter; letter++) {
			newline &= *letter != 'n';
			escapes = *letter == 'e' ? 1 : *letter == 'E' ? 0 : escapes;
		}
	}
	for (int first = i; i < argc; i++) {
		if (i > first)
			putchar(' ');
		if (!escapes)
			fputs(argv[i], stdout);
		else if (!escaped_print(argv[i]))
			return 0;
	}
	if (newline)
		putchar('\n');
	return 0;
}

/* A number argument of printf: also 'c for the character's code. Bad ones are reported. */
static long
number_of(const char *text, int *status)
{
	char *end;
	long value;

	if (text[0] == '\'' || text[0] == '"')
		return (unsigned char)text[1];
	value = strtol(text, &end, 0);
	if (*end || (end == text && *text)) {
		shell_error("printf: %s: not a number", text);
		*status = 1;
	}
	return value;
}

/* Prints one conversion, whose text is spec up to its letter. */
static int
conversion_print(char *spec, const char *arg, int *status)
{
	size_t len = strlen(spec);
	char letter = spec[len - 1];

	switch (letter) {
	case 's':
		printf(spec, arg);
		return 1;
	case 'b':
		return escaped_print(arg);
	case 'c':
		printf(spec, arg[0]);
		return 1;
	case 'd':
	case 'i':
	case 'u':
	case 'o':
	case 'x':
	case 'X':
		spec[len - 1] = 'l';
		spec[len] = letter;
		spec[len + 1] = '\0';
		printf(spec, number_of(arg, status));
		return 1;
	default:
		shell_error("printf: %%%c: unknown conversion", letter);
		*status = 1;
		return 0;
	}
}

/* Copies the specification at p (behind the %) with its stars replaced; its letter is last. */
static const char *
spec_copy(char *out, size_t size, const char *p, char **argv, int argc, int *next, int *status)
{
	size_t len = 1;

	out[0] = '%';
	while (*p && (strchr("-+ #0.*", *p) || isdigit((unsigned char)*p)) && len + 16 < size) {
		if (*p == '*') {
			const char *arg = *next < argc ? argv[(*next)++] : "0";

			len += (size_t)snprintf(out + len, size - len, "%ld",
						number_of(arg, status));
			p++;
		} else {
			out[len++] = *p++;
		}
	}
	out[len++] = *p ? *p : '%';
	out[len] = '\0';
	return *p ? p + 1 : p;
}

/* Goes once through the format; false when output must end. */
static int
format_print(const char *p, char **argv, int argc, int *next, int *status)
{
	char spec[64];

	while (*p) {
		if (*p == '\\') {
			p = escape_print(p + 1);
			if (!p)
				return 0;
		} else if (*p != '%') {
			putchar(*p++);
		} else if (p[1] == '%') {
			putchar('%');
			p += 2;
		} else {
			const char *arg;

			p = spec_copy(spec, sizeof(spec), p + 1, argv, argc, next, status);
			arg = *next < argc ? argv[(*next)++] : "";
			if (!conversion_print(spec, arg, status))
				return 0;
		}
	}
	return 1;
}

/* The format is used again as long as there are arguments. */
int
builtin_printf(int argc, char **argv)
{
	int next = 2, status = 0, before;

	if (argc < 2) {
		shell_error("usage: printf FORMAT [ARG ...]");
		return 2;
	}
	do {
		before = next;
		if (!format_print(argv[1], argv, argc, &next, &status))
			break;
	} while (next < argc && next > before);
	return status;
}

/* Reads a line byte by byte; a backslash joins lines or protects a character unless raw. */
static int
line_take(struct strbuf *line, struct strbuf *protected, int raw)
{
	int escaped = 0;
	ssize_t n;
	char c;

	for (;;) {
		n = input_read(0, &c);
		if (n <= 0 || (c == '\n' && !escaped))
			return n > 0;
		if (c == '\\' && !escaped && !raw) {
			escaped = 1;
			continue;
		}
		if (c != '\n' || !escaped) {
			buf_putc(line, c);
			buf_putc(protected, (char)escaped);
		}
		escaped = 0;
	}
}

/* Whether the character at i separates fields. */
static int
separates(const struct strbuf *line, const struct strbuf *protected, size_t i, const char *ifs)
{
	return !protected->text[i] && strchr(ifs, line->text[i]);
}

static int
blank_at(const struct strbuf *line, const struct strbuf *protected, size_t i, const char *ifs)
{
	return isspace((unsigned char)line->text[i]) && separates(line, protected, i, ifs);
}

/* Gives the fields to the variables; the last one gets all that is left. */
static int
fields_assign(const struct strbuf *line, const struct strbuf *protected, char **names, int count)
{
	const char *ifs = var_get("IFS") ? var_get("IFS") : " \t\n";
	size_t pos = 0, end = line->len;
	int status = 0;

	while (end > 0 && blank_at(line, protected, end - 1, ifs))
		end--;
	for (int i = 0; i < count; i++) {
		size_t start;

		while (pos < end && blank_at(line, protected, pos, ifs))
			pos++;
		start = pos;
		while (pos < end && (i == count - 1 || !separates(line, protected, pos, ifs)))
			pos++;
		if (var_set(names[i], arena_copy_n(&shell.temp, line->text + start, pos - start)) <
		    0)
			status = 1;
		while (pos < end && blank_at(line, protected, pos, ifs))
			pos++;
		if (pos < end && separates(line, protected, pos, ifs) && start != pos)
			pos += !isspace((unsigned char)line->text[pos]);
		else if (pos < end && start == pos && separates(line, protected, pos, ifs))
			pos++;
	}
	return status;
}

int
builtin_read(int argc, char **argv)
{
	static char *reply[] = {"REPLY"};
	struct strbuf line = {0}, protected = {0};
	int raw = 0, i, got;

	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		if (strcmp(argv[i], "-r") == 0) {
			raw = 1;
		} else if (strcmp(argv[i], "-p") == 0 && i + 1 < argc) {
			dprintf(2, "%s", argv[++i]);
		} else {
			shell_error("usage: read [-r] [-p PROMPT] NAME ...");
			return 2;
		}
	}
	for (int name = i; name < argc; name++) {
		if (!name_is_valid(argv[name], strlen(argv[name]))) {
			shell_error("read: %s: not a variable name", argv[name]);
			return 2;
		}
	}
	buf_puts(&line, "");
	buf_puts(&protected, "");
	got = line_take(&line, &protected, raw);
	if (fields_assign(&line, &protected, i < argc ? argv + i : reply, i < argc ? argc - i : 1))
		got = 0;
	buf_free(&line);
	buf_free(&protected);
	return !got;
}
