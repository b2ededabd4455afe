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
 * and the sum is divided as the ticks are. Time that no tick has seen counts as user mode, as in
 * Linux. What was told once is never taken back: each part only grows. An idle hart has no tick.
 */
#include "sched/cputime.h"

#include "lib/compiler.h"

void
cputime_count(struct cputime *time, bool user)
{
	if (user)
		time->user_ticks++;
	else
		time->system_ticks++;
}

void
cputime_split(struct cputime *time, u64 total_ns)
{
	u64 system_ticks = time->system_ticks;
	u64 ticks = time->user_ticks + system_ticks;
	u64 system_ns = 0;

	/* The quotient first: total_ns * ticks would be too large after a day. */
	if (ticks)
		system_ns =
			total_ns / ticks * system_ticks + total_ns % ticks * system_ticks / ticks;
	system_ns = MAX(system_ns, time->system_ns);
	if (total_ns < system_ns || total_ns - system_ns < time->user_ns)
		system_ns = total_ns - time->user_ns;
	time->system_ns = system_ns;
	time->user_ns = total_ns - system_ns;
}
