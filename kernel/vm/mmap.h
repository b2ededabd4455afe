#pragma once

/*
 * Changing an address space. Every operation checks everything first and commits after: when one
 * returns an error, nothing has changed. Each takes mm->lock itself. Errors are mmap(2)'s and
 * friends'.
 */

#include "vm/mm.h"

/* How vma_map() places an area. */
#define MAP_PLACE_HINT	    0 /* near addr when there is room, else anywhere */
#define MAP_PLACE_FIXED	    1 /* at addr, in place of what is there */
#define MAP_PLACE_NOREPLACE 2 /* at addr, or -EEXIST */

/*
 * Map `bytes` (rounded up) of mapping from page pgoff on, or anonymous zero-filled memory when
 * mapping is NULL. vm_flags: VM_*, including the VM_MAY* that shall be allowed. The area takes its
 * own reference to mapping. Bytes beyond the mapping's end in its last page read as zero; pages
 * beyond give SIGBUS.
 * => the address; or -EINVAL (bytes 0, addr not aligned), -EPERM (addr too low, nothing may be locked),
 *    -ENOMEM (no room, limits, no memory, too many areas), -EEXIST, -EAGAIN (limit of locked memory);
 *    the caller has seen that pgoff and the pages behind it do not overflow
 */
s64 vma_map(struct mm *mm, uva_t addr, u64 bytes, u32 vm_flags, struct mapping *mapping, u64 pgoff,
	    unsigned place);

/* The error that vma_map() gives for this place, whatever is mapped there. => 0 or -errno */
int vma_map_check(struct mm *mm, uva_t addr, u64 bytes, u32 vm_flags, unsigned place);

/* munmap(2). Holes are fine. => 0, -EINVAL, -ENOMEM */
int vma_unmap(struct mm *mm, uva_t addr, u64 bytes);

/*
 * mprotect(2); vm_access is a set of VM_READ, VM_WRITE, VM_EXEC. => 0, -EINVAL, -ENOMEM (a hole),
 * -EACCES; before a hole and before what may not be so, it is changed
 */
int vma_protect(struct mm *mm, uva_t addr, u64 bytes, u32 vm_access);

/*
 * The same of an area that grows, as far as it does: from its bottom (down; addr is in it or below it)
 * to the end of the range. No area grows upward. => as above, -EINVAL: it does not grow so
 */
int vma_protect_area(struct mm *mm, uva_t addr, u64 bytes, u32 vm_access, bool down);

/* brk(2). => the break after the call: new_brk, or the old one when that was refused */
uva_t mm_brk(struct mm *mm, uva_t new_brk);

/*
 * Fault in every page of the range: for a store where that makes a private page, else for reading.
 * Not what is to be locked as it comes (VM_LOCKONFAULT).
 * => 0; at the first page where it cannot be done -EFAULT, -ENOMEM; -EINTR: the caller is to end
 */
int vma_populate(struct mm *mm, uva_t addr, u64 bytes);

/*
 * Make a stack area that grows downward: [top - initial, top), at most mm->limit_stack; exec: what
 * is on it may be executed. => 0, -ENOMEM
 */
int stack_map(struct mm *mm, uva_t top, u64 initial_bytes, bool exec);

/*
 * Extend the stack area above uva down to it; vma may be part of another area then. => 0; -ENOMEM: limit or guard gap;
 * caller holds mm->lock for writing
 */
int stack_grow(struct vma *vma, uva_t uva);
