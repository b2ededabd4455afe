#pragma once

/* ITIMER_REAL: SIGALRM after a while, once or again and again. */

#include "proc/process.h"

void real_timer_init(struct process *process);

/*
 * Set the current process's timer to first_ns from now (0: off) and then every interval_ns
 * (0: once). What it was before goes to *old_left_ns and *old_interval_ns.
 */
void real_timer_set(u64 first_ns, u64 interval_ns, u64 *old_left_ns, u64 *old_interval_ns);
void real_timer_get(u64 *left_ns, u64 *interval_ns);

/* For good: its process ends. */
void real_timer_stop(struct process *process);
