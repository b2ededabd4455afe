#pragma once

/* madvise(2). Values of advice are Linux's. */

#include "vm/mm.h"

/*
 * What the program says of [addr, addr + bytes). Checks everything first; but where only part of
 * the range is mapped, that part is served and the result is -ENOMEM.
 * => 0, -EINVAL, -ENOMEM, -EACCES, -EFAULT, -EOPNOTSUPP as madvise(2)
 */
int vma_advise(struct mm *mm, uva_t addr, u64 bytes, int advice);
