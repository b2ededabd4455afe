#include "proc/process.h"

#include "lib/compiler.h"

/*
 * Numbers to processes: three chained hash tables, by pid, by group and by session, and
 * the list of all in order of their creation. A process is in all of them from its
 * birth until it is reaped. Everything here is guarded by process_lock.
 */

#define NR_BUCKETS 256 /* about the most processes that run on a small machine */

struct spinlock process_lock = SPINLOCK_INIT("process_tree", RANK_TREE);
struct list_head process_list = LIST_HEAD_INIT(process_list);

static struct list_head pid_table[NR_BUCKETS];
static struct list_head pgid_table[NR_BUCKETS];
static struct list_head sid_table[NR_BUCKETS];
static u64 nr_processes;

static struct list_head *
bucket(struct list_head *table, s32 number)
{
	struct list_head *head = &table[(u32)number % NR_BUCKETS];

	if (unlikely(!head->next))
		list_init(head);
	return head;
}

struct process *
process_find_locked(s32 pid)
{
	struct process *process;

	assert_spin_held(&process_lock);
	list_for_each_entry(process, bucket(pid_table, pid), pid_link) {
		if (process->pid == pid)
			return process;
	}
	return NULL;
}

struct process *
process_find(s32 pid)
{
	u64 flags = spin_lock_irqsave(&process_lock);
	struct process *process = process_find_locked(pid);

	if (process)
		process_get(process);
	spin_unlock_irqrestore(&process_lock, flags);
	return process;
}

struct process *
process_find_by_thread(s32 tid)
{
	struct process *process = tid > 0 ? process_find(tid) : NULL;
	struct task *task;
	u64 flags;

	if (process || tid <= 0)
		return process;
	task = task_find(tid);
	if (!task)
		return NULL;
	/* One that has left its process may be found for a while. */
	flags = spin_lock_irqsave(&process_lock);
	if (list_is_linked(&task->thread_link))
		process = task->process;
	if (process)
		process_get(process);
	spin_unlock_irqrestore(&process_lock, flags);
	task_put(task);
	return process;
}

struct process *
process_next(s32 after)
{
	u64 flags = spin_lock_irqsave(&process_lock);
	struct process *process, *next = NULL;

	list_for_each_entry(process, &process_list, all_link) {
		if (process->pid > after && (!next || process->pid < next->pid))
			next = process;
	}
	if (next)
		process_get(next);
	spin_unlock_irqrestore(&process_lock, flags);
	return next;
}

void
process_index_insert(struct process *process)
{
	assert_spin_held(&process_lock);
	list_add(&process->pid_link, bucket(pid_table, process->pid));
	list_add(&process->pgid_link, bucket(pgid_table, process->pgid));
	list_add(&process->sid_link, bucket(sid_table, process->sid));
	list_add_tail(&process->all_link, &process_list);
	nr_processes++;
}

void
process_index_remove(struct process *process)
{
	assert_spin_held(&process_lock);
	list_del(&process->pid_link);
	list_del(&process->pgid_link);
	list_del(&process->sid_link);
	list_del(&process->all_link);
	nr_processes--;
}

void
process_set_pgid(struct process *process, s32 pgid)
{
	assert_spin_held(&process_lock);
	process->pgid = pgid;
	list_move(&process->pgid_link, bucket(pgid_table, pgid));
}

void
process_set_sid(struct process *process, s32 sid)
{
	assert_spin_held(&process_lock);
	process->sid = sid;
	list_move(&process->sid_link, bucket(sid_table, sid));
}

struct process *
process_group_next(s32 pgid, struct process *process)
{
	struct list_head *head = bucket(pgid_table, pgid);
	struct list_head *link = process ? process->pgid_link.next : head->next;

	assert_spin_held(&process_lock);
	for (; link != head; link = link->next) {
		process = list_entry(link, struct process, pgid_link);
		if (process->pgid == pgid)
			return process;
	}
	return NULL;
}

struct process *
process_session_next(s32 sid, struct process *process)
{
	struct list_head *head = bucket(sid_table, sid);
	struct list_head *link = process ? process->sid_link.next : head->next;

	assert_spin_held(&process_lock);
	for (; link != head; link = link->next) {
		process = list_entry(link, struct process, sid_link);
		if (process->sid == sid)
			return process;
	}
	return NULL;
}

bool
process_number_is_free(s32 number)
{
	return !process_find_locked(number) && !process_group_next(number, NULL) &&
	       !process_session_next(number, NULL);
}

u64
process_count(void)
{
	return READ_ONCE(nr_processes);
}
