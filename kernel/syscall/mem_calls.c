/*
 * Calls that change the caller's address space. What the flags mean is decided here; vm/ does it.
 */

#include "fs/file.h"
#include "fs/files.h"
#include "fs/memfd.h"
#include "lib/err.h"
#include "mem/tlb.h"
#include "sched/task.h"
#include "syscall_proto.h"
#include "vm/commit.h"
#include "vm/mmap.h"
#include "vm/pagecache.h"
#include "vm/shmem.h"

#define PROT_READ  1
#define PROT_WRITE 2
#define PROT_EXEC  4
#define PROT_SEM   8
#define PROT_ALL   (PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM)

#define MAP_SHARED	    0x01
#define MAP_PRIVATE	    0x02
#define MAP_SHARED_VALIDATE 0x03
#define MAP_TYPE	    0x0f
#define MAP_FIXED	    0x10
#define MAP_ANONYMOUS	    0x20
#define MAP_GROWSDOWN	    0x0100
#define MAP_DENYWRITE	    0x0800
#define MAP_EXECUTABLE	    0x1000
#define MAP_LOCKED	    0x2000
#define MAP_NORESERVE	    0x4000
#define MAP_POPULATE	    0x8000
#define MAP_NONBLOCK	    0x10000
#define MAP_STACK	    0x20000
#define MAP_FIXED_NOREPLACE 0x100000
/* The flags that MAP_SHARED_VALIDATE accepts. */
#define MAP_VALID                                                                                \
	(MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_DENYWRITE | MAP_EXECUTABLE | \
	 MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK |                  \
	 MAP_FIXED_NOREPLACE)

#define FLUSH_ICACHE_LOCAL 1

/* What one mmap call asks for. */
struct request {
	uva_t addr;
	size_t length;
	u32 vm_flags;
	unsigned place;
	struct mapping *mapping; /* a reference, or NULL */
	u64 pgoff;
	struct inode *file_inode; /* the mapping's, if it is a memfd's; stays with that */
};

static u32
prot_to_vm(int prot)
{
	return (prot & PROT_READ ? VM_READ : 0) | (prot & PROT_WRITE ? VM_WRITE : 0) |
	       (prot & PROT_EXEC ? VM_EXEC : 0);
}

static bool
is_shared(int flags)
{
	return (flags & MAP_TYPE) != MAP_PRIVATE;
}

/* => 0, -EINVAL, -EOPNOTSUPP */
static int
check_flags(int flags, u64 offset)
{
	if (!IS_ALIGNED(offset, PAGE_SIZE))
		return -EINVAL;
	switch (flags & MAP_TYPE) {
	case MAP_SHARED:
	case MAP_PRIVATE:
		return 0;
	case MAP_SHARED_VALIDATE:
		return flags & ~MAP_VALID ? -EOPNOTSUPP : 0;
	default:
		return -EINVAL;
	}
}

/* Memory that is no file's, but may be shared. => 0, -ENOMEM */
static NOINLINE int
request_set_shmem(struct request *request)
{
	request->mapping = shmem_create(ALIGN_UP(request->length, PAGE_SIZE));
	if (!request->mapping)
		return -ENOMEM;
	return request->vm_flags & VM_NORESERVE ? 0 : shmem_promise(request->mapping);
}

/* May this file be mapped so? Sets the mapping and what mprotect may allow. => 0 or -errno */
static int
request_set_file(struct request *request, struct file *file, int flags)
{
	struct mapping *mapping;

	if (!file_is_readable(file))
		return -EACCES;
	if (is_shared(flags) && !file_is_writable(file)) {
		if (request->vm_flags & VM_WRITE)
			return -EACCES;
		request->vm_flags &= ~VM_MAYWRITE;
	}
	if (is_shared(flags) && unlikely(inode_write_sealed(file->inode))) {
		if (request->vm_flags & VM_WRITE)
			return -EPERM;
		request->vm_flags &= ~VM_MAYWRITE;
	}
	if (file->ops->flags & FILE_ZERO) {
		request->pgoff = 0;
		return is_shared(flags) ? request_set_shmem(request) : 0;
	}
	mapping = file_mapping(file);
	if (IS_ERR_OR_NULL(mapping))
		return err_or_null_to_errno(mapping);
	if (!mapping_get(mapping))
		return -ENODEV;
	request->mapping = mapping;
	request->file_inode = file->inode->seals ? file->inode : NULL;
	return 0;
}

