#include "proc/cpu_clock.h"

#include "lib/errno.h"
#include "proc/exit.h"
#include "sched/pid.h"

static bool
thread_has_ended_locked(const struct task *task)
{
	return !list_is_linked(&task->thread_link);
}

/* A living thread of the current process, with a reference; 0: the current one. => NULL */
static struct task *
sibling_get(s32 tid)
{
	struct task *task = tid ? task_find(tid) : current;
	bool found;
	u64 flags;

	if (!tid)
		task_get(task);
	if (!task)
		return NULL;
	flags = spin_lock_irqsave(&process_lock);
	found = task->process == current->process && !thread_has_ended_locked(task);
	spin_unlock_irqrestore(&process_lock, flags);
	if (found)
		return task;
	task_put(task);
	return NULL;
}

/* => the process of that number, with a reference; 0: the current one; NULL */
static struct process *
owner_get(s32 pid, bool only_read)
{
	if (pid && !(only_read && pid == current->tid))
		return process_find(pid);
	process_get(current->process);
	return current->process;
}

int
cpu_clock_open(s32 number, bool only_read, struct cpu_clock *clock)
{
	bool is_own = number >= 0;
	s32 id = is_own ? 0 : cpu_clock_number(number);
	enum cpu_clock_part part = is_own ? CPU_CLOCK_ALL : number & CPU_CLOCK_PARTS;
	bool is_thread = is_own ? number == CLOCK_THREAD_CPUTIME : number & CPU_CLOCK_THREAD;

	*clock = (struct cpu_clock){.user_only = part == CPU_CLOCK_USER_TICKS};
	if (part == CPU_CLOCK_OTHER || (is_own && !is_thread && number != CLOCK_PROCESS_CPUTIME))
		return -EINVAL;
	if (is_thread) {
		clock->task = sibling_get(id);
		if (!clock->task)
			return -EINVAL;
		clock->process = current->process;
		process_get(clock->process);
		return 0;
	}
	clock->process = owner_get(id, only_read);
	return clock->process ? 0 : -EINVAL;
}

void
cpu_clock_close(struct cpu_clock *clock)
{
	if (clock->task)
		task_put(clock->task);
	if (clock->process)
		process_put(clock->process);
	*clock = (struct cpu_clock){};
}

u64
cpu_clock_read_locked(const struct cpu_clock *clock)
{
	struct process_usage usage;

	if (clock->task)
		task_usage_get_locked(clock->task, &usage);
	else
		process_usage_get_locked(clock->process, &usage);
	return usage.user_ns + (clock->user_only ? 0 : usage.system_ns);
}

u64
cpu_clock_read(const struct cpu_clock *clock)
{
	u64 flags = spin_lock_irqsave(&process_lock);
	u64 ns = cpu_clock_read_locked(clock);

	spin_unlock_irqrestore(&process_lock, flags);
	return ns;
}

bool
cpu_clock_has_ended_locked(const struct cpu_clock *clock)
{
	if (clock->task)
		return thread_has_ended_locked(clock->task);
	return clock->process->state == PROCESS_REAPED;
}
