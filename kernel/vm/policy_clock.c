/*
 * The clock: pages stand in a circle, the hand clears the accessed bit of each that has one, and
 * takes the first that has none. The list is the circle, cut open at the hand:
 *
 *	young end  ◄── back with its bit cleared ──  old end = hand
 *
 * One bit of history for each page, and no order beyond that.
 */

#include "vm/reclaim_policy.h"

static enum policy_verdict
clock_judge(struct page *page, u32 used)
{
	(void)page;
	return used & (USED_MAPPED | USED_CALL) ? POLICY_KEEP : POLICY_EVICT;
}

const struct reclaim_policy policy_clock = {
	.name = "clock",
	.one_list = true,
	.touch = policy_note_touch,
	.refill = policy_no_refill,
	.judge = clock_judge,
};
