/* Variables, functions, and the environment that programs get. */
#pragma once

#include "node.h"

/* Takes over the environment and sets the defaults. */
void vars_init(void);

/* The value, or null when the variable is not set. Parameters such as $? are not variables. */
const char *var_get(const char *name);

/* 0, or -1 with a message when the variable is read-only. */
int var_set(const char *name, const char *value);
int var_unset(const char *name);
void var_export(const char *name);
void var_make_readonly(const char *name);

/* Sets from "name=value". */
int var_assign(const char *assignment);

/* Prints all variables (or only exported, or only read-only ones) as commands that set them. */
enum var_filter { VARS_ALL, VARS_EXPORTED, VARS_READONLY };
void vars_print(enum var_filter filter, const char *prefix);

/* The environment for exec, in temporary memory. */
char **vars_environment(void);

/*
 * Values that a function call or one command overrides: save them, and restore them in reverse
 * order back to the mark.
 */
int vars_saved_mark(void);
void var_save(const char *name);
void vars_restore(int mark);

/* The body of a function, null when there is none of that name. */
struct node *function_get(const char *name);
void function_set(const char *name, struct node *body);
void function_unset(const char *name);

/* The name of the i-th function, null behind the last: for completion. */
const char *function_name(int i);
