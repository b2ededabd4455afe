/*
 * What a kill costs among 64 processes: ktest=bench_oom. Each is a thread with memory of its own, a page more
 * than the one before. A kill is the choice, what it does to the victim's threads, and its line in the log.
 */

#include "ktest/bench.h"

#include "core/atomic.h"
#include "core/cpu.h"
#include "lib/err.h"
#include "proc/process.h"
#include "sched/sched.h"
#include "sched/wait.h"
#include "vm/mmap.h"
#include "vm/oom.h"
#include "vm/usercopy.h"

#define NR_PROCESSES 64
#define NR_KILLS     16
#define FIRST_PID    30000
#define BASE	     0x40000000UL
#define VM_RW	     (VM_READ | VM_WRITE | VM_MAYALL)

static struct wait_queue end_wq = WAIT_QUEUE_INIT(end_wq);
static struct wait_queue ready_wq = WAIT_QUEUE_INIT(ready_wq);
static atomic_t nr_ready;
static u32 ending;

static bool
memory_fill(struct mm *mm, u64 nr_pages)
{
	mm_switch(mm);
	if (vma_map(mm, BASE, nr_pages * PAGE_SIZE, VM_RW, NULL, 0, MAP_PLACE_FIXED) != BASE)
		return false;
	for (u64 i = 0; i < nr_pages; i++)
		if (put_user_u32(BASE + i * PAGE_SIZE, 1) < 0)
			return false;
	return true;
}

/* The current thread becomes the only one of a process in the tree. */
static struct process *
process_enter(s32 pid)
{
	struct process *process = process_alloc(NULL);
	u64 flags;

	if (!process)
		return NULL;
	process->pid = process->pgid = process->sid = pid;
	flags = spin_lock_irqsave(&process_lock);
	process_index_insert(process);
	list_add_tail(&current->thread_link, &process->threads);
	spin_unlock_irqrestore(&process_lock, flags);
	return process;
}

/* ... and no process's. => its memory */
static struct mm *
process_leave(struct process *process)
{
	u64 flags = spin_lock_irqsave(&process_lock);
	struct mm *mm = mm_switch(NULL);

	list_del(&current->thread_link);
	process_index_remove(process);
	spin_unlock_irqrestore(&process_lock, flags);
	atomic_fetch_and32(&current->ti.flags, ~TIF_MEMDIE);
	process_put(process);
	return mm;
}

static void
count_ready(int by)
{
	atomic_add(&nr_ready, by);
	wake_up_all(&ready_wq);
}

static void
candidate(void *arg)
{
	u64 number = (u64)arg;
	struct mm *mm = mm_create();
	struct process *process;

	KTEST_CHECK(mm && memory_fill(mm, number + 1));
	process = process_enter(FIRST_PID + number);
	KTEST_CHECK(process);
	count_ready(1);
	wait_event(&end_wq, READ_ONCE(ending));
	mm_put(process ? process_leave(process) : mm_switch(NULL));
	count_ready(-1);
}

static void
kill_some(void)
{
	u64 spent = 0;

	for (unsigned i = 0; i < NR_KILLS; i++) {
		u64 start = clock_now_ns();

		KTEST_CHECK(oom_proc_ops->kill());
		spent += clock_now_ns() - start;
		for (int wait = 0; wait < 1000 && oom_victim_pending(); wait++)
			task_sleep_ns(NSEC_PER_MSEC, false);
		KTEST_CHECK(!oom_victim_pending());
	}
	bench_row("oom_kill_of_64", clock_now_ns() - spent, 0, NR_KILLS);
}

KTEST(bench_oom)
{
	u64 start;

	WRITE_ONCE(ending, 0);
	for (u64 i = 0; i < NR_PROCESSES; i++)
		KTEST_REQUIRE(!IS_ERR(kthread_start("candidate", candidate, (void *)i)));
	wait_event(&ready_wq, atomic_read(&nr_ready) == NR_PROCESSES);
	start = clock_now_ns();
	oom_proc_ops->dump_tasks();
	bench_row("oom_table_of_64", start, 0, 1);
	kill_some();
	WRITE_ONCE(ending, 1);
	wake_up_all(&end_wq);
	wait_event(&ready_wq, atomic_read(&nr_ready) == 0);
}
