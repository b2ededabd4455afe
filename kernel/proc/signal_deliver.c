#include "proc/signal.h"

#include "core/atomic.h"
#include "core/panic.h"
#include "proc/exit.h"
#include "proc/job_control.h"
#include "proc/trace.h"
#include "riscv/csr.h"
#include "sched/sched.h"

/*
 * Taking signals, on the way back to user mode.
 *
 *	signal_deliver
 *	   the process is to end   thread_exit, for good
 *	   it is to stop           sleep until SIGCONT or SIGKILL
 *	   take the next signal    ignore | stop | end | run the handler
 *	   nothing is left         restart the call that was interrupted
 *
 * A call that returned -ERESTART... is run again by stepping pc back to its ecall with
 * a0 as it was; when a handler runs first, that depends on SA_RESTART and on the call.
 * After that `cause` no longer says "system call", so that it happens once.
 *
 * Stopping is a matter of the whole process: the thread that takes the signal sets
 * signal.stop_signal, every thread that comes by here then sleeps, and the last one
 * to do so tells the parent.
 */

#define CAUSE_NO_SYSCALL   (~0UL)
#define INSN_ECALL_BYTES   4
#define NR_RESTART_SYSCALL 128

/* Called with the system call's result in a0, once. => what is to become of the call */
static void
syscall_rewind(struct trap_frame *tf)
{
	tf->a0 = tf->orig_a0;
	tf->pc -= INSN_ECALL_BYTES;
	tf->cause = CAUSE_NO_SYSCALL;
}

static void
restart_without_handler(struct trap_frame *tf)
{
	if (tf->cause != EXC_ECALL_U)
		return;
	switch ((s64)tf->a0) {
	case -ERESTARTSYS:
	case -ERESTARTNOINTR:
	case -ERESTARTNOHAND:
		syscall_rewind(tf);
		break;
	case -ERESTART_RESTARTBLOCK:
		syscall_rewind(tf);
		tf->a7 = NR_RESTART_SYSCALL;
		break;
	}
}

static void
restart_after_handler(struct trap_frame *tf, const struct sigaction *action)
{
	if (tf->cause != EXC_ECALL_U)
		return;
	switch ((s64)tf->a0) {
	case -ERESTARTSYS:
		if (!(action->flags & SA_RESTART)) {
			tf->a0 = -EINTR;
			break;
		}
		FALLTHROUGH;
	case -ERESTARTNOINTR:
		syscall_rewind(tf);
		break;
	case -ERESTARTNOHAND:
	case -ERESTART_RESTARTBLOCK:
		tf->a0 = -EINTR;
		break;
	}
	tf->cause = CAUSE_NO_SYSCALL;
}

/*
 * The default action of a stop signal: every thread is to stop, unless SIGCONT came after the signal
 * was taken.
 */
static void
stop_begin(int sig)
{
	struct process *process = current->process;
	struct process_signals *signal = &process->signal;
	struct task *task;
	u64 flags = spin_lock_irqsave(&process_lock);

	if (sig == SIGSTOP || !group_is_orphaned_locked(process->pgid, NULL)) {
		spin_lock(&signal->lock);
		if (signal->stop_dequeued && !signal->stop_signal && !process->exiting) {
			signal->stop_dequeued = false;
			signal->stop_signal = sig;
			signal->stop_generation++;
			signal->nr_stopped = 0;
			signal->stop_unreported = true;
			signal->continue_unreported = false;
			list_for_each_entry(task, &process->threads, thread_link)
				signal_kick_locked(task);
		}
		spin_unlock(&signal->lock);
	}
	spin_unlock_irqrestore(&process_lock, flags);
}

void
signal_note_stopped_locked(struct process *process)
{
	int sig;
	bool complete;

	spin_lock(&process->signal.lock);
	sig = process->signal.stop_signal;
	complete = sig && process->signal.nr_stopped == process->nr_threads;
	spin_unlock(&process->signal.lock);
	if (complete && process->nr_threads > 0)
		signal_notify_parent_locked(process, CLD_STOPPED, sig);
}

