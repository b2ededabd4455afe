#include "mem/fault_inject.h"

#include "core/cpu.h"
#include "core/machine.h"
#include "core/panic.h"
#include "core/printk.h"
#include "core/spinlock.h"
#include "core/stack_trace.h"
#include "lib/errno.h"
#include "lib/hash.h"
#include "lib/parse.h"
#include "lib/string.h"
#include "mem/slab/watch.h"
#include "riscv/layout.h"

/* Process 1 is spared: without it there is nobody left to see what happens. */
#define INIT_TID 1

/* The attributes of Linux's own, but for ignore_gfp_*, which are off: nearly all may sleep here. */
#define FAULT_ATTR(attr_name)                                                 \
	{                                                                     \
		.name = (attr_name), .interval = 1, .times = 1, .verbose = 2, \
	}

struct fault_attr fail_page_alloc = FAULT_ATTR("fail_page_alloc");
struct fault_attr failslab = FAULT_ATTR("failslab");

static bool slab_may_alloc(struct kmem_cache *cache, size_t bytes, gfp_t gfp);

static struct slab_watcher slab_watcher = {.may_alloc = slab_may_alloc};

void
fault_attr_update(struct fault_attr *attr)
{
	static struct spinlock lock = SPINLOCK_INIT("fault_attr", RANK_FAULT_ATTR);
	static bool watching;
	u64 flags = spin_lock_irqsave(&lock);
	bool on = attr->probability != 0 && attr->times != 0;

	WRITE_ONCE(attr->on, on);
	if (attr == &failslab && on != watching) {
		watching = on;
		if (on)
			slab_watch(&slab_watcher);
		else
			slab_unwatch(&slab_watcher);
	}
	spin_unlock_irqrestore(&lock, flags);
}

int
fault_attr_parse(struct fault_attr *attr, const char *text)
{
	s64 values[4];

	for (unsigned i = 0; i < ARRAY_SIZE(values); i++) {
		bool minus = *text == '-';
		u64 value;

		if (parse_u64(text + minus, &text, 10, &value) || value > INT32_MAX)
			return -EINVAL;
		if (*text++ != (i + 1 < ARRAY_SIZE(values) ? ',' : '\0'))
			return -EINVAL;
		values[i] = minus ? -(s64)value : (s64)value;
	}
	if (values[0] < 0 || values[1] < 0 || values[1] > 100)
		return -EINVAL;
	attr->interval = values[0];
	attr->probability = values[1];
	attr->space = values[2];
	attr->times = values[3];
	return 0;
}

static void
attr_start(struct fault_attr *attr)
{
	char text[64];

	if (bootarg_get(attr->name, text, sizeof(text)) < 0)
		return;
	if (fault_attr_parse(attr, text) < 0)
		pr_err("%s=%s: want INTERVAL,PROBABILITY,SPACE,TIMES", attr->name, text);
	else
		fault_attr_update(attr);
}

void
fault_inject_start(void)
{
	attr_start(&fail_page_alloc);
	attr_start(&failslab);
}

static bool
task_passes(const struct fault_attr *attr)
{
	if (current_thread_info->pid == INIT_TID)
		return false;
	if (!attr->task_filter)
		return true;
	return !in_interrupt() && READ_ONCE(current_thread_info->flags) & TIF_MAKE_IT_FAIL;
}

static bool
gfp_passes(const struct fault_attr *attr, gfp_t gfp)
{
	if (attr->ignore_gfp_wait && gfp & GFP_BIT_RECLAIM)
		return false;
	return !attr->ignore_gfp_highmem || !(gfp & GFP_BIT_HIGHMEM);
}

/* By who called: nothing to look at unless a range was set. */
static bool
callers_pass(const struct fault_attr *attr)
{
	bool found = attr->require_end == 0;
	struct stack_trace trace;

	if (attr->require_end == 0 && attr->reject_end == 0)
		return true;
	stack_trace_save(&trace, 0);
	for (u32 i = 0; i < trace.nr; i++) {
		u64 address = trace.addresses[i];

		if (address >= attr->reject_start && address < attr->reject_end)
			return false;
		if (address >= attr->require_start && address < attr->require_end)
			found = true;
	}
	return found;
}

/* => true: these bytes are still given */
static bool
space_takes(struct fault_attr *attr, size_t bytes)
{
	s32 space = __atomic_load_n(&attr->space, __ATOMIC_RELAXED);

	if (space <= 0 || (size_t)space <= bytes)
		return false;
	__atomic_fetch_sub(&attr->space, (s32)bytes, __ATOMIC_RELAXED);
	return true;
}

/* One of the `times` that are left. => false when none is */
static bool
times_take(struct fault_attr *attr)
{
	s32 times = __atomic_load_n(&attr->times, __ATOMIC_RELAXED);

	do {
		if (times <= 0)
			return times < 0;
	} while (!__atomic_compare_exchange_n(&attr->times, &times, times - 1, false,
					      __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	if (times == 1)
		WRITE_ONCE(attr->on, false);
	return true;
}

/* With the same requests in the same order always the same answers. */
static bool
dice_say_so(const struct fault_attr *attr, u64 nr)
{
	return attr->probability >= 100 || hash_u64(nr) % 100 < attr->probability;
}

static void
tell(const struct fault_attr *attr, size_t bytes, gfp_t gfp)
{
	struct stack_trace trace;

	if (attr->verbose == 0 || gfp & GFP_NOWARN)
		return;
	pr_notice("FAULT_INJECTION: forcing a failure: %s, interval %u, probability %u, space %d, "
		  "times %d: %lu bytes, gfp %#x, in %s (pid %u)",
		  attr->name, attr->interval, attr->probability, attr->space, attr->times, bytes,
		  gfp, current_thread_info->name, current_thread_info->pid);
	if (attr->verbose < 2)
		return;
	stack_trace_save(&trace, 0);
	stack_trace_print(LOG_NOTICE, &trace);
}

static bool
should_fail(struct fault_attr *attr, size_t bytes, gfp_t gfp)
{
	u64 nr;

	if (!task_passes(attr) || !gfp_passes(attr, gfp) || !callers_pass(attr))
		return false;
	if (panic_in_progress() || space_takes(attr, bytes))
		return false;
	nr = __atomic_add_fetch(&attr->nr_requests, 1, __ATOMIC_RELAXED);
	if (attr->interval > 1 && nr % attr->interval)
		return false;
	if (!dice_say_so(attr, nr) || !times_take(attr))
		return false;
	__atomic_fetch_add(&attr->nr_failed, 1, __ATOMIC_RELAXED);
	tell(attr, bytes, gfp);
	return true;
}

bool
fault_page_alloc_slow(gfp_t gfp, unsigned order)
{
	if (order < fail_page_alloc.min_order)
		return false;
	return should_fail(&fail_page_alloc, (size_t)PAGE_SIZE << order, gfp);
}

/* Whole pages (no cache) are fail_page_alloc's. */
static bool
slab_may_alloc(struct kmem_cache *cache, size_t bytes, gfp_t gfp)
{
	if (!cache || !READ_ONCE(failslab.on) || bytes < failslab.min_size)
		return true;
	if (failslab.cache[0] && strcmp(failslab.cache, kmem_cache_name(cache)))
		return true;
	return !should_fail(&failslab, bytes, gfp);
}
