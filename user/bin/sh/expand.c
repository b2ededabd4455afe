/*
 * Walks over a word as it was written and produces annotated text (xbuf.h). The context says how
 * quotes act: outside of them, likewise but in the word of a ${ } (which is split as a value is),
 * inside double quotes, or in a here-document, where a double quote is an ordinary character.
 */
#include "expand.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parser.h"
#include "shell.h"
#include "vars.h"
#include "xbuf.h"

enum context { UNQUOTED, IN_BRACES, IN_DOUBLE_QUOTES, IN_HERE };

static void text_expand(struct xbuf *out, const char *text, const char *end, enum context context);

static int
is_unquoted(enum context context)
{
	return context == UNQUOTED || context == IN_BRACES;
}

static int
flags_of(enum context context)
{
	return is_unquoted(context) ? X_SPLIT : X_QUOTED;
}

static void
expand_error(const char *name, size_t len, const char *message)
{
	shell_error("%.*s: %s", (int)len, name, message);
	shell_abort(2);
}

/* The position behind the quoted or $-form that begins at p, or behind the one character. */
static const char *piece_end(const char *p);

/* From behind the opening brace to the closing one. */
static const char *
brace_end(const char *p)
{
	while (*p && *p != '}')
		p = piece_end(p);
	return p;
}

static const char *
quotes_end(const char *p)
{
	char quote = *p++;

	while (*p && *p != quote)
		p = quote == '\'' ? p + 1 : piece_end(p);
	return *p ? p + 1 : p;
}

/* From the first parenthesis of $(( behind the last. */
static const char *
arithmetic_end(const char *p)
{
	int depth = 0;

	do {
		depth += *p == '(' ? 1 : *p == ')' ? -1 : 0;
		p = *p == '(' || *p == ')' ? p + 1 : piece_end(p);
	} while (*p && depth > 0);
	return p;
}

static const char *
piece_end(const char *p)
{
	const char *end;

	if (p[0] == '\\' && p[1])
		return p + 2;
	if (p[0] == '\'' || p[0] == '"' || p[0] == '`')
		return quotes_end(p);
	if (p[0] == '$' && p[1] == '{') {
		end = brace_end(p + 2);
		return *end ? end + 1 : end;
	}
	if (p[0] == '$' && p[1] == '(' && p[2] == '(')
		return arithmetic_end(p + 1);
	if (p[0] == '$' && p[1] == '(')
		return p + 2 + substitution_length(p + 2);
	return p + 1;
}

/* The value of a parameter that is one string; null when it is not set. */
static const char *
parameter_get(const char *name, size_t len)
{
	static char number[24];
	char *copy = arena_copy_n(&shell.temp, name, len);

	if (isdigit((unsigned char)*name)) {
		int i = atoi(copy);

		return i == 0 ? shell.name : i <= shell.nr_args ? shell.args[i - 1] : NULL;
	}
	switch (len == 1 ? *name : 0) {
	case '?':
		snprintf(number, sizeof(number), "%d", shell.status);
		return number;
	case '#':
		snprintf(number, sizeof(number), "%d", shell.nr_args);
		return number;
	case '$':
		snprintf(number, sizeof(number), "%d", (int)shell.pid);
		return number;
	case '!':
		snprintf(number, sizeof(number), "%d", (int)shell.last_background);
		return shell.last_background ? number : NULL;
	case '-':
		snprintf(number, sizeof(number), "%s%s%s%s", shell.errexit ? "e" : "",
			 shell.noglob ? "f" : "", shell.interactive ? "i" : "",
			 shell.xtrace ? "x" : "");
		return number;
	}
	return var_get(copy);
}

