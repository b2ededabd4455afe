/*
 * Splits the source into tokens. The text of a word is kept as written, so finding its end means
 * knowing the quotes and the $-forms, but not what they stand for. A $( ... ) may hold any command
 * with any quoting, here-documents and case patterns: the only way to find its end is to parse it.
 */
#include "lexer.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "shell.h"

static int
peek(struct parser *parser)
{
	return source_peek(parser->source, 0);
}

static int
take(struct parser *parser)
{
	int c = peek(parser);

	if (c == '\n')
		parser->source->line++;
	if (c >= 0)
		parser->source->pos++;
	return c;
}

static void
take_into(struct parser *parser, struct strbuf *out)
{
	buf_putc(out, (char)take(parser));
}

/* Takes what is left of a line continuation: true when there was one. */
static int
continuation_take(struct parser *parser)
{
	if (peek(parser) != '\\' || source_peek(parser->source, 1) != '\n')
		return 0;
	take(parser);
	take(parser);
	return 1;
}

static void
unterminated(struct parser *parser, const char *what)
{
	parser->incomplete = 1;
	syntax_error(parser, "unterminated %s", what);
}

static void
single_quotes_scan(struct parser *parser, struct strbuf *out)
{
	take_into(parser, out);
	while (peek(parser) != '\'') {
		if (peek(parser) < 0)
			unterminated(parser, "quoted string");
		take_into(parser, out);
	}
	take_into(parser, out);
}

static void
escape_scan(struct parser *parser, struct strbuf *out)
{
	take_into(parser, out);
	if (peek(parser) >= 0)
		take_into(parser, out);
}

static void
backquotes_scan(struct parser *parser, struct strbuf *out)
{
	take_into(parser, out);
	while (peek(parser) != '`') {
		if (peek(parser) < 0)
			unterminated(parser, "`");
		if (peek(parser) == '\\')
			escape_scan(parser, out);
		else
			take_into(parser, out);
	}
	take_into(parser, out);
}

static void dollar_scan(struct parser *parser, struct strbuf *out);

static void
double_quotes_scan(struct parser *parser, struct strbuf *out)
{
	take_into(parser, out);
	while (peek(parser) != '"') {
		int c = peek(parser);

		if (c < 0)
			unterminated(parser, "quoted string");
		if (continuation_take(parser))
			continue;
		if (c == '\\')
			escape_scan(parser, out);
		else if (c == '$')
			dollar_scan(parser, out);
		else if (c == '`')
			backquotes_scan(parser, out);
		else
			take_into(parser, out);
	}
	take_into(parser, out);
}

/* One character or quoted or $-form inside ${ } or $(( )). */
static void
piece_scan(struct parser *parser, struct strbuf *out, const char *what)
{
	int c = peek(parser);

	if (c < 0)
		unterminated(parser, what);
	if (c == '\\')
		escape_scan(parser, out);
	else if (c == '\'')
		single_quotes_scan(parser, out);
	else if (c == '"')
		double_quotes_scan(parser, out);
	else if (c == '$')
		dollar_scan(parser, out);
	else if (c == '`')
		backquotes_scan(parser, out);
	else
		take_into(parser, out);
}

static void
braces_scan(struct parser *parser, struct strbuf *out)
{
	take_into(parser, out);
	while (peek(parser) != '}')
		piece_scan(parser, out, "${");
	take_into(parser, out);
}

/* From the first of the two parentheses to the last. */
static void
arithmetic_scan(struct parser *parser, struct strbuf *out)
{
	int depth = 0;

	do {
		int c = peek(parser);

		depth += c == '(' ? 1 : c == ')' ? -1 : 0;
		if (c == '(' || c == ')')
			take_into(parser, out);
		else
			piece_scan(parser, out, "$((");
	} while (depth > 0);
}

static void
substitution_scan(struct parser *parser, struct strbuf *out)
{
	size_t start = parser->source->pos;

	take(parser);
	substitution_skip(parser);
	buf_add(out, parser->source->text + start, parser->source->pos - start);
}

static void
dollar_scan(struct parser *parser, struct strbuf *out)
{
	if (++parser->depth > DEPTH_MAX)
		syntax_error(parser, "expansions are nested too deeply");
	take_into(parser, out);
	if (peek(parser) == '{')
		braces_scan(parser, out);
	else if (peek(parser) == '(' && source_peek(parser->source, 1) == '(')
		arithmetic_scan(parser, out);
	else if (peek(parser) == '(')
		substitution_scan(parser, out);
	parser->depth--;
}

static int
word_ends(int c)
{
	return c < 0 || strchr(" \t\n;&|()<>", c) != NULL;
}

