/*
 * The reaper: a thread that takes a victim's private pages out of its page table, and then the
 * tables themselves, which may be most of it. The victim need not run for that, and may sleep for
 * ever.
 *
 *	oom_victim_begin	oom_reap (this thread)		the last user's mm_put
 *	oom_state |= VICTIM	mm->lock, for writing		users 1 -> 0
 *	victim = mm		users > 0? unmap, free tables	oom_exit_begin: waits for mm->lock
 *	wakes this thread	mm->lock off			unmaps everything, frees tables
 *				few areas? DONE			frees areas; oom_exit_end: DONE
 *				victim = NULL, wakes those who wait for memory
 *
 * A thread of the victim may sleep in a fault, with the lock held for reading. Then the reaper has it
 * for reading, too, and takes the private pages alone; for the tables it tries again for a while. The
 * areas go with the last user; a victim that had very many is waited for until they do.
 *
 * From VICTIM on, no fault puts a page where there is none: the flag is tested with the page-table
 * lock held, and the reaper unmaps with that lock, so a store that the program made is never read
 * back as zeros, not even by a system call that is under way in a thread of the victim. It gets
 * -ENOMEM or -EFAULT, and its thread ends before it could tell the program.
 *
 * The structure is kept by its hardware side's count (mm->tlb.refs). The reaper is no user of the
 * memory, so that it is never the one who has to take down the whole of it: closing the last
 * reference to a file may sleep for what those who wait for memory hold.
 */

#include "vm/oom.h"

#include "core/atomic.h"
#include "core/clock.h"
#include "core/panic.h"
#include "core/printk.h"
#include "lib/err.h"
#include "sched/wait.h"
#include "vm/mm.h"
#include "vm/pageout.h"
#include "vm/zap.h"

/* Attempts to get the victim's lock, and the time between two. */
#define REAP_TRIES    100
#define REAP_RETRY_NS (10 * NSEC_PER_MSEC)

/* So many pages of tables and areas are worth to wait for, when the others are there already. */
#define LEFT_WORTH 64

/* What is unmapped before its tables are freed: those of one gibibyte, 2 MiB. */
#define REAP_PIECE (1UL << PUD_SHIFT)

/* An allocation waits so long for a victim's memory before it looks for itself. */
#define OOM_WAIT_NS (20 * NSEC_PER_MSEC)

static struct mm *victim; /* atomic: the one whose memory is waited for; a reference */
static struct wait_queue reaper_wq = WAIT_QUEUE_INIT(reaper_wq);
static struct wait_queue done_wq = WAIT_QUEUE_INIT(done_wq);
static u64 nr_kills;
static u64 nr_done; /* atomic; only the reaper changes it */

bool
oom_victim_pending(void)
{
	return __atomic_load_n(&victim, __ATOMIC_ACQUIRE) != NULL;
}

void
oom_victim_begin(struct mm *mm)
{
	u32 old = __atomic_fetch_or(&mm->oom_state, MM_OOM_VICTIM, __ATOMIC_SEQ_CST);

	if (old & MM_OOM_VICTIM)
		return;
	assert(!oom_victim_pending());
	refcount_inc(&mm->tlb.refs);
	__atomic_store_n(&victim, mm, __ATOMIC_RELEASE);
	nr_kills++;
	wake_up_all(&reaper_wq);
}

void
oom_exit_begin(struct mm *mm)
{
	rwsem_write_lock(&mm->lock);
	rwsem_write_unlock(&mm->lock);
}

/* Pages of files that it has locked stay so until reclaim looks. => mm->lock held for reading */
static void
reap_private(struct mm *mm)
{
	struct vma *vma;

	mm_update_peak(mm);
	list_for_each_entry(vma, &mm->vma_list, link)
		if (!(vma->flags & VM_SHARED))
			zap_range(mm, vma->start, vma->end);
}

/* Those of whole gibibytes, if they are empty. => mm->lock held for writing, or no user left */
static void
tables_free(struct mm *mm, uva_t start, uva_t end)
{
	pgtable_free_range(&mm->pgt, &mm->tlb, ALIGN_DOWN(start, REAP_PIECE),
			   ALIGN_UP(end, REAP_PIECE));
	cond_resched();
}

