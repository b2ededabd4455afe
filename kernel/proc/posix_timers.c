#include "proc/posix_timers.h"

#include "core/clock.h"
#include "lib/compiler.h"
#include "mem/slab.h"
#include "proc/exit.h"
#include "proc/signal.h"

/*
 * A timer that comes to its end sends its signal, and rests until that is taken: then the ends that
 * it missed are counted, and it is armed for the next. So however short its interval, a timer costs
 * no more than the process that takes its signals, and has one of them queued at most. A signal
 * that nobody will take (it is ignored) does not stop the timer, but slows it down.
 *
 * Fields are guarded by the process's signal.lock: the taker has it. The clock interrupt also has
 * process_lock, for sending, and so does who takes a timer off the list. That comes first when one is
 * deleted: then it is not armed any more.
 *
 * A timer of processor time is never armed: the tick looks at all that go by the time of the process
 * it found (proc/timers.c), whoever made them. Its meter is read under process_lock; the taker, who
 * has not got that, goes by what it showed when it was last looked at.
 */

/* The least time between two ends of a timer whose signals are ignored. */
#define IGNORED_NS CLOCK_TICK_NS

struct posix_timer {
	struct list_head link;	   /* process->posix_timers */
	struct list_head cpu_link; /* T; cpu_timers of its meter's process */
	struct timer timer;
	struct process *process;
	struct timer_notice notice;
	u64 seen_ns; /* what a meter of processor time showed last */
	s32 id;
	u32 generation;	 /* of being set: signals of an earlier one do not count */
	u64 deadline_ns; /* 0: not armed */
	u64 interval_ns;
	s32 overrun; /* of the last signal that was taken */
};

static struct posix_timer *
timer_find_locked(struct process *process, s32 id)
{
	struct posix_timer *timer;

	list_for_each_entry(timer, &process->posix_timers, link)
		if (timer->id == id)
			return timer;
	return NULL;
}

static bool
timer_goes_by_time(const struct posix_timer *timer)
{
	return !timer->notice.meter.process;
}

/* What the meter shows. => process_lock and signal.lock held */
static u64
timer_read_locked(struct posix_timer *timer)
{
	if (timer_goes_by_time(timer))
		return clock_now_ns();
	timer->seen_ns = cpu_clock_read_locked(&timer->notice.meter);
	return timer->seen_ns;
}

/* Will its meter show nothing new any more? => process_lock held */
static bool
timer_has_ended_locked(const struct posix_timer *timer)
{
	return !timer_goes_by_time(timer) && cpu_clock_has_ended_locked(&timer->notice.meter);
}

/* The deadline has been moved: look for it. */
static void
timer_await(struct posix_timer *timer, u64 deadline_ns)
{
	if (timer_goes_by_time(timer))
		timer_arm(&timer->timer, deadline_ns);
}

/* Move the deadline to the first that lies after now. => how many lay between */
static u64
timer_forward(struct posix_timer *timer, u64 now)
{
	u64 missed;

	if (now < timer->deadline_ns)
		return 0;
	missed = (now - timer->deadline_ns) / timer->interval_ns;
	timer->deadline_ns += (missed + 1) * timer->interval_ns;
	return missed;
}

/* Is it over, and to be told? Too early it is armed again. => process_lock and signal.lock held */
static bool
timer_is_due_locked(struct posix_timer *timer)
{
	if (!list_is_linked(&timer->link) || !timer->deadline_ns || !timer->notice.signo)
		return false;
	if (timer_read_locked(timer) >= timer->deadline_ns)
		return true;
	timer_await(timer, timer->deadline_ns);
	return false;
}

/* Is the signal of this end on its way already? => signal.lock held */
static bool
timer_is_queued_locked(const struct posix_timer *timer, const struct siginfo *info)
{
	const struct task *task = timer->notice.task;

	return signal_queue_has_timer(task ? &task->pending : &timer->process->signal.shared, info);
}

/*
 * Its signal may have found nobody: then it goes on by itself. Meanwhile it may have been deleted
 * or set anew, or its signal was taken already, which has moved the deadline on.
 * => process_lock and signal.lock held
 */
