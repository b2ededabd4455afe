#include "sched/pid.h"

#include "core/spinlock.h"
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "lib/hash.h"

#define TID_BUCKETS 256

static struct spinlock tid_lock = SPINLOCK_INIT("tid", RANK_FILES);
static u64 tid_used[TID_MAX / 64] = {3}; /* 0 is the idle tasks', 1 is kept for the first process */
static s32 tid_last;
static u64 nr_tasks, nr_created;
static struct list_head tid_buckets[TID_BUCKETS];
static LIST_HEAD(all_tasks); /* by age */

static struct list_head *
tid_bucket(s32 tid)
{
	struct list_head *bucket = &tid_buckets[tid % TID_BUCKETS];

	if (unlikely(!bucket->next))
		list_init(bucket);
	return bucket;
}

int
tid_alloc(struct task *task)
{
	u64 tid;

	spin_lock(&tid_lock);
	tid = bitmap_find_next_zero(tid_used, TID_MAX, tid_last + 1);
	if (tid >= TID_MAX)
		tid = bitmap_find_next_zero(tid_used, TID_MAX, 1);
	if (tid >= TID_MAX) {
		spin_unlock(&tid_lock);
		return -EAGAIN;
	}
	tid_last = tid;
	tid_used[tid / 64] |= BIT(tid % 64);
	task->tid = tid;
	list_add(&task->tid_link, tid_bucket(tid));
	list_add_tail(&task->all_link, &all_tasks);
	nr_tasks++;
	nr_created++;
	spin_unlock(&tid_lock);
	return 0;
}

/* => tid_lock held; NULL when no task has it */
static struct task *
task_find_locked(s32 tid)
{
	struct task *task;

	list_for_each_entry(task, tid_bucket(tid), tid_link) {
		if (task->tid == tid)
			return task;
	}
	return NULL;
}

static void
tid_set(struct task *task, s32 tid)
{
	task->tid = tid;
	task->ti.pid = tid;
	list_move(&task->tid_link, tid_bucket(tid));
}

void
tid_become(s32 tid)
{
	s32 old = current->tid;
	struct task *holder;

	spin_lock(&tid_lock);
	holder = task_find_locked(tid);
	if (holder) {
		tid_set(holder, old);
	} else {
		tid_used[tid / 64] |= BIT(tid % 64);
		tid_used[old / 64] &= ~BIT(old % 64);
	}
	tid_set(current, tid);
	spin_unlock(&tid_lock);
}

void
tid_free(struct task *task)
{
	spin_lock(&tid_lock);
	tid_used[task->tid / 64] &= ~BIT(task->tid % 64);
	list_del(&task->tid_link);
	list_del(&task->all_link);
	nr_tasks--;
	spin_unlock(&tid_lock);
}

struct task *
task_find(s32 tid)
{
	struct task *found;

	if (tid <= 0 || tid >= TID_MAX)
		return NULL;
	spin_lock(&tid_lock);
	found = task_find_locked(tid);
	if (found && !refcount_inc_not_zero(&found->refs))
		found = NULL;
	spin_unlock(&tid_lock);
	return found;
}

s32
kthread_next(s32 after)
{
	struct task *task;
	s32 next = 0;

	spin_lock(&tid_lock);
	list_for_each_entry(task, &all_tasks, all_link) {
		if (task->kthread && task->tid > after && (!next || task->tid < next))
			next = task->tid;
	}
	spin_unlock(&tid_lock);
	return next;
}

u64
task_count_created(void)
{
	return READ_ONCE(nr_created);
}

u64
task_count(void)
{
	return READ_ONCE(nr_tasks);
}