/* The current thread is counted for the stop in force. => its generation */
static u32
stop_join(struct process *process)
{
	u64 flags = spin_lock_irqsave(&process_lock);
	u32 generation;

	spin_lock(&process->signal.lock);
	process->signal.nr_stopped++;
	generation = process->signal.stop_generation;
	spin_unlock(&process->signal.lock);
	signal_note_stopped_locked(process);
	spin_unlock_irqrestore(&process_lock, flags);
	return generation;
}

/* It is to end although the stop goes on, which is one for the others alone from now on. */
static void
stop_leave(struct process *process, u32 generation)
{
	u64 flags = spin_lock_irqsave(&process->signal.lock);

	if (process->signal.stop_signal && process->signal.stop_generation == generation)
		process->signal.nr_stopped--;
	spin_unlock_irqrestore(&process->signal.lock, flags);
}

/*
 * Sleep while the stop is in force. It may be over, and another begun, before this thread runs
 * again: then return, to be counted for the other.
 */
static void
stop_wait(void)
{
	struct process *process = current->process;
	struct process_signals *signal = &process->signal;
	u32 generation = stop_join(process);

	for (;;) {
		task_set_state(TASK_STOPPED);
		if (!READ_ONCE(signal->stop_signal) || signal_must_die() ||
		    READ_ONCE(signal->stop_generation) != generation)
			break;
		schedule();
	}
	task_set_state(TASK_RUNNING);
	if (signal_must_die())
		stop_leave(process, generation);
}

/*
 * The next signal that needs something done, and its action as it was at that moment.
 * => 0 when there is none
 */
static int
take_next(struct siginfo *info, struct sigaction *action)
{
	struct process_signals *signal = &current->process->signal;
	u64 flags = spin_lock_irqsave(&signal->lock);
	int sig;

	for (;;) {
		sig = 0;
		if (signal->stop_signal || current->process->exiting)
			break;
		sig = signal_take_locked(current->sigmask, info);
		if (!sig)
			break;
		*action = signal_action_take(signal->actions, sig);
		if (!signal_action_ignores(action, sig))
			break;
	}
	if (sig && action->handler == SIG_DFL && signal_default_action(sig) == SIGNAL_STOP)
		signal->stop_dequeued = true;
	signal_recalculate_locked(current);
	spin_unlock_irqrestore(&signal->lock, flags);
	return sig;
}

static void
take_default(int sig)
{
	switch (signal_default_action(sig)) {
	case SIGNAL_STOP:
		stop_begin(sig);
		break;
	case SIGNAL_TERMINATE:
		process_begin_exit(sig);
		break;
	case SIGNAL_IGNORE:
	case SIGNAL_CONTINUE:
		break;
	}
}

static void
run_handler(struct trap_frame *tf, const struct siginfo *info, const struct sigaction *action)
{
	u64 saved = current->restore_sigmask ? current->saved_sigmask : current->sigmask;
	u64 mask = current->sigmask | action->mask;

	restart_after_handler(tf, action);
	if (sigframe_push(tf, info, action, saved) < 0) {
		if (info->signo == SIGSEGV)
			process_begin_exit(SIGSEGV);
		else
			signal_force(SIGSEGV, SI_KERNEL, 0);
		return;
	}
	current->restore_sigmask = false;
	if (!(action->flags & SA_NODEFER))
		mask |= SIG_BIT(info->signo);
	signal_set_mask(mask);
}

void
signal_deliver(struct trap_frame *tf)
{
	struct process *process = current->process;
	struct sigaction action;
	struct siginfo info;
	int sig;

	for (;;) {
		if (signal_must_die())
			thread_exit(process->exit_status);
		if (READ_ONCE(process->signal.stop_signal)) {
			stop_wait();
			continue;
		}
		sig = take_next(&info, &action);
		if (sig && (READ_ONCE(current->ti.flags) & TIF_TRACE))
			trace_signal(&info);
		if (sig && action.handler != SIG_DFL)
			run_handler(tf, &info, &action);
		else if (sig)
			take_default(sig);
		else if (!signal_must_die() && !READ_ONCE(process->signal.stop_signal))
			break;
	}
	restart_without_handler(tf);
	if (current->restore_sigmask) {
		current->restore_sigmask = false;
		signal_set_mask(current->saved_sigmask);
	}
}
