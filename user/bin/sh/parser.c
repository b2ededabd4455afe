/*
 * Recursive descent over the shell grammar:
 *
 *	list      and_or { (; | & | newline) and_or }
 *	and_or    pipeline { (&& | ||) pipeline }
 *	pipeline  [!] command { | command }
 *	command   simple | compound { redirection } | name () compound
 *
 * A reserved word is one only where a command may begin. An error unwinds to parse_line.
 */
#include "parser.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lexer.h"
#include "shell.h"

static struct node *list_parse(struct parser *parser, int over_lines);
static struct node *command_parse(struct parser *parser);

int
name_is_valid(const char *text, size_t len)
{
	if (len == 0 || isdigit((unsigned char)text[0]))
		return 0;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '_')
			return 0;
	return 1;
}

static struct node *
node_new(struct parser *parser, enum node_kind kind)
{
	struct node *node = arena_alloc(parser->arena, sizeof(*node));

	*node = (struct node){.kind = kind, .line = token_peek(parser)->line};
	return node;
}

static struct node *
node_pair(struct parser *parser, enum node_kind kind, struct node *left, struct node *right)
{
	struct node *node = node_new(parser, kind);

	node->left = left;
	node->right = right;
	return node;
}

static void
unexpected(struct parser *parser)
{
	struct token *token = token_peek(parser);

	parser->incomplete = token->kind == TOKEN_END;
	syntax_error(parser, "unexpected %s%s%s", token->kind == TOKEN_OPERATOR ? "'" : "",
		     token->text, token->kind == TOKEN_OPERATOR ? "'" : "");
}

/* Whether the next token is the word, as a reserved word. */
static int
reserved_is(struct parser *parser, const char *word)
{
	struct token *token = token_peek(parser);

	return token->kind == TOKEN_WORD && strcmp(token->text, word) == 0;
}

static void
reserved_expect(struct parser *parser, const char *word)
{
	struct token *token = token_peek(parser);

	if (!reserved_is(parser, word)) {
		parser->incomplete = token->kind == TOKEN_END;
		syntax_error(parser, "expected '%s' before %s", word, token->text);
	}
	token_take(parser);
}

static void
operator_expect(struct parser *parser, const char *operator)
{
	if (!token_is(parser, operator))
		unexpected(parser);
	token_take(parser);
}

static void
newlines_skip(struct parser *parser)
{
	while (token_peek(parser)->kind == TOKEN_NEWLINE)
		token_take(parser);
}

static struct word *
word_take(struct parser *parser)
{
	struct word *word = arena_alloc(parser->arena, sizeof(*word));

	if (token_peek(parser)->kind != TOKEN_WORD)
		unexpected(parser);
	*word = (struct word){.text = token_peek(parser)->text};
	token_take(parser);
	return word;
}

/* Removes the quotes of a here-document's delimiter; true when there were some. */
static int
quotes_remove(char *text)
{
	char *out = text;
	int quoted = 0;

	for (; *text; text++) {
		if (*text == '\'' || *text == '"' || *text == '\\') {
			quoted = 1;
			if (*text == '\\' && text[1])
				*out++ = *++text;
		} else {
			*out++ = *text;
		}
	}
	*out = '\0';
	return quoted;
}

static enum redir_kind
redir_kind_of(const char *operator)
{
	if (strcmp(operator, "<") == 0)
		return REDIR_READ;
	if (strcmp(operator, ">>") == 0)
		return REDIR_APPEND;
	if (strcmp(operator, "<>") == 0)
		return REDIR_BOTH;
	if (strncmp(operator, "<<", 2) == 0)
		return REDIR_HERE;
	return operator[1] == '&' ? REDIR_DUPLICATE : REDIR_WRITE;
}

