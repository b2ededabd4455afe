/* Running the syntax tree. */
#pragma once

#include "node.h"

/* Runs a tree; returns the status, which is also in shell.status. */
int node_run(const struct node *node);

/* Replaces this process: path search, environment, scripts. Returns only through shell_exit. */
void program_exec(char **argv) __attribute__((noreturn));

/* The file that a command name means by PATH, in temporary memory; null when there is none. */
char *program_find(const char *name);