/* $@ and $*: the parameters, as fields of their own or joined. */
static void
parameters_put(struct xbuf *out, char name, enum context context)
{
	const char *ifs = var_get("IFS");
	char separator = ifs ? ifs[0] : ' ';

	for (int i = 0; i < shell.nr_args; i++) {
		if (i > 0) {
			if (name == '@' || is_unquoted(context))
				xbuf_putc(out, ' ', X_BREAK);
			else if (separator)
				xbuf_putc(out, separator, X_QUOTED);
		}
		if (context == IN_DOUBLE_QUOTES)
			xbuf_putc(out, ' ', X_EMPTY);
		xbuf_puts(out, shell.args[i], flags_of(context));
	}
}

static int
is_list(const char *name, size_t len)
{
	return len == 1 && (*name == '@' || *name == '*');
}

/* The length of the parameter's name at p; 0 when there is none. */
static size_t
parameter_length(const char *p, int braced)
{
	size_t len = 0;

	if (isdigit((unsigned char)*p)) {
		while (isdigit((unsigned char)p[len]) && (braced || len == 0))
			len++;
		return len;
	}
	if (*p && strchr("@*#?-$!", *p))
		return 1;
	while (isalnum((unsigned char)p[len]) || p[len] == '_')
		len++;
	return len;
}

/* Removes the shortest or longest head or tail of value that matches the pattern. */
static const char *
pattern_trim(const char *value, const char *pattern, int head, int longest)
{
	size_t len = strlen(value);

	for (size_t i = 0; i <= len; i++) {
		size_t cut = head == longest ? len - i : i;
		char *part;

		if (head) {
			part = arena_copy_n(&shell.temp, value, cut);
			if (fnmatch(pattern, part, 0) == 0)
				return value + cut;
		} else if (fnmatch(pattern, value + cut, 0) == 0) {
			return arena_copy_n(&shell.temp, value, cut);
		}
	}
	return value;
}

/* ~ and ~/...: the home directory; returns the position behind it. */
static const char *
tilde_expand(struct xbuf *out, const char *p)
{
	const char *home = var_get("HOME");

	if (*p != '~' || (p[1] && !strchr("/:}", p[1])) || !home)
		return p;
	xbuf_puts(out, home, X_QUOTED);
	return p + 1;
}

static char *
part_expand(const char *text, const char *end, enum context context, int as_pattern)
{
	struct xbuf part = {0};
	char *result;

	text_expand(&part, text, end, context);
	result = xbuf_string(&part, as_pattern);
	xbuf_free(&part);
	return result;
}

static void
trim_put(struct xbuf *out, const char *value, const char *p, const char *end, enum context context)
{
	int longest = p[1] == p[0];
	char *pattern = part_expand(p + 1 + longest, end, UNQUOTED, 1);

	if (value)
		xbuf_puts(out, pattern_trim(value, pattern, *p == '#', longest), flags_of(context));
}

static void
value_put(struct xbuf *out, const char *name, size_t len, const char *value, enum context context)
{
	if (is_list(name, len))
		parameters_put(out, *name, context);
	else if (value)
		xbuf_puts(out, value, flags_of(context));
	else if (shell.nounset)
		expand_error(name, len, "parameter not set");
}

/* ${name-word} and its relatives: p stands on the action, a colon makes null count as unset. */
static void
alternative_put(struct xbuf *out, const char *name, size_t len, const char *p, const char *end,
		enum context context)
{
	const char *value =
		is_list(name, len) ? shell.nr_args ? "set" : NULL : parameter_get(name, len);
	int colon = *p == ':';
	int missing = !value || (colon && !*value);
	char action;

	p += colon;
	action = *p++;
	if (is_unquoted(context) && strchr("+-", action) && missing == (action == '-'))
		p = tilde_expand(out, p);
	if (action == '+') {
		if (!missing)
			text_expand(out, p, end, is_unquoted(context) ? IN_BRACES : context);
	} else if (!missing) {
		value_put(out, name, len, value, context);
	} else if (action == '-') {
		text_expand(out, p, end, is_unquoted(context) ? IN_BRACES : context);
	} else if (action == '=') {
		char *copy = arena_copy_n(&shell.temp, name, len);

		if (!name_is_valid(name, len))
			expand_error(name, len, "cannot be assigned to");
		else if (var_set(copy, part_expand(p, end, context, 0)) < 0)
			shell_abort(2);
		else
			xbuf_puts(out, var_get(copy), flags_of(context));
	} else {
		const char *message = part_expand(p, end, context, 0);

		expand_error(name, len, *message ? message : "parameter not set");
	}
}

