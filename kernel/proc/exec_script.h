#pragma once

/* `#! interpreter argument`: from the path that was given to the program that runs. */

#include "lib/types.h"

struct file;

#define EXEC_START_BYTES 1024 /* of a file: ELF and program headers, or the line of a script */
#define SCRIPT_LINE_MAX	 256  /* bytes of the line that are looked at, with `#!`; as Linux */
#define SCRIPT_DEPTH_MAX 4
#define SCRIPT_ARGS_MAX	 (2 * SCRIPT_DEPTH_MAX + 1) /* two for each level, and the path */

struct exec_script {
	struct file *file; /* what is to be run: not a script */
	char start[EXEC_START_BYTES];
	size_t start_bytes;
	unsigned depth;	    /* scripts on the way; 0: args are not used */
	unsigned first_arg; /* args[first_arg .. SCRIPT_ARGS_MAX-1] come before argv[1] */
	const char *args[SCRIPT_ARGS_MAX];
	char *lines[SCRIPT_DEPTH_MAX]; /* storage of args */
};

/*
 * file is what path leads to; its reference is the script's then, whatever comes.
 * => 0, -ELOOP (too many levels), -ENOEXEC (an interpreter's name that may be cut, too), or what
 * opening and reading gave; then destroy, too
 */
int exec_script_open(struct exec_script *script, struct file *file, const char *path);
void exec_script_destroy(struct exec_script *script);
