#pragma once

/* Messages that a bad device could repeat for ever: so many in a while, then silence. */

#include "core/clock.h"
#include "core/printk.h"
#include "lib/types.h"

#define RATELIMIT_WINDOW_NS (5 * NSEC_PER_SEC)
#define RATELIMIT_BURST	    10

struct ratelimit {
	u64 window_start_ns;
	u32 nr_printed;
	u32 nr_missed; /* since the last one that was printed */
};

/*
 * => true: print now. It has said itself, for `who`, how many were left out before. A race costs a
 * message at most.
 */
static inline bool
ratelimit_ok(struct ratelimit *limit, const char *who)
{
	u64 now = clock_now_ns();

	if (limit->window_start_ns == 0 || now - limit->window_start_ns > RATELIMIT_WINDOW_NS) {
		limit->window_start_ns = now;
		limit->nr_printed = 0;
	}
	if (limit->nr_printed >= RATELIMIT_BURST) {
		limit->nr_missed++;
		return false;
	}
	limit->nr_printed++;
	if (limit->nr_missed)
		pr_err("%s: %u messages like the next were left out", who, limit->nr_missed);
	limit->nr_missed = 0;
	return true;
}
