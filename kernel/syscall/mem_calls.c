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

#define PROT_READ      1
#define PROT_WRITE     2
#define PROT_EXEC      4
#define PROT_SEM       8
#define PROT_GROWSDOWN 0x01000000
#define PROT_GROWS     0x03000000UL /* with one of these: an area as far as it grows */
#define PROT_ALL       (PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM)

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
#define MAP_HUGETLB	    0x40000
#define MAP_FIXED_NOREPLACE 0x100000
#define MAP_HUGE_SIZES	    0x7c000000
/* The flags that MAP_SHARED_VALIDATE accepts. */
#define MAP_VALID                                                                                \
	(MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_DENYWRITE | MAP_EXECUTABLE | \
	 MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_HUGE_SIZES)

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

/* Pages of the request; of a length near the end of all numbers 0. */
static u64
request_pages(const struct request *request)
{
	return ALIGN_UP(request->length, PAGE_SIZE) >> PAGE_SHIFT;
}

/* Can a file of this kind be as long as the request reaches? */
static bool
file_reaches(const struct file *file, const struct request *request)
{
	u64 nr_max = (S_ISREG(file->inode->mode) ? INT64_MAX : UINT64_MAX) >> PAGE_SHIFT;
	u64 nr_pages = request_pages(request);

	return nr_pages <= nr_max && request->pgoff <= nr_max - nr_pages;
}

/* => 0, -EINVAL, -EOPNOTSUPP */
static int
check_type(int flags)
{
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

/* What the program may do with this file. Sets what mprotect may allow. => 0 or -errno */
static int
request_check_access(struct request *request, const struct file *file, int flags)
{
	int error = file_reaches(file, request) ? check_type(flags) : -EOVERFLOW;

	if (error < 0)
		return error;
	if (is_shared(flags) && !file_is_writable(file)) {
		if (request->vm_flags & VM_WRITE)
			return -EACCES;
		request->vm_flags &= ~VM_MAYWRITE;
	}
	return file_is_readable(file) ? 0 : -EACCES;
}

/* May this file be mapped so? Sets the mapping and what mprotect may allow. => 0 or -errno */
static NOINLINE int
request_set_file(struct request *request, struct file *file, int flags)
{
	bool zeros = file->ops->flags & FILE_ZERO;
	struct mapping *mapping = NULL;
	int error = request_check_access(request, file, flags);

	if (error < 0)
		return error;
	if (!zeros) {
		mapping = file_mapping(file);
		if (IS_ERR_OR_NULL(mapping))
			return err_or_null_to_errno(mapping);
	}
	if (flags & MAP_GROWSDOWN)
		return -EINVAL;
	if (is_shared(flags) && unlikely(inode_write_sealed(file->inode))) {
		if (request->vm_flags & VM_WRITE)
			return -EPERM;
		request->vm_flags &= ~VM_MAYWRITE;
	}
	if (zeros) {
		request->pgoff = 0;
		return is_shared(flags) ? request_set_shmem(request) : 0;
	}
	if (!mapping_get(mapping))
		return -ENODEV;
	if (file->access & FILE_COUNTED) {
		mapping_write_more(mapping);
		request->vm_flags |= VM_WRITER;
	}
	request->mapping = mapping;
	request->file_inode = file->inode->seals ? file->inode : NULL;
	return 0;
}

/* => it has a mapping */
static void
request_put(struct request *request)
{
	if (request->vm_flags & VM_WRITER)
		mapping_write_end(request->mapping);
	mapping_put(request->mapping);
}

/* => 0 or -errno */
static int
request_set_anonymous(struct request *request, int flags)
{
	request->pgoff = 0;
	if (likely((flags & (MAP_TYPE | MAP_HUGETLB)) == MAP_PRIVATE))
		return 0;
	switch (flags & (MAP_TYPE | MAP_HUGETLB)) {
	case MAP_SHARED:
		return flags & MAP_GROWSDOWN ? -EINVAL : request_set_shmem(request);
	case MAP_PRIVATE | MAP_HUGETLB:
	case MAP_SHARED | MAP_HUGETLB:
		return -ENOMEM; /* none are set aside */
	default:
		return -EINVAL;
	}
}

/* => 0 or -errno */
static int
request_set_source(struct request *request, int flags, int fd)
{
	struct file *file;
	int error;

	if (flags & MAP_ANONYMOUS)
		return request_set_anonymous(request, flags);
	file = fd_get(fd);
	if (!file)
		return -EBADF;
	error = flags & MAP_HUGETLB ? -EINVAL : request_set_file(request, file, flags);
	file_put(file);
	return error;
}

/*
 * The error of a request whose source is refused, if source_error, or whose offset is near the end of
 * all numbers. In Linux's order: length and offset, then the place, then what is to be mapped.
 * => 0 or -errno
 */
static NOINLINE int
request_error(const struct request *request, int source_error, int flags, u64 pgoff)
{
	u64 nr_pages = request_pages(request);
	int error;

	if (source_error == -EBADF || (flags & (MAP_HUGETLB | MAP_ANONYMOUS)) == MAP_HUGETLB)
		return source_error;
	if (nr_pages == 0)
		return request->length == 0 ? -EINVAL : -ENOMEM;
	if (pgoff + nr_pages < pgoff)
		return -EOVERFLOW;
	if (source_error == 0)
		return 0;
	error = vma_map_check(current->mm, request->addr, request->length, request->vm_flags,
			      request->place);
	return error < 0 ? error : source_error;
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
	bool locked = READ_ONCE(current->mm->lock_future) == VM_LOCKED;

	if (likely(!(flags & (MAP_LOCKED | MAP_POPULATE))))
		return locked;
	return locked || flags & MAP_LOCKED || !(flags & MAP_NONBLOCK);
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
		.pgoff = (s64)offset >> PAGE_SHIFT,
	};
	long where;

	if (!IS_ALIGNED(offset, PAGE_SIZE))
		return -EINVAL;
	where = request_set_source(&request, flags, fd);
	if (unlikely(where < 0 || (s64)offset < 0))
		where = request_error(&request, where, flags, (s64)offset >> PAGE_SHIFT);
	if (where < 0)
		goto out;
	where = vma_map(current->mm, addr, length, request.vm_flags, request.mapping, request.pgoff,
			request.place);
	if (where >= 0 && request_sealed_since(&request)) {
		vma_unmap(current->mm, where, length);
		where = -EPERM;
	}
out:
	if (request.mapping)
		request_put(&request);
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
sys_mprotect(uva_t addr, size_t length, u64 prot)
{
	u64 access = prot & ~PROT_GROWS;

	if ((prot & PROT_GROWS) == PROT_GROWS || !IS_ALIGNED(addr, PAGE_SIZE))
		return -EINVAL;
	if (length == 0)
		return 0;
	if (addr + ALIGN_UP(length, PAGE_SIZE) <= addr)
		return -ENOMEM;
	if (access & ~(u64)PROT_ALL)
		return -EINVAL;
	if (unlikely(access != prot))
		return vma_protect_area(current->mm, addr, length, prot_to_vm(access),
					prot & PROT_GROWSDOWN);
	return vma_protect(current->mm, addr, length, prot_to_vm(access));
}

long
sys_brk(uva_t brk)
{
	return mm_brk(current->mm, brk);
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
