#pragma once

/* Fast user-space locks: sleeping until another thread says that a word of memory changed. */

#include "lib/types.h"

#define FUTEX_BITSET_ANY 0xffffffffU

/*
 * A word is named by the address space and the address, or, when several address spaces share it, by
 * the file page behind it; that is so of a file's private pages, too, as long as they cannot be written.
 */
struct futex_key {
	u64 object; /* address of struct mm, or mapping->id: the file may be gone while somebody waits */
	u64 offset; /* uva, or byte offset in the mapping */
};

/* is_private: the caller promises that no other address space has it. => -EINVAL (not aligned), -EFAULT */
int futex_key_get(uva_t uva, bool is_private, struct futex_key *key);

/*
 * Sleep until a wake for the key with a bit of bitset, if the word at uva still is value; deadline_ns as
 * clock_now_ns(), ~0 for none.
 * => 0, -EAGAIN (another value), -ETIMEDOUT, -ERESTARTSYS (a signal), -EFAULT
 */
int futex_wait(uva_t uva, const struct futex_key *key, u32 value, u32 bitset, u64 deadline_ns);

/* Wake up to nr waiters. => how many */
int futex_wake(const struct futex_key *key, u32 nr, u32 bitset);

/* A dying thread changed the word at uva: wake one who waits for it, of whatever address space. */
void futex_wake_one(uva_t uva);

/* Wake nr_wake waiters, and let up to nr_requeue others wait for `to` instead. => how many in all */
int futex_requeue(const struct futex_key *key, const struct futex_key *to, u32 nr_wake,
		  u32 nr_requeue);

/* The same if the word at uva, whose key it is, still is value. => also -EAGAIN, -EFAULT */
int futex_requeue_if(uva_t uva, u32 value, const struct futex_key *key, const struct futex_key *to,
		     u32 nr_wake, u32 nr_requeue);

/* Once, at boot. */
void futex_init(void);
