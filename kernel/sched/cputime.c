/*
 * How much of the time that somebody ran was user mode?
 *
 * The sum is known exactly: the scheduler reads the clock at each switch. To read it at each way
 * into the kernel and out of it, too, would cost the shortest system call a tenth, so the parts are
 * estimated. While a hart is busy a tick every 10 ms notes what it interrupted:
 *
 *	user mode   ------          --------------                ------
 *	kernel            ----------              ----------------
 *	tick           ^       ^        ^       ^       ^       ^       ^
 *	               u       s        u       s       s       s       u
 *
 * and all time since the last tick counts as what this one found: a tick comes late when the host runs
 * something else, and then stands for more. The sum is divided as those parts are. Time that no tick
 * has seen counts as user mode, as in Linux. What was told once is never taken back: each part only
 * grows. An idle hart has no tick.
 */
#include "sched/cputime.h"

#include "lib/compiler.h"

/* Small enough for a product of two in cputime_split(), after years. */
#define UNIT_SHIFT 20

void
cputime_count(struct cputime *time, u64 total_ns, bool user)
{
	u64 units = (total_ns - time->seen_ns) >> UNIT_SHIFT;

	time->seen_ns += units << UNIT_SHIFT;
	if (user)
		time->user_units += units;
	else
		time->system_units += units;
}

u64
cputime_user_seen_ns(const struct cputime *time)
{
	return time->user_units << UNIT_SHIFT;
}

void
cputime_split(struct cputime *time, u64 total_ns)
{
	u64 system_units = time->system_units;
	u64 units = time->user_units + system_units;
	u64 system_ns = 0;

	/* Another hart may know less of a thread that runs than was told already. */
	total_ns = MAX(total_ns, time->user_ns + time->system_ns);
	/* The quotient first: total_ns * units would be too large after an hour. */
	if (units)
		system_ns =
			total_ns / units * system_units + total_ns % units * system_units / units;
	system_ns = MAX(system_ns, time->system_ns);
	if (total_ns < system_ns || total_ns - system_ns < time->user_ns)
		system_ns = total_ns - time->user_ns;
	time->system_ns = system_ns;
	time->user_ns = total_ns - system_ns;
}
