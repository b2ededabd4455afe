#pragma once

/* One-shot timers, kept per hart in a tree by expiry; the hart's clock interrupt is set to the first. */

#include "lib/rbtree.h"
#include "lib/types.h"

struct timer {
	struct rb_node node;
	u64 expires_ns;
	void (*fn)(struct timer *timer); /* in the clock interrupt: short, does not sleep */
	u32 cpu;
	bool armed;
};

void timer_init(struct timer *timer, void (*fn)(struct timer *timer));

/* Call fn at expires_ns (clock_now_ns time) on this hart. Re-arms when armed already. Any context. */
void timer_arm(struct timer *timer, u64 expires_ns);

/* After this fn neither runs nor will run. Not from fn itself. => true when it was armed */
bool timer_cancel(struct timer *timer);

/* Clock interrupt: run what is due, set the next. */
void timer_interrupt(void);

/* Per hart, at its start. Finds out whether Sstc works. */
void timer_init_cpu(void);

/* This hart's next time-slice end; 0 for none (tickless). */
void timer_set_slice(u64 deadline_ns);
