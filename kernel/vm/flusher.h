#pragma once

/* The thread that writes old dirty pages, and more of them when there are many. */

#include "lib/types.h"

/* Wake it up: dirty pages are needed clean. Any context but interrupts. */
void flusher_kick(void);

/* Share of memory (in percent) from which it writes, from which writers wait; age of old pages. */
extern u32 dirty_background_ratio, dirty_ratio;
extern u64 dirty_expire_ns;
/* Change the age; what is older now is written at once. */
void dirty_expire_set(u64 ns);

/* Pages that may be dirty before writers wait, and before it writes: for /proc. */
u64 dirty_threshold(void);
u64 dirty_background_threshold(void);

/* Starts the thread. Once, in the init thread. */
void flusher_init(void);
