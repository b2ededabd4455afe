#include "syscall/timespec.h"

#include "core/clock.h"
#include "core/cpu.h"
#include "lib/compiler.h"
#include "proc/exit.h"
#include "proc/process.h"
#include "proc/timers.h"
#include "sched/cputime.h"
#include "syscall/futex_calls.h"
#include "syscall_proto.h"
#include "vm/usercopy.h"

#define USEC_PER_SEC (NSEC_PER_SEC / NSEC_PER_USEC)

struct user_timespec {
	s64 sec, nsec;
};

struct user_timeval {
	s64 sec, usec;
};

struct user_itimerval {
	struct user_timeval interval, value;
};

/* => -EINVAL */
static int
cpu_clock_read_once(int clock, u64 *ns)
{
	struct cpu_clock cpu;
	int err = cpu_clock_open(clock, true, &cpu);

	if (!err)
		*ns = cpu_clock_read(&cpu);
	cpu_clock_close(&cpu);
	return err;
}

int
clock_read(int clock, u64 *ns)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
		*ns = clock_realtime_ns();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
		*ns = clock_now_ns();
		return 0;
	default:
		return cpu_clock_read_once(clock, ns);
	}
}

/* Such a clock could only be read. */
static bool
clock_is_of_device(int clock)
{
	return clock < 0 && (clock & CPU_CLOCK_KIND) == CPU_CLOCK_OTHER;
}

int
clock_to_wait_by(int clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
		return 0;
	default:
		if (clock >= NR_CLOCKS)
			return -EINVAL;
		if (!clock_is_cpu_time(clock))
			return -EOPNOTSUPP;
		return clock_is_of_device(clock) ? -EOPNOTSUPP : 0;
	}
}

int
timespec_put(uva_t uva, u64 ns)
{
	struct user_timespec ts = {ns / NSEC_PER_SEC, ns % NSEC_PER_SEC};

	return copy_to_user(uva, &ts, sizeof(ts));
}

int
timespec_get(uva_t uva, u64 *ns)
{
	struct user_timespec ts;

	if (copy_from_user(&ts, uva, sizeof(ts)))
		return -EFAULT;
	if (ts.sec < 0 || ts.nsec < 0 || ts.nsec >= (s64)NSEC_PER_SEC)
		return -EINVAL;
	if ((u64)ts.sec >= FOREVER_NS / NSEC_PER_SEC)
		*ns = FOREVER_NS;
	else
		*ns = ts.sec * NSEC_PER_SEC + ts.nsec;
	return 0;
}

long
sys_clock_gettime(int clock, uva_t tp)
{
	u64 ns;
	int err = clock_read(clock, &ns);

	return err ? err : timespec_put(tp, ns);
}

long
sys_clock_getres(int clock, uva_t res)
{
	u64 ns = 1;

	if (clock >= NR_CLOCKS)
		return -EINVAL;
	if (clock < 0) {
		struct cpu_clock cpu;
		int err = cpu_clock_open(clock, false, &cpu);

		cpu_clock_close(&cpu);
		if (err)
			return err;
		if ((clock & CPU_CLOCK_PARTS) != CPU_CLOCK_ALL)
			ns = CLOCK_TICK_NS;
	}
	return res ? timespec_put(res, ns) : 0;
}

long
sys_gettimeofday(uva_t tv, uva_t tz)
{
	u64 ns = clock_realtime_ns();
	struct user_timeval now = {ns / NSEC_PER_SEC, ns % NSEC_PER_SEC / NSEC_PER_USEC};

	if (tv && copy_to_user(tv, &now, sizeof(now)))
		return -EFAULT;
	return tz ? clear_user(tz, 2 * sizeof(u32)) : 0;
}

static u64
saturating_add(u64 a, u64 b)
{
	return a > FOREVER_NS - MIN(b, FOREVER_NS) ? FOREVER_NS : a + b;
}

/* What a sleep goes by: processor time, or without a process that of the machine. => 0, -EINVAL, -EOPNOTSUPP */
static int
sleep_clock_open(int clock, struct cpu_clock *cpu)
{
	int err = clock_to_wait_by(clock);

	*cpu = (struct cpu_clock){};
	if (err || !clock_is_cpu_time(clock))
		return err;
	/* Its own would stand still while it sleeps. */
	if (clock < 0 && (clock & CPU_CLOCK_THREAD) &&
	    (!cpu_clock_number(clock) || cpu_clock_number(clock) == current->tid))
		return -EINVAL;
	return cpu_clock_open(clock, false, cpu);
}

/* Those of time all go at the same pace. */
static u64
sleep_clock_ns(const struct cpu_clock *cpu)
{
	return cpu->process ? cpu_clock_read(cpu) : clock_now_ns();
}

/*
 * A process's time on processors goes as fast as all its threads together: what is left of it cannot
 * pass before its share of one hart. So it is looked at then, but not more often than the tick does.
 */
static u64
sleep_length(const struct cpu_clock *cpu, u64 left_ns)
{
	return cpu->process ? MAX(left_ns / nr_cpus, CPUTIME_TICK_NS) : left_ns;
}

/* => 0; -EINTR when a signal ended the sleep before its time */
static int
sleep_until(const struct cpu_clock *cpu, u64 deadline_ns)
{
	u64 now;

	while ((now = sleep_clock_ns(cpu)) < deadline_ns) {
		if (signal_pending())
			return -EINTR;
		task_sleep_ns(sleep_length(cpu, deadline_ns - now), true);
	}
	return 0;
}

