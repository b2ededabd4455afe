/*
 * What objects cost: ktest=bench_slab, and the comparison of docs/slab.md: ktest=slabbench, which
 * `make slab-compare` runs with each of the three.
 */

#include "core/atomic.h"
#include "core/cpu.h"
#include "ktest/bench.h"
#include "lib/err.h"
#include "lib/random.h"
#include "lib/string.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"
#include "sched/sched.h"
#include "sched/wait.h"

#define NR_BATCH 64
#define NR_MIXED 10000
#define NR_CHURN 20000
#define NR_PAIRS 20000UL /* of each worker */

static struct wait_queue done_wq = WAIT_QUEUE_INIT(done_wq);
static atomic_t nr_done;
static struct kmem_cache *cache;
static void *batch[NR_BATCH];
static void *mixed[NR_MIXED];
static u16 mixed_bytes[NR_MIXED];

KTEST(bench_slab)
{
	volatile size_t size = 100;

	cache = kmem_cache_create("bench", 64, 0, SLAB_NO_DEBUG, NULL);
	KTEST_REQUIRE(cache);
	BENCH("kmem_cache", kmem_cache_free(cache, kmem_cache_alloc(cache, GFP_KERNEL)));
	BENCH("kmalloc64", kfree(kmalloc(64, GFP_KERNEL)));
	BENCH("kmalloc_any", kfree(kmalloc(size, GFP_KERNEL)));
	BENCH("kmem_cache_bulk_of_64",
	      (void)(kmem_cache_alloc_bulk(cache, GFP_KERNEL, NR_BATCH, batch) &&
		     (kmem_cache_free_bulk(cache, NR_BATCH, batch), 1)));
	KTEST_CHECK(kmem_cache_destroy(cache));
}

/* 64 objects are taken, then all given back, the oldest first. */
static void
bench_batch(void)
{
	u64 start = clock_now_ns();
	enum { ROUNDS = 200 };

	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < NR_BATCH; i++)
			batch[i] = kmem_cache_alloc(cache, GFP_KERNEL);
		for (int i = 0; i < NR_BATCH; i++)
			kmem_cache_free(cache, batch[i]);
	}
	bench_row("slabbench_batch", start, 0, ROUNDS * NR_BATCH);
}

/* Sizes as a kernel has them: many small ones, few large ones. */
static size_t
mixed_size(struct random *random)
{
	static const u16 sizes[] = {12, 24, 40, 56, 72, 104, 136, 200, 264, 328, 576, 1000};
	u64 r = random_u64(random);
	unsigned kind = MIN(r % 12, (r >> 8) % 12);

	return sizes[kind] + (r >> 16) % 8;
}

static void
row_number(const char *name, u64 value)
{
	printk(LOG_ERR, "bench: %s %lu.0", name, value);
}

static u64
slab_kib(void)
{
	slab_shrink_all();
	return slab_nr_pages() * (PAGE_SIZE / 1024);
}

static void
mixed_alloc(int i, struct random *random)
{
	mixed_bytes[i] = mixed_size(random);
	mixed[i] = kmalloc(mixed_bytes[i], GFP_KERNEL);
	KTEST_CHECK(mixed[i]);
}

static void
mixed_free(int i)
{
	kfree(mixed[i]);
	mixed[i] = NULL;
	mixed_bytes[i] = 0;
}

static u64
mixed_kib(void)
{
	u64 bytes = 0;

	for (int i = 0; i < NR_MIXED; i++)
		bytes += mixed_bytes[i];
	return bytes / 1024;
}

/* One of the objects goes, another comes, again and again. What chooses them is not counted. */
static void
bench_churn(struct random *random)
{
	u64 loop = clock_now_ns(), start;

	for (int i = 0; i < NR_CHURN; i++) {
		volatile u64 which = random_u64(random) % NR_MIXED, size = mixed_size(random);

		(void)(which + size);
	}
	loop = clock_now_ns() - loop;
	start = clock_now_ns();
	for (int i = 0; i < NR_CHURN; i++) {
		int which = random_u64(random) % NR_MIXED;

		mixed_free(which);
		mixed_alloc(which, random);
	}
	bench_row("slabbench_churn", start, loop, NR_CHURN);
}

