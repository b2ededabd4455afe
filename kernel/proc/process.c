#include "proc/process.h"

#include "core/clock.h"
#include "fs/file.h"
#include "fs/files.h"
#include "fs/fs_context.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "proc/exec.h"
#include "proc/exit.h"
#include "proc/futex.h"
#include "proc/oom_kill.h"
#include "proc/signal.h"
#include "proc/timers.h"
#include "sched/sched.h"
#include "vm/mm.h"

static struct kmem_cache *process_cache;

struct process *init_process;
u64 nr_process_threads;

struct process *
process_alloc(struct signal_actions *shared)
{
	struct process *process = kmem_cache_alloc(process_cache, GFP_KERNEL | GFP_ZERO);

	if (!process)
		return NULL;
	if (shared)
		signal_actions_get(shared);
	else
		shared = signal_actions_create();
	if (!shared) {
		kmem_cache_free(process_cache, process);
		return NULL;
	}
	process->signal.actions = shared;
	refcount_set(&process->refs, 1);
	list_init(&process->children);
	list_init(&process->sibling_link);
	list_init(&process->threads);
	list_init(&process->posix_timers);
	list_init(&process->cpu_timers);
	wait_queue_init(&process->child_wq);
	wait_queue_init(&process->vfork_wq);
	spin_init(&process->signal.lock, "signal", RANK_SIGNAL);
	signal_queue_init(&process->signal.shared);
	itimers_init(process);
	process->start_ns = clock_now_ns();
	return process;
}

void
process_get(struct process *process)
{
	refcount_inc(&process->refs);
}

void
process_put(struct process *process)
{
	if (!refcount_dec_and_test(&process->refs))
		return;
	assert(list_empty(&process->threads) && list_empty(&process->children));
	assert(list_empty(&process->posix_timers) && list_empty(&process->cpu_timers));
	signal_queue_flush(&process->signal.shared);
	signal_actions_put(process->signal.actions);
	assert(!process->exe);
	kmem_cache_free(process_cache, process);
}

/* A thread that still has its memory. => process_lock held; NULL when none has */
static struct task *
thread_with_mm(struct process *process)
{
	struct task *task;

	assert_spin_held(&process_lock);
	list_for_each_entry(task, &process->threads, thread_link) {
		if (task->mm)
			return task;
	}
	return NULL;
}

struct mm *
process_mm_locked(struct process *process)
{
	struct task *task = thread_with_mm(process);

	return task ? task->mm : NULL;
}

bool
process_in_vfork_locked(struct process *process)
{
	return READ_ONCE(process->in_vfork) && process->parent &&
	       process_mm_locked(process->parent) == process_mm_locked(process);
}

struct mm *
process_mm_get(struct process *process)
{
	u64 flags = spin_lock_irqsave(&process_lock);
	struct mm *mm = process_mm_locked(process);

	if (mm)
		mm_get(mm);
	spin_unlock_irqrestore(&process_lock, flags);
	return mm;
}

struct files *
process_files_get(struct process *process)
{
	u64 flags = spin_lock_irqsave(&process_lock);
	struct task *task = thread_with_mm(process);
	struct files *files = task ? files_ref(task->files) : NULL;

	spin_unlock_irqrestore(&process_lock, flags);
	return files;
}

struct fs_context *
process_fs_get(struct process *process)
{
	u64 flags = spin_lock_irqsave(&process_lock);
	struct task *task = thread_with_mm(process);
	struct fs_context *fs = task ? fs_context_ref(task->fs) : NULL;

	spin_unlock_irqrestore(&process_lock, flags);
	return fs;
}

struct file *
process_exe_get(struct process *process)
{
	u64 flags = spin_lock_irqsave(&process_lock);
	struct file *exe = process->exe ? file_ref(process->exe) : NULL;

	spin_unlock_irqrestore(&process_lock, flags);
	return exe;
}

void
process_exe_set(struct process *process, struct file *exe)
{
	u64 flags = spin_lock_irqsave(&process_lock);
	struct file *old = process->exe;

	process->exe = exe;
	spin_unlock_irqrestore(&process_lock, flags);
	if (old)
		file_put(old);
}

