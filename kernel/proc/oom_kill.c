/*
 * Candidates, and the kill. A candidate is a process with memory of its own that is not init, is not
 * dying for memory already, and may be killed (oom_score_adj above -1000). A vfork child uses its
 * parent's memory: it is no candidate, but dies with the parent.
 */

#include "proc/oom_kill.h"

#include "core/atomic.h"
#include "core/printk.h"
#include "lib/string.h"
#include "proc/process.h"
#include "proc/signal.h"
#include "vm/mm.h"
#include "vm/oom.h"

#define KIB(nr_pages) ((nr_pages) * (PAGE_SIZE / 1024))

/* What is said of the one who is killed; taken while process_lock is held, printed after. */
struct victim {
	s32 pid, adj;
	char name[TASK_NAME_MAX];
	s64 points;
	u64 total_pages;
	struct oom_usage usage;
	unsigned nr_processes;
};

/* => process_lock held; the memory that would be free without this process, or NULL */
static struct mm *
candidate_mm_locked(struct process *process)
{
	struct mm *mm;

	if (process == init_process || process_in_vfork_locked(process))
		return NULL;
	mm = process_mm_locked(process);
	if (init_process && mm == process_mm_locked(init_process))
		return NULL; /* by clone(CLONE_VM): init would be killed with it */
	return mm && !(READ_ONCE(mm->oom_state) & MM_OOM_VICTIM) ? mm : NULL;
}

/* total_pages is oom_total_pages(), which is to be asked for before process_lock is taken. */
static s64
points_of(struct process *process, struct mm *mm, u64 total_pages)
{
	struct oom_usage usage;

	oom_usage_get(mm, &usage);
	return oom_points(&usage, READ_ONCE(process->oom_score_adj), total_pages);
}

/* => process_lock held; NULL: nobody */
static struct process *
victim_choose_locked(u64 total_pages)
{
	struct oom_choice choice = OOM_CHOICE_INIT;
	struct process *process;

	process = current->process;
	if (oom_kill_allocating_task && process && candidate_mm_locked(process) &&
	    process->oom_score_adj != OOM_SCORE_ADJ_MIN)
		return process;
	list_for_each_entry(process, &process_list, all_link) {
		struct mm *mm = candidate_mm_locked(process);

		if (mm)
			oom_choice_offer(&choice, points_of(process, mm, total_pages), process);
	}
	return choice.chosen;
}

/* All threads are to end, and may use the reserves for that. => process_lock held */
static void
process_kill_locked(struct process *process)
{
	struct task *task;

	spin_lock(&process->signal.lock);
	signal_begin_exit_locked(process, SIGKILL);
	spin_unlock(&process->signal.lock);
	list_for_each_entry(task, &process->threads, thread_link)
		atomic_or32(&task->ti.flags, TIF_MEMDIE);
}

/* => process_lock held; processes that were killed */
static unsigned
sharers_kill_locked(struct mm *mm)
{
	struct process *process;
	unsigned nr = 0;

	list_for_each_entry(process, &process_list, all_link) {
		if (process == init_process || process_mm_locked(process) != mm)
			continue;
		process_kill_locked(process);
		nr++;
	}
	return nr;
}

/* => process_lock held */
static void
victim_note(struct victim *victim, struct process *process, struct mm *mm, u64 total_pages)
{
	const struct task *task =
		list_first_entry(&process->threads, const struct task, thread_link);

	victim->pid = process->pid;
	victim->adj = process->oom_score_adj;
	strscpy(victim->name, task->name, sizeof(victim->name));
	victim->points = points_of(process, mm, total_pages);
	victim->total_pages = mm->total_pages;
	oom_usage_get(mm, &victim->usage);
}

static void
victim_print(const struct victim *victim)
{
	pr_err("Out of memory: Killed process %d (%s) total-vm:%lukB, anon-rss:%lukB, "
	       "file-rss:%lukB, swap:%lukB, pgtables:%lukB oom_score_adj:%d, %ld points",
	       victim->pid, victim->name, KIB(victim->total_pages), KIB(victim->usage.nr_anon),
	       KIB(victim->usage.nr_file), KIB(victim->usage.nr_swap), KIB(victim->usage.nr_tables),
	       victim->adj, victim->points);
	if (victim->nr_processes > 1)
		pr_err("... and %u that share its memory", victim->nr_processes - 1);
}