static void
timer_sent_locked(struct posix_timer *timer, const struct siginfo *info)
{
	u64 now = timer_read_locked(timer);

	if (!list_is_linked(&timer->link) || timer->generation != info->timer_generation)
		return;
	if (!timer->deadline_ns || timer->deadline_ns > now || timer_is_queued_locked(timer, info))
		return;
	if (!timer->interval_ns) {
		timer->deadline_ns = 0;
		return;
	}
	timer_forward(timer, now);
	timer_await(timer, MAX(timer->deadline_ns, now + IGNORED_NS));
}

/* Send its signal if it is time and none is on its way. => process_lock held */
static void
timer_check_locked(struct posix_timer *timer)
{
	struct process_signals *signal = &timer->process->signal;
	struct siginfo info = {.signo = timer->notice.signo, .code = SI_TIMER};
	bool due;

	spin_lock(&signal->lock);
	info.pid = timer->id;
	info.value = timer->notice.value;
	info.timer = timer->id + 1;
	info.timer_generation = timer->generation;
	due = timer_is_due_locked(timer) && !timer_is_queued_locked(timer, &info);
	spin_unlock(&signal->lock);
	if (due) {
		if (timer->notice.task)
			signal_send_task_locked(timer->notice.task, info.signo, &info);
		else
			signal_send_process_locked(timer->process, info.signo, &info);
		spin_lock(&signal->lock);
		timer_sent_locked(timer, &info);
		spin_unlock(&signal->lock);
	}
}

static void
timer_expired(struct timer *clock)
{
	u64 flags = spin_lock_irqsave(&process_lock);

	timer_check_locked(container_of(clock, struct posix_timer, timer));
	spin_unlock_irqrestore(&process_lock, flags);
}

void
posix_timers_tick_locked(struct process *process)
{
	struct posix_timer *timer;

	list_for_each_entry(timer, &process->cpu_timers, cpu_link)
		timer_check_locked(timer);
}

void
posix_timer_taken_locked(struct process *process, struct siginfo *info)
{
	struct posix_timer *timer = timer_find_locked(process, info->timer - 1);
	u64 missed;

	if (!timer || timer->generation != info->timer_generation)
		return;
	timer->overrun = 0;
	if (timer->interval_ns) {
		missed = timer_forward(timer,
				       timer_goes_by_time(timer) ? clock_now_ns() : timer->seen_ns);
		timer->overrun = MIN(missed, (u64)INT32_MAX);
		timer_await(timer, timer->deadline_ns);
	} else {
		timer->deadline_ns = 0;
	}
	info->uid = timer->overrun;
}

void
posix_timers_discard_locked(struct process *process, struct signal_queue *queue, u64 set)
{
	struct siginfo info;

	while (signal_queue_take_timer(queue, set, &info))
		posix_timer_taken_locked(process, &info);
}

/* For what changes the list, or reads a meter. => for unlock() */
static u64
lock(struct process *process)
{
	u64 flags = spin_lock_irqsave(&process_lock);

	spin_lock(&process->signal.lock);
	return flags;
}

static void
unlock(struct process *process, u64 flags)
{
	spin_unlock(&process->signal.lock);
	spin_unlock_irqrestore(&process_lock, flags);
}

/* Take it off the list. => process_lock and signal.lock held */
static void
timer_unlink_locked(struct posix_timer *timer)
{
	list_del(&timer->link);
	if (!timer_goes_by_time(timer))
		list_del(&timer->cpu_link);
}

/* Give it a number and put it in the list. => the number, -EAGAIN */
static int
timer_publish(struct posix_timer *timer)
{
	struct process *process = current->process;
	u64 flags = lock(process);
	struct posix_timer *other;
	u64 nr = 0;

	list_for_each_entry(other, &process->posix_timers, link)
		nr++;
	if (nr >= process->rlimits[RLIMIT_SIGPENDING].cur) {
		unlock(process, flags);
		return -EAGAIN;
	}
	do
		timer->id = process->next_timer_id++ & INT32_MAX;
	while (timer_find_locked(process, timer->id));
	if (!timer->notice.has_value)
		timer->notice.value = timer->id;
	list_add_tail(&timer->link, &process->posix_timers);
	if (!timer_goes_by_time(timer))
		list_add_tail(&timer->cpu_link, &timer->notice.meter.process->cpu_timers);
	unlock(process, flags);
	return timer->id;
}

