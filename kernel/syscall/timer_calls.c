/* timer_create(2) and what belongs to it: proc/posix_timers.c does it. */
#include "core/clock.h"
#include "lib/compiler.h"
#include "proc/posix_timers.h"
#include "proc/signal.h"
#include "syscall/timespec.h"
#include "syscall_proto.h"
#include "vm/usercopy.h"

/* What happens when the time has come. */
enum notify { NOTIFY_SIGNAL, NOTIFY_NONE, NOTIFY_THREAD, NOTIFY_THREAD_ID = 4 };

struct user_sigevent {
	u64 value;
	s32 signo, notify;
	s32 tid;
	u32 rest[11];
};
STATIC_ASSERT(sizeof(struct user_sigevent) == 64);

#define ITIMERSPEC_VALUE 16 /* struct itimerspec: interval, value */

/* A thread of the caller's process, with a reference. => NULL */
static struct task *
own_thread(s32 tid)
{
	struct task *task = tid > 0 ? task_find(tid) : NULL;

	if (task && task->process != current->process) {
		task_put(task);
		task = NULL;
	}
	return task;
}

/* => 0, -EINVAL */
static int
notice_from_event(struct timer_notice *notice, const struct user_sigevent *event)
{
	*notice = (struct timer_notice){
		.signo = event->signo, .has_value = true, .value = event->value};
	if (event->notify == NOTIFY_NONE) {
		notice->signo = 0;
		return 0;
	}
	if (event->notify != NOTIFY_SIGNAL && event->notify != NOTIFY_THREAD &&
	    event->notify != NOTIFY_THREAD_ID)
		return -EINVAL;
	if (event->signo <= 0 || event->signo > NSIG)
		return -EINVAL;
	if (event->notify == NOTIFY_THREAD_ID)
		notice->task = own_thread(event->tid);
	return event->notify == NOTIFY_THREAD_ID && !notice->task ? -EINVAL : 0;
}

long
sys_timer_create(int clock, uva_t sevp, uva_t timerid)
{
	struct timer_notice notice = {.signo = SIGALRM};
	struct user_sigevent event;
	int err, id;

	if (sevp && copy_from_user(&event, sevp, sizeof(event)))
		return -EFAULT;
	err = clock_to_wait_by(clock);
	if (!err && sevp)
		err = notice_from_event(&notice, &event);
	notice.clock = clock;
	if (!err && clock_is_cpu_time(clock))
		err = cpu_clock_open(clock, false, &notice.meter);
	id = err ? err : posix_timer_create(&notice);
	if (id < 0) {
		cpu_clock_close(&notice.meter);
		if (notice.task)
			task_put(notice.task);
		return id;
	}
	if (put_user_u32(timerid, id)) {
		posix_timer_delete(id);
		return -EFAULT;
	}
	return 0;
}

/* => -EFAULT */
static int
put_itimerspec(uva_t uva, u64 left_ns, u64 interval_ns)
{
	int err = timespec_put(uva, interval_ns);

	return err ? err : timespec_put(uva + ITIMERSPEC_VALUE, left_ns);
}

long
sys_timer_gettime(int id, uva_t value)
{
	u64 left_ns, interval_ns;
	int err = posix_timer_get(id, &left_ns, &interval_ns);

	return err ? err : put_itimerspec(value, left_ns, interval_ns);
}

/*
 * What is left until a time of the timer's clock, whose meter shows now. A clock that can be set goes at
 * the meter's pace, but shows another time.
 */
static u64
time_left(u64 absolute_ns, int clock, u64 now)
{
	if (clock == CLOCK_REALTIME)
		clock_read(clock, &now);
	return absolute_ns > now ? absolute_ns - now : 0;
}

long
sys_timer_settime(int id, int flags, uva_t value, uva_t old_value)
{
	u64 first_ns, interval_ns, old_left_ns, old_interval_ns, now;
	bool armed;
	int err, clock;

	if (!value)
		return -EINVAL;
	err = timespec_get(value, &interval_ns);
	if (!err)
		err = timespec_get(value + ITIMERSPEC_VALUE, &first_ns);
	if (!err)
		err = posix_timer_clock(id, &clock, &now);
	if (err)
		return err;
	armed = first_ns != 0;
	if (flags & TIMER_ABSTIME)
		first_ns = time_left(first_ns, clock, now);
	/* Sums with the time since boot must not wrap. */
	err = posix_timer_set(id, armed, MIN(first_ns, FOREVER_NS / 2),
			      MIN(interval_ns, FOREVER_NS / 2), &old_left_ns, &old_interval_ns);
	if (!err && old_value)
		err = put_itimerspec(old_value, old_left_ns, old_interval_ns);
	return err;
}

long
sys_timer_getoverrun(int id)
{
	return posix_timer_overrun(id);
}

long
sys_timer_delete(int id)
{
	return posix_timer_delete(id);
}
