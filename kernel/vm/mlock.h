#pragma once

/* The mlock family: memory that reclaim leaves where it is. */

#include "vm/mm.h"

/*
 * Lock the pages that hold [addr, addr + bytes), faulting them in, or, with on_fault, as they come.
 * => 0; -EINVAL; -EPERM: nothing may be locked; -ENOMEM: a hole, the limit, too many areas (nothing
 * has changed), or no memory for the pages (they will be locked when they come)
 */
int vma_lock(struct mm *mm, uva_t addr, u64 bytes, bool on_fault);

/* => 0, -EINVAL, -ENOMEM: a hole, too many areas; nothing has changed then */
int vma_unlock(struct mm *mm, uva_t addr, u64 bytes);

/*
 * All areas now (current) and those to come (future), with or without on_fault; whichever is false
 * leaves things as they are, but that future false ends an earlier call's. => 0, -EPERM, -ENOMEM
 */
int mm_lock_all(struct mm *mm, bool current_areas, bool future, bool on_fault);
void mm_unlock_all(struct mm *mm);