/* Parses one redirection if there is one, and appends it at *link. */
static int
redir_parse(struct parser *parser, struct redir ***link)
{
	struct token *token = token_peek(parser);
	struct redir *redir, **pending = &parser->heres;
	int fd = -1;

	if (token->kind == TOKEN_IO_NUMBER) {
		fd = atoi(token->text);
		token_take(parser);
		token = token_peek(parser);
	}
	if (token->kind != TOKEN_OPERATOR || !strchr("<>", token->text[0]))
		return 0;
	redir = arena_alloc(parser->arena, sizeof(*redir));
	*redir = (struct redir){.kind = redir_kind_of(token->text)};
	redir->fd = fd >= 0 ? fd : token->text[0] == '>';
	redir->strip_tabs = strcmp(token->text, "<<-") == 0;
	token_take(parser);
	redir->target = word_take(parser)->text;
	**link = redir;
	*link = &redir->next;
	if (redir->kind != REDIR_HERE)
		return 1;
	redir->literal = quotes_remove(redir->target);
	while (*pending)
		pending = &(*pending)->next_here;
	*pending = redir;
	return 1;
}

static void
redirs_parse(struct parser *parser, struct redir **list)
{
	while (*list)
		list = &(*list)->next;
	while (redir_parse(parser, &list))
		;
}

static int
is_assignment(const char *text)
{
	size_t len = strcspn(text, "=");

	return text[len] == '=' && name_is_valid(text, len);
}

static struct node *
function_parse(struct parser *parser, struct word *name)
{
	struct node *node = node_new(parser, NODE_FUNCTION);

	if (!name_is_valid(name->text, strlen(name->text)))
		syntax_error(parser, "'%s' cannot be the name of a function", name->text);
	token_take(parser);
	operator_expect(parser, ")");
	newlines_skip(parser);
	node->name = name->text;
	node->left = command_parse(parser);
	parser->has_function = 1;
	return node;
}

static struct node *
simple_parse(struct parser *parser)
{
	struct node *node = node_new(parser, NODE_SIMPLE);
	struct word **words = &node->words, **assigns = &node->assigns;
	struct redir **redirs = &node->redirs;

	for (;;) {
		struct token *token = token_peek(parser);

		if (redir_parse(parser, &redirs))
			continue;
		if (token->kind != TOKEN_WORD)
			break;
		if (!node->words && is_assignment(token->text)) {
			*assigns = word_take(parser);
			assigns = &(*assigns)->next;
		} else {
			*words = word_take(parser);
			words = &(*words)->next;
		}
		if (node->words && !node->words->next && !node->assigns && !node->redirs &&
		    token_is(parser, "("))
			return function_parse(parser, node->words);
	}
	if (!node->words && !node->assigns && !node->redirs)
		unexpected(parser);
	return node;
}

/* The commands between two reserved words; there must be some. */
static struct node *
body_parse(struct parser *parser)
{
	struct node *node = list_parse(parser, 1);

	if (!node)
		unexpected(parser);
	return node;
}

/* From after if or elif. */
static struct node *
if_parse(struct parser *parser)
{
	struct node *node = node_new(parser, NODE_IF);

	node->cond = body_parse(parser);
	reserved_expect(parser, "then");
	node->left = body_parse(parser);
	if (reserved_is(parser, "elif")) {
		token_take(parser);
		node->right = if_parse(parser);
		return node;
	}
	if (reserved_is(parser, "else")) {
		token_take(parser);
		node->right = body_parse(parser);
	}
	reserved_expect(parser, "fi");
	return node;
}

static struct node *
do_group_parse(struct parser *parser)
{
	struct node *body;

	reserved_expect(parser, "do");
	body = body_parse(parser);
	reserved_expect(parser, "done");
	return body;
}

static struct node *
loop_parse(struct parser *parser, enum node_kind kind)
{
	struct node *node = node_new(parser, kind);

	node->cond = body_parse(parser);
	node->left = do_group_parse(parser);
	return node;
}

