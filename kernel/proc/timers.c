#include "proc/timers.h"

#include "core/clock.h"
#include "proc/signal.h"

static void
real_timer_expired(struct timer *timer)
{
	struct process *process = container_of(timer, struct process, real_timer);
	struct siginfo info = {.signo = SIGALRM, .code = SI_KERNEL};
	u64 now = clock_now_ns();
	u64 flags = spin_lock_irqsave(&process_lock);

	if (process->real_deadline_ns && now >= process->real_deadline_ns) {
		signal_send_process_locked(process, SIGALRM, &info);
		process->real_deadline_ns = 0;
		if (process->real_interval_ns)
			process->real_deadline_ns = now + process->real_interval_ns;
	}
	if (process->real_deadline_ns)
		timer_arm(timer, process->real_deadline_ns);
	spin_unlock_irqrestore(&process_lock, flags);
}

void
real_timer_init(struct process *process)
{
	timer_init(&process->real_timer, real_timer_expired);
}

static void
real_timer_get_locked(struct process *process, u64 *left_ns, u64 *interval_ns)
{
	u64 now = clock_now_ns();
	u64 deadline = process->real_deadline_ns;

	*left_ns = deadline ? (deadline > now ? deadline - now : 1) : 0;
	*interval_ns = process->real_interval_ns;
}

void
real_timer_get(u64 *left_ns, u64 *interval_ns)
{
	u64 flags = spin_lock_irqsave(&process_lock);

	real_timer_get_locked(current->process, left_ns, interval_ns);
	spin_unlock_irqrestore(&process_lock, flags);
}

void
real_timer_set(u64 first_ns, u64 interval_ns, u64 *old_left_ns, u64 *old_interval_ns)
{
	struct process *process = current->process;
	u64 flags = spin_lock_irqsave(&process_lock);

	real_timer_get_locked(process, old_left_ns, old_interval_ns);
	process->real_interval_ns = first_ns ? interval_ns : 0;
	process->real_deadline_ns = first_ns ? clock_now_ns() + first_ns : 0;
	if (first_ns)
		timer_arm(&process->real_timer, process->real_deadline_ns);
	spin_unlock_irqrestore(&process_lock, flags);
}

void
real_timer_stop(struct process *process)
{
	u64 flags = spin_lock_irqsave(&process_lock);

	process->real_deadline_ns = 0;
	process->real_interval_ns = 0;
	spin_unlock_irqrestore(&process_lock, flags);
	timer_cancel(&process->real_timer);
}
