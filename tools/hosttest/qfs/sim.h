/*
 * The rest of the kernel for qfs on the host: memory, locks, time, one thread. The page cache, write-back
 * and the inode cache are the real ones; the disk (disk.h) is a simulation that can crash.
 */
#pragma once

#include "lib/types.h"

/* Once per test. */
void sim_init(void);

/* Nothing that the file system took is left. */
void sim_check_no_leaks(void);

/* Every n-th allocation of memory fails; 0: none. */
extern u64 sim_alloc_fail_one_in;

/* Print what printk() gets. */
extern bool sim_verbose;

/* Errors that printk() was told, and worse. */
extern u64 sim_nr_errors;

/* What another thread does while the one waits in vain. => false: nothing */
extern bool (*sim_idle)(void);

/* Simulated wall clock, advanced by every look at it. */
extern u64 sim_now_ns;
