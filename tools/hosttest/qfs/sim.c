#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/panic.h"
#include "core/printk.h"
#include "core/spinlock.h"
#include "disk.h"
#include "hosttest.h"
#include "lib/xarray.h"
#include "mem/kmap.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"
#include "mem/vmalloc.h"
#include "sched/task.h"

#define NR_PAGES  16384u
#define MAX_LOCKS 16

unsigned char *sim_ram;
struct page *sim_pages;
struct task sim_task;
u64 sim_alloc_fail_one_in;
bool sim_verbose;
u64 sim_nr_errors;
bool (*sim_idle)(void);
u64 sim_now_ns = 1700000000000000000ull;

static u8 page_used[NR_PAGES];
static u32 page_cursor;
static s64 nr_objects, nr_pages_used;

/* --- panic, messages, time ------------------------------------------------------------------- */

void
panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

void
assert_failed(const char *expression, const char *file, int line, const char *function)
{
	panic("%s:%d: %s: assertion failed: %s", file, line, function, expression);
}

void
printk(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	sim_nr_errors += level <= LOG_ERR;
	if (!sim_verbose)
		return;
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

u64
clock_now_ns(void)
{
	return sim_now_ns += 1000;
}

u64
clock_realtime_ns(void)
{
	return clock_now_ns();
}

/* --- locks: a stack of what is held ------------------------------------------------------------- */

static struct held_lock {
	const void *lock;
	u32 rank;
} held[MAX_LOCKS];
static u32 nr_held;

void
sim_lock(const void *lock, u32 rank)
{
	for (u32 i = 0; i < nr_held; i++)
		if (held[i].lock == lock || held[i].rank >= rank)
			panic("lock of rank %u taken while one of rank %u is held", rank,
			      held[i].rank);
	assert(nr_held < MAX_LOCKS);
	held[nr_held].lock = lock;
	held[nr_held++].rank = rank;
}

void
sim_unlock(const void *lock)
{
	u32 i = nr_held;

	while (i > 0 && held[i - 1].lock != lock)
		i--;
	assert(i > 0);
	memmove(&held[i - 1], &held[i], (nr_held - i) * sizeof(held[0]));
	nr_held--;
}

void
sim_might_sleep(void)
{
	for (u32 i = 0; i < nr_held; i++)
		assert(held[i].rank < RANK_FILES);
}

/* --- threads: one, which runs when it was told to stop ------------------------------------------- */

static struct task pending_thread;

struct task *
kthread_start(const char *name, void (*entry)(void *arg), void *arg)
{
	(void)name;
	pending_thread = (struct task){entry, arg};
	return &pending_thread;
}

/* Another thread's turn: it holds no locks. */
static bool
run_idle(void)
{
	struct held_lock before[MAX_LOCKS];
	u32 nr = nr_held;
	bool did = false;

	memcpy(before, held, sizeof(held));
	nr_held = 0;
	if (sim_idle)
		did = sim_idle();
	memcpy(held, before, sizeof(held));
	nr_held = nr;
	return did;
}

void
schedule(void)
{
	struct task thread = pending_thread;

	if (disk_complete_some() || run_idle())
		return;
	if (!thread.entry)
		panic("would sleep for ever");
	pending_thread.entry = NULL;
	thread.entry(thread.arg);
}

/* --- memory ------------------------------------------------------------------------------------- */

static bool
allocation_fails(gfp_t gfp)
{
	(void)gfp;
	return sim_alloc_fail_one_in && rnd_one_in(sim_alloc_fail_one_in);
}

static bool
run_is_free(u32 first, u32 nr)
{
	for (u32 i = 0; i < nr; i++)
		if (first + i >= NR_PAGES || page_used[first + i])
			return false;
	return true;
}

struct page *
pages_alloc(gfp_t gfp, unsigned order)
{
	u32 nr = 1u << order;

	if (allocation_fails(gfp))
		return NULL;
	for (u32 tries = 0; tries < NR_PAGES; tries += nr, page_cursor += nr) {
		u32 first = page_cursor % NR_PAGES & ~(nr - 1);

		if (!run_is_free(first, nr))
			continue;
		memset(page_used + first, 1, nr);
		nr_pages_used += nr;
		memset(&sim_pages[first], 0, sizeof(struct page));
		atomic_set(&sim_pages[first].refcount, 1);
		memset(sim_ram + first * PAGE_SIZE, gfp & GFP_ZERO ? 0 : 0xa5, nr * PAGE_SIZE);
		page_cursor += nr;
		return &sim_pages[first];
	}
	return NULL;
}

struct page *
page_alloc(gfp_t gfp)
{
	return pages_alloc(gfp, 0);
}

/* Without colours. */
struct page *
page_alloc_user(gfp_t gfp, u64 at)
{
	(void)at;
	return page_alloc(gfp);
}

void
pages_free(struct page *page, unsigned order)
{
	u32 first = page_to_pfn(page), nr = 1u << order;

	for (u32 i = first; i < first + nr; i++)
		assert(page_used[i]);
	memset(page_used + first, 0, nr);
	memset(sim_ram + first * PAGE_SIZE, 0x5a, nr * PAGE_SIZE);
	nr_pages_used -= nr;
}

void *
pages_alloc_kva(gfp_t gfp, unsigned order)
{
	struct page *page = pages_alloc(gfp, order);

	return page ? page_to_kva(page) : NULL;
}

void
pages_free_kva(void *kva, unsigned order)
{
	pages_free(kva_to_page(kva), order);
}

void
page_put(struct page *page)
{
	if (atomic_dec(&page->refcount) == 0)
		pages_free(page, 0);
}

u64
nr_total_pages(void)
{
	return NR_PAGES;
}

void
page_copy(void *dst, const void *src)
{
	memcpy(dst, src, PAGE_SIZE);
}

void
page_zero(void *dst)
{
	memset(dst, 0, PAGE_SIZE);
}

void
page_zero_contents(struct page *page)
{
	page_zero(page_to_kva(page));
}

struct kmem_cache {
	size_t size;
};

struct kmem_cache *
kmem_cache_create(const char *name, size_t size, size_t align, u32 flags,
		  void (*ctor)(void *object))
{
	static struct kmem_cache caches[16];
	static u32 nr;

	(void)name, (void)align, (void)flags, (void)ctor;
	assert(nr < ARRAY_SIZE(caches));
	caches[nr].size = size;
	return &caches[nr++];
}

void *
kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	return kmalloc(cache->size, gfp);
}

