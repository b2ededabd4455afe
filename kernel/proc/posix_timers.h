#pragma once

/* timer_create(2): timers of a process, each of which sends a signal that says which one it was. */

#include "proc/cpu_clock.h"

/* How a timer tells that its time has come. */
struct timer_notice {
	s32 signo;	   /* 0: not at all */
	struct task *task; /* a reference to the thread that gets it; NULL: the process does */
	bool has_value;	   /* else the value is the timer's number */
	u64 value;
	s32 clock; /* by which its times are given; the caller's to know */
	/* What they are measured by: processor time; without a process that of the machine. */
	struct cpu_clock meter;
};

/*
 * A timer of the current process, not armed; takes over the notice's references when it succeeds.
 * => its number; -EAGAIN: as many as RLIMIT_SIGPENDING allows, or no memory
 */
int posix_timer_create(const struct timer_notice *notice);

/* All of these are about a timer of the current process. => -EINVAL when it has none of that number */

/*
 * To fire first_ns from now, 0: at once, and then every interval_ns, 0: once; armed false: not at
 * all. What it was before goes to *old_left_ns (0: it was not armed) and *old_interval_ns.
 * => also -ESRCH: whose processor time it goes by has gone
 */
int posix_timer_set(s32 id, bool armed, u64 first_ns, u64 interval_ns, u64 *old_left_ns,
		    u64 *old_interval_ns);
/* The clock of its notice; and what its meter shows now. */
int posix_timer_clock(s32 id, s32 *clock, u64 *now_ns);
/* How long until its next end, 0 when it has none, or none will come; of one that is over and not taken, until the one after it. */
int posix_timer_get(s32 id, u64 *left_ns, u64 *interval_ns);

/* => how often it had come to its end again before its last signal was taken */
int posix_timer_overrun(s32 id);
int posix_timer_delete(s32 id);

/* A signal that info->timer sent is taken: fill in how often, and let it go on. => signal.lock held */
void posix_timer_taken_locked(struct process *process, struct siginfo *info);
/* What timers have sent, of the signals in set, is off the queue as if it was taken. => signal.lock held */
void posix_timers_discard_locked(struct process *process, struct signal_queue *queue, u64 set);

/* Send what is due of those that go by its processor time: the tick found the process. => process_lock held */
void posix_timers_tick_locked(struct process *process);

/* All timers of the process go: it execs, or ends. No lock held. */
void posix_timers_delete_all(struct process *process);
