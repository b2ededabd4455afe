/*
 * First in, first out: what has been here longest goes, used or not. Costs nothing, and is the
 * measure of what the others are worth. It has Belady's anomaly: more memory can mean more faults.
 */

#include "vm/reclaim_policy.h"

static void
fifo_touch(struct page *page)
{
	(void)page;
}

static enum policy_verdict
fifo_judge(struct page *page, u32 used)
{
	(void)page;
	(void)used;
	return POLICY_EVICT;
}

const struct reclaim_policy policy_fifo = {
	.name = "fifo",
	.one_list = true,
	.touch = fifo_touch,
	.refill = policy_no_refill,
	.judge = fifo_judge,
};
