/* The leak detector: what is lost is found, what is not is not. Nothing to do without kmemleak=on. */

#include "core/atomic.h"
#include "ktest/ktest.h"
#include "lib/err.h"
#include "lib/list.h"
#include "lib/string.h"
#include "mem/kmemleak.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"
#include "mem/vmalloc.h"
#include "sched/sched.h"
#include "sched/wait.h"

#define NR_LOST	     32
#define NR_KEPT_AWAY 512

static struct wait_queue done_wq = WAIT_QUEUE_INIT(done_wq);
static atomic_t done;

/* In a thread of its own, so that this one's stack and registers never see a pointer. */
static bool
run_thread(void (*fn)(void *arg))
{
	atomic_set(&done, 0);
	if (IS_ERR(kthread_start("loser", fn, NULL)))
		return false;
	wait_event(&done_wq, atomic_read(&done));
	return true;
}

static void
thread_done(void)
{
	atomic_set(&done, 1);
	wake_up_all(&done_wq);
}

/* Other harts may be at it, too. */
static bool
scan_twice(void)
{
	for (unsigned nr = 0, tries = 0; nr < 2; nr++) {
		while (kmemleak_scan() != 0) {
			if (++tries == 100)
				return false;
			task_sleep_ns(10 * 1000000, false);
		}
	}
	return true;
}

/* Pointers that nobody would take for any. */
static struct kmem_cache *lost_cache;
static u64 lost_objects[NR_LOST], lost_areas[NR_LOST], lost_pages[NR_LOST];
static u64 kept_away[NR_KEPT_AWAY];

static bool
is_lost(u64 address)
{
	for (unsigned i = 0; i < NR_LOST; i++)
		if (address == ~lost_objects[i] || address == ~lost_areas[i] ||
		    address == ~lost_pages[i])
			return true;
	return false;
}

/*
 * Is nothing reported, but for what is lost on purpose now: remains of pointers hide some of it at
 * first. What else is, is told with who allocated it.
 */
static bool
nobody_is_accused(void)
{
	struct kmemleak_leak leak = {.start = 0};
	bool accused = false;

	while (kmemleak_next(leak.start, &leak)) {
		if (is_lost(leak.start))
			continue;
		pr_err("accused: %s of %lu bytes at %#lx, by %s", leak.kind, leak.size, leak.start,
		       leak.comm);
		for (u32 i = 0; i < leak.nr_callers; i++)
			pr_err("  from %#lx", leak.callers[i]);
		accused = true;
	}
	return !accused;
}

static bool
is_reported(u64 address)
{
	struct kmemleak_leak leak;

	return kmemleak_next(address - 1, &leak) && leak.start == address;
}

/* Pages that were used lately, and to which somebody may have a pointer yet, are not those that are lost. */
static void
pages_keep_away(void)
{
	for (unsigned i = 0; i < NR_KEPT_AWAY; i++)
		kept_away[i] = ~(u64)page_alloc_kva(GFP_KERNEL);
}

static void
pages_give_back(void)
{
	for (unsigned i = 0; i < NR_KEPT_AWAY; i++)
		if (~kept_away[i])
			page_free_kva((void *)~kept_away[i]);
}

static void
lose(void *arg)
{
	(void)arg;
	pages_keep_away();
	for (unsigned i = 0; i < NR_LOST; i++) {
		lost_objects[i] = ~(u64)kmem_cache_alloc(lost_cache, GFP_KERNEL | GFP_ZERO);
		lost_areas[i] = ~(u64)vmalloc(3 * PAGE_SIZE, GFP_KERNEL | GFP_ZERO);
		lost_pages[i] = ~(u64)page_alloc_kva(GFP_KERNEL | GFP_ZERO);
	}
	pages_give_back();
	thread_done();
}

static void
find_again(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < NR_LOST; i++) {
		kmem_cache_free(lost_cache, (void *)~lost_objects[i]);
		vfree((void *)~lost_areas[i]);
		page_free_kva((void *)~lost_pages[i]);
		lost_objects[i] = lost_areas[i] = lost_pages[i] = 0;
	}
	thread_done();
}

/*
 * What was at the same address before may have left pointers on stacks, which hide the loss; but
 * not for objects of a new cache.
 */
static bool
many_reported(const u64 *lost)
{
	unsigned nr = 0;

	for (unsigned i = 0; i < NR_LOST; i++)
		nr += is_reported(~lost[i]);
	return nr >= NR_LOST / 2;
}

#ifdef KASAN
#define PAGES_ARE_WATCHED false
#else
#define PAGES_ARE_WATCHED true
#endif