/* A sleep of a length: what is left is told, and restart_syscall() goes on with it. */
static long
sleep_relative(int clock, const struct cpu_clock *cpu, u64 deadline_ns, uva_t remain)
{
	u64 now;

	if (sleep_until(cpu, deadline_ns) == 0)
		return 0;
	now = sleep_clock_ns(cpu);
	if (remain && timespec_put(remain, deadline_ns > now ? deadline_ns - now : 0))
		return -EFAULT;
	current->restart = (struct call_restart){
		.kind = RESTART_SLEEP, .deadline_ns = deadline_ns, .uva = remain, .clock = clock};
	return -ERESTART_RESTARTBLOCK;
}

static long
sleep_restart(const struct call_restart *restart)
{
	struct cpu_clock cpu;
	long result = sleep_clock_open(restart->clock, &cpu);

	if (!result)
		result = sleep_relative(restart->clock, &cpu, restart->deadline_ns, restart->uva);
	cpu_clock_close(&cpu);
	return result;
}

long
sys_restart_syscall(void)
{
	const struct call_restart restart = current->restart;

	switch (restart.kind) {
	case RESTART_SLEEP:
		return sleep_restart(&restart);
	case RESTART_FUTEX:
		return futex_restart(&restart);
	case RESTART_NONE:
	default:
		return -EINTR;
	}
}

long
sys_nanosleep(uva_t request, uva_t remain)
{
	const struct cpu_clock none = {};
	u64 ns;
	int err = timespec_get(request, &ns);

	if (err)
		return err;
	return sleep_relative(CLOCK_MONOTONIC, &none, saturating_add(clock_now_ns(), ns), remain);
}

/* A sleep to a time that the clock will show. */
static long
sleep_absolute(int clock, const struct cpu_clock *cpu, u64 until_ns)
{
	u64 ns = sleep_clock_ns(cpu), shown = ns;

	if (clock == CLOCK_REALTIME)
		shown = clock_realtime_ns();
	if (until_ns <= shown)
		return 0;
	return sleep_until(cpu, saturating_add(ns, until_ns - shown)) ? -ERESTARTNOHAND : 0;
}

long
sys_clock_nanosleep(int clock, int flags, uva_t request, uva_t remain)
{
	struct cpu_clock cpu;
	u64 ns;
	int err = clock == CLOCK_THREAD_CPUTIME ? -EOPNOTSUPP : clock_to_wait_by(clock);

	if (!err)
		err = timespec_get(request, &ns);
	if (!err)
		err = sleep_clock_open(clock, &cpu);
	if (err)
		return err;
	if (flags & TIMER_ABSTIME)
		err = sleep_absolute(clock, &cpu, ns);
	else
		err = sleep_relative(clock, &cpu, saturating_add(sleep_clock_ns(&cpu), ns), remain);
	cpu_clock_close(&cpu);
	return err;
}

long
sys_sched_yield(void)
{
	sched_yield();
	return 0;
}

long
sys_times(uva_t buf)
{
	struct process *process = current->process;
	struct process_usage self, children;
	u64 flags;

	process_usage_get(process, &self);
	flags = spin_lock_irqsave(&process_lock);
	children = process->dead_children;
	spin_unlock_irqrestore(&process_lock, flags);
	if (buf) {
		u64 ticks[4] = {self.user_ns / CLOCK_TICK_NS, self.system_ns / CLOCK_TICK_NS,
				children.user_ns / CLOCK_TICK_NS,
				children.system_ns / CLOCK_TICK_NS};

		if (copy_to_user(buf, ticks, sizeof(ticks)))
			return -EFAULT;
	}
	return clock_now_ns() / CLOCK_TICK_NS;
}

static int
put_itimer(uva_t uva, u64 left_ns, u64 interval_ns)
{
	u64 left_us = DIV_ROUND_UP(left_ns, NSEC_PER_USEC);
	struct user_itimerval out = {
		.interval = {interval_ns / NSEC_PER_SEC,
			     interval_ns % NSEC_PER_SEC / NSEC_PER_USEC},
		.value = {left_us / USEC_PER_SEC, left_us % USEC_PER_SEC},
	};

	return copy_to_user(uva, &out, sizeof(out));
}

/* => false when it is not a time */
static bool
timeval_to_ns(const struct user_timeval *tv, u64 *ns)
{
	if (tv->sec < 0 || tv->usec < 0 || tv->usec >= 1000000)
		return false;
	if ((u64)tv->sec >= FOREVER_NS / NSEC_PER_SEC)
		*ns = FOREVER_NS / 2;
	else
		*ns = tv->sec * NSEC_PER_SEC + tv->usec * NSEC_PER_USEC;
	return true;
}

long
sys_getitimer(int which, uva_t value)
{
	u64 left_ns, interval_ns;

	if (which < 0 || which >= NR_ITIMERS)
		return -EINVAL;
	itimer_get(which, &left_ns, &interval_ns);
	return put_itimer(value, left_ns, interval_ns);
}

long
sys_setitimer(int which, uva_t value, uva_t old_value)
{
	struct user_itimerval fresh = {};
	u64 first_ns, interval_ns, old_left_ns, old_interval_ns;

	if (which < 0 || which >= NR_ITIMERS)
		return -EINVAL;
	if (value && copy_from_user(&fresh, value, sizeof(fresh)))
		return -EFAULT;
	if (!timeval_to_ns(&fresh.value, &first_ns) ||
	    !timeval_to_ns(&fresh.interval, &interval_ns))
		return -EINVAL;
	itimer_set(which, first_ns, interval_ns, &old_left_ns, &old_interval_ns);
	return old_value ? put_itimer(old_value, old_left_ns, old_interval_ns) : 0;
}