/* Piece by piece, so that those who wait have some of it soon. => mm->lock held for writing */
static void
reap_all(struct mm *mm)
{
	struct vma *vma;

	mm_update_peak(mm);
	list_for_each_entry(vma, &mm->vma_list, link) {
		uva_t end;

		vma_unlock_pages(vma);
		for (uva_t va = vma->start; va < vma->end; va = end) {
			end = MIN(vma->end, ALIGN_DOWN(va, REAP_PIECE) + REAP_PIECE);
			zap_range(mm, va, end);
			tables_free(mm, va, end);
		}
	}
}

void
oom_exit_tables(struct mm *mm)
{
	struct vma *vma;

	list_for_each_entry(vma, &mm->vma_list, link)
		tables_free(mm, vma->start, vma->end);
}

void
oom_exit_end(struct mm *mm)
{
	__atomic_fetch_or(&mm->oom_state, MM_OOM_DONE, __ATOMIC_SEQ_CST);
	wake_up_all(&reaper_wq);
}

bool
oom_reap(struct mm *mm, bool *private_done)
{
	bool writing = rwsem_write_trylock(&mm->lock), has_user;

	if (!writing && (*private_done || !rwsem_read_trylock(&mm->lock)))
		return false;
	has_user = refcount_read(&mm->users) > 0;
	if (has_user && writing)
		reap_all(mm);
	else if (has_user)
		reap_private(mm);
	*private_done |= has_user;
	if (writing)
		rwsem_write_unlock(&mm->lock);
	else
		rwsem_read_unlock(&mm->lock);
	return writing && has_user;
}

static bool
is_done(const struct mm *mm)
{
	return __atomic_load_n(&mm->oom_state, __ATOMIC_ACQUIRE) & MM_OOM_DONE;
}

/* What the reaper cannot take by itself, or not now. */
static bool
little_is_left(struct mm *mm)
{
	struct oom_usage usage;

	oom_usage_get(mm, &usage);
	return usage.nr_anon + usage.nr_tables + usage.nr_areas < LEFT_WORTH;
}

/* => false: gave up */
static bool
reap_patiently(struct mm *mm)
{
	bool private_done = false, all_done = false;

	for (unsigned i = 0; i < REAP_TRIES; i++) {
		if (is_done(mm))
			return true;
		all_done = all_done || oom_reap(mm, &private_done);
		if (private_done && little_is_left(mm))
			return true;
		wait_event_deadline(&reaper_wq, is_done(mm), clock_now_ns() + REAP_RETRY_NS);
	}
	return private_done;
}

static void
victim_finish(struct mm *mm)
{
	if (!reap_patiently(mm))
		pr_err("oom_reaper: a victim's memory cannot be had now, %lu pages",
		       mm_rss_pages(mm));
	__atomic_fetch_or(&mm->oom_state, MM_OOM_DONE, __ATOMIC_SEQ_CST);
	__atomic_store_n(&victim, NULL, __ATOMIC_RELEASE);
	__atomic_store_n(&nr_done, nr_done + 1, __ATOMIC_RELEASE);
	wake_up_all(&done_wq);
	tlb_context_put(&mm->tlb);
}

static void
reaper(void *arg)
{
	(void)arg;
	for (;;) {
		wait_event(&reaper_wq, oom_victim_pending());
		victim_finish(victim);
	}
}

u64
oom_nr_done(void)
{
	return __atomic_load_n(&nr_done, __ATOMIC_ACQUIRE);
}

void
oom_wait(u64 nr_done_before)
{
	wait_event_deadline(&done_wq, oom_nr_done() != nr_done_before,
			    clock_now_ns() + OOM_WAIT_NS);
}

u64
oom_nr_kills(void)
{
	return READ_ONCE(nr_kills);
}

void
oom_reaper_start(void)
{
	if (IS_ERR(kthread_start("oom_reaper", reaper, NULL)))
		panic("no memory for the reaper");
}
