/* From tokens to the syntax tree. */
#pragma once

#include "mem.h"
#include "node.h"
#include "source.h"

enum parse_result {
	PARSE_COMMAND, /* *node is one line's commands; null for an empty line */
	PARSE_END,     /* no more input */
	PARSE_ERROR,   /* a message was printed */
};

/*
 * Parses one complete command line (as many lines as it takes) into the arena. *has_function tells
 * that the tree defines a function: then the arena must never be freed.
 */
enum parse_result parse_line(struct source *source, struct arena *arena, struct node **node,
			     int *has_function);

/* The length of the commands of a $( up to and with its closing parenthesis; 0 on an error. */
size_t substitution_length(const char *text);

/* Whether text is a name: letters, digits and underscores, not beginning with a digit. */
int name_is_valid(const char *text, size_t len);
