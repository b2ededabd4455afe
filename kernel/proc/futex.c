#include "proc/futex.h"

#include "core/clock.h"
#include "core/spinlock.h"
#include "lib/err.h"
#include "lib/list.h"
#include "mem/kmap.h"
#include "sched/wait.h"
#include "vm/mm.h"
#include "vm/pagecache.h"
#include "vm/user_page.h"
#include "vm/usercopy.h"

/*
 * Waiters hang in chains by the hash of their key; one lock guards all of them, so that
 * requeueing needs no order of locks. The word is compared under it, too:
 *
 *	waiter					waker
 *	1. read the word, and if it is as	a. store the new value
 *	   expected, get into the chain		b. look through the chain
 *	2. sleep
 *
 * Steps 1 and b exclude each other: either the waiter sees the new value, or the waker sees the
 * waiter. Who finds another value was never in a chain, so it takes no wake-up from anybody, and a
 * requeue moves nobody who came for a later value. The word may have to be faulted in first, without
 * the lock; the page-table lock then keeps its page.
 */

#define NR_CHAINS 128

struct futex_waiter {
	struct list_head link;
	struct futex_key key;
	struct task *task;
	u32 bitset;
	bool woken;
};

static struct spinlock futex_lock = SPINLOCK_INIT("futex", RANK_FUTEX);
static struct list_head chains[NR_CHAINS];

static struct list_head *
chain_of(const struct futex_key *key)
{
	u64 hash =
		(key->object >> 6) ^ key->object ^ (key->offset >> 2) ^ (key->offset >> PAGE_SHIFT);

	return &chains[hash % NR_CHAINS];
}

static bool
key_equal(const struct futex_key *a, const struct futex_key *b)
{
	return a->object == b->object && a->offset == b->offset;
}

int
futex_key_get(uva_t uva, bool is_private, struct futex_key *key)
{
	struct mm *mm = current->mm;
	struct vma *vma;
	int err = 0;

	if (uva % sizeof(u32))
		return -EINVAL;
	*key = (struct futex_key){(uintptr_t)mm, uva};
	if (is_private)
		return uva < USER_VA_END ? 0 : -EFAULT;
	rwsem_read_lock(&mm->lock);
	vma = vma_at(mm, uva);
	if (!vma || !(vma->flags & (vma->mapping ? VM_ACCESS : VM_WRITE)))
		err = -EFAULT; /* private memory that nobody can write will never change */
	else if (vma->mapping && (!(vma->flags & VM_WRITE) || (vma->flags & VM_SHARED)))
		*key = (struct futex_key){vma->mapping->id,
					  vma_index(vma, uva) * PAGE_SIZE + uva % PAGE_SIZE};
	rwsem_read_unlock(&mm->lock);
	return err;
}

/* The page of the word, with the page-table lock held, so that it stays. => ERR_PTR(-EFAULT), no lock */
static struct page *
word_page_lock(struct mm *mm, uva_t uva)
{
	struct page *page;
	int err;

	for (;;) {
		spin_lock(&mm->pgt.lock);
		page = user_page_locked(mm, uva, USER_PTE_READ);
		if (page)
			return page;
		spin_unlock(&mm->pgt.lock);
		err = user_page_fault(mm, uva, USER_PTE_READ);
		if (err)
			return ERR_PTR(err);
	}
}

/* => 0: the word at uva is value, and futex_lock is held; -EAGAIN, -EFAULT: it is not */
static int
word_lock(uva_t uva, u32 value)
{
	struct mm *mm = current->mm;
	struct page *page = word_page_lock(mm, uva);
	u32 found;
	u8 *kva;

	if (IS_ERR(page))
		return PTR_ERR(page);
	kva = kmap_local_page(page);
	spin_lock(&futex_lock);
	found = READ_ONCE(*(u32 *)(kva + uva % PAGE_SIZE));
	kunmap_local(kva);
	spin_unlock(&mm->pgt.lock);
	if (found == value)
		return 0;
	spin_unlock(&futex_lock);
	return -EAGAIN;
}

/* => 0: it is in its chain; -EAGAIN, -EFAULT */
static int
waiter_enter_if(struct futex_waiter *waiter, uva_t uva, u32 value)
{
	int result = word_lock(uva, value);

	if (result)
		return result;
	list_add_tail(&waiter->link, chain_of(&waiter->key));
	spin_unlock(&futex_lock);
	return 0;
}

