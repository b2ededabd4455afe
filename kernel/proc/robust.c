#include "proc/robust.h"

#include "lib/compiler.h"
#include "proc/futex.h"
#include "sched/sched.h"
#include "vm/usercopy.h"

/*
 * The list is the program's own memory, a ring through the locks that the thread holds:
 *
 *	head:  next --> entry: next --> entry: next --> head
 *	       offset   of a lock's word from its entry, the same for all
 *	       pending  an entry that is just being put in or taken out, or 0
 *
 * A word holds the owner's tid, and FUTEX_WAITERS when somebody sleeps. Nothing in it is
 * believed: what is not readable ends the walk, what names another owner is left alone, and a
 * ring that does not come back to its head ends after ROBUST_LIMIT entries. Bit 0 of a pointer
 * marks locks that hand on priority, which have no sleepers here: they are marked all the same.
 */

#define FUTEX_WAITERS	 0x80000000U
#define FUTEX_OWNER_DIED 0x40000000U
#define FUTEX_TID_MASK	 0x3fffffffU

#define ROBUST_LIMIT 2048 /* as on Linux */
#define ROBUST_PI    1UL

struct robust_head {
	u64 next;
	s64 offset;
	u64 pending;
};

STATIC_ASSERT(sizeof(struct robust_head) == ROBUST_HEAD_BYTES);

/* => false: the word cannot be had */
static bool
word_release(uva_t word, bool is_pending, bool is_pi)
{
	u32 value, found;

	if (word % sizeof(u32) || get_user_u32(&value, word))
		return false;
	/* It unlocked and could not wake the next, or was woken as the heir and could not take the lock. */
	if (is_pending && !is_pi && (value & FUTEX_TID_MASK) == 0) {
		futex_wake_one(word);
		return true;
	}
	for (;;) {
		if ((value & FUTEX_TID_MASK) != (u32)current->tid)
			return true;
		if (user_cmpxchg_u32(word, value, (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED,
				     &found))
			return false;
		if (found == value)
			break;
		value = found;
	}
	if (!is_pi && (value & FUTEX_WAITERS))
		futex_wake_one(word);
	return true;
}

static void
list_release(uva_t list, const struct robust_head *head)
{
	u64 entry = head->next, next, pending = head->pending & ~ROBUST_PI;

	for (int i = 0; i < ROBUST_LIMIT && (entry & ~ROBUST_PI) != list; i++) {
		uva_t uva = entry & ~ROBUST_PI;
		bool has_next = get_user_u64(&next, uva) == 0;

		if (uva != pending && !word_release(uva + head->offset, false, entry & ROBUST_PI))
			return;
		if (!has_next)
			return;
		entry = next;
		cond_resched();
	}
	if (pending)
		word_release(pending + head->offset, true, head->pending & ROBUST_PI);
}

void
robust_list_release(void)
{
	uva_t list = current->robust_list;
	struct robust_head head;

	current->robust_list = 0;
	if (list && copy_from_user(&head, list, sizeof(head)) == 0)
		list_release(list, &head);
}
