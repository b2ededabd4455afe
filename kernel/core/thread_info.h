#pragma once

/*
 * The part of a thread that the lowest layers know: what tp points to in the
 * kernel. It is the first member of `struct task` (sched/task.h).
 */

/* ti->flags: work to do before the next return to user mode. */
#define TIF_NEED_RESCHED 1
#define TIF_SIGPENDING	 2
#define TIF_TRACE	 4  /* this thread's system calls are told to somebody: proc/trace.c */
#define TIF_MAKE_IT_FAIL 8  /* fault injection with a task filter is for this thread */
#define TIF_MEMDIE	 16 /* being killed for its memory: may use the reserves */
#define TIF_KILLED	 32 /* will not return to user mode: proc/signal.c */
#define TIF_WORK_MASK	 (TIF_NEED_RESCHED | TIF_SIGPENDING)

/* Offsets for trap/entry.S; checked in core/cpu.c. */
#define TI_FLAGS     0
#define TI_CPU_ID    4
#define TI_KERNEL_SP 8
#define TI_TRAP_SP   16
#define TI_TRAP_T0   24
#define TI_CPU	     32

#ifndef __ASSEMBLER__
#include "lib/types.h"

struct cpu;

/* Locks that one thread may hold at a time (debug builds record them). */
#define LOCK_DEPTH_MAX 24

struct held_lock {
	const void *lock;
	const char *name;
	u64 call_site; /* return address of the acquire */
	u32 rank;
};

struct thread_info {
	u32 flags;     /* TIF_*; set by any hart with an atomic or, read at return */
	u32 cpu_id;    /* of the hart that runs or last ran this thread */
	u64 kernel_sp; /* top of the kernel stack: where a trap from user begins */
	u64 trap_sp;   /* scratch of trap/entry.S: two registers as they were at the trap */
	u64 trap_t0;
	struct cpu *cpu; /* of that same hart */
	u64 kstack_base; /* lowest address of the kernel stack; the guard is below */
	const char *name;
	u32 pid;
#ifdef DEBUG
	u32 nr_spinlocks; /* held now; more than 0 means: must not sleep */
	u32 nr_held;
	u32 irq_base; /* locks below this index belong to the interrupted code */
	u32 nr_kmaps; /* windows of mem/kmap.h held now: likewise */
	struct held_lock held[LOCK_DEPTH_MAX];
#endif
};

register struct thread_info *current_thread_info asm("tp");
#endif
