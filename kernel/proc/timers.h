#pragma once

/* setitimer(2): a signal after a while, once or again and again. */

#include "proc/process.h"

/* SIGALRM; SIGVTALRM by the process's time in user mode; SIGPROF by all its processor time. */
enum itimer { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF, NR_ITIMERS };

/* All off. => nobody else knows the process yet */
void itimers_init(struct process *process);

/*
 * Set a timer of the current process to first_ns from now (0: off) and then every interval_ns
 * (0: once). What it was before goes to *old_left_ns and *old_interval_ns.
 */
void itimer_set(enum itimer which, u64 first_ns, u64 interval_ns, u64 *old_left_ns,
		u64 *old_interval_ns);
/* One of the current process: how long until its next signal (0: off), and from then on. */
void itimer_get(enum itimer which, u64 *left_ns, u64 *interval_ns);

/* For good: its process ends. */
void itimers_stop(struct process *process);

/* Hear of each tick of processor time from now on. Once, at boot. */
void itimers_hook(void);
