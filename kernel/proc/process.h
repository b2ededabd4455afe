#pragma once

/*
 * A process is a thread group: what `getpid` names, what a parent waits for, what
 * signals are sent to. Its threads are tasks (sched/task.h) whose `process` points
 * here; registers, signal masks and stacks are theirs, the rest is here.
 *
 *	process ──parent──> process		init adopts the children of the dead
 *	   │ threads          │ children
 *	   task  task        process  process
 *
 * Locks. `process_lock` (spinning, RANK_TREE, interrupts off: Ctrl-C comes from an
 * interrupt handler) guards the tree: fields marked T. Each process's `signal.lock`
 * (RANK_SIGNAL, inner to process_lock) guards what is marked S. Fields marked O belong
 * to the process's own threads; A are atomic; C never change after the creation.
 *
 * References. Each thread holds one, and so does the tree until the zombie is reaped.
 * A lookup gives one. A pid is not used again while a process, a group or a session
 * has that number.
 */

#include "core/refcount.h"
#include "core/spinlock.h"
#include "lib/list.h"
#include "proc/rlimit.h"
#include "proc/signal_actions.h"
#include "sched/task.h"
#include "sched/timer.h"
#include "sched/wait.h"

struct file;
struct files;
struct fs_context;
struct mm;
struct trace;
struct tty;

enum process_state {
	PROCESS_LIVE,	/* has threads */
	PROCESS_ZOMBIE, /* has none; its status waits for the parent */
	PROCESS_REAPED, /* out of the tree */
};

/* Resources used, summed up: of dead threads, or of children that were waited for. */
struct process_usage {
	u64 user_ns, system_ns;
	u64 min_flt, maj_flt;
	u64 nr_voluntary, nr_involuntary;
	u64 max_rss_pages; /* the largest, not the sum */
};

struct process_signals {
	struct spinlock lock;
	struct signal_actions *actions; /* written under T and S; a reference */
	struct signal_queue shared;	/* S; for any thread */
	u8 stop_signal;			/* S; group stop in force or under way, 0 for none */
	bool stop_dequeued;		/* S; a stop signal was taken, and no SIGCONT came since */
	u32 stop_generation;		/* S; counts the group stops that began */
	u32 nr_stopped;			/* S; threads that have stopped for this one */
	bool stop_unreported;		/* S; wait4(WUNTRACED) has not seen it yet */
	bool continue_unreported;	/* S; nor wait4(WCONTINUED) that it went on */
};

struct process {
	refcount_t refs;
	s32 pid;		   /* C; tid of the first thread */
	s32 ppid;		   /* written under T: the parent's pid, 0 for none */
	s32 pgid, sid;		   /* T */
	enum process_state state;  /* T */
	struct process *parent;	   /* T; NULL for init alone */
	struct list_head children; /* T; by sibling_link */
	struct list_head sibling_link;
	struct list_head threads; /* T; tasks by thread_link, the first thread first */
	u32 nr_threads;		  /* T */
	bool first_ended; /* T; the first thread has ended, and is counted until the process is reaped */
	s32 first_nice;	  /* T; once that has ended: its nice value */
	atomic_t nr_live; /* A; of these, threads that have not begun to end */
	struct list_head pid_link, pgid_link, sid_link; /* T; hash chains of pid.c */
	struct list_head all_link;			/* T; every process that is not reaped */
	struct tty *tty;				/* T; controlling terminal or NULL */
	struct wait_queue child_wq; /* sleepers in wait4: a child changed state */

	s32 exit_signal;	  /* T; to the parent at the end, usually SIGCHLD; 0 for none */
	bool exiting;		  /* S; exit_group or a fatal signal: every thread is to go */
	struct task *sole_thread; /* S; in exec: every other thread is to go */
	u32 exit_status;	  /* S until zombie, then C; as wait4 reports it */
	bool did_exec;		  /* T; setpgid by the parent is over */
	bool in_vfork; /* A; until it execs or ends its memory is its parent's, who sleeps or was killed */
	struct wait_queue vfork_wq; /* sleepers until one of its threads execs or ends */