/* The inside of ${ }: from p to end. */
static void
braces_expand(struct xbuf *out, const char *p, const char *end, enum context context)
{
	char number[24];
	const char *value;
	size_t len;

	if (*p == '#' && p + 1 < end && parameter_length(p + 1, 1) == (size_t)(end - p - 1)) {
		value = parameter_get(p + 1, (size_t)(end - p - 1));
		if (!value && shell.nounset)
			expand_error(p + 1, (size_t)(end - p - 1), "parameter not set");
		snprintf(number, sizeof(number), "%zu",
			 is_list(p + 1, (size_t)(end - p - 1)) ? (size_t)shell.nr_args
			 : value			       ? strlen(value)
							       : 0);
		xbuf_puts(out, number, flags_of(context));
		return;
	}
	len = parameter_length(p, 1);
	if (len == 0 || p + len > end) {
		expand_error(p, (size_t)(end - p), "bad substitution");
		return;
	}
	value = is_list(p, len) ? NULL : parameter_get(p, len);
	if (p + len == end)
		value_put(out, p, len, value, context);
	else if (strchr("-=?+", p[len]) ||
		 (p[len] == ':' && p[len + 1] && strchr("-=?+", p[len + 1])))
		alternative_put(out, p, len, p + len, end, context);
	else if (p[len] == '%' || p[len] == '#')
		trim_put(out, value, p + len, end, context);
	else
		expand_error(p, (size_t)(end - p), "bad substitution");
}

static void
output_put(struct xbuf *out, const char *commands, enum context context)
{
	char *text = command_output(commands);

	xbuf_puts(out, text, flags_of(context));
	free(text);
}

/* `...`: a backslash quotes only $ ` and itself (and a double quote inside double quotes). */
static const char *
backquotes_expand(struct xbuf *out, const char *p, enum context context)
{
	struct strbuf commands = {0};

	buf_puts(&commands, "");
	for (p++; *p && *p != '`'; p++) {
		if (*p == '\\' && p[1] &&
		    (strchr("$`\\", p[1]) || (context == IN_DOUBLE_QUOTES && p[1] == '"')))
			p++;
		buf_putc(&commands, *p);
	}
	output_put(out, commands.text, context);
	buf_free(&commands);
	return *p ? p + 1 : p;
}

static const char *
arithmetic_expand(struct xbuf *out, const char *p, enum context context)
{
	const char *end = arithmetic_end(p + 1);
	char number[24];

	snprintf(number, sizeof(number), "%ld",
		 arith_evaluate(part_expand(p + 3, end - 2, IN_DOUBLE_QUOTES, 0)));
	xbuf_puts(out, number, flags_of(context));
	return end;
}

/* What begins with the dollar at p; returns the position behind it. */
static const char *
dollar_expand(struct xbuf *out, const char *p, enum context context)
{
	const char *end;
	size_t len;

	if (p[1] == '{') {
		end = brace_end(p + 2);
		braces_expand(out, p + 2, end, context);
		return *end ? end + 1 : end;
	}
	if (p[1] == '(' && p[2] == '(')
		return arithmetic_expand(out, p, context);
	if (p[1] == '(') {
		len = substitution_length(p + 2);
		if (len == 0)
			shell_abort(2);
		else
			output_put(out, arena_copy_n(&shell.temp, p + 2, len - 1), context);
		return len ? p + 2 + len : p + strlen(p);
	}
	len = parameter_length(p + 1, 0);
	if (len == 0) {
		xbuf_putc(out, '$', is_unquoted(context) ? 0 : X_QUOTED);
		return p + 1;
	}
	value_put(out, p + 1, len, is_list(p + 1, len) ? NULL : parameter_get(p + 1, len), context);
	return p + 1 + len;
}