void
kmem_cache_free(struct kmem_cache *cache, void *object)
{
	(void)cache;
	kfree(object);
}

void *
kmalloc_of_class(size_t size, gfp_t gfp, size_t cls)
{
	(void)cls;
	return kmalloc_any(size, gfp);
}

void *
kmalloc_any(size_t size, gfp_t gfp)
{
	void *p;

	if (allocation_fails(gfp))
		return NULL;
	p = malloc(size);
	assert(p);
	memset(p, gfp & GFP_ZERO ? 0 : 0xa5, size);
	nr_objects++;
	return p;
}

void
kfree(const void *object)
{
	if (object)
		nr_objects--;
	free((void *)object);
}

void *
vmalloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp);
}

void
vfree(void *kva)
{
	kfree(kva);
}

/* The page cache's nodes never fail: running out of them is another suite's business. */
struct xa_node *
xa_node_alloc(void)
{
	struct xa_node *node = malloc(sizeof(*node));

	nr_objects++;
	return node;
}

void
xa_node_free(struct xa_node *node)
{
	nr_objects--;
	free(node);
}

void
sim_init(void)
{
	sim_ram = aligned_alloc(PAGE_SIZE, (size_t)NR_PAGES * PAGE_SIZE);
	sim_pages = calloc(NR_PAGES, sizeof(struct page));
	assert(sim_ram && sim_pages);
}

void
sim_check_no_leaks(void)
{
	CHECK_EQ(nr_held, 0);
	CHECK_EQ(nr_objects, 0);
	CHECK_EQ(nr_pages_used, 0);
}
