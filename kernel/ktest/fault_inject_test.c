/* Fault injection: which requests fail is said exactly by interval, space, times and the filters. */

#include "core/atomic.h"
#include "ktest/inject.h"
#include "ktest/ktest.h"
#include "lib/err.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/early.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"
#include "mem/vmalloc.h"
#include "sched/sched.h"
#include "sched/task.h"
#include "sched/wait.h"

/* Bit n is set when the n-th of `nr` requests failed. */
static u64
kmalloc_pattern(unsigned nr, size_t bytes)
{
	u64 pattern = 0;

	for (unsigned i = 0; i < nr; i++) {
		void *object = kmalloc(bytes, GFP_KERNEL);

		if (!object)
			pattern |= 1UL << i;
		kfree(object);
	}
	return pattern;
}

KTEST(fault_inject_interval_and_times)
{
	inject_begin(&failslab, "3,100,0,-1");
	KTEST_CHECK(kmalloc_pattern(10, 64) == 0x124);
	KTEST_CHECK(failslab.nr_failed == 3);
	inject_begin(&failslab, "1,100,0,2");
	KTEST_CHECK(kmalloc_pattern(10, 64) == 0x3);
	KTEST_CHECK(!failslab.on);
	inject_begin(&failslab, "1,100,256,-1");
	KTEST_CHECK(kmalloc_pattern(6, 64) == 0x38);
	inject_end(&failslab);
	KTEST_CHECK(kmalloc_pattern(10, 64) == 0);
}

KTEST(fault_inject_probability)
{
	unsigned nr_failed = 0;

	inject_begin(&failslab, "1,25,0,-1");
	for (unsigned i = 0; i < 32; i++)
		nr_failed += __builtin_popcountl(kmalloc_pattern(50, 32));
	inject_end(&failslab);
	KTEST_CHECK(nr_failed > 320 && nr_failed < 480);
}

KTEST(fault_inject_filters)
{
	inject_begin(&failslab, "1,100,0,-1");
	atomic_fetch_and32(&current->ti.flags, ~TIF_MAKE_IT_FAIL);
	KTEST_CHECK(kmalloc_pattern(4, 64) == 0);
	atomic_or32(&current->ti.flags, TIF_MAKE_IT_FAIL);
	failslab.min_size = 128;
	KTEST_CHECK(kmalloc_pattern(4, 64) == 0 && kmalloc_pattern(4, 128) == 0xf);
	/* slob has no size classes. */
	if (strcmp(slab_name, "slob") != 0) {
		strscpy(failslab.cache, "kmalloc-512", sizeof(failslab.cache));
		KTEST_CHECK(kmalloc_pattern(4, 128) == 0 && kmalloc_pattern(4, 512) == 0xf);
	}
	inject_end(&failslab);
}

/* Through a pointer that the compiler does not know, so that there is one copy of the function. */
static u64 (*volatile kmalloc_from_here)(unsigned nr, size_t bytes) = kmalloc_pattern;

#define LARGER_THAN_A_FUNCTION 1024

KTEST(fault_inject_call_site)
{
	u64 here = (u64)kmalloc_from_here;

	inject_begin(&failslab, "1,100,0,-1");
	failslab.require_start = here;
	failslab.require_end = here + LARGER_THAN_A_FUNCTION;
	KTEST_CHECK(kmalloc_from_here(4, 64) == 0xf);
	failslab.require_start = (u64)kfree;
	failslab.require_end = (u64)kfree + 8;
	KTEST_CHECK(kmalloc_from_here(4, 64) == 0);
	failslab.require_start = failslab.require_end = 0;
	failslab.reject_start = here;
	failslab.reject_end = here + LARGER_THAN_A_FUNCTION;
	KTEST_CHECK(kmalloc_from_here(4, 64) == 0);
	inject_end(&failslab);
}

