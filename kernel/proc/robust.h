#pragma once

/* Locks of programs whose owner dies: a thread's list of those that it holds (set_robust_list(2)). */

#include "lib/types.h"

/*
 * The current thread leaves its address space: each lock in its list that is still its own is marked
 * FUTEX_OWNER_DIED, and one who waits for it wakes. Sleeps; no lock held.
 */
void robust_list_release(void);
