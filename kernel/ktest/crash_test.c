/*
 * Panics on purpose: boot argument crash=NAME does one of these in a thread "crasher", so
 * that a test outside can read the report. Never run otherwise.
 */

#include "core/image.h"
#include "core/init.h"
#include "core/machine.h"
#include "core/panic.h"
#include "core/printk.h"
#include "core/spinlock.h"
#include "ktest/crash.h"
#include "ktest/slab_crash.h"
#include "lib/string.h"
#include "mem/kmap.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"
#include "riscv/trap_frame.h"
#include "sched/mutex.h"
#include "sched/sched.h"
#include "syscall/syscall.h"
#include "vm/oom.h"

static NOINLINE u64
recurse(volatile u64 *below)
{
	volatile u64 local[32];

	local[0] = below ? below[0] + 1 : 0;
	return local[0] == ~0UL ? 0 : recurse(local) + local[0];
}

static void
crash_stack(void)
{
	recurse(NULL);
}

static void
crash_null(void)
{
	u32 *volatile nowhere = NULL;

	nowhere[2] = 1;
}

static void
crash_jump(void)
{
	void (*volatile wild)(void) = (void (*)(void))0xffffffe012345678;

	wild();
}

static void
crash_jump_data(void)
{
	static u32 code[2] = {0x00008067, 0x00008067};
	void (*volatile wild)(void) = (void (*)(void))code;

	wild();
}

/* Anything that was INIT: by its address, since no code may name it. */
static void
crash_init_code(void)
{
	void (*volatile gone)(void) = (void (*)(void))init_text_start;

	gone();
}

static void
crash_text(void)
{
	*(volatile u32 *)crash_text = 0;
}

static void
crash_user(void)
{
	u32 *volatile theirs = (u32 *)USER_VA_START;

	*theirs = 1;
}

static void
crash_assert(void)
{
	assert(machine.nr_harts == 1000);
}

static void
crash_double_free(void)
{
	struct page *page = page_alloc(GFP_KERNEL);

	page_put(page);
	page_put(page);
}

static void
crash_wrong_cache(void)
{
	struct kmem_cache *cache = kmem_cache_create("crash", 64, 0, 0, NULL);

	kmem_cache_free(cache, kmalloc(64, GFP_KERNEL));
}

/* Those from here on are found in debug builds only. */
static void
crash_lock_order(void)
{
	static struct spinlock outer = SPINLOCK_INIT("outer", RANK_MAPPING);
	static struct spinlock inner = SPINLOCK_INIT("inner", RANK_ZONE);

	spin_lock(&inner);
	spin_lock(&outer);
	spin_unlock(&outer);
	spin_unlock(&inner);
}

/* Without the checks it spins for ever. */
static void
crash_lock_twice(void)
{
	static struct spinlock lock = SPINLOCK_INIT("twice", RANK_MAPPING);

	spin_lock(&lock);
	spin_lock(&lock);
}

static void
crash_sleep_atomic(void)
{
	static struct spinlock lock = SPINLOCK_INIT("held", RANK_MAPPING);

	spin_lock(&lock);
	task_sleep_ns(1000, false);
	spin_unlock(&lock);
}

static void
crash_kmap_sleep(void)
{
	kmap_local_page(page_alloc(GFP_KERNEL));
	task_sleep_ns(1000, false);
}

/* As if the system call had opened a window and forgotten it. */
static void
crash_kmap_leak(void)
{
	struct trap_frame frame = {0};

	while (!syscall_table[frame.a7].call || strcmp(syscall_table[frame.a7].name, "gettid") != 0)
		frame.a7++;
	kmap_local_page(page_alloc(GFP_KERNEL));
	syscall_dispatch(&frame);
}

/* The lock is free, and yet whoever allocates might hold it. */
static void
crash_reclaim_waits(void)
{
	static struct mutex mutex;

	mutex_init(&mutex, "outer", RANK_INODE);
	current->reclaim_depth++;
	mutex_lock(&mutex);
	mutex_unlock(&mutex);
	current->reclaim_depth--;
}

static void
crash_alloc_atomic(void)
{
	static struct spinlock lock = SPINLOCK_INIT("held", RANK_MAPPING);

	spin_lock(&lock);
	page_alloc(GFP_KERNEL);
	spin_unlock(&lock);
}

static void
crash_high_kva(void)
{
	page_to_kva(directmap_end_page);
}

/* A killer who kills nobody, and says that he did: what his detector is there for. */
static bool
kill_nobody(void)
{
	return true;
}

static bool
dies_never(void)
{
	return false;
}

static void
dump_nothing(void)
{
}

/* With oom_stall=SECONDS; without, it takes two minutes. */
static void
crash_oom_stall(void)
{
	static const struct oom_proc_ops ops = {
		.current_dies = dies_never,
		.kill = kill_nobody,
		.dump_tasks = dump_nothing,
	};

	oom_proc_ops = &ops;
	while (page_alloc(GFP_KERNEL))
		;
}

static const struct crash crashes[] = {
	{"stack", crash_stack},
	{"null", crash_null},
	{"jump", crash_jump},
	{"jump-data", crash_jump_data},
	{"init-code", crash_init_code},
	{"text", crash_text},
	{"user", crash_user},
	{"assert", crash_assert},
	{"double-free", crash_double_free},
	{"wrong-cache", crash_wrong_cache},
	{"oom-stall", crash_oom_stall},
	{"lock-order", crash_lock_order},
	{"lock-twice", crash_lock_twice},
	{"sleep-atomic", crash_sleep_atomic},
	{"kmap-sleep", crash_kmap_sleep},
	{"kmap-leak", crash_kmap_leak},
	{"reclaim-waits", crash_reclaim_waits},
	{"alloc-atomic", crash_alloc_atomic},
	{"high-kva", crash_high_kva},
	{NULL, NULL},
};

/* The one that is under way: for who looks from outside (grading/harness/end_probes.py). */
static void (*volatile crash_begun)(void) USED;

static void
crasher(void *arg)
{
	void (*crash)(void) = arg;

	crash_begun = crash;
	crash();
	pr_err("crash test: still alive");
	machine_power_off(0);
}

static const struct crash *
crash_find(const struct crash *crash, const char *name)
{
	while (crash->name && strcmp(crash->name, name) != 0)
		crash++;
	return crash->name ? crash : NULL;
}

static void
crash_test_run(void)
{
	const struct crash *found;
	void (*crash)(void);
	char want[32];

	if (bootarg_get("crash", want, sizeof(want)) < 0)
		return;
	found = crash_find(crashes, want);
	if (!found)
		found = crash_find(kasan_crashes, want);
	crash = found ? found->crash : slab_crash_find(want);
	if (!crash) {
		pr_err("crash=%s: there is no such crash test", want);
		return;
	}
	kthread_start("crasher", crasher, crash);
	task_sleep_ns(~0UL, false);
}

LATE_INIT(crash_test_run);
