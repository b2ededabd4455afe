#include "proc/signal.h"

#include "core/atomic.h"
#include "core/clock.h"
#include "core/cpu.h"
#include "proc/posix_timers.h"

/*
 * Sending signals.
 *
 * What a signal will do is decided as early as it can be. One that the receiver ignores
 * is dropped here; one that ends it (default action, not blocked) starts the end of all
 * its threads here, so that even a sleep that waits for nothing but death wakes; stop
 * and continue cancel each other here. The rest is queued: the thread that finds it
 * (signal_deliver.c) does what is to be done. In a stopped process only SIGKILL acts at
 * once; all others wait for SIGCONT.
 *
 * init is special: it gets only what it has a handler for, and faults of its own.
 */

enum signal_default
signal_default_action(int sig)
{
	switch (sig) {
	case SIGCHLD:
	case SIGURG:
	case SIGWINCH:
		return SIGNAL_IGNORE;
	case SIGCONT:
		return SIGNAL_CONTINUE;
	case SIGSTOP:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		return SIGNAL_STOP;
	default:
		return SIGNAL_TERMINATE;
	}
}

static bool
task_must_die(const struct task *task)
{
	const struct process *process = task->process;
	const struct task *sole = READ_ONCE(process->sole_thread);

	return READ_ONCE(process->exiting) || (sole && sole != task);
}

bool
signal_must_die(void)
{
	return current->process && task_must_die(current);
}

void
signal_recalculate_locked(struct task *task)
{
	struct process_signals *signal = &task->process->signal;
	u64 ready = (task->pending.set | signal->shared.set) & ~task->sigmask;

	if (ready || signal->stop_signal || task_must_die(task))
		atomic_or32(&task->ti.flags, TIF_SIGPENDING);
	else
		atomic_fetch_and32(&task->ti.flags, ~TIF_SIGPENDING);
}

/*
 * Let task notice: TIF_SIGPENDING (and, by WAKE_KILL, that it is to end), out of sleep, out of user
 * mode on another hart.
 */
static void
task_kick(struct task *task, u32 wake_mask)
{
	u32 cpu;

	atomic_or32(&task->ti.flags,
		    wake_mask == WAKE_KILL ? TIF_SIGPENDING | TIF_KILLED : TIF_SIGPENDING);
	if (task_wake(task, wake_mask) || task == current)
		return;
	cpu = READ_ONCE(task->ti.cpu_id);
	if (READ_ONCE(task->on_cpu) && cpu != cpu_id())
		cpu_send_ipi(cpu);
}

void
signal_kick_locked(struct task *task)
{
	task_kick(task, WAKE_SIGNAL);
}

void
signal_kill_thread_locked(struct task *task)
{
	task_kick(task, WAKE_KILL);
}

void
signal_begin_exit_locked(struct process *process, u32 status)
{
	struct task *task;

	assert_spin_held(&process_lock);
	assert_spin_held(&process->signal.lock);
	if (process->exiting)
		return;
	process->exiting = true;
	process->exit_status = status;
	process->signal.stop_signal = 0;
	list_for_each_entry(task, &process->threads, thread_link)
		task_kick(task, WAKE_KILL);
}

/* A stopped or stopping process goes on. */
static void
process_continue_locked(struct process *process)
{
	struct process_signals *signal = &process->signal;
	struct task *task;

	signal->stop_dequeued = false;
	if (!signal->stop_signal)
		return;
	signal->stop_signal = 0;
	signal->stop_unreported = false;
	signal->continue_unreported = true;
	list_for_each_entry(task, &process->threads, thread_link)
		task_wake(task, 1U << TASK_STOPPED);
}

void
signal_discard_locked(struct process *process, struct signal_queue *queue, u64 set)
{
	posix_timers_discard_locked(process, queue, set);
	signal_queue_discard(queue, set);
}

/* SIGCONT and the stop signals cancel each other, whatever their actions are. */
static void
cancel_opposite_locked(struct process *process, int sig)
{
	u64 opposite = 0;
	struct task *task;

	if (sig == SIGCONT)
		opposite = SIG_ALL_STOP;
	else if (SIG_BIT(sig) & SIG_ALL_STOP)
		opposite = SIG_BIT(SIGCONT);
	if (!opposite)
		return;
	signal_discard_locked(process, &process->signal.shared, opposite);
	list_for_each_entry(task, &process->threads, thread_link)
		signal_discard_locked(process, &task->pending, opposite);
	if (sig == SIGCONT)
		process_continue_locked(process);
}

static bool
task_can_take(const struct task *task, int sig)
{
	return !(task->sigmask & SIG_BIT(sig));
}

/* The thread to tell about sig: the given one, or the first that does not block it. */
static struct task *
choose_thread(struct process *process, struct task *only, int sig)
{
	struct task *task;

	if (only)
		return task_can_take(only, sig) ? only : NULL;
	if (process == current->process && task_can_take(current, sig))
		return current;
	list_for_each_entry(task, &process->threads, thread_link) {
		if (task_can_take(task, sig))
			return task;
	}
	return NULL;
}

