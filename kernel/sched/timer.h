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

/* Clock interrupt, of user mode or the kernel: run what is due, set the next. */
void timer_interrupt(bool from_user);

/* Per hart, at its start. Finds out whether Sstc works. */
void timer_init_cpu(void);

/* What the scheduler of this hart waits for; 0 for nothing (tickless). */
enum timer_deadline {
	TIMER_SLICE, /* the end of the time slice: sched_tick() */
	TIMER_TICK,  /* the next sample of who uses the hart: sched_sample() */
	NR_TIMER_DEADLINES,
};
void timer_set_deadline(enum timer_deadline which, u64 deadline_ns);
