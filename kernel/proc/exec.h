#pragma once

/* execve(2): a new program in the current process. */

#include "fs/types.h"
#include "vm/mm.h"

struct file;

/* One page above the stack, in every process: where signal handlers return to. */
#define SIGRETURN_TRAMPOLINE USER_STACK_TOP

/* Where argv and envp come from: a program's memory, or the kernel (the first program). */
struct exec_vector {
	uva_t user;		   /* array of pointers, ended by 0; 0 itself: empty */
	const char *const *kernel; /* used instead when not NULL */
};

/*
 * Replace the current task's program by this file, of file_open_exec(), whose reference is gone then;
 * path is what the program is told (and the interpreter, if it is a script). When it returns 0 the
 * registers in task_trap_frame(current) are those that the new program starts with; on an error nothing
 * has changed.
 * => 0; -ENOENT, -EACCES, -ENOEXEC, -E2BIG, -EFAULT, -ENOMEM, -ELOOP (scripts), -EINTR ...
 */
int process_exec(struct file *file, const char *path, const struct exec_vector *argv,
		 const struct exec_vector *envp);

/* The trampoline page. Once, at boot, after vm_init. */
void exec_init(void);