/* The current task's memory becomes mm. => the old one, whose reference is the caller's */
struct mm *
process_switch_mm(struct mm *mm)
{
	struct process_usage *usage = &current->process->dead_threads;
	u64 flags = spin_lock_irqsave(&process_lock);
	struct mm *old = mm_switch(mm);

	if (old)
		usage->max_rss_pages = MAX(usage->max_rss_pages, mm_peak_pages(old));
	spin_unlock_irqrestore(&process_lock, flags);
	return old;
}

void
process_usage_add(struct process_usage *to, const struct process_usage *from)
{
	to->user_ns += from->user_ns;
	to->system_ns += from->system_ns;
	to->min_flt += from->min_flt;
	to->maj_flt += from->maj_flt;
	to->nr_voluntary += from->nr_voluntary;
	to->nr_involuntary += from->nr_involuntary;
	to->max_rss_pages = MAX(to->max_rss_pages, from->max_rss_pages);
}

void
task_usage_get_locked(struct task *task, struct process_usage *usage)
{
	assert_spin_held(&process_lock);
	cputime_split(&task->cputime, task_runtime_ns(task));
	usage->system_ns = task->cputime.system_ns;
	usage->user_ns = task->cputime.user_ns;
	usage->min_flt = task->min_flt;
	usage->maj_flt = task->maj_flt;
	usage->nr_voluntary = task->nr_voluntary;
	usage->nr_involuntary = task->nr_switches - task->nr_voluntary;
	usage->max_rss_pages = 0;
}

void
task_usage_get(struct task *task, struct process_usage *usage)
{
	u64 flags = spin_lock_irqsave(&process_lock);

	task_usage_get_locked(task, usage);
	spin_unlock_irqrestore(&process_lock, flags);
}

void
process_usage_get_locked(struct process *process, struct process_usage *usage)
{
	struct process_usage thread_usage;
	struct mm *mm = process_mm_locked(process);
	struct task *task;

	*usage = process->dead_threads;
	if (mm)
		usage->max_rss_pages = MAX(usage->max_rss_pages, mm_peak_pages(mm));
	list_for_each_entry(task, &process->threads, thread_link) {
		task_usage_get_locked(task, &thread_usage);
		process_usage_add(usage, &thread_usage);
	}
}

void
process_usage_get(struct process *process, struct process_usage *usage)
{
	u64 flags = spin_lock_irqsave(&process_lock);

	process_usage_get_locked(process, usage);
	spin_unlock_irqrestore(&process_lock, flags);
}

char
task_state_letter(const struct task *task)
{
	static const char letters[] = {
		[TASK_RUNNING] = 'R',  [TASK_INTERRUPTIBLE] = 'S', [TASK_UNINTERRUPTIBLE] = 'D',
		[TASK_KILLABLE] = 'D', [TASK_STOPPED] = 'T',	   [TASK_DEAD] = 'X',
		[TASK_MOVING] = 'R',
	};
	u32 state = READ_ONCE(task->state);

	return state < ARRAY_SIZE(letters) ? letters[state] : '?';
}

struct task *
process_thread_get(struct process *process, s32 tid)
{
	u64 flags = spin_lock_irqsave(&process_lock);
	struct task *task, *found = NULL;

	list_for_each_entry(task, &process->threads, thread_link) {
		if (task->tid == tid) {
			task_get(task);
			found = task;
			break;
		}
	}
	spin_unlock_irqrestore(&process_lock, flags);
	return found;
}

s32
process_thread_next(struct process *process, s32 after)
{
	u64 flags = spin_lock_irqsave(&process_lock);
	struct task *task;
	s32 next = 0;

	list_for_each_entry(task, &process->threads, thread_link) {
		if (task->tid > after && (!next || task->tid < next))
			next = task->tid;
	}
	spin_unlock_irqrestore(&process_lock, flags);
	return next;
}

/* Runs when a thread's last reference goes. */
static void
task_released(struct task *task)
{
	if (!task->process)
		return;
	signal_queue_flush(&task->pending);
	process_put(task->process);
}

void INIT
process_init(void)
{
	process_cache = kmem_cache_create("process", sizeof(struct process), 0, 0, NULL);
	assert(process_cache);
	signal_actions_init();
	signal_init();
	task_release_hook = task_released;
	process_hooks_init();
	oom_kill_init();
	exec_init();
	process_files_init();
	futex_init();
}
