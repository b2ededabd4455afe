/* Where command text comes from: a string, a file, or lines that are read when needed. */
#pragma once

#include <stddef.h>

struct source {
	char *text; /* what has been read and not dropped yet */
	size_t len;
	size_t pos; /* the next character to read */
	int line;   /* number of the line at pos */
	/*
	 * Appends a line to text; false at the end of input. continued tells that a command is
	 * unfinished. Null for a source that is complete.
	 */
	int (*read_more)(struct source *source, int continued);
	int fd;
	int at_end;
	int started; /* the command being parsed has begun: prompt with PS2 */
};

void source_from_text(struct source *source, const char *text);

/* Reads the whole file; -1 with errno. */
int source_from_file(struct source *source, const char *path);

/* Reads lines from the descriptor byte by byte, so that commands find the rest of it. */
void source_from_fd(struct source *source, int fd);

/* Reads lines from the terminal with prompts and editing. */
void source_from_terminal(struct source *source);

/* The character offset places ahead; -1 at the end of input. */
int source_peek(struct source *source, size_t offset);

/* Forgets what lies before pos. */
void source_drop(struct source *source);

/* Forgets everything: after a syntax error or an interrupt at the prompt. */
void source_reset(struct source *source);

void source_free(struct source *source);
