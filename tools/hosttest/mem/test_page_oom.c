/* mem/page_oom.c: who may have somebody killed, who is told no, and the detector of standstill. */
#include "mem/page_oom.h"

#include "core/clock.h"
#include "core/thread_info.h"
#include "hosttest.h"
#include "mem/env.h"
#include "mem/page_alloc.h"

#define START	 0x80200UL
#define NR_PAGES 4096UL
#define QUIET	 (GFP_KERNEL | GFP_NOWARN)

static struct page *taken[NR_PAGES];
static unsigned nr_taken, nr_handled, nr_reported;
static bool answer, frees, dies;

static bool
handle(gfp_t gfp, unsigned order, bool block_only)
{
	(void)gfp;
	env_check_idle();
	nr_handled++;
	CHECK(block_only == (order > 0 && nr_handled > PAGE_OOM_BLOCK_ROUNDS));
	if (block_only)
		return false;
	if (frees && nr_taken > 0)
		pages_free(taken[--nr_taken], 0);
	if (dies)
		current_thread_info->flags |= TIF_MEMDIE;
	return answer;
}

static void
report(gfp_t gfp, unsigned order)
{
	(void)gfp;
	(void)order;
	nr_reported++;
}

static const struct page_oom_ops test_ops = {handle, report};

static void
take_all(gfp_t gfp)
{
	struct page *page;

	while ((page = page_alloc(gfp | GFP_NOWARN)))
		taken[nr_taken++] = page;
}

static void
boot(u64 normal_pfn)
{
	env_ram_create(START, NR_PAGES);
	env_zones_create(START, NR_PAGES, normal_pfn, START + NR_PAGES);
	env_set_cpu(0);
	page_oom_ops = &test_ops;
}

HOSTTEST(page_oom_somebody_is_killed)
{
	boot(START);
	take_all(GFP_NOWAIT);
	answer = frees = true;
	CHECK(page_alloc(GFP_KERNEL));
	CHECK_EQ(nr_handled, 1);
	CHECK(page_alloc(GFP_HIGHUSER));
	CHECK_EQ(nr_handled, 2);
}

HOSTTEST(page_oom_nobody_is_left)
{
	boot(START);
	take_all(GFP_NOWAIT);
	CHECK(!page_alloc(QUIET));
	CHECK_EQ(nr_handled, 1);
}

HOSTTEST(page_oom_who_is_told_no)
{
	boot(START);
	take_all(GFP_NOWAIT);
	answer = frees = true;
	CHECK(!page_alloc(GFP_ATOMIC | GFP_NOWARN));
	CHECK(!page_alloc(GFP_NOWAIT | GFP_NOWARN));
	CHECK(!page_alloc(GFP_NOFS | GFP_NOWARN));
	CHECK(!page_alloc(GFP_NOIO | GFP_NOWARN));
	CHECK(!page_alloc(QUIET | GFP_NORETRY));
	CHECK(!pages_alloc(QUIET, PAGE_OOM_ORDER_MAX + 1));
	CHECK_EQ(nr_handled, 0);
}

/* Single pages come and go, but there is no block: they are no progress for ever. */
HOSTTEST(page_oom_block_that_never_comes)
{
	boot(START);
	take_all(GFP_NOWAIT);
	answer = true;
	CHECK(!pages_alloc(QUIET, 1));
	CHECK_EQ(nr_handled, PAGE_OOM_BLOCK_ROUNDS + 1);
	CHECK_EQ(nr_reported, 0);
}

HOSTTEST(page_oom_lowest_zone_kills_nobody)
{
	boot(START + 1024);
	take_all(GFP_DMA);
	answer = true;
	CHECK(!page_alloc(QUIET | GFP_DMA));
	CHECK_EQ(nr_handled, 0);
	CHECK(page_alloc(QUIET));
}

/* The victim itself asks: once more, with the reserves, and then it is told no. */
HOSTTEST(page_oom_victim_gets_the_reserves)
{
	u64 nr_before;

	boot(START);
	zones[ZONE_NORMAL].watermark_min = zones[ZONE_NORMAL].watermark_low = 64;
	zones[ZONE_NORMAL].watermark_high = 64;
	take_all(GFP_NOWAIT);
	nr_before = nr_free_pages();
	CHECK_EQ(nr_before, 64);
	answer = dies = true;
	for (u64 i = 0; i < nr_before; i++)
		CHECK(page_alloc(QUIET));
	CHECK_EQ(nr_handled, 1);
	CHECK(!page_alloc(QUIET));
	CHECK_EQ(nr_handled, 1);
	current_thread_info->flags = 0;
}

HOSTTEST(page_oom_possible)
{
	boot(START);
	CHECK(page_alloc_possible(GFP_KERNEL, 0) && page_alloc_possible(GFP_KERNEL, MAX_ORDER));
	take_all(GFP_NOWAIT);
	CHECK(!page_alloc_possible(GFP_KERNEL, 0));
	while (nr_taken > NR_PAGES / 2)
		pages_free(taken[--nr_taken], 0);
	env_drain_all();
	CHECK(page_alloc_possible(GFP_KERNEL, 0));
	zones[ZONE_NORMAL].watermark_min = NR_PAGES;
	CHECK(!page_alloc_possible(GFP_KERNEL, 0));
	CHECK(page_alloc_possible(GFP_KERNEL | GFP_MEMALLOC, 0));
}

/* Handled again and again, and nothing comes of it. */
HOSTTEST(page_oom_standstill_panics)
{
	boot(START);
	take_all(GFP_NOWAIT);
	answer = true;
	env_clock_step_ns = NSEC_PER_SEC;
	EXPECT_PANIC(page_alloc(QUIET));
	CHECK_EQ(nr_reported, 1);
	CHECK_EQ(nr_handled, PAGE_OOM_STALL_ROUNDS);
}
