/*
 * Arithmetic: C's operators on long, by precedence climbing. Names are variables, unset ones are
 * 0; = and its relatives assign. && || and ?: evaluate only the side that counts, which is done by
 * a counter that turns assignments and division errors off.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expand.h"
#include "parser.h"
#include "shell.h"
#include "vars.h"

#define ARITH_DEPTH_MAX 500

struct arith {
	const char *start;
	const char *pos;
	int skipping; /* > 0: the value is not wanted */
	int failed;
	int depth; /* of parentheses and signs */
};

struct operator_info {
	const char *text;
	int level;
};

/* Longer ones first, so that the first match is the right one. */
static const struct operator_info operators[] = {
	{"<<", 8}, {">>", 8}, {"<=", 7}, {">=", 7}, {"==", 6}, {"!=", 6},
	{"&&", 2}, {"||", 1}, {"<", 7},	 {">", 7},  {"+", 9},  {"-", 9},
	{"*", 10}, {"/", 10}, {"%", 10}, {"&", 5},  {"^", 4},  {"|", 3},
};

static long assignment(struct arith *arith);

static long
arith_error(struct arith *arith, const char *message)
{
	if (!arith->failed) {
		shell_error("arithmetic: %s in \"%s\"", message, arith->start);
		shell_abort(2);
	}
	arith->failed = 1;
	arith->pos += strlen(arith->pos);
	return 0;
}

static char
next_char(struct arith *arith)
{
	while (isspace((unsigned char)*arith->pos))
		arith->pos++;
	return *arith->pos;
}

static int
take_text(struct arith *arith, const char *text)
{
	next_char(arith);
	if (strncmp(arith->pos, text, strlen(text)) != 0)
		return 0;
	arith->pos += strlen(text);
	return 1;
}

static size_t
name_length(const char *p)
{
	size_t len = 0;

	while (isalnum((unsigned char)p[len]) || p[len] == '_')
		len++;
	return isdigit((unsigned char)*p) ? 0 : len;
}

static long
variable_value(struct arith *arith, const char *name)
{
	const char *text = var_get(name);
	char *end;
	long value;

	if (!text || !*text)
		return 0;
	value = strtol(text, &end, 0);
	if (*end)
		return arith_error(arith, "a variable is not a number");
	return value;
}

static long
primary(struct arith *arith)
{
	char c = next_char(arith), *end;
	size_t len;
	long value;

	if (take_text(arith, "(")) {
		value = assignment(arith);
		if (!take_text(arith, ")"))
			return arith_error(arith, "missing )");
		return value;
	}
	if (isdigit((unsigned char)c)) {
		value = strtol(arith->pos, &end, 0);
		arith->pos = end;
		return value;
	}
	len = name_length(arith->pos);
	if (len == 0)
		return arith_error(arith, c ? "unexpected character" : "operand missing");
	arith->pos += len;
	return variable_value(arith, arena_copy_n(&shell.temp, arith->pos - len, len));
}

static long
unary(struct arith *arith)
{
	char c = next_char(arith);
	long value;

	if (++arith->depth > ARITH_DEPTH_MAX)
		return arith_error(arith, "nested too deeply");
	if (strchr("-+!~", c) && c)
		arith->pos++;
	value = strchr("-+!~", c) && c ? unary(arith) : primary(arith);
	arith->depth--;
	if (c == '-')
		return (long)-(unsigned long)value;
	return c == '!' ? !value : c == '~' ? ~value : value;
}

static long
divide(struct arith *arith, long left, long right, int want_rest)
{
	if (right == 0)
		return arith->skipping ? 0 : arith_error(arith, "division by zero");
	if (right == -1)
		return want_rest ? 0 : (long)-(unsigned long)left;
	return want_rest ? left % right : left / right;
}

