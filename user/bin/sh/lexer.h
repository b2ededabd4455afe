/* Tokens. A word token holds the text as written; expansion looks inside it later. */
#pragma once

#include <setjmp.h>

#include "mem.h"
#include "node.h"
#include "source.h"

/* Each level of nesting takes some hundred bytes of stack, here and when it runs. */
#define DEPTH_MAX 500

enum token_kind {
	TOKEN_WORD,
	TOKEN_IO_NUMBER,
	TOKEN_NEWLINE,
	TOKEN_END,
	TOKEN_OPERATOR, /* text is one of ; & | && || ( ) ;; < > >> << <<- <& >& <> >| */
};

struct token {
	enum token_kind kind;
	char *text;
	size_t start; /* its place in the source */
	size_t end;
	int line;
};

struct parser {
	struct source *source;
	struct arena *arena;
	struct token token; /* the one being looked at */
	int have_token;
	int depth;	     /* of lists and $-forms inside each other */
	size_t last_end;     /* where the last token taken ended */
	struct redir *heres; /* here-documents whose text comes after the next newline */
	int has_function;    /* the tree must outlive the command */
	int incomplete;	     /* the error is that the input ended too early */
	jmp_buf on_error;
};

/* Looks at the next token without taking it. */
struct token *token_peek(struct parser *parser);
void token_take(struct parser *parser);

/* Whether the next token is this operator. */
int token_is(struct parser *parser, const char *operator);

/* Prints the message and unwinds to the parser's on_error. */
void syntax_error(struct parser *parser, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

/* Parses the commands of a $( from after it up to the closing parenthesis; in parser.c. */
void substitution_skip(struct parser *parser);
