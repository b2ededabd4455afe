/* The state of the shell itself: options, parameters, and where control goes next. */
#pragma once

#include <signal.h>
#include <sys/types.h>

#include "mem.h"

/* What a command asks of the constructs around it. */
enum flow {
	FLOW_NORMAL,
	FLOW_BREAK,    /* leave flow_count loops */
	FLOW_CONTINUE, /* go on with the flow_count-th loop around */
	FLOW_RETURN,   /* leave the function or the sourced file */
	FLOW_EXIT,     /* end the shell */
	FLOW_ABORT,    /* back to the prompt; ends a shell that has none */
};

struct shell {
	int at_prompt; /* commands come from a person: this shell, and its forked copies */
	int interactive;
	int job_control;
	int in_child; /* a forked copy: it never prompts, and its jobs are not ours */

	int errexit; /* set -e, -x, -u, -f, -v */
	int xtrace;
	int nounset;
	int noglob;
	int verbose;

	enum flow flow;
	int flow_count;
	int loop_depth;
	int function_depth;
	int condition_depth; /* > 0: a failure is being tested, set -e does not apply */

	int status; /* $? */
	pid_t pid;  /* $$ */
	pid_t last_background;
	int line; /* of the command that runs, for messages; 0 when it has none */
	const char *name;
	char **args; /* $1 onwards, null-terminated */
	int nr_args;

	struct arena temp; /* results of expansions, released after each command */
};

extern struct shell shell;

/* Set by the handler of SIGINT in an interactive shell. */
extern volatile sig_atomic_t interrupt_pending;

/* Prints "sh: message" (with the script's name and line) on standard error. */
void shell_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* An error that ends the current command line, or the whole shell if it is not interactive. */
void shell_abort(int status);

/* Turns a pending interrupt into FLOW_ABORT; true when control must unwind. */
int shell_unwinding(void);

/* Runs a text as commands in this shell; returns the last status. */
int shell_run_text(const char *text);

/* Runs a file's commands in this shell; -1 with errno when it cannot be read. */
int shell_run_file(const char *path);

/* Ends the shell: runs the EXIT trap first. */
void shell_exit(int status) __attribute__((noreturn));