/* After this nobody knows the waiter. => whether it had been woken */
static bool
waiter_leave(struct futex_waiter *waiter)
{
	bool woken;

	spin_lock(&futex_lock);
	woken = waiter->woken;
	list_del(&waiter->link);
	spin_unlock(&futex_lock);
	return woken;
}

/* => why the sleep ended, if it was not by a wake */
static int
waiter_sleep(struct futex_waiter *waiter, u64 deadline_ns)
{
	int result = 0;

	for (;;) {
		task_set_state(TASK_INTERRUPTIBLE);
		if (READ_ONCE(waiter->woken))
			break;
		if (signal_pending())
			result = -ERESTARTSYS;
		else if (deadline_ns != ~0UL && clock_now_ns() >= deadline_ns)
			result = -ETIMEDOUT;
		if (result)
			break;
		if (deadline_ns == ~0UL)
			schedule();
		else
			task_sleep_until(deadline_ns);
	}
	task_set_state(TASK_RUNNING);
	return result;
}

int
futex_wait(uva_t uva, const struct futex_key *key, u32 value, u32 bitset, u64 deadline_ns)
{
	struct futex_waiter waiter = {.key = *key,
				      .task = current,
				      .bitset = bitset,
				      .link = LIST_HEAD_INIT(waiter.link)};
	int result = waiter_enter_if(&waiter, uva, value);

	if (result)
		return result;
	result = waiter_sleep(&waiter, deadline_ns);
	return waiter_leave(&waiter) ? 0 : result;
}

/* => futex_lock held; the waiter stays alive until it has had the lock, too */
static void
waiter_wake_locked(struct futex_waiter *waiter)
{
	list_del(&waiter->link);
	WRITE_ONCE(waiter->woken, true);
	task_wake(waiter->task, WAKE_NORMAL);
}

static u32
wake_locked(const struct futex_key *key, u32 nr, u32 bitset)
{
	struct futex_waiter *waiter, *next;
	u32 woken = 0;

	list_for_each_entry_safe(waiter, next, chain_of(key), link) {
		if (woken == nr)
			break;
		if (!key_equal(&waiter->key, key) || !(waiter->bitset & bitset))
			continue;
		waiter_wake_locked(waiter);
		woken++;
	}
	return woken;
}

int
futex_wake(const struct futex_key *key, u32 nr, u32 bitset)
{
	u32 woken;

	spin_lock(&futex_lock);
	woken = wake_locked(key, nr, bitset);
	spin_unlock(&futex_lock);
	return woken;
}

/* => how many were woken or moved; those that stay because it is the same word count as moved */
static u32
requeue_locked(const struct futex_key *key, const struct futex_key *to, u32 nr_wake, u32 nr_requeue)
{
	struct futex_waiter *waiter, *next;
	u32 woken = wake_locked(key, nr_wake, FUTEX_BITSET_ANY), moved = 0;

	list_for_each_entry_safe(waiter, next, chain_of(key), link) {
		if (moved == nr_requeue)
			break;
		if (!key_equal(&waiter->key, key))
			continue;
		moved++;
		if (key_equal(key, to))
			continue;
		waiter->key = *to;
		list_move_tail(&waiter->link, chain_of(to));
	}
	return woken + moved;
}

int
futex_requeue(const struct futex_key *key, const struct futex_key *to, u32 nr_wake, u32 nr_requeue)
{
	u32 nr;

	spin_lock(&futex_lock);
	nr = requeue_locked(key, to, nr_wake, nr_requeue);
	spin_unlock(&futex_lock);
	return nr;
}

int
futex_requeue_if(uva_t uva, u32 value, const struct futex_key *key, const struct futex_key *to,
		 u32 nr_wake, u32 nr_requeue)
{
	int result = word_lock(uva, value);

	if (result)
		return result;
	result = requeue_locked(key, to, nr_wake, nr_requeue);
	spin_unlock(&futex_lock);
	return result;
}

void
futex_wake_one(uva_t uva)
{
	struct futex_key key;

	if (futex_key_get(uva, false, &key) == 0)
		futex_wake(&key, 1, FUTEX_BITSET_ANY);
}

void INIT
futex_init(void)
{
	for (unsigned i = 0; i < NR_CHAINS; i++)
		list_init(&chains[i]);
}
