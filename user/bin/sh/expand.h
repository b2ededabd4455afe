/*
 * Expansion of words: tilde, parameters, commands, arithmetic; then splitting, path names, and the
 * removal of quotes. Results are temporary: in shell.temp. On an error a message was printed,
 * shell.flow is FLOW_ABORT, and the result is not to be used.
 */
#pragma once

#include "node.h"

/* The fields of a list of words: null-terminated, *count of them. */
char **expand_fields(const struct word *words, int *count);

/* One word as one string: no splitting, no path names (assignments, redirections). */
char *expand_string(const char *word);

/* An assignment "name=word": as expand_string, with ~ after = and : too. */
char *expand_assignment(const char *word);

/* One word as a pattern: what was quoted is escaped with backslashes. */
char *expand_pattern(const char *word);

/* The text of a here-document. */
char *expand_here(const char *text);

/* The value of an arithmetic expression; in arith.c. */
long arith_evaluate(const char *expression);

/* The output of commands, without the newlines at its end; in exec.c. The caller frees it. */
char *command_output(const char *commands);
