#pragma once

/*
 * Copies between the kernel and user memory. No user address is ever dereferenced: the page table
 * is walked and the bytes move through the kernel's own mapping of the page. All of these may fault
 * pages in, and so sleep: only locks outside MM may be held. The functions without an mm argument
 * act on the current task's; in a kernel thread they return -EFAULT.
 */

#include "lib/errno.h"
#include "vm/mm.h"

/* => 0, or -EFAULT: then an unknown part of dst was written */
int copy_from_user(void *dst, uva_t src, size_t bytes);
int copy_to_user(uva_t dst, const void *src, size_t bytes);
int clear_user(uva_t dst, size_t bytes);

/*
 * Copies a string with its terminator into dst[size].
 * => its length, -EFAULT, or -ENAMETOOLONG when there is no terminator in the first size bytes
 */
ssize_t strncpy_from_user(char *dst, uva_t src, size_t size);

int get_user_u32(u32 *value, uva_t src);
int get_user_u64(u64 *value, uva_t src);
int put_user_u32(uva_t dst, u32 value);
int put_user_u64(uva_t dst, u64 value);

/* The same for any address space that the caller has a reference to: exec, /proc. */
int mm_copy_from(struct mm *mm, void *dst, uva_t src, size_t bytes);
int mm_copy_to(struct mm *mm, uva_t dst, const void *src, size_t bytes);
int mm_clear(struct mm *mm, uva_t dst, size_t bytes);

/*
 * Atomic operations on an aligned word of user memory, for futexes. => 0, -EFAULT, -EINVAL
 * (alignment)
 */
int user_cmpxchg_u32(uva_t uva, u32 expected, u32 desired, u32 *found);