	struct process_signals signal;
	struct rlimit rlimits[RLIM_NLIMITS]; /* S */
	struct process_usage dead_threads;   /* T */
	struct process_usage dead_children;  /* T */
	char name[TASK_NAME_MAX];	     /* of a zombie: its last thread's; T */
	u64 start_ns;			     /* C; clock_now_ns at creation */
	s32 oom_score_adj;		     /* A */
	struct file *
		exe; /* T; the program's, a reference; NULL before the first exec, and at the end */
	struct trace *trace;	 /* T; who is told of its calls, NULL for nobody (trace.c) */
	struct timer real_timer; /* ITIMER_REAL, proc/timers.c */
	struct interval_timer {
		u64 deadline_ns, interval_ns; /* T; by the timer's own clock, 0 for none */
	} itimers[3];			      /* ITIMER_REAL, VIRTUAL, PROF */
	struct list_head posix_timers;	      /* S; of proc/posix_timers.c */
	u32 next_timer_id;		      /* S */
	struct list_head cpu_timers;	      /* T; anybody's that go by its processor time */
};

extern struct spinlock process_lock;
extern struct list_head process_list; /* T */
extern struct process *init_process;  /* C; NULL until init_process_start */
extern u64 nr_process_threads; /* T; of all processes, with first_ended: RLIMIT_NPROC counts it */

/*
 * A process without threads, not yet in the tree; one reference, the tree's to be. It shares these
 * actions of signals; NULL: it has the default ones.
 * => NULL when there is no memory
 */
struct process *process_alloc(struct signal_actions *shared);
void process_get(struct process *process);
void process_put(struct process *process);

/* The process with that pid, zombies too, with a reference. => NULL when there is none */
struct process *process_find(s32 pid);

/* The process that has a thread of this number, or else is a zombie of that pid. => as process_find() */
struct process *process_find_by_thread(s32 tid);

/* process_find() for a caller who holds process_lock; no reference is taken. */
struct process *process_find_locked(s32 pid);

/*
 * The index by pid, group and session (pid.c). => process_lock is held for all of these.
 * insert: pid, pgid and sid are set.
 */
void process_index_insert(struct process *process);
void process_index_remove(struct process *process);
void process_set_pgid(struct process *process, s32 pgid);
void process_set_sid(struct process *process, s32 sid);
/* The next member of a group after `process` (NULL: the first). => NULL at the end */
struct process *process_group_next(s32 pgid, struct process *process);
struct process *process_session_next(s32 sid, struct process *process);
/* True when number names no process, group or session. */
bool process_number_is_free(s32 number);

/*
 * The process after pid `after` in order of pid, with a reference: to list them all while they
 * come and go. => NULL past the last
 */
struct process *process_next(s32 after);

u64 process_count(void);

/* Its address space, or another belonging of a living thread, with a reference. => NULL for a zombie */
struct mm *process_mm_get(struct process *process);
/* The same without a reference. => process_lock held, and good as long as it is */
struct mm *process_mm_locked(struct process *process);
/* Is its memory its parent's, who waits for it? => process_lock held */
bool process_in_vfork_locked(struct process *process);
struct files *process_files_get(struct process *process);
struct fs_context *process_fs_get(struct process *process);

/* The file of its program, with a reference. => NULL: it has none (any more) */
struct file *process_exe_get(struct process *process);
/* Takes over the reference to exe, which may be NULL, and puts the former. May sleep; no lock held. */
void process_exe_set(struct process *process, struct file *exe);

/* What its living and dead threads used until now. */
void process_usage_get(struct process *process, struct process_usage *usage);
/* => process_lock held */
void process_usage_get_locked(struct process *process, struct process_usage *usage);

/* Letter as in /proc/<pid>/stat: R S D T X. */
char task_state_letter(const struct task *task);

/* Its thread of that number, with a reference. => NULL when it has none */
struct task *process_thread_get(struct process *process, s32 tid);
/* The tid after this one in order of number. => 0 past the last */
s32 process_thread_next(struct process *process, s32 after);

/* /proc/<pid> (proc/pid_files.c). */
void process_files_init(void);

/* The limit in force, RLIM_* of proc/rlimit.h, for the current process (infinity for the kernel). */
u64 rlimit_get(unsigned resource);

/* Caches and hooks of proc/. Once, at boot, before the first process. */
void process_init(void);

/*
 * Turns the calling kernel thread into process 1 and lets it run /bin/init (or init= of the boot
 * arguments) with /dev/console as 0, 1 and 2. Panics, with the reason, when that is impossible.
 */
void init_process_start(void) NORETURN;

/* Hooks of lower layers that have to do with processes (proc/hooks.c). */
void process_hooks_init(void);