/* 10,000 objects are made, then replaced one by one; then 90 % of them go, at random. */
static void
bench_footprint(void)
{
	struct random random;
	u64 before = slab_kib();

	random_init(&random);
	for (int i = 0; i < NR_MIXED; i++)
		mixed_alloc(i, &random);
	row_number("slabbench_mixed_asked_kib", mixed_kib());
	row_number("slabbench_mixed_kib", slab_kib() - before);
	bench_churn(&random);
	row_number("slabbench_churned_asked_kib", mixed_kib());
	row_number("slabbench_churned_kib", slab_kib() - before);
	for (int i = 0; i < NR_MIXED; i++)
		if (random_u64(&random) % 10 != 0)
			mixed_free(i);
	row_number("slabbench_left_asked_kib", mixed_kib());
	row_number("slabbench_left_kib", slab_kib() - before);
	for (int i = 0; i < NR_MIXED; i++)
		mixed_free(i);
	row_number("slabbench_all_freed_kib", slab_kib() - MIN(before, slab_kib()));
}

static void
worker_done(void)
{
	atomic_inc(&nr_done);
	wake_up_all(&done_wq);
}

/* Each worker frees what it has allocated. */
static void
local_worker(void *arg)
{
	(void)arg;
	for (u64 i = 0; i < NR_PAIRS; i++)
		kmem_cache_free(cache, kmem_cache_alloc(cache, GFP_KERNEL));
	worker_done();
}

/* Each worker frees what another has allocated. */
static void
remote_worker(void *arg)
{
	u64 id = (u64)arg;

	for (u64 i = 0; i < NR_PAIRS; i++) {
		void *object = kmem_cache_alloc(cache, GFP_KERNEL), *theirs;

		theirs = __atomic_exchange_n(&batch[(i + id * 16) % NR_BATCH], object,
					     __ATOMIC_ACQ_REL);
		if (theirs)
			kmem_cache_free(cache, theirs);
	}
	worker_done();
}

/* With as many workers as harts: locks that harts share, for 1000 pairs, and time for one. */
static void
bench_harts(void (*worker)(void *arg), const char *locks_row, const char *time_row)
{
	struct slab_stats before, after;
	u64 start;

	memset(batch, 0, sizeof(batch));
	kmem_cache_stats(cache, &before);
	atomic_set(&nr_done, 0);
	start = clock_now_ns();
	for (u64 i = 0; i < nr_cpus; i++)
		KTEST_REQUIRE(!IS_ERR(kthread_start("worker", worker, (void *)i)));
	wait_event(&done_wq, (u32)atomic_read(&nr_done) == nr_cpus);
	bench_row(time_row, start, 0, NR_PAIRS * nr_cpus);
	kmem_cache_stats(cache, &after);
	row_number(locks_row, (after.nr_lock_acquired - before.nr_lock_acquired) * 1000 /
				      (NR_PAIRS * nr_cpus));
	for (int i = 0; i < NR_BATCH; i++)
		if (batch[i])
			kmem_cache_free(cache, batch[i]);
}

KTEST(slabbench)
{
	cache = kmem_cache_create("bench", 120, 0, SLAB_NO_DEBUG, NULL);
	KTEST_REQUIRE(cache);
	BENCH("slabbench_pair", kmem_cache_free(cache, kmem_cache_alloc(cache, GFP_KERNEL)));
	BENCH("slabbench_kmalloc", kfree(kmalloc(64, GFP_KERNEL)));
	bench_batch();
	bench_footprint();
	bench_harts(local_worker, "slabbench_local_locks_per_1000", "slabbench_local_ns");
	bench_harts(remote_worker, "slabbench_remote_locks_per_1000", "slabbench_remote_ns");
	KTEST_CHECK(kmem_cache_destroy(cache));
}
