#include "proc/timers.h"

#include "core/clock.h"
#include "proc/posix_timers.h"
#include "proc/signal.h"
#include "sched/sched.h"

/*
 * ITIMER_REAL has a timer of its own. Those of processor time, and timer_create's, are looked at when the tick finds
 * their process running: they are late by one tick of a busy hart at most, never early.
 */

STATIC_ASSERT(ARRAY_SIZE(((struct process *)NULL)->itimers) == NR_ITIMERS);

static const int signals[NR_ITIMERS] = {SIGALRM, SIGVTALRM, SIGPROF};

/* The clock that a timer goes by. => process_lock held */
static u64
clock_of(struct process *process, enum itimer which)
{
	struct process_usage usage;

	if (which == ITIMER_REAL)
		return clock_now_ns();
	process_usage_get_locked(process, &usage);
	return usage.user_ns + (which == ITIMER_PROF ? usage.system_ns : 0);
}

/*
 * Send the signal if it is time; the next is due as if this one had not been late. => was it time? process_lock held
 */
static bool
itimer_check_locked(struct process *process, enum itimer which, u64 now)
{
	struct interval_timer *timer = &process->itimers[which];
	struct siginfo info = {.signo = signals[which], .code = SI_KERNEL};

	if (!timer->deadline_ns || now < timer->deadline_ns)
		return false;
	signal_send_process_locked(process, info.signo, &info);
	if (timer->interval_ns)
		timer->deadline_ns +=
			((now - timer->deadline_ns) / timer->interval_ns + 1) * timer->interval_ns;
	else
		timer->deadline_ns = 0;
	return true;
}

static bool
alarm_is_pending(struct process *process)
{
	return READ_ONCE(process->signal.shared.set) & SIG_BIT(SIGALRM);
}

/* => process_lock held */
static bool
alarm_is_ignored(const struct process *process)
{
	struct sigaction action = signal_action_get(process->signal.actions, SIGALRM);

	return signal_action_ignores(&action, SIGALRM);
}

/*
 * Nobody has taken the last alarm yet, or this one is ignored: the next can wait for a tick, and must, for with a short
 * interval the hart would never come to anything but to send alarms.
 */
static void
real_timer_expired(struct timer *timer)
{
	struct process *process = container_of(timer, struct process, real_timer);
	u64 flags = spin_lock_irqsave(&process_lock);
	u64 now = clock_now_ns(), deadline_ns;
	bool late = alarm_is_pending(process);
	bool sent = itimer_check_locked(process, ITIMER_REAL, now);
	bool waits = sent && (late || alarm_is_ignored(process));

	deadline_ns = process->itimers[ITIMER_REAL].deadline_ns;
	if (deadline_ns)
		timer_arm(timer, waits ? MAX(deadline_ns, now + CLOCK_TICK_NS) : deadline_ns);
	spin_unlock_irqrestore(&process_lock, flags);
}

static bool
cpu_timer_is_set(const struct process *process)
{
	return !list_empty(&process->cpu_timers) ||
	       READ_ONCE(process->itimers[ITIMER_VIRTUAL].deadline_ns) ||
	       READ_ONCE(process->itimers[ITIMER_PROF].deadline_ns);
}

/* The tick found a task of this process. */
static void
cpu_timers_tick(struct task *task)
{
	struct process *process = task->process;
	u64 flags;

	if (!process || !cpu_timer_is_set(process))
		return;
	flags = spin_lock_irqsave(&process_lock);
	for (enum itimer which = ITIMER_VIRTUAL; which < NR_ITIMERS; which++)
		itimer_check_locked(process, which, clock_of(process, which));
	posix_timers_tick_locked(process);
	spin_unlock_irqrestore(&process_lock, flags);
}

void
itimers_init(struct process *process)
{
	timer_init(&process->real_timer, real_timer_expired);
}

static void
itimer_get_locked(enum itimer which, u64 now, u64 *left_ns, u64 *interval_ns)
{
	struct interval_timer *timer = &current->process->itimers[which];
	u64 deadline = timer->deadline_ns;

	*left_ns = deadline ? (deadline > now ? deadline - now : 1) : 0;
	*interval_ns = timer->interval_ns;
}

void
itimer_get(enum itimer which, u64 *left_ns, u64 *interval_ns)
{
	u64 flags = spin_lock_irqsave(&process_lock);

	itimer_get_locked(which, clock_of(current->process, which), left_ns, interval_ns);
	spin_unlock_irqrestore(&process_lock, flags);
}

void
itimer_set(enum itimer which, u64 first_ns, u64 interval_ns, u64 *old_left_ns, u64 *old_interval_ns)
{
	struct process *process = current->process;
	struct interval_timer *timer = &process->itimers[which];
	u64 flags = spin_lock_irqsave(&process_lock);
	u64 now = clock_of(process, which);

	itimer_get_locked(which, now, old_left_ns, old_interval_ns);
	timer->interval_ns = first_ns ? interval_ns : 0;
	timer->deadline_ns = first_ns ? now + first_ns : 0;
	if (first_ns && which == ITIMER_REAL)
		timer_arm(&process->real_timer, timer->deadline_ns);
	spin_unlock_irqrestore(&process_lock, flags);
}

void
itimers_stop(struct process *process)
{
	u64 flags = spin_lock_irqsave(&process_lock);

	for (enum itimer which = 0; which < NR_ITIMERS; which++)
		process->itimers[which] = (struct interval_timer){};
	spin_unlock_irqrestore(&process_lock, flags);
	timer_cancel(&process->real_timer);
}

void INIT
itimers_hook(void)
{
	sched_sample_hook = cpu_timers_tick;
}
