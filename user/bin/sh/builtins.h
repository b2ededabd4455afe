/* Commands inside the shell. */
#pragma once

struct builtin {
	const char *name;
	int (*run)(int argc, char **argv);
	int special;	  /* found before functions; assignments before it stay */
	int keeps_redirs; /* exec */
	const char *help;
};

/* Null when there is none of that name. */
const struct builtin *builtin_find(const char *name);

/* The i-th builtin, null behind the last. */
const struct builtin *builtin_at(int i);

/* Tells how a builtin is used. => 2, the status of one that was not used so */
int builtin_usage(const char *name);

/* In other files. */
int builtin_test(int argc, char **argv);
int builtin_printf(int argc, char **argv);
int builtin_echo(int argc, char **argv);
int builtin_read(int argc, char **argv);
int builtin_ulimit(int argc, char **argv);
