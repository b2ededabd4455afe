/*
 * Ageing: the clock with a longer memory. Each page has eight bits of history; whenever the hand
 * comes by they move right, and the accessed bit comes in from the left:
 *
 *	used now, not used the last time, used the time before	101.....
 *
 * A page whose eight bits are all 0 goes; and so does one whose last use lies AGE_SHORT rounds of the
 * hand back. The more bits count, the longer one single use keeps a page.
 */

#include "vm/reclaim_policy.h"

#define AGE_BITS 8
/* Rounds of the hand without any use that a page survives. */
#define AGE_SHORT 2

static enum policy_verdict
age_judge(struct page *page, u32 used)
{
	bool now = used & (USED_MAPPED | USED_CALL);

	page->lru_age = page->lru_age >> 1 | now << (AGE_BITS - 1);
	return page->lru_age >> (AGE_BITS - AGE_SHORT) ? POLICY_KEEP : POLICY_EVICT;
}

const struct reclaim_policy policy_age = {
	.name = "age",
	.one_list = true,
	.touch = policy_note_touch,
	.refill = policy_no_refill,
	.judge = age_judge,
};