/* Nothing would come of it, now or later. */
static bool
signal_is_lost(struct process *process, struct task *taker, int sig)
{
	struct sigaction action = signal_action_get(process->signal.actions, sig);

	if (process->exiting || process->state != PROCESS_LIVE)
		return true;
	if (process == init_process && action.handler == SIG_DFL)
		return true;
	return taker && (signal_action_ignores(&action, sig) ||
			 (sig == SIGCONT && action.handler == SIG_DFL));
}

/* All who could take sig block it: does one wait for it? */
static void
wake_sigwait(struct process *process, struct task *only, int sig)
{
	struct task *task;

	list_for_each_entry(task, &process->threads, thread_link) {
		if ((task->sigwait & SIG_BIT(sig)) && (!only || only == task))
			task_wake(task, WAKE_SIGNAL);
	}
}

/*
 * Signals of the set that any thread might take and the current one will not after all: whoever can
 * is told of them.
 */
static void
offer_to_others(u64 set)
{
	struct process *process = current->process;
	u64 flags = spin_lock_irqsave(&process_lock);
	struct task *task;

	spin_lock(&process->signal.lock);
	set &= process->signal.shared.set;
	for (; set; set &= set - 1) {
		int sig = __builtin_ctzl(set) + 1;

		task = choose_thread(process, NULL, sig);
		if (task)
			task_kick(task, WAKE_SIGNAL);
		else
			wake_sigwait(process, NULL, sig);
	}
	spin_unlock(&process->signal.lock);
	spin_unlock_irqrestore(&process_lock, flags);
}

void
signal_thread_ends(void)
{
	struct process_signals *signal = &current->process->signal;
	u64 flags, untaken;

	if (READ_ONCE(current->process->nr_threads) == 1)
		return;
	flags = spin_lock_irqsave(&signal->lock);
	untaken = signal->shared.set & ~current->sigmask;
	current->sigmask = ~SIG_BIT(SIGKILL);
	spin_unlock_irqrestore(&signal->lock, flags);
	if (untaken)
		offer_to_others(untaken);
}

/* Does sig, which somebody can take, end the process at once? */
static bool
signal_is_fatal_now(struct process *process, int sig)
{
	if (signal_action_get(process->signal.actions, sig).handler != SIG_DFL ||
	    signal_default_action(sig) != SIGNAL_TERMINATE)
		return false;
	return sig == SIGKILL || !process->signal.stop_signal;
}

static int
send_locked(struct process *process, struct task *only, int sig, const struct siginfo *info)
{
	u64 max_queued = READ_ONCE(process->rlimits[RLIMIT_SIGPENDING].cur);
	struct task *taker;
	int error;

	cancel_opposite_locked(process, sig);
	taker = choose_thread(process, only, sig);
	if (signal_is_lost(process, taker, sig))
		return 0;
	if (taker && signal_is_fatal_now(process, sig)) {
		signal_begin_exit_locked(process, sig);
		return 0;
	}
	error = signal_queue_put(only ? &only->pending : &process->signal.shared, sig, info,
				 max_queued);
	if (error)
		return error;
	if (taker)
		task_kick(taker, WAKE_SIGNAL);
	else
		wake_sigwait(process, only, sig);
	return 0;
}

/* => 0; -EAGAIN; process_lock held */
static int
send(struct process *process, struct task *only, int sig, const struct siginfo *info)
{
	struct siginfo own = {.signo = sig, .code = only ? SI_TKILL : SI_USER};
	bool continued;
	int error;

	assert_spin_held(&process_lock);
	if (sig == 0)
		return 0;
	if (!info && current->process)
		own.pid = current->process->pid;
	spin_lock(&process->signal.lock);
	continued = sig == SIGCONT && process->signal.stop_signal;
	error = send_locked(process, only, sig, info ? info : &own);
	spin_unlock(&process->signal.lock);
	if (continued)
		signal_notify_parent_locked(process, CLD_CONTINUED, SIGCONT);
	return error;
}

int
signal_send_process_locked(struct process *process, int sig, const struct siginfo *info)
{
	return send(process, NULL, sig, info);
}

int
signal_send_process(struct process *process, int sig, const struct siginfo *info)
{
	u64 flags = spin_lock_irqsave(&process_lock);
	int error = send(process, NULL, sig, info);

	spin_unlock_irqrestore(&process_lock, flags);
	return error;
}

int
signal_send_task_locked(struct task *task, int sig, const struct siginfo *info)
{
	return list_is_linked(&task->thread_link) ? send(task->process, task, sig, info) : 0;
}

int
signal_send_task(struct task *task, int sig, const struct siginfo *info)
{
	int error;
	u64 flags;

	if (!task->process)
		return -EPERM;
	flags = spin_lock_irqsave(&process_lock);
	error = signal_send_task_locked(task, sig, info);
	spin_unlock_irqrestore(&process_lock, flags);
	return error;
}

