#pragma once

/*
 * Clocks of processor time: of a process, or of one thread. Two have small numbers and are the
 * caller's own (CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID); all others are negative:
 *
 *	~number << 3 | (4: a thread's, else a process's) | part
 *
 * Number 0 is the caller. The part is 0 for all time in ticks, 1 for that in user mode in ticks, 2
 * for all of it; 3 would be a clock of a device, of which there is none.
 */

#include "proc/process.h"

/* The caller's own. */
#define CLOCK_PROCESS_CPUTIME 2
#define CLOCK_THREAD_CPUTIME  3

enum cpu_clock_part {
	CPU_CLOCK_ALL_TICKS,
	CPU_CLOCK_USER_TICKS,
	CPU_CLOCK_ALL,
	CPU_CLOCK_OTHER,
	CPU_CLOCK_PARTS = CPU_CLOCK_OTHER,
	CPU_CLOCK_THREAD = 4,
	CPU_CLOCK_KIND = CPU_CLOCK_THREAD | CPU_CLOCK_PARTS,
};

/* Whose time it is. */
struct cpu_clock {
	struct process *process; /* a reference; NULL: no such clock */
	struct task *task;	 /* a reference to one of its threads; NULL: all of them */
	bool user_only;
};

/* The process whose number is in a negative clock, or 0. */
static inline s32
cpu_clock_number(s32 clock)
{
	return ~(clock >> 3);
}

/*
 * The clock of that number. A thread's must be the caller's sibling; and when it is only read a
 * process may be called by the number of the thread that asks.
 * => 0: close it; -EINVAL: there is none, or its owner has gone
 */
int cpu_clock_open(s32 number, bool only_read, struct cpu_clock *clock);
void cpu_clock_close(struct cpu_clock *clock);

/* What it shows now. _locked => process_lock held */
u64 cpu_clock_read(const struct cpu_clock *clock);
u64 cpu_clock_read_locked(const struct cpu_clock *clock);

/* Has its owner gone, so that it stands for ever? => process_lock held */
bool cpu_clock_has_ended_locked(const struct cpu_clock *clock);
