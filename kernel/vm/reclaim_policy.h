#pragma once

/*
 * A replacement policy: which page goes? Chosen at boot by reclaim=NAME. All policies have the same
 * lists to work with (vm/lru.h) and the same hands (vm/shrink.c): candidates are taken from the old
 * end of an inactive list, and the policy says of each what becomes of it. One file each,
 * vm/policy_NAME.c.
 */

#include "vm/lru.h"

/* How a page was used since it was last looked at. */
#define USED_MAPPED (1U << 0) /* by a program that has it mapped: an accessed bit was set */
#define USED_CALL   (1U << 1) /* by a system call: PG_referenced */
#define USED_EXEC   (1U << 2) /* a program that may execute it has it mapped */

enum policy_verdict {
	POLICY_EVICT,
	POLICY_KEEP,	 /* to the young end of the inactive list */
	POLICY_ACTIVATE, /* ... of the active list */
};

struct reclaim_policy {
	const char *name;
	bool one_list; /* no page is ever active: refill() would have to bring it back */
	/* A system call uses the page. Cheap; any lock of rank below LRU may be held. */
	void (*touch)(struct page *page);
	/* nr candidates are about to be taken: see to it that the inactive list has some. */
	void (*refill)(struct lru *lru, enum lru_kind kind, u64 nr);
	/*
	 * => page locked, isolated; used: USED_*, which is forgotten when this returns. Spinlocks may be
	 * held: no sleep, nothing of vm/rmap.h.
	 */
	enum policy_verdict (*judge)(struct page *page, u32 used);
};

extern const struct reclaim_policy policy_lru, policy_fifo, policy_clock, policy_age;

/* The one that works now. */
extern const struct reclaim_policy *reclaim_policy;

/* => NULL: there is none of that name */
const struct reclaim_policy *reclaim_policy_find(const char *name);

/* Parts that policies share: does nothing; notes the use in PG_referenced. */
void policy_no_refill(struct lru *lru, enum lru_kind kind, u64 nr);
void policy_note_touch(struct page *page);

/* Once, at boot: reads reclaim=. */
void reclaim_policy_init(void);
