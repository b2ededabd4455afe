#pragma once

/*
 * Fault injection: allocations that fail although there is memory, so that the code after
 * a failure runs, too. docs/fault-injection.md is the user's side of it.
 */

#include "lib/compiler.h"
#include "lib/types.h"
#include "mem/gfp.h"

/*
 * One place where failures are made. A request passes the filters, then `space`, then every
 * interval-th one of the rest fails with `probability`, `times` times. The fields are set
 * without a lock; after a change of any, fault_attr_update() says whether there is work.
 */
struct fault_attr {
	const char *name;
	bool on; /* all that is looked at when nothing is to fail */

	u32 probability; /* per cent */
	u32 interval;
	s32 times;   /* failures left; -1: without end */
	s32 space;   /* bytes that still succeed */
	u32 verbose; /* 0: silent, 1: a line for each failure, 2: and a backtrace */

	bool task_filter;		/* only tasks with TIF_MAKE_IT_FAIL, outside interrupts */
	bool ignore_gfp_wait;		/* never requests that may sleep */
	bool ignore_gfp_highmem;	/* never requests for user pages */
	u32 min_order;			/* pages: never smaller ones */
	u32 min_size;			/* slab: never smaller ones */
	char cache[32];			/* slab: only this cache; empty: all */
	u64 require_start, require_end; /* a return address within it must be on the stack */
	u64 reject_start, reject_end;	/* none may be */

	u64 nr_requests; /* that came to the interval */
	u64 nr_failed;
};

extern struct fault_attr fail_page_alloc, failslab;

/* Recompute attr->on, after a change of its fields. */
void fault_attr_update(struct fault_attr *attr);

/*
 * The fields from "interval,probability,space,times".
 * => 0; -EINVAL, and nothing was changed
 */
int fault_attr_parse(struct fault_attr *attr, const char *text);

/* Act on the boot arguments fail_page_alloc= and failslab=. Before that nothing fails. */
void fault_inject_start(void);

bool fault_page_alloc_slow(gfp_t gfp, unsigned order);

/* => true: the allocator answers that there is no memory. Any context */
static inline bool
fault_page_alloc(gfp_t gfp, unsigned order)
{
	return unlikely(READ_ONCE(fail_page_alloc.on)) && fault_page_alloc_slow(gfp, order);
}