static const char *
backslash_expand(struct xbuf *out, const char *p, enum context context)
{
	if (p[1] == '\n')
		return p + 2;
	if (is_unquoted(context) || (p[1] && strchr("$`\\", p[1])) ||
	    (context == IN_DOUBLE_QUOTES && p[1] == '"')) {
		if (p[1])
			xbuf_putc(out, p[1], X_QUOTED);
		return p[1] ? p + 2 : p + 1;
	}
	xbuf_putc(out, '\\', X_QUOTED);
	return p + 1;
}

static const char *
quotes_expand(struct xbuf *out, const char *p)
{
	const char *end = quotes_end(p), *inside_end = end > p + 1 ? end - 1 : end;
	int is_only_list = strncmp(p, "\"$@\"", 4) == 0 || strncmp(p, "\"${@}\"", 6) == 0;

	if (!is_only_list)
		xbuf_putc(out, ' ', X_EMPTY);
	if (*p == '\'')
		for (p++; p < inside_end; p++)
			xbuf_putc(out, *p, X_QUOTED);
	else
		text_expand(out, p + 1, inside_end, IN_DOUBLE_QUOTES);
	return end;
}

static void
text_expand(struct xbuf *out, const char *p, const char *end, enum context context)
{
	while (p < end && shell.flow != FLOW_ABORT) {
		if (*p == '\\')
			p = backslash_expand(out, p, context);
		else if (*p == '$')
			p = dollar_expand(out, p, context);
		else if (*p == '`')
			p = backquotes_expand(out, p, context);
		else if (is_unquoted(context) && (*p == '\'' || *p == '"'))
			p = quotes_expand(out, p);
		else if (context == IN_DOUBLE_QUOTES && *p == '"')
			p++;
		else
			xbuf_putc(out, *p++, context == UNQUOTED ? 0 : flags_of(context));
	}
}

static void
word_expand(struct xbuf *out, const char *word)
{
	const char *p = tilde_expand(out, word);

	text_expand(out, p, p + strlen(p), UNQUOTED);
}

char **
expand_fields(const struct word *words, int *count)
{
	struct field_list list = {0};

	for (; words && shell.flow != FLOW_ABORT; words = words->next) {
		struct xbuf text = {0};

		word_expand(&text, words->text);
		if (shell.flow != FLOW_ABORT)
			xbuf_split(&text, &list);
		xbuf_free(&text);
	}
	*count = list.count;
	field_add(&list, NULL);
	return list.fields;
}

static char *
word_string(const char *word, int escaped)
{
	struct xbuf text = {0};
	char *result;

	word_expand(&text, word);
	result = xbuf_string(&text, escaped);
	xbuf_free(&text);
	return result;
}

char *
expand_string(const char *word)
{
	return word_string(word, 0);
}

char *
expand_pattern(const char *word)
{
	return word_string(word, 1);
}

char *
expand_assignment(const char *word)
{
	const char *p = strchr(word, '=') + 1, *colon;
	struct xbuf text = {0};
	char *result;

	for (const char *name = word; name < p; name++)
		xbuf_putc(&text, *name, X_QUOTED);
	do {
		p = tilde_expand(&text, p);
		for (colon = p; *colon && *colon != ':';)
			colon = piece_end(colon);
		colon += *colon == ':';
		text_expand(&text, p, colon, UNQUOTED);
		p = colon;
	} while (*p && shell.flow != FLOW_ABORT);
	result = xbuf_string(&text, 0);
	xbuf_free(&text);
	return result;
}

char *
expand_here(const char *here)
{
	struct xbuf text = {0};
	char *result;

	text_expand(&text, here, here + strlen(here), IN_HERE);
	result = xbuf_string(&text, 0);
	xbuf_free(&text);
	return result;
}
