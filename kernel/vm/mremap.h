#pragma once

/* mremap(2). */

#include "vm/mm.h"

struct remap {
	uva_t old;
	u64 old_bytes, new_bytes; /* will be rounded up to pages */
	uva_t new;		  /* with fixed: where it goes; with keep_old: a hint; else 0 */
	bool may_move;
	bool fixed;    /* replaces what is at new */
	bool keep_old; /* the old addresses stay mapped, without pages (MREMAP_DONTUNMAP) */
};

/*
 * Let the pages of [old, old + old_bytes), in one area, be new_bytes long, at the same address or
 * another. Shared memory may have old_bytes 0: it is mapped a second time.
 * => the address; -EINVAL, -EFAULT (not one area), -ENOMEM, -EAGAIN (limit of locked memory)
 */
s64 vma_remap(struct mm *mm, struct remap remap);
