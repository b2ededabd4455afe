#pragma once

/*
 * Sending and taking signals. A signal is sent to a process (any thread that does not
 * block it takes it) or to one thread; it is taken on the way back to user mode.
 */

#include "proc/process.h"
#include "proc/siginfo.h"

struct trap_frame;

/* stack_t of programs */
struct user_stack {
	u64 sp;
	s32 flags, pad;
	u64 size;
};

/*
 * Send sig with info (NULL: SI_USER from the current process) to a process, to one of its
 * threads, or to every process of a group. sig 0 only tests whether there is someone. Any
 * context; takes process_lock or signal.lock, so none of those may be held.
 * => 0; -ESRCH when the group has no process; -EAGAIN (not for a group): a real-time signal that
 * kill(2) did not send, and as many signals are queued as the receiver's RLIMIT_SIGPENDING allows
 */
int signal_send_process(struct process *process, int sig, const struct siginfo *info);
int signal_send_task(struct task *task, int sig, const struct siginfo *info);
int signal_send_group(s32 pgid, int sig, const struct siginfo *info);

/* The same with process_lock held. */
int signal_send_process_locked(struct process *process, int sig, const struct siginfo *info);
int signal_send_task_locked(struct task *task, int sig, const struct siginfo *info);
int signal_send_group_locked(s32 pgid, int sig, const struct siginfo *info);

/*
 * A fault of the current task in user mode: it gets sig with this code and address at once,
 * even when it blocks or ignores it (then the default action ends it). SIGSEGV, SIGBUS, SIGILL,
 * SIGFPE, SIGTRAP.
 */
void signal_force(int sig, int code, uva_t address);

/*
 * Take what is pending: build handler frames, stop, or end the process; and restart or fail the
 * interrupted system call. Called by trap/ on the way back to user mode while TIF_SIGPENDING is
 * set, with interrupts on and no lock. May not return.
 */
void signal_deliver(struct trap_frame *tf);

/*
 * Change the current task's mask (never SIGKILL, SIGSTOP), and see what may be taken now; what was to be
 * taken before and is blocked now other threads may take. No lock held.
 */
void signal_set_mask(u64 mask);

/*
 * The current thread is about to end: from now on it takes no signal of the process's, and what it was
 * to take others may. (SIGKILL ends all, whoever is told.) No lock held.
 */
void signal_thread_ends(void);

/*
 * A mask for the time of one call (ppoll, pselect6, rt_sigsuspend). end: with the call's result;
 * when a signal interrupted it the old mask comes back only after that signal's handler, else now.
 */
void signal_begin_temporary_mask(u64 mask);
void signal_end_temporary_mask(long result);

/*
 * Take one of the signals in set, which the caller blocks, without a handler; until deadline_ns
 * (clock_now_ns) at most. => its number; -EAGAIN: time is over; -EINTR: another signal came
 */
int signal_wait(u64 set, u64 deadline_ns, struct siginfo *info);

/* True when the current process does not see sig: it blocks or ignores it (tty job control). */
bool signal_is_ignored(int sig);

/*
 * Take one of the current task's signals outside mask off its queues, its own first. => its number, 0
 * for none; signal.lock held
 */
int signal_take_locked(u64 mask, struct siginfo *info);

/* Signals that nobody shall get any more; timers that sent one go on. => signal.lock held */
void signal_discard_locked(struct process *process, struct signal_queue *queue, u64 set);

/* Find out anew whether the task has something to take; TIF_SIGPENDING says so. => signal.lock */
void signal_recalculate_locked(struct task *task);

/* What a process that has no action of its own for sig does. */
enum signal_default { SIGNAL_TERMINATE, SIGNAL_IGNORE, SIGNAL_STOP, SIGNAL_CONTINUE };
enum signal_default signal_default_action(int sig);

/* True when a process with this action does not care about sig. */
static inline bool
signal_action_ignores(const struct sigaction *action, int sig)
{
	if (action->handler == SIG_DFL)
		return signal_default_action(sig) == SIGNAL_IGNORE;
	return action->handler == SIG_IGN;
}

/*
 * Queues (signal_queue.c). => signal.lock of the owner is held, or nobody else knows the queue.
 * put: a standard signal that is there already is not put twice, but for those of timers, which have
 * one queued each at most. A real-time one is queued each
 * time, unless max_queued signals of the whole system are: then one of kill(2) is there without
 * more being known of it, for others => -EAGAIN.
 * take: the lowest signal outside mask, faults first. => its number, 0 when there is none
 */
void signal_queue_init(struct signal_queue *queue);
int signal_queue_put(struct signal_queue *queue, int sig, const struct siginfo *info,
		     u64 max_queued);
int signal_queue_take(struct signal_queue *queue, u64 mask, struct siginfo *info);
/* Is the signal queued that the timer of this info sent? */
bool signal_queue_has_timer(const struct signal_queue *queue, const struct siginfo *info);
/* Throw away what is queued of the signals in set. */
void signal_queue_discard(struct signal_queue *queue, u64 set);
/* Take the oldest that a timer has sent, of the signals in set. => false: there is none */
bool signal_queue_take_timer(struct signal_queue *queue, u64 set, struct siginfo *info);
static inline void
signal_queue_flush(struct signal_queue *queue)
{
	signal_queue_discard(queue, ~0UL);
}
/* How many are queued with an info, in all queues. */
u64 signal_nr_queued(void);
void signal_queue_cache_init(void);

/*
 * Every thread of the process is to go, with this wait status (the first call decides).
 * => process_lock and signal.lock held
 */
void signal_begin_exit_locked(struct process *process, u32 status);

/* That thread alone is to end (exec by another one). => signal.lock held */
void signal_kill_thread_locked(struct task *task);

/* True when the current thread will not return to user mode: sleeps that other signals do not end do. */
bool signal_must_die(void);

/* Let a thread notice what was queued for it or its process. => signal.lock held */
void signal_kick_locked(struct task *task);

/* Is the group stop complete, now that a thread stopped or died? Then tell. => process_lock held */
void signal_note_stopped_locked(struct process *process);

/*
 * Tell the parent by SIGCHLD (of its death: by its exit signal, if any) and its wait queue that the
 * child stopped, went on or died. => process_lock held, no signal.lock
 */
void signal_notify_parent_locked(struct process *process, int code, int status);

/* Caches and hooks. */
void signal_init(void);

/* Save FP registers that are newer in the hart to current->fpu. tf: its registers in user mode */
void task_fpu_sync(struct trap_frame *tf);

/* Is `address` what this signal's siginfo has, or `pid` and its neighbours? */
bool signal_has_address(const struct siginfo *info);
/* ... or what a child's end or stop tells, by SIGCHLD or another signal? */
bool signal_is_of_child(const struct siginfo *info);

void signal_fill_siginfo(struct user_siginfo *user, const struct siginfo *info);

/* Write a handler's frame for info to the user stack and make tf enter it. => -EFAULT */
int sigframe_push(struct trap_frame *tf, const struct siginfo *info, const struct sigaction *action,
		  u64 saved_mask);
/* Undo it: registers, mask and alternate stack from the frame at tf->sp. => -EFAULT */
int sigframe_pop(struct trap_frame *tf);

/* Is this stack pointer in the current task's alternate stack? */
bool altstack_contains(uva_t sp);
/* What sigaltstack(2) tells a task whose stack pointer is sp. */
void altstack_get(uva_t sp, struct user_stack *stack);
/* sigaltstack(2) of a task whose stack pointer is sp. => 0; -EPERM, -EINVAL, -ENOMEM */
int altstack_set(uva_t sp, const struct user_stack *stack);
