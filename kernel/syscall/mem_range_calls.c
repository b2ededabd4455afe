/* Calls about a range of the caller's memory: mremap, madvise, mincore, msync, the mlock family. */

#include "lib/errno.h"
#include "sched/task.h"
#include "syscall_proto.h"
#include "vm/madvise.h"
#include "vm/mlock.h"
#include "vm/mremap.h"
#include "vm/msync.h"

#define MREMAP_MAYMOVE	 1
#define MREMAP_FIXED	 2
#define MREMAP_DONTUNMAP 4
#define MREMAP_ALL	 (MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)

#define MS_ASYNC      1
#define MS_INVALIDATE 2
#define MS_SYNC	      4

#define MLOCK_ONFAULT 1

#define MCL_CURRENT 1
#define MCL_FUTURE  2
#define MCL_ONFAULT 4

long
sys_mremap(uva_t old, size_t old_length, size_t new_length, int flags, uva_t new)
{
	struct remap remap = {
		.old = old,
		.old_bytes = old_length,
		.new_bytes = new_length,
		.new = flags &(MREMAP_FIXED | MREMAP_DONTUNMAP) ? new : 0,
		.may_move = flags &MREMAP_MAYMOVE,
		.fixed = flags &MREMAP_FIXED,
		.keep_old = flags &MREMAP_DONTUNMAP,
	};

	if (flags & ~MREMAP_ALL)
		return -EINVAL;
	return vma_remap(current->mm, remap);
}

long
sys_madvise(uva_t addr, size_t length, int advice)
{
	return vma_advise(current->mm, addr, length, advice);
}

long
sys_mincore(uva_t addr, size_t length, uva_t vec)
{
	return vma_residency(current->mm, addr, length, vec);
}

long
sys_msync(uva_t addr, size_t length, int flags)
{
	if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC) ||
	    (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC))
		return -EINVAL;
	return vma_sync(current->mm, addr, length, flags & MS_SYNC, flags & MS_INVALIDATE);
}

long
sys_mlock(uva_t addr, size_t length)
{
	return vma_lock(current->mm, addr, length, false);
}

long
sys_mlock2(uva_t addr, size_t length, int flags)
{
	if (flags & ~MLOCK_ONFAULT)
		return -EINVAL;
	return vma_lock(current->mm, addr, length, flags & MLOCK_ONFAULT);
}

long
sys_munlock(uva_t addr, size_t length)
{
	return vma_unlock(current->mm, addr, length);
}

long
sys_mlockall(int flags)
{
	if (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) || flags == 0 || flags == MCL_ONFAULT)
		return -EINVAL;
	return mm_lock_all(current->mm, flags & MCL_CURRENT, flags & MCL_FUTURE,
			   flags & MCL_ONFAULT);
}

long
sys_munlockall(void)
{
	mm_unlock_all(current->mm);
	return 0;
}