/* => 0 or -errno */
static int
request_set_source(struct request *request, int flags, int fd)
{
	struct file *file;
	int error;

	if (flags & MAP_ANONYMOUS) {
		request->pgoff = 0;
		if (!is_shared(flags))
			return 0;
		return flags & MAP_GROWSDOWN ? -EINVAL : request_set_shmem(request);
	}
	if (flags & MAP_GROWSDOWN)
		return -EINVAL;
	file = fd_get(fd);
	if (!file)
		return -EBADF;
	error = request_set_file(request, file, flags);
	file_put(file);
	return error;
}

static u32
request_vm_flags(int prot, int flags)
{
	u32 vm_flags = prot_to_vm(prot) | VM_MAYALL;

	if (is_shared(flags))
		vm_flags |= VM_SHARED;
	if (flags & MAP_NORESERVE && overcommit_memory != OVERCOMMIT_NEVER)
		vm_flags |= VM_NORESERVE;
	if (flags & MAP_GROWSDOWN)
		vm_flags |= VM_GROWSDOWN;
	if (flags & MAP_LOCKED)
		vm_flags |= VM_LOCKED;
	return vm_flags;
}

static unsigned
request_place(int flags)
{
	if (flags & MAP_FIXED_NOREPLACE)
		return MAP_PLACE_NOREPLACE;
	return flags & MAP_FIXED ? MAP_PLACE_FIXED : MAP_PLACE_HINT;
}

/* Are the pages wanted now? */
static bool
must_populate(int flags)
{
	if (READ_ONCE(current->mm->lock_future) == VM_LOCKED)
		return true;
	return flags & (MAP_POPULATE | MAP_LOCKED) && !(flags & MAP_NONBLOCK);
}

/* Was the file sealed against stores while it was being mapped for them (fs/memfd.c)? */
static bool
request_sealed_since(const struct request *request)
{
	u32 shared_writable = VM_SHARED | VM_MAYWRITE;

	if (!request->file_inode || (request->vm_flags & shared_writable) != shared_writable)
		return false;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return inode_write_sealed(request->file_inode);
}

long
sys_mmap(uva_t addr, size_t length, int prot, int flags, int fd, u64 offset)
{
	struct request request = {
		.addr = addr,
		.length = length,
		.vm_flags = request_vm_flags(prot, flags),
		.place = request_place(flags),
		.pgoff = offset >> PAGE_SHIFT,
	};
	long where = check_flags(flags, offset);

	if (where == 0 && length == 0)
		where = -EINVAL;
	if (where == 0)
		where = request_set_source(&request, flags, fd);
	if (where < 0) {
		if (request.mapping)
			mapping_put(request.mapping);
		return where;
	}
	where = vma_map(current->mm, addr, length, request.vm_flags, request.mapping, request.pgoff,
			request.place);
	if (where >= 0 && request_sealed_since(&request)) {
		vma_unmap(current->mm, where, length);
		where = -EPERM;
	}
	if (request.mapping)
		mapping_put(request.mapping);
	if (where >= 0 && must_populate(flags))
		vma_populate(current->mm, where, length);
	return where;
}

long
sys_munmap(uva_t addr, size_t length)
{
	return vma_unmap(current->mm, addr, length);
}

long
sys_mprotect(uva_t addr, size_t length, int prot)
{
	if (prot & ~PROT_ALL)
		return -EINVAL;
	return vma_protect(current->mm, addr, length, prot_to_vm(prot));
}

long
sys_brk(uva_t brk)
{
	struct mm *mm = current->mm;
	uva_t old = mm->brk;
	uva_t now = mm_brk(mm, brk);

	old = ALIGN_UP(old, PAGE_SIZE);
	if (now > old && READ_ONCE(mm->lock_future) == VM_LOCKED)
		vma_populate(mm, old, now - old);
	return now;
}

long
sys_riscv_flush_icache(uva_t start, uva_t end, u64 flags)
{
	(void)start;
	(void)end;
	if (flags & ~(u64)FLUSH_ICACHE_LOCAL)
		return -EINVAL;
	icache_flush(&current->mm->tlb);
	return 0;
}