KTEST(fault_inject_pages)
{
	struct page *page;

	inject_begin(&fail_page_alloc, "1,100,0,-1");
	fail_page_alloc.min_order = 1;
	page = pages_alloc(GFP_KERNEL, 0);
	KTEST_CHECK(page);
	page_put(page);
	KTEST_CHECK(!pages_alloc(GFP_KERNEL, 1));
	KTEST_CHECK(fail_page_alloc.nr_requests == 1);
	inject_end(&fail_page_alloc);
}

/* Whichever way pages are asked for. */
KTEST(fault_inject_every_way_to_pages)
{
	struct page *pages[4];

	inject_begin(&fail_page_alloc, "1,100,0,-1");
	fail_page_alloc.min_order = 0;
	KTEST_CHECK(!page_alloc(GFP_KERNEL) && !page_alloc(GFP_KERNEL | GFP_ZERO));
	KTEST_CHECK(pages_alloc_bulk(GFP_KERNEL, 4, pages) == 0);
	KTEST_CHECK(!pages_alloc_exact(GFP_KERNEL, 3) && !pages_alloc_contig(GFP_KERNEL, 3, 1));
	for (u64 uva = 0; uva < 64 * PAGE_SIZE; uva += PAGE_SIZE)
		KTEST_CHECK(!page_alloc_user(GFP_HIGHUSER, uva));
	KTEST_CHECK(fail_page_alloc.nr_requests == 5 + 64);
	inject_end(&fail_page_alloc);
}

static struct wait_queue flipped_wq = WAIT_QUEUE_INIT(flipped_wq);
static atomic_t nr_flipped;

static void
flip(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < 1000; i++) {
		WRITE_ONCE(failslab.probability, i % 2 ? 100 : 0);
		fault_attr_update(&failslab);
	}
	atomic_inc(&nr_flipped);
	wake_up_all(&flipped_wq);
}

/* Several write to the files at once. */
KTEST(fault_inject_switched_by_many)
{
	enum { NR = 4 };

	inject_begin(&failslab, "1,0,0,-1");
	atomic_set(&nr_flipped, 0);
	atomic_fetch_and32(&current->ti.flags, ~TIF_MAKE_IT_FAIL);
	for (unsigned i = 0; i < NR; i++)
		KTEST_REQUIRE(!IS_ERR(kthread_start("flip", flip, NULL)));
	atomic_or32(&current->ti.flags, TIF_MAKE_IT_FAIL);
	wait_event(&flipped_wq, atomic_read(&nr_flipped) == NR);
	failslab.probability = 100;
	fault_attr_update(&failslab);
	KTEST_CHECK(kmalloc_pattern(4, 64) == 0xf);
	inject_end(&failslab);
	KTEST_CHECK(kmalloc_pattern(4, 64) == 0);
}

KTEST(fault_inject_reads_its_argument)
{
	struct fault_attr attr = {.interval = 7};

	KTEST_CHECK(fault_attr_parse(&attr, "") == -EINVAL);
	KTEST_CHECK(fault_attr_parse(&attr, "1,2,3") == -EINVAL);
	KTEST_CHECK(fault_attr_parse(&attr, "1,101,3,4") == -EINVAL);
	KTEST_CHECK(fault_attr_parse(&attr, "1,2,3,4,") == -EINVAL);
	KTEST_CHECK(attr.interval == 7);
	KTEST_CHECK(fault_attr_parse(&attr, "10,50,4096,-1") == 0);
	KTEST_CHECK(attr.interval == 10 && attr.probability == 50 && attr.space == 4096 &&
		    attr.times == -1);
}

/*
 * Who may sleep does not depend on what can be had at once: page tables, too, are allocated as the area is.
 * The range is larger than any before it, so that tables are missing.
 */
KTEST(fault_inject_areas_may_sleep)
{
	void *device;

	fail_page_alloc.ignore_gfp_wait = true;
	inject_begin(&fail_page_alloc, "1,100,0,-1");
	device = ioremap(ram_regions[0].pa, 24UL << 20);
	inject_end(&fail_page_alloc);
	fail_page_alloc.ignore_gfp_wait = false;
	KTEST_CHECK(device);
	if (device)
		iounmap(device);
}