static struct node *
for_parse(struct parser *parser)
{
	struct node *node = node_new(parser, NODE_FOR);
	struct word **words = &node->words;

	node->name = word_take(parser)->text;
	if (!name_is_valid(node->name, strlen(node->name)))
		syntax_error(parser, "'%s' is not a variable name", node->name);
	newlines_skip(parser);
	if (reserved_is(parser, "in")) {
		token_take(parser);
		node->has_words = 1;
		while (token_peek(parser)->kind == TOKEN_WORD) {
			*words = word_take(parser);
			words = &(*words)->next;
		}
	}
	if (token_is(parser, ";"))
		token_take(parser);
	newlines_skip(parser);
	node->left = do_group_parse(parser);
	return node;
}

static struct case_item *
case_item_parse(struct parser *parser)
{
	struct case_item *item = arena_alloc(parser->arena, sizeof(*item));
	struct word **patterns = &item->patterns;

	*item = (struct case_item){0};
	if (token_is(parser, "("))
		token_take(parser);
	for (;;) {
		*patterns = word_take(parser);
		patterns = &(*patterns)->next;
		if (!token_is(parser, "|"))
			break;
		token_take(parser);
	}
	operator_expect(parser, ")");
	item->body = list_parse(parser, 1);
	if (token_is(parser, ";;"))
		token_take(parser);
	else if (!reserved_is(parser, "esac"))
		unexpected(parser);
	newlines_skip(parser);
	return item;
}

static struct node *
case_parse(struct parser *parser)
{
	struct node *node = node_new(parser, NODE_CASE);
	struct case_item **items = &node->items;

	node->words = word_take(parser);
	newlines_skip(parser);
	reserved_expect(parser, "in");
	newlines_skip(parser);
	while (!reserved_is(parser, "esac")) {
		*items = case_item_parse(parser);
		items = &(*items)->next;
	}
	token_take(parser);
	return node;
}

static struct node *
enclosed_parse(struct parser *parser, enum node_kind kind)
{
	struct node *node = node_new(parser, kind);

	node->left = body_parse(parser);
	if (kind == NODE_SUBSHELL)
		operator_expect(parser, ")");
	else
		reserved_expect(parser, "}");
	return node;
}

/* The compound command that begins here; null when a simple one does. */
static struct node *
compound_parse(struct parser *parser)
{
	if (token_is(parser, "(")) {
		token_take(parser);
		return enclosed_parse(parser, NODE_SUBSHELL);
	}
	if (reserved_is(parser, "{")) {
		token_take(parser);
		return enclosed_parse(parser, NODE_GROUP);
	}
	if (reserved_is(parser, "if")) {
		token_take(parser);
		return if_parse(parser);
	}
	if (reserved_is(parser, "while") || reserved_is(parser, "until")) {
		enum node_kind kind = reserved_is(parser, "while") ? NODE_WHILE : NODE_UNTIL;

		token_take(parser);
		return loop_parse(parser, kind);
	}
	if (reserved_is(parser, "for")) {
		token_take(parser);
		return for_parse(parser);
	}
	if (reserved_is(parser, "case")) {
		token_take(parser);
		return case_parse(parser);
	}
	return NULL;
}

/* Whether a reserved word stands here that ends a list. */
static int
list_ends(struct parser *parser)
{
	static const char *const closing[] = {"then", "else", "elif", "fi",
					      "do",   "done", "esac", "}"};

	for (size_t i = 0; i < sizeof(closing) / sizeof(closing[0]); i++)
		if (reserved_is(parser, closing[i]))
			return 1;
	return token_peek(parser)->kind == TOKEN_END || token_is(parser, ")") ||
	       token_is(parser, ";;");
}

static struct node *
command_parse(struct parser *parser)
{
	struct node *node;

	if (list_ends(parser))
		unexpected(parser);
	node = compound_parse(parser);
	if (!node)
		return simple_parse(parser);
	redirs_parse(parser, &node->redirs);
	return node;
}

