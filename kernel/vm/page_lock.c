/*
 * Sleepers wait in one of a few queues, chosen by the page's address. A sleeper queues up, sets
 * PG_waiters and then looks at the flag it waits for; whoever clears that flag clears PG_waiters
 * with it, and if it was set wakes the whole queue: others set it again before they sleep again.
 */

#include "vm/page_lock.h"

#include "lib/hash.h"
#include "sched/sched.h"
#include "sched/wait.h"
#include "vm/pagecache.h"
#include "vm/writeback.h"

#define NR_QUEUES_LOG2 6

static struct wait_queue queues[1 << NR_QUEUES_LOG2];

static struct wait_queue *
page_queue(const struct page *page)
{
	return &queues[hash_to_order(hash_ptr(page), NR_QUEUES_LOG2)];
}

/* Clear a flag, which is set, and wake who waits for it. The page may be gone afterwards. */
static inline void
page_clear_and_wake(struct page *page, enum page_flag flag)
{
	u32 clear = 1U << flag | 1U << PG_waiters;
	u32 old = __atomic_fetch_and(&page->flags, ~clear, __ATOMIC_ACQ_REL);

	assert(old & (1U << flag));
	if (unlikely(old & (1U << PG_waiters)))
		wake_up_all(page_queue(page));
}

/* For a sleeper: is the flag clear? If not there will be a wake-up. */
static bool
page_flag_clear(struct page *page, enum page_flag flag)
{
	page_set(page, PG_waiters);
	return !page_test(page, flag);
}

static bool
page_trylock_waiting(struct page *page)
{
	page_set(page, PG_waiters);
	return page_trylock(page);
}

/* The bit is not owned by a thread, so debug builds check the order of locks but keep no record. */
static inline void
page_lock_check_rank(struct page *page)
{
#ifdef DEBUG
	lockcheck_acquire(page, "page", RANK_PAGE, (u64)__builtin_return_address(0));
	lockcheck_release(page);
#else
	(void)page;
#endif
}

void
page_lock(struct page *page)
{
	reclaim_may_not_wait("page");
	page_lock_check_rank(page);
	if (likely(page_trylock(page)))
		return;
	wait_event(page_queue(page), page_trylock_waiting(page));
}

void
page_unlock(struct page *page)
{
	page_clear_and_wake(page, PG_locked);
}

void
page_wait_unlocked(struct page *page)
{
	if (page_test(page, PG_locked)) {
		sched_iowait_begin();
		wait_event(page_queue(page), page_flag_clear(page, PG_locked));
		sched_iowait_end();
	}
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
}

void
page_wait_writeback(struct page *page)
{
	if (page_test(page, PG_writeback)) {
		sched_iowait_begin();
		wait_event(page_queue(page), page_flag_clear(page, PG_writeback));
		sched_iowait_end();
	}
}

bool
page_writeback_pending(struct page *page)
{
	return page_test(page, PG_writeback) && !page_flag_clear(page, PG_writeback);
}

bool
page_wait_pending(struct page *page, bool (*pending)(struct page *page, void *arg), void *arg,
		  u64 deadline_ns)
{
	bool done;

	sched_iowait_begin();
	done = wait_event_deadline(page_queue(page), !pending(page, arg), deadline_ns);
	sched_iowait_end();
	return done;
}

void
page_set_uptodate(struct page *page)
{
	__atomic_fetch_or(&page->flags, 1U << PG_uptodate, __ATOMIC_RELEASE);
}

void
page_read_done(struct page *page, int error)
{
	if (error)
		page_set(page, PG_error);
	else
		page_set_uptodate(page);
	page_unlock(page);
}

void
page_writeback_done(struct page *page)
{
	page_clear_and_wake(page, PG_writeback);
	writeback_ended();
}

void
page_end_writeback(struct page *page, int error)
{
	struct mapping *mapping = page->mapping;

	if (error) {
		WRITE_ONCE(mapping->wb_error, error);
		__atomic_fetch_add(&mapping->wb_errors, 1, __ATOMIC_SEQ_CST);
	}
	page_writeback_done(page);
}

void INIT
page_lock_init(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(queues); i++)
		wait_queue_init(&queues[i]);
}
