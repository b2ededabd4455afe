#include "proc/exit.h"

#include "core/clock.h"
#include "core/panic.h"
#include "dev/tty.h"
#include "fs/files.h"
#include "fs/fs_context.h"
#include "lib/string.h"
#include "proc/futex.h"
#include "proc/job_control.h"
#include "proc/posix_timers.h"
#include "proc/robust.h"
#include "proc/signal.h"
#include "proc/timers.h"
#include "proc/trace.h"
#include "vm/usercopy.h"

/*
 * A thread gives back what it holds while it can still sleep: its memory, files and
 * directory. Then, under process_lock, it leaves its process; the last one to do so
 * makes the process a zombie: children go to init, the parent is told. The parent (or
 * nobody, when it ignores SIGCHLD) takes the zombie out of the tree. The task's stack
 * and the structure itself go when their last reference does.
 */

void
process_begin_exit(u32 status)
{
	struct process *process = current->process;
	u64 flags = spin_lock_irqsave(&process_lock);

	spin_lock(&process->signal.lock);
	signal_begin_exit_locked(process, status);
	spin_unlock(&process->signal.lock);
	spin_unlock_irqrestore(&process_lock, flags);
}

void
process_exit(u32 status)
{
	process_begin_exit(status);
	thread_exit(status);
}

void
thread_end_vfork(void)
{
	struct process *process = current->process;

	if (!READ_ONCE(current->vfork_pending))
		return;
	if (current->tid == process->pid)
		WRITE_ONCE(process->in_vfork, false);
	WRITE_ONCE(current->vfork_pending, false);
	wake_up_all(&process->vfork_wq);
}

void
thread_clear_child_tid(void)
{
	uva_t uva = current->clear_child_tid;

	current->clear_child_tid = 0;
	if (!uva || refcount_read(&current->mm->users) == 1)
		return;
	if (put_user_u32(uva, 0) == 0)
		futex_wake_one(uva);
}

static void
release_resources(void)
{
	struct files *files = current->files;
	struct fs_context *fs = current->fs;

	robust_list_release();
	thread_clear_child_tid();
	mm_put(process_switch_mm(NULL));
	current->files = NULL;
	current->fs = NULL;
	files_put(files);
	fs_context_put(fs);
}

void
process_reap_locked(struct process *process)
{
	assert(process->state == PROCESS_ZOMBIE);
	process->state = PROCESS_REAPED;
	nr_process_threads--;
	process_index_remove(process);
	list_del(&process->sibling_link);
}

/* => true when nobody will wait: the zombie goes at once */
static bool
announce_death(struct process *process)
{
	struct sigaction action = signal_action_get(process->parent->signal.actions, SIGCHLD);
	bool unwanted = process->exit_signal == SIGCHLD &&
			(action.handler == SIG_IGN || (action.flags & SA_NOCLDWAIT));

	if (process->exit_status & 0x7f)
		signal_notify_parent_locked(process, CLD_KILLED, process->exit_status & 0x7f);
	else
		signal_notify_parent_locked(process, CLD_EXITED, process->exit_status >> 8);
	return unwanted;
}

/* Children of the dead become init's; zombies among them are announced to it, if it wants them. */
static void
reparent_children(struct process *process)
{
	struct process *child, *tmp;

	list_for_each_entry_safe(child, tmp, &process->children, sibling_link) {
		child->parent = init_process;
		WRITE_ONCE(child->ppid, init_process->pid);
		child->exit_signal = SIGCHLD;
		list_move_tail(&child->sibling_link, &init_process->children);
		if (child->pgid != process->pgid && child->sid == process->sid)
			group_check_orphaned_locked(child->pgid, process);
		if (child->state == PROCESS_ZOMBIE && announce_death(child)) {
			process_reap_locked(child);
			process_put(child);
		}
	}
}

/* Does its parent keep its group from being orphaned? */
static bool
parent_is_outside_group(const struct process *process)
{
	const struct process *parent = process->parent;

	return parent->pgid != process->pgid && parent->sid == process->sid;
}

/* => true when the tree's reference is to be put */
static bool
process_becomes_zombie(struct process *process)
{
	process->state = PROCESS_ZOMBIE;
	session_leader_exit_locked(process);
	if (parent_is_outside_group(process))
		group_check_orphaned_locked(process->pgid, process);
	reparent_children(process);
	if (!announce_death(process))
		return false;
	process_reap_locked(process);
	return true;
}

/* => true when the tree's reference is to be put */
static bool
leave_process(struct process *process)
{
	struct process_usage usage;

	task_usage_get_locked(current, &usage);
	process_usage_add(&process->dead_threads, &usage);
	list_del(&current->thread_link);
	process->nr_threads--;
	if (current->tid == process->pid) {
		process->first_ended = true;
		process->first_nice = current->nice;
	} else {
		nr_process_threads--;
	}
	wake_up_all(&process->child_wq);
	if (process->nr_threads > 0) {
		signal_note_stopped_locked(process);
		return false;
	}
	strscpy(process->name, current->name, sizeof(process->name));
	return process_becomes_zombie(process);
}

static void
panic_init_died(u32 status)
{
	if (status & 0x7f)
		panic("init died of signal %u", status & 0x7f);
	panic("init exited with status %u", status >> 8);
}

void
thread_exit(u32 status)
{
	struct process *process = current->process;
	bool last = atomic_dec(&process->nr_live) == 0;
	bool reaped;
	u64 flags;

	if (last && process == init_process)
		panic_init_died(process->exiting ? process->exit_status : status);
	if (last) {
		process_begin_exit(status); /* no signal changes the status any more */
		itimers_stop(process);
		posix_timers_delete_all(process);
		trace_end(process->exit_status);
	}
	signal_thread_ends();
	release_resources();
	thread_end_vfork();
	if (last)
		process_exe_set(process, NULL);

	flags = spin_lock_irqsave(&process_lock);
	reaped = leave_process(process);
	spin_unlock_irqrestore(&process_lock, flags);
	if (reaped)
		process_put(process);
	task_exit();
}

int
process_kill_other_threads(void)
{
	struct process *process = current->process;
	struct task *task;
	u64 flags;
	int err = 0;

	if (process->nr_threads == 1)
		return 0;
	flags = spin_lock_irqsave(&process_lock);
	spin_lock(&process->signal.lock);
	if (process->exiting || process->sole_thread)
		err = -EINTR;
	else
		process->sole_thread = current;
	list_for_each_entry(task, &process->threads, thread_link) {
		if (!err && task != current)
			signal_kill_thread_locked(task);
	}
	spin_unlock(&process->signal.lock);
	spin_unlock_irqrestore(&process_lock, flags);
	if (err)
		return err;
	wait_event(&process->child_wq, READ_ONCE(process->nr_threads) == 1);
	process->sole_thread = NULL;
	return process->exiting ? -EINTR : 0;
}