static struct node *
pipeline_parse(struct parser *parser)
{
	size_t start = token_peek(parser)->start;
	struct node *first, *node, **link;
	int inverted = 0;

	while (reserved_is(parser, "!")) {
		token_take(parser);
		inverted ^= 1;
	}
	first = node = command_parse(parser);
	for (link = &first->next; token_is(parser, "|"); link = &(*link)->next) {
		token_take(parser);
		newlines_skip(parser);
		*link = command_parse(parser);
	}
	if (first->next)
		node = node_pair(parser, NODE_PIPE, first, NULL);
	if (inverted)
		node = node_pair(parser, NODE_NOT, node, NULL);
	node->text =
		arena_copy_n(parser->arena, parser->source->text + start, parser->last_end - start);
	return node;
}

static struct node *
and_or_parse(struct parser *parser)
{
	size_t start = token_peek(parser)->start;
	struct node *node = pipeline_parse(parser);

	while (token_is(parser, "&&") || token_is(parser, "||")) {
		enum node_kind kind = token_is(parser, "&&") ? NODE_AND : NODE_OR;

		token_take(parser);
		newlines_skip(parser);
		node = node_pair(parser, kind, node, pipeline_parse(parser));
		node->text = arena_copy_n(parser->arena, parser->source->text + start,
					  parser->last_end - start);
	}
	return node;
}

/*
 * Null when there is no command before the end of the list. Sequences lean to the right, so that
 * running a long list is a loop.
 */
static struct node *
list_parse(struct parser *parser, int over_lines)
{
	struct node *list = NULL, **last = &list;

	if (++parser->depth > DEPTH_MAX)
		syntax_error(parser, "commands are nested too deeply");
	for (;;) {
		struct node *node;

		if (over_lines)
			newlines_skip(parser);
		if (list_ends(parser) || token_peek(parser)->kind == TOKEN_NEWLINE)
			break;
		node = and_or_parse(parser);
		if (token_is(parser, "&"))
			node = node_pair(parser, NODE_BACKGROUND, node, NULL);
		if (*last) {
			*last = node_pair(parser, NODE_SEQUENCE, *last, node);
			last = &(*last)->right;
		} else {
			*last = node;
		}
		if (token_is(parser, ";") || token_is(parser, "&"))
			token_take(parser);
		else if (!over_lines || token_peek(parser)->kind != TOKEN_NEWLINE)
			break;
	}
	parser->depth--;
	return list;
}

void
substitution_skip(struct parser *parser)
{
	struct token token = parser->token;
	int have_token = parser->have_token;
	size_t last_end = parser->last_end;

	parser->have_token = 0;
	list_parse(parser, 1);
	operator_expect(parser, ")");
	parser->token = token;
	parser->have_token = have_token;
	parser->last_end = last_end;
}

size_t
substitution_length(const char *text)
{
	struct source source;
	struct arena arena = {0};
	struct parser parser = {.source = &source, .arena = &arena};
	volatile size_t length = 0;

	source_from_text(&source, text);
	if (setjmp(parser.on_error) == 0) {
		substitution_skip(&parser);
		length = source.pos;
	}
	source_free(&source);
	arena_free(&arena);
	return length;
}

enum parse_result
parse_line(struct source *source, struct arena *arena, struct node **node, int *has_function)
{
	struct parser parser = {.source = source, .arena = arena};

	*node = NULL;
	source_drop(source);
	if (setjmp(parser.on_error)) {
		source_reset(source);
		return PARSE_ERROR;
	}
	if (token_peek(&parser)->kind == TOKEN_END)
		return PARSE_END;
	*node = list_parse(&parser, 0);
	if (token_peek(&parser)->kind != TOKEN_NEWLINE && token_peek(&parser)->kind != TOKEN_END)
		unexpected(&parser);
	token_take(&parser);
	*has_function = parser.has_function;
	return PARSE_COMMAND;
}
