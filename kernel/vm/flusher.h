#pragma once

/* The thread that writes old dirty pages, and more of them when there are many. */

#include "lib/types.h"

/* Wake it up: dirty pages are needed clean. Any context but interrupts. */
void flusher_kick(void);

/* How much memory may be dirty: a share of what is usable, or so many bytes. The other is 0. */
struct dirty_bound {
	u32 percent;
	u64 bytes;
};

/* From where on it writes, from where on writers wait. Setting one of the two resets the other. => -EINVAL */
extern struct dirty_bound dirty_background, dirty_hard;
int dirty_bound_set_percent(struct dirty_bound *bound, u64 percent);
int dirty_bound_set_bytes(struct dirty_bound *bound, u64 bytes);

/* Age of old pages. */
extern u64 dirty_expire_ns;
/* Change the age; what is older now is written at once. */
void dirty_expire_set(u64 ns);

/* Pages that may be dirty before writers wait, and before it writes: for /proc. */
u64 dirty_threshold(void);
u64 dirty_background_threshold(void);

/* Starts the thread. Once, in the init thread. */
void flusher_init(void);
