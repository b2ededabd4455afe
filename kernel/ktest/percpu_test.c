/*
 * What is one hart's alone is taken and given back without a shared lock: by the counters of pages'
 * lists and of caches, on all harts at once. A thread does not leave its hart while it does not
 * sleep, so each of as many threads as there are harts takes one hart and keeps it.
 */

#include "core/atomic.h"
#include "core/clock.h"
#include "core/cpu.h"
#include "ktest/ktest.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mem/kasan.h"
#include "mem/page_alloc.h"
#include "mem/pcp.h"
#include "mem/slab.h"
#include "riscv/irqflags.h"
#include "sched/sched.h"
#include "sched/wait.h"

#define NR_PAIRS   10000
#define TIMEOUT_NS (10 * NSEC_PER_SEC)

/* What one hart did and saw. */
struct hart_result {
	bool ran;
	u64 nr_pairs;
	u64 nr_locked; /* times that the shared lock was taken meanwhile */
};

static struct hart_result results[NR_CPUS];
static u32 taken[NR_CPUS]; /* atomic: a thread has the hart */
static atomic_t nr_arrived, nr_measured, nr_done;
static struct wait_queue done_wq = WAIT_QUEUE_INIT(done_wq);
static struct kmem_cache *cache;

/* => false: others have not come in time. The hart is kept meanwhile. */
static bool
meet(atomic_t *counter)
{
	u64 give_up = clock_now_ns() + TIMEOUT_NS;

	atomic_inc(counter);
	while ((u32)atomic_read(counter) < nr_cpus)
		if (clock_now_ns() > give_up)
			return false;
	return true;
}

/* Be the only thread of this kind on some hart. */
static bool
hart_take(void)
{
	u64 give_up = clock_now_ns() + TIMEOUT_NS;

	while (__atomic_exchange_n(&taken[cpu_id()], 1, __ATOMIC_ACQUIRE)) {
		if (clock_now_ns() > give_up)
			return false;
		sched_yield();
	}
	return true;
}

static void
hart_leave(void)
{
	atomic_inc(&nr_done);
	wake_up_all(&done_wq);
}

/* On every hart, one thread each, at the same time. */
static bool
run_on_all_harts(void (*fn)(void *arg))
{
	memset(results, 0, sizeof(results));
	memset(taken, 0, sizeof(taken));
	atomic_set(&nr_arrived, 0);
	atomic_set(&nr_measured, 0);
	atomic_set(&nr_done, 0);
	for (u32 i = 0; i < nr_cpus; i++)
		if (IS_ERR(kthread_start("percpu", fn, NULL)))
			return false;
	wait_event(&done_wq, (u32)atomic_read(&nr_done) == nr_cpus);
	return true;
}

static bool
no_lock_on_any_hart(void)
{
	bool none = true;

	for (u32 i = 0; i < nr_cpus; i++) {
		const struct hart_result *result = &results[i];

		if (result->ran && result->nr_pairs == NR_PAIRS && result->nr_locked == 0)
			continue;
		pr_err("hart %u: %lu pairs, the lock was taken %lu times", i, result->nr_pairs,
		       result->nr_locked);
		none = false;
	}
	return none;
}

/* Interrupts are off, so that nobody else uses the hart's list. */
static void
page_pairs(void *arg)
{
	struct zone *zone = zonelists[GFP_KERNEL & GFP_ZONE_MASK].zones[0];
	struct hart_result *result;
	u64 flags, before;

	(void)arg;
	if (hart_take() && meet(&nr_arrived)) {
		page_put(page_alloc(GFP_KERNEL));
		result = &results[cpu_id()];
		flags = irq_save();
		before = pcp_mine(zone)->nr_locked;
		for (; result->nr_pairs < NR_PAIRS; result->nr_pairs++)
			page_put(page_alloc(GFP_ATOMIC));
		result->nr_locked = pcp_mine(zone)->nr_locked - before;
		irq_restore(flags);
		result->ran = true;
	}
	hart_leave();
}

KTEST(percpu_pages_take_no_shared_lock)
{
	KTEST_REQUIRE(run_on_all_harts(page_pairs));
	KTEST_CHECK(no_lock_on_any_hart());
}

static u64
cache_locks(void)
{
	struct slab_stats stats;

	kmem_cache_stats(cache, &stats);
	return stats.nr_lock_acquired;
}

/* The counter is the cache's, for all harts: it is read when all are ready and when all are done. */
static void
slab_pairs(void *arg)
{
	struct hart_result *result;
	u64 before;

	(void)arg;
	if (hart_take()) {
		result = &results[cpu_id()];
		for (int i = 0; i < 4; i++)
			kmem_cache_free(cache, kmem_cache_alloc(cache, GFP_KERNEL));
		result->ran = meet(&nr_arrived);
		before = cache_locks();
		for (; result->nr_pairs < NR_PAIRS; result->nr_pairs++)
			kmem_cache_free(cache, kmem_cache_alloc(cache, GFP_KERNEL));
		result->ran &= meet(&nr_measured);
		result->nr_locked = cache_locks() - before;
	}
	hart_leave();
}

/* Not slob, which has one lock for all; nor with quarantines, which keep what is freed. */
KTEST(percpu_objects_take_no_shared_lock)
{
	KTEST_NEEDS(strcmp(slab_name, "slob") != 0 && !KASAN_ENABLED);
	cache = kmem_cache_create("ktest", 48, 0, 0, NULL);
	KTEST_REQUIRE(cache);
	KTEST_CHECK(run_on_all_harts(slab_pairs));
	KTEST_CHECK(no_lock_on_any_hart());
	KTEST_CHECK(kmem_cache_destroy(cache));
}
