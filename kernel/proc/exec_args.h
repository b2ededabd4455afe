#pragma once

/*
 * The strings of a program's arguments and environment on their way from one address
 * space to the next, one after the other as they will lie on the new stack.
 */

#include "proc/exec.h"

#define ARG_STRING_MAX (128UL << 10) /* one string with its terminator, as Linux */
#define ARG_TOTAL_MAX  (2UL << 20)   /* all strings and pointers: 1/4 of the default stack */

struct exec_args {
	char *buf; /* vmalloc'ed */
	u64 used, size;
	u32 nr_args, nr_env;
	u64 env_offset; /* where the environment begins in buf */
	u64 execfn_offset;
};

void exec_args_init(struct exec_args *args);
void exec_args_destroy(struct exec_args *args);

/* Append one kernel string as an argument. => -E2BIG, -ENOMEM */
int exec_args_add(struct exec_args *args, const char *string);
/* Append the vector's strings from number `skip` on as arguments. => also -EFAULT */
int exec_args_add_vector(struct exec_args *args, const struct exec_vector *argv, u32 skip);
/* Then the environment, and the name that the program was started by. */
int exec_args_add_env(struct exec_args *args, const struct exec_vector *envp, const char *execfn);
