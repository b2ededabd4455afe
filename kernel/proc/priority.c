#include "proc/priority.h"

#include "lib/errno.h"
#include "proc/process.h"
#include "sched/sched.h"

/*
 * A nice value is a thread's own (sched/rq.c says what it does). A call names one thread or all of some
 * processes; it is done to each while process_lock is held, so that no thread comes or goes meanwhile.
 * The first thread of a process counts until that is reaped, as everywhere. Kernel threads do not.
 *
 * Everybody is root: nobody is refused, RLIMIT_NICE limits nothing.
 */

#define PRIORITY_OF_NICE(nice) (20 - (nice))

/* What is done to each thread, and what came of it. */
struct nice_call {
	bool set;   /* nice is what they get; else it becomes the least they have */
	bool found; /* there was one */
	s32 nice;
};

static void
call_thread(struct nice_call *call, struct task *task)
{
	call->found = true;
	if (call->set)
		sched_set_nice(task, call->nice);
	else
		call->nice = MIN(call->nice, task->nice);
}

static void
call_ended_thread(struct nice_call *call, struct process *process)
{
	call->found = true;
	if (call->set)
		process->first_nice = call->nice;
	else
		call->nice = MIN(call->nice, process->first_nice);
}

static void
call_process(struct nice_call *call, struct process *process)
{
	struct task *task;

	list_for_each_entry(task, &process->threads, thread_link)
		call_thread(call, task);
	if (process->first_ended)
		call_ended_thread(call, process);
}

/* task is the one that has this number, NULL for none; it may have left its process. */
static void
call_tid(struct nice_call *call, s32 tid, struct task *task)
{
	struct process *process;

	if (task && list_is_linked(&task->thread_link)) {
		call_thread(call, task);
		return;
	}
	process = process_find_locked(tid);
	if (process && process->first_ended)
		call_ended_thread(call, process);
}

static void
call_group(struct nice_call *call, s32 pgid)
{
	struct process *process = NULL;

	while ((process = process_group_next(pgid, process)))
		call_process(call, process);
}

static void
call_everybody(struct nice_call *call)
{
	struct process *process;

	list_for_each_entry(process, &process_list, all_link)
		call_process(call, process);
}

/* => 0, -ESRCH */
static int
call_whom(struct nice_call *call, enum priority_whose whose, s32 who)
{
	s32 tid = who ? who : current->tid;
	struct task *task = whose == PRIO_PROCESS ? task_find(tid) : NULL;
	u64 flags = spin_lock_irqsave(&process_lock);

	if (whose == PRIO_PROCESS)
		call_tid(call, tid, task);
	else if (whose == PRIO_PGRP)
		call_group(call, who ? who : current->process->pgid);
	else if (who == 0)
		call_everybody(call);
	spin_unlock_irqrestore(&process_lock, flags);
	if (task)
		task_put(task);
	return call->found ? 0 : -ESRCH;
}

int
priority_set(int whose, s32 who, s32 nice)
{
	struct nice_call call = {.set = true, .nice = MAX(MIN(nice, NICE_MAX), NICE_MIN)};

	if (whose < PRIO_PROCESS || whose > PRIO_USER)
		return -EINVAL;
	return call_whom(&call, whose, who);
}

int
priority_get(int whose, s32 who)
{
	struct nice_call call = {.nice = NICE_MAX};
	int err;

	if (whose < PRIO_PROCESS || whose > PRIO_USER)
		return -EINVAL;
	err = call_whom(&call, whose, who);
	return err ? err : PRIORITY_OF_NICE(call.nice);
}