static void
word_scan(struct parser *parser, struct strbuf *out)
{
	while (!word_ends(peek(parser))) {
		if (continuation_take(parser))
			continue;
		piece_scan(parser, out, "word");
	}
}

/* Reads the text of a here-document up to the line that is its delimiter. */
static void
here_read(struct parser *parser, struct redir *redir)
{
	struct strbuf text = {0}, line = {0};

	buf_puts(&text, "");
	for (;;) {
		line.len = 0;
		buf_puts(&line, "");
		while (redir->strip_tabs && peek(parser) == '\t')
			take(parser);
		if (peek(parser) < 0)
			break;
		while (peek(parser) >= 0 && peek(parser) != '\n') {
			if (!redir->literal && continuation_take(parser))
				continue;
			if (!redir->literal && peek(parser) == '\\')
				take_into(parser, &line);
			if (peek(parser) >= 0)
				take_into(parser, &line);
		}
		take(parser);
		if (strcmp(line.text, redir->target) == 0)
			break;
		buf_add(&text, line.text, line.len);
		buf_putc(&text, '\n');
	}
	redir->target = arena_copy_n(parser->arena, text.text, text.len);
	buf_free(&text);
	buf_free(&line);
}

static void
heres_read(struct parser *parser)
{
	struct redir *redir = parser->heres;

	parser->heres = NULL;
	for (; redir; redir = redir->next_here)
		here_read(parser, redir);
}

static void
blanks_skip(struct parser *parser)
{
	for (;;) {
		int c = peek(parser);

		if (c == ' ' || c == '\t')
			take(parser);
		else if (!continuation_take(parser))
			break;
	}
	if (peek(parser) == '#')
		while (peek(parser) >= 0 && peek(parser) != '\n')
			take(parser);
}

/* Takes the longest operator at pos. */
static char *
operator_scan(struct parser *parser)
{
	static const char *const operators[] = {
		"<<-", "<<", "<&", "<>", "<",  ">>", ">&", ">|", ">",
		"&&",  "&",  "||", "|",	 ";;", ";",  "(",  ")",
	};

	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		const char *operator= operators[i];
		size_t len = 0;

		while (operator[len] && source_peek(parser->source, len) == operator[len])
			len++;
		if (!operator[len]) {
			parser->source->pos += len;
			return (char *)operator;
		}
	}
	syntax_error(parser, "unexpected character '%c'", peek(parser));
}

static void
word_token(struct parser *parser, struct token *token)
{
	struct strbuf text = {0};

	buf_puts(&text, "");
	word_scan(parser, &text);
	token->kind = TOKEN_WORD;
	if (text.text[strspn(text.text, "0123456789")] == '\0' && text.len > 0 &&
	    (peek(parser) == '<' || peek(parser) == '>'))
		token->kind = TOKEN_IO_NUMBER;
	token->text = arena_copy_n(parser->arena, text.text, text.len);
	buf_free(&text);
}

struct token *
token_peek(struct parser *parser)
{
	struct token token = {0};
	int c;

	if (parser->have_token)
		return &parser->token;
	blanks_skip(parser);
	token.start = parser->source->pos;
	token.line = parser->source->line;
	c = peek(parser);
	if (c < 0) {
		token.kind = TOKEN_END;
		token.text = "end of input";
	} else if (c == '\n') {
		token.kind = TOKEN_NEWLINE;
		token.text = "newline";
		take(parser);
	} else if (word_ends(c)) {
		token.kind = TOKEN_OPERATOR;
		token.text = operator_scan(parser);
	} else {
		word_token(parser, &token);
	}
	token.end = parser->source->pos;
	parser->token = token;
	parser->have_token = 1;
	parser->source->started = 1;
	if (token.kind == TOKEN_NEWLINE && parser->heres)
		heres_read(parser);
	return &parser->token;
}

void
token_take(struct parser *parser)
{
	parser->last_end = token_peek(parser)->end;
	parser->have_token = 0;
}

int
token_is(struct parser *parser, const char *operator)
{
	struct token *token = token_peek(parser);

	return token->kind == TOKEN_OPERATOR && strcmp(token->text, operator) == 0;
}

void
syntax_error(struct parser *parser, const char *format, ...)
{
	char message[256];
	va_list args;

	if (shell.flow == FLOW_NORMAL) {
		va_start(args, format);
		vsnprintf(message, sizeof(message), format, args);
		va_end(args);
		shell.line = parser->source->line;
		shell_error("syntax error: %s", message);
	}
	longjmp(parser->on_error, 1);
}
