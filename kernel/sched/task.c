#include "sched/task.h"

#include "core/clock.h"
#include "core/spinlock.h"
#include "lib/errno.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mem/kmemleak.h"
#include "mem/slab.h"
#include "mem/vmalloc.h"
#include "sched/pid.h"
#include "sched/sched.h"

/* The boot hart's first thread; it becomes that hart's idle task. entry.S sets tp to it. */
struct task boot_task = {
	.ti = {.cpu = &cpus[0], .name = "boot"},
	.refs = REFCOUNT_INIT(1),
	.on_cpu = 1,
	.kthread = true,
	.name = "idle/0",
};

void (*task_enter_user_hook)(struct trap_frame *tf);
void (*task_release_hook)(struct task *task);

static struct kmem_cache *task_cache;

void task_trampoline(void);

static void
task_stack_used(const void *object, u64 *base, u64 *sp)
{
	const struct task *task = object;

	*base = task->ti.kstack_base;
	*sp = READ_ONCE(task->on_cpu) ? *base : task->context.sp;
}

void INIT
task_init(void)
{
	kmemleak_task_hook = task_stack_used;
	task_cache = kmem_cache_create(KMEMLEAK_TASK_CACHE, sizeof(struct task), 64, 0, NULL);
	assert(task_cache);
}

struct task *
task_create(const char *name, void (*entry)(void *arg), void *arg)
{
	struct task *task = kmem_cache_alloc(task_cache, GFP_KERNEL | GFP_ZERO);

	if (!task)
		return NULL;
	task->ti.kstack_base = (u64)kstack_alloc();
	if (!task->ti.kstack_base)
		goto no_stack;
	if (tid_alloc(task) < 0)
		goto no_tid;
	strscpy(task->name, name, sizeof(task->name));
	task->ti.name = task->name;
	task->ti.pid = task->tid;
	task->ti.kernel_sp = task->ti.kstack_base + KSTACK_SIZE;
	task->ti.cpu_id = cpu_id();
	task->ti.cpu = this_cpu();
	task->context.ra = (u64)task_trampoline;
	task->context.sp = (u64)task_trap_frame(task);
	task->context.s[0] = (u64)entry;
	task->context.s[1] = (u64)arg;
	task->state = TASK_UNINTERRUPTIBLE;
	task->start_ns = clock_now_ns();
	task->allowed = ~0U;
	list_init(&task->thread_link);
	refcount_set(&task->refs, 2);
	return task;

no_tid:
	kstack_free((void *)task->ti.kstack_base);
no_stack:
	kmem_cache_free(task_cache, task);
	return NULL;
}

void
task_get(struct task *task)
{
	refcount_inc(&task->refs);
}

void
task_put(struct task *task)
{
	if (!refcount_dec_and_test(&task->refs))
		return;
	if (task_release_hook)
		task_release_hook(task);
	tid_free(task);
	if (task->ti.kstack_base)
		kstack_free((void *)task->ti.kstack_base);
	kmem_cache_free(task_cache, task);
}

void
task_discard(struct task *task)
{
	/* Whoever found it by its number meanwhile puts it later. */
	task->state = TASK_DEAD;
	task_put(task);
	task_put(task);
}

struct task *
kthread_start(const char *name, void (*entry)(void *arg), void *arg)
{
	struct task *task = task_create(name, entry, arg);

	if (!task)
		return ERR_PTR(-ENOMEM);
	task->kthread = true;
	task_start(task);
	task_put(task);
	return task;
}