KTEST(kmemleak_finds_what_is_lost)
{
	struct kmemleak_leak leak;

	KTEST_NEEDS(kmemleak_on);
	lost_cache = kmem_cache_create("lost", 200, 0, 0, NULL);
	KTEST_REQUIRE(lost_cache && run_thread(lose));
	KTEST_CHECK(scan_twice());
	KTEST_CHECK(many_reported(lost_objects));
	KTEST_CHECK(many_reported(lost_areas));
	KTEST_CHECK(!PAGES_ARE_WATCHED || many_reported(lost_pages));
	KTEST_CHECK(kmemleak_next(~lost_objects[2] - 1, &leak));
	if (leak.start == ~lost_objects[2]) {
		KTEST_CHECK(leak.size == 200 && leak.pid != 0 && leak.nr_callers > 1);
		KTEST_CHECK(strcmp(leak.comm, "loser") == 0 && strcmp(leak.kind, "lost") == 0);
	}
	kmemleak_clear();
	KTEST_CHECK(scan_twice());
	KTEST_CHECK(nobody_is_accused());
	KTEST_REQUIRE(run_thread(find_again));
	KTEST_CHECK(kmem_cache_destroy(lost_cache));
	KTEST_CHECK(scan_twice());
	KTEST_CHECK(nobody_is_accused());
}

/* A chain: static pointer -> page -> object by a marked pointer -> area by a list -> object. */
struct chain_link {
	u64 filler[5];
	struct list_head list;
	void *next;
};

static void *chain;
static void *object_alone; /* where pages are not looked at; read by the detector alone */

static void
make_chain(void *arg)
{
	struct chain_link *last = kmalloc(sizeof(*last), GFP_KERNEL | GFP_ZERO);
	struct chain_link *area = vmalloc(sizeof(*area), GFP_KERNEL | GFP_ZERO);
	struct chain_link *object = kmalloc(sizeof(*object), GFP_KERNEL | GFP_ZERO);
	u64 *page = page_alloc_kva(GFP_KERNEL | GFP_ZERO);

	(void)arg;
	if (last && area && object && page) {
		list_init(&object->list);
		list_add(&area->list, &object->list);
		area->next = last;
		page[PAGE_SIZE / 8 - 1] = (u64)object | 3;
		chain = kva_to_page(page);
		WRITE_ONCE(object_alone, PAGES_ARE_WATCHED ? NULL : object);
	}
	thread_done();
}

static void
free_chain(void *arg)
{
	u64 *page = page_to_kva(chain);
	struct chain_link *object = (void *)(page[PAGE_SIZE / 8 - 1] & ~3UL);
	struct chain_link *area = list_first_entry(&object->list, struct chain_link, list);

	(void)arg;
	chain = NULL;
	WRITE_ONCE(object_alone, NULL);
	kfree(area->next);
	vfree(area);
	kfree(object);
	page_free_kva(page);
	thread_done();
}

KTEST(kmemleak_follows_pointers)
{
	KTEST_NEEDS(kmemleak_on);
	KTEST_REQUIRE(run_thread(make_chain) && chain);
	KTEST_CHECK(scan_twice());
	KTEST_CHECK(nobody_is_accused());
	KTEST_REQUIRE(run_thread(free_chain));
}

/* Threads that allocate, hand over and free all the time, held at whatever they are doing. */
static atomic_t stop, nr_busy;

static void
be_busy(void *arg)
{
	void *mine[16] = {NULL};

	(void)arg;
	for (unsigned i = 0; !atomic_read(&stop); i++) {
		kfree(mine[i % 16]);
		mine[i % 16] = kmalloc(16 + i % 2000, GFP_KERNEL);
		if (i % 64 == 0)
			sched_yield();
	}
	for (unsigned i = 0; i < 16; i++)
		kfree(mine[i]);
	atomic_dec(&nr_busy);
	wake_up_all(&done_wq);
}

KTEST(kmemleak_accuses_nobody)
{
	KTEST_NEEDS(kmemleak_on);
	atomic_set(&stop, 0);
	for (unsigned i = 0; i < 4; i++) {
		atomic_inc(&nr_busy);
		if (IS_ERR(kthread_start("busy", be_busy, NULL)))
			atomic_dec(&nr_busy);
	}
	for (unsigned i = 0; i < 10; i++) {
		KTEST_CHECK(scan_twice());
		KTEST_CHECK(nobody_is_accused());
		sched_yield();
	}
	atomic_set(&stop, 1);
	wait_event(&done_wq, atomic_read(&nr_busy) == 0);
}