static bool
oom_kill(void)
{
	u64 total_pages = oom_total_pages();
	u64 flags = spin_lock_irqsave(&process_lock);
	struct process *process = victim_choose_locked(total_pages);
	struct victim victim;

	if (process) {
		struct mm *mm = process_mm_locked(process);

		victim_note(&victim, process, mm, total_pages);
		oom_victim_begin(mm);
		victim.nr_processes = sharers_kill_locked(mm);
	}
	spin_unlock_irqrestore(&process_lock, flags);
	if (process)
		victim_print(&victim);
	return process;
}

/* Do all that use it end? => process_lock held */
static bool
users_end_locked(const struct mm *mm)
{
	struct process *process;

	list_for_each_entry(process, &process_list, all_link)
		if (process_mm_locked(process) == mm && !process->exiting)
			return false;
	return true;
}

/* => process_lock held; the first call of this kind for the current thread */
static bool
current_takes_reserves_locked(void)
{
	struct process *process = current->process;
	struct mm *mm = current->mm;

	if (!process || !signal_must_die() || process == init_process)
		return false;
	if (READ_ONCE(current->ti.flags) & TIF_MEMDIE)
		return false;
	atomic_or32(&current->ti.flags, TIF_MEMDIE);
	if (mm && users_end_locked(mm) && !oom_victim_pending() &&
	    candidate_mm_locked(process) == mm)
		oom_victim_begin(mm);
	return true;
}

static bool
oom_current_dies(void)
{
	u64 flags = spin_lock_irqsave(&process_lock);
	bool dies = current_takes_reserves_locked();

	spin_unlock_irqrestore(&process_lock, flags);
	return dies;
}

/* One row. => process_lock held */
static bool
row_take_locked(struct process *process, struct victim *row, u64 total_pages)
{
	struct mm *mm = process_mm_locked(process);

	if (!mm)
		return false;
	victim_note(row, process, mm, total_pages);
	return true;
}

static void
oom_dump_tasks_now(void)
{
	u64 total_pages = oom_total_pages();
	struct process *process = NULL;
	s32 pid = 0;

	pr_warn("[  pid  ] total_vm      rss   tables    areas     swap oom_score_adj name");
	while ((process = process_next(pid))) {
		u64 flags = spin_lock_irqsave(&process_lock);
		struct victim row;
		bool has_memory = row_take_locked(process, &row, total_pages);

		spin_unlock_irqrestore(&process_lock, flags);
		pid = process->pid;
		process_put(process);
		if (has_memory)
			pr_warn("[%7d] %8lu %8lu %8lu %8lu %8lu %13d %s", row.pid, row.total_pages,
				row.usage.nr_anon + row.usage.nr_file, row.usage.nr_tables,
				row.usage.nr_areas, row.usage.nr_swap, row.adj, row.name);
	}
}

int
process_set_oom_score_adj(struct process *process, s64 value)
{
	struct process *other;
	struct mm *mm;
	u64 flags;

	if (value < OOM_SCORE_ADJ_MIN || value > OOM_SCORE_ADJ_MAX)
		return -EINVAL;
	flags = spin_lock_irqsave(&process_lock);
	WRITE_ONCE(process->oom_score_adj, (s32)value);
	mm = process_in_vfork_locked(process) ? NULL : process_mm_locked(process);
	list_for_each_entry(other, &process_list, all_link)
		if (mm && process_mm_locked(other) == mm && !process_in_vfork_locked(other))
			WRITE_ONCE(other->oom_score_adj, (s32)value);
	spin_unlock_irqrestore(&process_lock, flags);
	return 0;
}

u64
process_oom_score(struct process *process, struct mm *mm)
{
	u64 total_pages = oom_total_pages();

	return mm ? oom_score(points_of(process, mm, total_pages), total_pages) : 0;
}

static const struct oom_proc_ops ops = {
	.current_dies = oom_current_dies,
	.kill = oom_kill,
	.dump_tasks = oom_dump_tasks_now,
};

void INIT
oom_kill_init(void)
{
	oom_proc_ops = &ops;
}