static long
apply(struct arith *arith, const char *text, long left, long right)
{
	unsigned long a = (unsigned long)left, b = (unsigned long)right;

	switch (text[0]) {
	case '+':
		return (long)(a + b);
	case '-':
		return (long)(a - b);
	case '*':
		return (long)(a * b);
	case '/':
	case '%':
		return divide(arith, left, right, text[0] == '%');
	case '&':
		return text[1] == '&' ? left && right : left & right;
	case '|':
		return text[1] == '|' ? left || right : left | right;
	case '^':
		return left ^ right;
	case '=':
		return left == right;
	case '!':
		return left != right;
	case '<':
		return text[1] == '<' ? (long)(a << (b & 63))
		       : text[1]      ? left <= right
				      : left < right;
	default:
		return text[1] == '>' ? left >> (b & 63) : text[1] ? left >= right : left > right;
	}
}

/* The binary operator at pos, unless it is the beginning of an assignment such as +=. */
static const struct operator_info *
operator_peek(struct arith *arith)
{
	next_char(arith);
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		size_t len = strlen(operators[i].text);

		if (strncmp(arith->pos, operators[i].text, len) != 0)
			continue;
		if (arith->pos[len] == '=' && strchr("<>+-*/%&^|", arith->pos[len - 1]) &&
		    !strchr("=!", arith->pos[0]) && (len == 2 || !strchr("<>", arith->pos[0])))
			return NULL;
		return &operators[i];
	}
	return NULL;
}

static long
binary(struct arith *arith, int level)
{
	long left = unary(arith), right;
	const struct operator_info *op;

	while ((op = operator_peek(arith)) && op->level >= level) {
		int skip = (op->level == 2 && !left) || (op->level == 1 && left);

		arith->pos += strlen(op->text);
		arith->skipping += skip;
		right = binary(arith, op->level + 1);
		arith->skipping -= skip;
		left = apply(arith, op->text, left, right);
	}
	return left;
}

static long
conditional(struct arith *arith)
{
	long cond = binary(arith, 1), yes, no;

	if (!take_text(arith, "?"))
		return cond;
	arith->skipping += !cond;
	yes = assignment(arith);
	arith->skipping -= !cond;
	if (!take_text(arith, ":"))
		return arith_error(arith, "missing :");
	arith->skipping += cond != 0;
	no = conditional(arith);
	arith->skipping -= cond != 0;
	return cond ? yes : no;
}

/* The assignment operator at p without its =, and its length with it; 0 when it is none. */
static size_t
assignment_operator(const char *p, char text[3])
{
	size_t len = strspn(p, "+-*/%&^|<>");

	text[0] = '\0';
	if (p[0] == '=' && p[1] != '=')
		return 1;
	if (p[len] != '=' || len == 0 || len > 2 || (len == 1 && strchr("<>", p[0])) ||
	    (len == 2 && strncmp(p, "<<", 2) != 0 && strncmp(p, ">>", 2) != 0))
		return 0;
	memcpy(text, p, len);
	text[len] = '\0';
	return len + 1;
}

static long
assignment(struct arith *arith)
{
	size_t len, operator_len;
	char text[3], number[24], *name;
	const char *p;
	long value;

	next_char(arith);
	len = name_length(arith->pos);
	p = arith->pos + len + strspn(arith->pos + len, " \t\n");
	operator_len = len ? assignment_operator(p, text) : 0;
	if (!operator_len)
		return conditional(arith);
	name = arena_copy_n(&shell.temp, arith->pos, len);
	arith->pos = p + operator_len;
	value = assignment(arith);
	if (text[0])
		value = apply(arith, text, variable_value(arith, name), value);
	snprintf(number, sizeof(number), "%ld", value);
	if (!arith->skipping && !arith->failed && var_set(name, number) < 0)
		shell_abort(2);
	return value;
}

long
arith_evaluate(const char *expression)
{
	struct arith arith = {.start = expression, .pos = expression};
	long value;

	if (!next_char(&arith))
		return 0;
	value = assignment(&arith);
	if (!arith.failed && next_char(&arith))
		arith_error(&arith, "unexpected character");
	return value;
}