int
signal_send_group_locked(s32 pgid, int sig, const struct siginfo *info)
{
	struct process *process = process_group_next(pgid, NULL);

	if (!process)
		return -ESRCH;
	for (; process; process = process_group_next(pgid, process))
		send(process, NULL, sig, info);
	return 0;
}

int
signal_send_group(s32 pgid, int sig, const struct siginfo *info)
{
	u64 flags = spin_lock_irqsave(&process_lock);
	int err = signal_send_group_locked(pgid, sig, info);

	spin_unlock_irqrestore(&process_lock, flags);
	return err;
}

void
signal_force(int sig, int code, uva_t address)
{
	struct process *process = current->process;
	struct siginfo info = {.signo = sig, .code = code, .address = address};
	u64 flags = spin_lock_irqsave(&process->signal.lock);
	bool blocked = current->sigmask & SIG_BIT(sig);

	signal_action_unignore(process->signal.actions, sig, blocked);
	current->sigmask &= ~SIG_BIT(sig);
	signal_queue_put(&current->pending, sig, &info, RLIM_INFINITY);
	atomic_or32(&current->ti.flags, TIF_SIGPENDING);
	spin_unlock_irqrestore(&process->signal.lock, flags);
}

void
signal_notify_parent_locked(struct process *process, int code, int status)
{
	struct process *parent = process->parent;
	struct siginfo info = {.signo = SIGCHLD, .code = code};
	struct sigaction action;
	struct process_usage usage;
	bool dead = code != CLD_STOPPED && code != CLD_CONTINUED;
	int sig = dead ? process->exit_signal : SIGCHLD;
	bool quiet;

	assert_spin_held(&process_lock);
	if (!parent)
		return;
	info.pid = process->pid;
	info.status = status;
	process_usage_get_locked(process, &usage);
	info.utime = usage.user_ns / CLOCK_TICK_NS;
	info.stime = usage.system_ns / CLOCK_TICK_NS;
	action = signal_action_get(parent->signal.actions, SIGCHLD);
	if (sig == SIGCHLD)
		quiet = action.handler == SIG_IGN || ((action.flags & SA_NOCLDSTOP) && !dead);
	else
		quiet = sig > NSIG;
	if (!quiet)
		send(parent, NULL, sig, &info);
	wake_up_all(&parent->child_wq);
}

bool
signal_is_ignored(int sig)
{
	struct process *process = current->process;

	return (current->sigmask & SIG_BIT(sig)) ||
	       signal_action_get(process->signal.actions, sig).handler == SIG_IGN;
}

void
signal_set_mask(u64 mask)
{
	struct process_signals *signal = &current->process->signal;
	u64 flags = spin_lock_irqsave(&signal->lock);
	u64 refused = signal->shared.set & mask & ~current->sigmask;

	current->sigmask = mask & ~SIG_UNSTOPPABLE;
	signal_recalculate_locked(current);
	spin_unlock_irqrestore(&signal->lock, flags);
	if (unlikely(refused) && READ_ONCE(current->process->nr_threads) > 1)
		offer_to_others(refused);
}

int
signal_take_locked(u64 mask, struct siginfo *info)
{
	struct process *process = current->process;
	int sig = signal_queue_take(&current->pending, mask, info);

	if (!sig)
		sig = signal_queue_take(&process->signal.shared, mask, info);
	if (sig && unlikely(info->timer))
		posix_timer_taken_locked(process, info);
	return sig;
}

/* => the signal that was taken, 0 for none */
static int
take_waited(u64 set, struct siginfo *info)
{
	struct process_signals *signal = &current->process->signal;
	u64 flags = spin_lock_irqsave(&signal->lock);
	int sig = signal_take_locked(~set, info);

	current->sigwait = sig ? 0 : set;
	spin_unlock_irqrestore(&signal->lock, flags);
	return sig;
}

int
signal_wait(u64 set, u64 deadline_ns, struct siginfo *info)
{
	int result;

	for (;;) {
		task_set_state(TASK_INTERRUPTIBLE);
		result = take_waited(set, info);
		if (!result && signal_pending())
			result = -EINTR;
		if (!result && clock_now_ns() >= deadline_ns)
			result = -EAGAIN;
		if (result)
			break;
		task_sleep_until(deadline_ns);
	}
	task_set_state(TASK_RUNNING);
	current->sigwait = 0;
	return result;
}

void
signal_begin_temporary_mask(u64 mask)
{
	current->saved_sigmask = current->sigmask;
	signal_set_mask(mask);
}

void
signal_end_temporary_mask(long result)
{
	bool interrupted = result == -EINTR || result == -ERESTARTSYS ||
			   result == -ERESTARTNOHAND || result == -ERESTART_RESTARTBLOCK;

	if (interrupted && signal_pending())
		current->restore_sigmask = true;
	else
		signal_set_mask(current->saved_sigmask);
}

void INIT
signal_init(void)
{
	signal_queue_cache_init();
}
