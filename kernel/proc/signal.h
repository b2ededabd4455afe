#pragma once

/*
 * Sending and taking signals. A signal is sent to a process (any thread that does not
 * block it takes it) or to one thread; it is taken on the way back to user mode.
 */

#include "proc/process.h"
#include "proc/siginfo.h"

/*
 * Send sig with info (NULL: SI_USER from the current process) to a process, to one of its
 * threads, or to every process of a group. sig 0 only tests whether there is someone. Any
 * context; takes process_lock or signal.lock, so none of those may be held.
 * => 0; -ESRCH when the group has no process
 */
int signal_send_process(struct process *process, int sig, const struct siginfo *info);
int signal_send_task(struct task *task, int sig, const struct siginfo *info);
int signal_send_group(s32 pgid, int sig, const struct siginfo *info);

/* The same with process_lock held. */
int signal_send_process_locked(struct process *process, int sig, const struct siginfo *info);
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
struct trap_frame;
void signal_deliver(struct trap_frame *tf);

/* True when the current task is about to die: sleeps that ignore other signals end. */
bool signal_fatal_pending(void);

/* Change the current task's mask (never SIGKILL, SIGSTOP), and see what may be taken now. */
void signal_set_mask(u64 mask);

/*
 * A mask for the time of one call (ppoll, pselect6, rt_sigsuspend): the old one comes back when
 * the call returns to user mode, after the handler if one runs.
 */
void signal_set_temporary_mask(u64 mask);

/* True when the current process does not see sig: it blocks or ignores it (tty job control). */
bool signal_is_ignored(int sig);

/* Find out anew whether the task has something to take; TIF_SIGPENDING says so. => signal.lock */
void signal_recalculate_locked(struct task *task);

/* Throw away everything that is queued. */
void signal_queue_init(struct signal_queue *queue);
void signal_queue_flush(struct signal_queue *queue);

/* Caches and hooks. */
void signal_init(void);

/* Write a handler's frame for info to the user stack and make tf enter it. => -EFAULT */
int sigframe_push(struct trap_frame *tf, const struct siginfo *info, const struct sigaction *action,
		  u64 saved_mask);
/* Undo it: registers and mask from the frame at tf->sp. => -EFAULT */
int sigframe_pop(struct trap_frame *tf);
