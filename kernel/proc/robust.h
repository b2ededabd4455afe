#pragma once

/* Locks of programs whose owner dies: a thread's list of those that it holds (set_robust_list(2)). */

#include "lib/types.h"

#define ROBUST_HEAD_BYTES 24UL /* struct robust_list_head */

/*
 * The current thread leaves its address space: each lock in its list that is still its own is marked
 * FUTEX_OWNER_DIED, and one who waits for it wakes. Sleeps; no lock held.
 */
void robust_list_release(void);