int
posix_timer_create(const struct timer_notice *notice)
{
	struct posix_timer *timer = kzalloc(sizeof(*timer), GFP_KERNEL);
	int id;

	if (!timer)
		return -EAGAIN;
	timer_init(&timer->timer, timer_expired);
	timer->process = current->process;
	timer->notice = *notice;
	id = timer_publish(timer);
	if (id < 0)
		kfree(timer);
	return id;
}

static void
timer_get_locked(struct posix_timer *timer, u64 *left_ns, u64 *interval_ns)
{
	u64 now = timer_read_locked(timer), deadline = timer->deadline_ns;

	*interval_ns = timer->interval_ns;
	*left_ns = deadline > now ? deadline - now : 0;
	if (timer_has_ended_locked(timer))
		*left_ns = 0;
	else if (deadline && deadline <= now && timer->interval_ns)
		*left_ns = timer->interval_ns - (now - deadline) % timer->interval_ns;
}

int
posix_timer_set(s32 id, bool armed, u64 first_ns, u64 interval_ns, u64 *old_left_ns,
		u64 *old_interval_ns)
{
	struct process *process = current->process;
	u64 flags = lock(process);
	struct posix_timer *timer = timer_find_locked(process, id);
	bool ended = timer && timer_has_ended_locked(timer);

	if (timer && !ended) {
		timer_get_locked(timer, old_left_ns, old_interval_ns);
		timer->generation++;
		timer->overrun = 0;
		timer->interval_ns = armed ? interval_ns : 0;
		timer->deadline_ns = armed ? timer_read_locked(timer) + first_ns : 0;
		if (armed)
			timer_await(timer, timer->deadline_ns);
	}
	spin_unlock(&process->signal.lock);
	/* It may be over already, and no tick come for long. */
	if (timer && !ended && !timer_goes_by_time(timer))
		timer_check_locked(timer);
	spin_unlock_irqrestore(&process_lock, flags);
	if (!timer)
		return -EINVAL;
	return ended ? -ESRCH : 0;
}

int
posix_timer_get(s32 id, u64 *left_ns, u64 *interval_ns)
{
	struct process *process = current->process;
	u64 flags = lock(process);
	struct posix_timer *timer = timer_find_locked(process, id);

	if (timer)
		timer_get_locked(timer, left_ns, interval_ns);
	unlock(process, flags);
	return timer ? 0 : -EINVAL;
}

int
posix_timer_clock(s32 id, s32 *clock, u64 *now_ns)
{
	struct process *process = current->process;
	u64 flags = lock(process);
	struct posix_timer *timer = timer_find_locked(process, id);

	if (timer) {
		*clock = timer->notice.clock;
		*now_ns = timer_read_locked(timer);
	}
	unlock(process, flags);
	return timer ? 0 : -EINVAL;
}

int
posix_timer_overrun(s32 id)
{
	struct process *process = current->process;
	u64 flags = spin_lock_irqsave(&process->signal.lock);
	struct posix_timer *timer = timer_find_locked(process, id);
	int overrun = timer ? timer->overrun : -EINVAL;

	spin_unlock_irqrestore(&process->signal.lock, flags);
	return overrun;
}

/* => it is in no list */
static void
timer_free(struct posix_timer *timer)
{
	timer_cancel(&timer->timer);
	if (timer->notice.task)
		task_put(timer->notice.task);
	cpu_clock_close(&timer->notice.meter);
	kfree(timer);
}

int
posix_timer_delete(s32 id)
{
	struct process *process = current->process;
	u64 flags = lock(process);
	struct posix_timer *timer = timer_find_locked(process, id);

	if (timer)
		timer_unlink_locked(timer);
	unlock(process, flags);
	if (!timer)
		return -EINVAL;
	timer_free(timer);
	return 0;
}

void
posix_timers_delete_all(struct process *process)
{
	struct posix_timer *timer;
	u64 flags;

	while (!list_empty(&process->posix_timers)) {
		flags = lock(process);
		timer = list_first_entry(&process->posix_timers, struct posix_timer, link);
		timer_unlink_locked(timer);
		unlock(process, flags);
		timer_free(timer);
	}
	flags = spin_lock_irqsave(&process->signal.lock);
	posix_timers_discard_locked(process, &process->signal.shared, ~0UL);
	posix_timers_discard_locked(process, &current->pending, ~0UL);
	signal_recalculate_locked(current);
	spin_unlock_irqrestore(&process->signal.lock, flags);
}
