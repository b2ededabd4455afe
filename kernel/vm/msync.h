#pragma once

/* What is in memory, and what is on the disk, of a range: mincore(2) and msync(2). */

#include "vm/mm.h"

/*
 * For each page of [addr, addr + bytes) one byte at vec: 1 when it can be used without I/O.
 * => 0, -EINVAL, -ENOMEM (a hole; what is before it was told), -EFAULT
 */
int vma_residency(struct mm *mm, uva_t addr, u64 bytes, uva_t vec);

/*
 * Write shared file pages of the range, and what leads to them, to the disk, when `wait`; else
 * leave them to the flusher. locked_is_busy: refuse if a part is locked.
 * => 0, -EINVAL, -ENOMEM (a hole; what is mapped was written), -EBUSY, -EIO
 */
int vma_sync(struct mm *mm, uva_t addr, u64 bytes, bool wait, bool locked_is_busy);
