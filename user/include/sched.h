/* Scheduling and the flags of clone(2). */
#pragma once

#include <sys/types.h>

#define CLONE_VM	     0x00000100
#define CLONE_FS	     0x00000200
#define CLONE_FILES	     0x00000400
#define CLONE_SIGHAND	     0x00000800
#define CLONE_VFORK	     0x00004000
#define CLONE_THREAD	     0x00010000
#define CLONE_SYSVSEM	     0x00040000
#define CLONE_SETTLS	     0x00080000
#define CLONE_PARENT_SETTID  0x00100000
#define CLONE_CHILD_CLEARTID 0x00200000
#define CLONE_CHILD_SETTID   0x01000000

int sched_yield(void);

/*
 * Runs fn(arg) in a new thread or process on a stack of its own, which ends at `stack`; what it
 * returns is its status. With CLONE_VM it must not use the parts of the library that keep data
 * behind tp (errno), unless CLONE_SETTLS gives it such. => the new tid; -1 and errno
 */
int clone(int (*fn)(void *arg), void *stack, int flags, void *arg, pid_t *parent_tid, void *tls,
	  pid_t *child_tid);
