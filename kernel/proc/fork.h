#pragma once

/* New processes and threads. */

#include "lib/types.h"

#define CLONE_EXIT_SIGNAL    0x000000ffUL
#define CLONE_VM	     0x00000100UL
#define CLONE_FS	     0x00000200UL
#define CLONE_FILES	     0x00000400UL
#define CLONE_SIGHAND	     0x00000800UL
#define CLONE_PTRACE	     0x00002000UL
#define CLONE_VFORK	     0x00004000UL
#define CLONE_PARENT	     0x00008000UL
#define CLONE_THREAD	     0x00010000UL
#define CLONE_SYSVSEM	     0x00040000UL
#define CLONE_SETTLS	     0x00080000UL
#define CLONE_PARENT_SETTID  0x00100000UL
#define CLONE_CHILD_CLEARTID 0x00200000UL
#define CLONE_DETACHED	     0x00400000UL
#define CLONE_UNTRACED	     0x00800000UL
#define CLONE_CHILD_SETTID   0x01000000UL
#define CLONE_IO	     0x80000000UL

struct clone_args {
	u64 flags;	  /* CLONE_*; the low byte is the signal that the parent gets at the end */
	uva_t stack;	  /* sp of the child; 0: as the caller's */
	uva_t parent_tid; /* CLONE_PARENT_SETTID: where to store the child's tid */
	uva_t tls;	  /* CLONE_SETTLS: tp of the child */
	uva_t child_tid;  /* CLONE_CHILD_SETTID, CLONE_CHILD_CLEARTID */
};

/*
 * clone(2) of the current task. THREAD needs SIGHAND, and that needs VM. With VFORK it returns when
 * the child has ended, or execs. A child's end is told by no signal when the low byte is none.
 * => the child's tid; -EINVAL (flags), -EAGAIN (too many), -ENOMEM, -ERESTARTNOINTR (a signal came)
 */
s64 process_clone(const struct clone_args *args);

/*
 * The calling thread has a table of descriptors to itself from now on, with the same open files. => 0 or
 * -ENOMEM
 */
int process_unshare_files(void);
