#pragma once

/*
 * A task is a thread of control: of a process, or of the kernel. sched/ knows when it
 * runs; what it is a thread of belongs to proc/.
 */

#include "core/refcount.h"
#include "core/thread_info.h"
#include "lib/list.h"
#include "lib/rbtree.h"
#include "mem/tlb.h"
#include "riscv/context.h"
#include "riscv/fpu.h"
#include "riscv/trap_frame.h"
#include "sched/cputime.h"

enum task_state {
	TASK_RUNNING,	      /* runs, or is on a run queue */
	TASK_INTERRUPTIBLE,   /* sleeps; a wake-up or a signal ends it */
	TASK_UNINTERRUPTIBLE, /* sleeps; only a wake-up ends it */
	TASK_KILLABLE,	      /* sleeps; a wake-up or the end of its process ends it */
	TASK_STOPPED,	      /* job control; SIGCONT or SIGKILL ends it */
	TASK_DEAD,	      /* will never run again */
	TASK_MOVING,	      /* is on its way to a hart where it may run (sched/sched.c) */
};

#define TASK_NAME_MAX 16

#define NICE_MIN (-20)
#define NICE_MAX 19

struct files;
struct fs_context;
struct mm;
struct process;

/* Signals that wait for delivery: a set, and for those that have one a siginfo (proc/signal.h). */
struct signal_queue {
	u64 set;
	struct list_head infos; /* of struct queued_signal, oldest first */
};

/* A wait that a signal interrupted and restart_syscall(2) continues (syscall/time_calls.c). */
struct call_restart {
	enum { RESTART_NONE, RESTART_SLEEP, RESTART_FUTEX } kind;
	u64 deadline_ns;   /* clock_now_ns time, or what a clock of processor time will show */
	uva_t uva;	   /* where to tell what is left of a sleep; the futex's word */
	s32 clock;	   /* of a sleep */
	u32 value, bitset; /* of a wait for the word */
	bool is_private;   /* the futex is */
};

/* sigaltstack(2) */
struct signal_stack {
	uva_t sp;
	u64 size;
	u32 flags;
};

struct task {
	struct thread_info ti;	 /* first: tp points here */
	struct context context;	 /* callee-saved registers while not running */
	struct rb_node run_node; /* RUNQUEUE: queue of ready tasks */
	u32 state;		 /* enum task_state; set by task_set_state() */
	u32 on_cpu;		 /* 1 until switch code is done with its stack */
	bool on_rq;		 /* RUNQUEUE */
	bool kthread;
	s32 tid;	 /* 0 for idle tasks */
	refcount_t refs; /* whoever may look at it; the last frees it */
	char name[TASK_NAME_MAX];
	s32 nice;     /* RUNQUEUE: NICE_MIN, much of the hart, to NICE_MAX, little (rq.c) */
	u64 vtime_ns; /* RUNQUEUE: its place in the queue (rq.c) */
	u64 start_ns, exec_start_ns, runtime_ns;
	struct cputime cputime; /* counted by its hart; split under process_lock */
	u64 nr_switches, nr_voluntary;
	cpumask_t allowed; /* RUNQUEUE: the harts where it may run */

	struct tlb_context *tlb;      /* address space to run in; NULL: any (kernel thread) */
	struct mm *mm;		      /* vm/; NULL for kernel threads */
	struct process *process;      /* proc/; NULL for kernel threads */
	struct files *files;	      /* fs/: open files; NULL for kernel threads */
	struct fs_context *fs;	      /* fs/: root and current directory; NULL for kernel threads */
	struct list_head thread_link; /* proc/: siblings in the process */
	u64 sigmask, saved_sigmask;   /* proc/signal.c */
	struct signal_queue pending;  /* proc/: for this thread alone; SIGNAL */
	struct signal_stack altstack; /* proc/ */
	struct call_restart restart;  /* syscall/ */
	u64 sigwait;		      /* proc/: what rt_sigtimedwait waits for; SIGNAL */
	bool restore_sigmask;
	bool vfork_pending;		     /* proc/: its creator sleeps until it execs or ends */
	u64 min_flt, maj_flt;		     /* vm/fault.c */
	uva_t clear_child_tid;		     /* proc/ */
	uva_t robust_list;		     /* proc/robust.c; 0 for none */
	void *plugged;			     /* dev/block: batch being collected */
	u32 reclaim_depth;		     /* vm/: inside reclaim, must not recurse */
	struct list_head all_link, tid_link; /* sched/pid.c */
	struct fpu_state fpu;		     /* registers when not in the hart */
};

#define current ((struct task *)current_thread_info)

/* The trap frame at the top of a task's kernel stack: its user registers. */
static inline struct trap_frame *
task_trap_frame(struct task *task)
{
	return (struct trap_frame *)(task->ti.kernel_sp - TF_SIZE);
}

/*
 * A task that will start in entry(arg) on its own kernel stack, not yet runnable. When entry
 * returns, a task with an mm goes to user mode with the registers in task_trap_frame(task);
 * a kernel thread ends. It has two references: one that the scheduler drops when the task has
 * died, and the caller's.
 * => NULL when there is no memory
 */
struct task *task_create(const char *name, void (*entry)(void *arg), void *arg);

/* Make a created task runnable for the first time. */
void task_start(struct task *task);

/* The current task never runs again. => no lock held; does not return */
void task_exit(void) NORETURN;

void task_get(struct task *task);
void task_put(struct task *task);

/* Undo task_create for a task that was not started. */
void task_discard(struct task *task);

/* A kernel thread, started. => ERR_PTR(-ENOMEM) */
struct task *kthread_start(const char *name, void (*entry)(void *arg), void *arg);

/* Once, at boot. */
void task_init(void);

extern struct task boot_task;

/* Thread ids: one space for all tasks. The lookup gets a reference. => NULL when there is none */
struct task *task_find(s32 tid);
/* The kernel thread after this number, in order. => its tid, 0 past the last */
s32 kthread_next(s32 after);
/* Tasks there are, and those that were ever made. */
u64 task_count(void);
u64 task_count_created(void);

/* Set once by trap/: leave for user mode with these registers, which lie at the stack's top. */
extern void (*task_enter_user_hook)(struct trap_frame *tf);

/* Set once by proc/: called when a task's last reference goes, to free what proc/ hung on it. */
extern void (*task_release_hook)(struct task *task);
