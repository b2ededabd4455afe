#pragma once

/* The system call table; tools/gen_syscalls.py makes it from syscall.tbl. */

#include "lib/types.h"

struct trap_frame;

struct syscall_entry {
	long (*call)(const u64 *args); /* args: a0 to a5 */
	const char *name;
	u8 nr_args;
	const char *signature;
};

extern const struct syscall_entry syscall_table[];
extern const unsigned syscall_table_size;

/* Serve the call in tf: number in a7, arguments in a0..a5, result to a0. */
void syscall_dispatch(struct trap_frame *tf);

/* Once, at boot: shows how many calls had a number that is not in the table. */
void syscall_init(void);
