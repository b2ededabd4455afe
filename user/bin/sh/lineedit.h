/* Reading a line from the terminal: editing, history, completion. */
#pragma once

#include "mem.h"

enum line_result {
	LINE_TEXT,	  /* a line with its newline */
	LINE_END,	  /* end of input, or Ctrl-D on an empty line */
	LINE_INTERRUPTED, /* Ctrl-C */
};

/* On something that is not a terminal, a plain line after the prompt. */
enum line_result line_read(const char *prompt, struct strbuf *line);

/* Adds a line (its newline is dropped) unless it is empty or repeats the last one. */
void history_add(const char *line);
void history_print(void);

/* The n-th newest line, from 1; null when there are not so many. */
const char *history_get(int n);

/*
 * The completions of the word that ends at pos: a list of count strings, each the whole word. *start
 * is where the word begins. Freed by completions_free.
 */
struct completions {
	char **words;
	int count;
	size_t start;
};

void completions_find(struct completions *found, const char *text, size_t pos);
void completions_free(struct completions *found);
