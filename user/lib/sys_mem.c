/* Memory: the system calls under their POSIX names, and the break. */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

void *
mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	long result = sys_mmap(addr, length, prot, flags, fd, (unsigned long)offset);

	return (void *)syscall_result(result);
}

int
munmap(void *addr, size_t length)
{
	return (int)syscall_result(sys_munmap(addr, length));
}

int
mprotect(void *addr, size_t length, int prot)
{
	return (int)syscall_result(sys_mprotect(addr, length, prot));
}

void *
mremap(void *addr, size_t old_length, size_t new_length, int flags, ...)
{
	va_list args;
	void *new_addr;

	va_start(args, flags);
	new_addr = flags & MREMAP_FIXED ? va_arg(args, void *) : NULL;
	va_end(args);
	return (void *)syscall(SYS_mremap, addr, old_length, new_length, flags, new_addr);
}

int
msync(void *addr, size_t length, int flags)
{
	return (int)syscall(SYS_msync, addr, length, flags);
}

int
madvise(void *addr, size_t length, int advice)
{
	return (int)syscall(SYS_madvise, addr, length, advice);
}

int
mincore(void *addr, size_t length, unsigned char *vec)
{
	return (int)syscall(SYS_mincore, addr, length, vec);
}

int
mlock(const void *addr, size_t length)
{
	return (int)syscall(SYS_mlock, addr, length);
}

int
mlock2(const void *addr, size_t length, unsigned int flags)
{
	return (int)syscall(SYS_mlock2, addr, length, flags);
}

int
munlock(const void *addr, size_t length)
{
	return (int)syscall(SYS_munlock, addr, length);
}

int
mlockall(int flags)
{
	return (int)syscall(SYS_mlockall, flags);
}

int
munlockall(void)
{
	return (int)syscall(SYS_munlockall);
}

int
memfd_create(const char *name, unsigned int flags)
{
	return (int)syscall(SYS_memfd_create, name, flags);
}

/* brk(2) answers with the break as it is afterwards: unmoved means refused. */
static uintptr_t current_break;

int
brk(void *end)
{
	current_break = (uintptr_t)sys_brk(end);
	if (current_break != (uintptr_t)end) {
		errno = ENOMEM;
		return -1;
	}
	return 0;
}

void *
sbrk(intptr_t increment)
{
	uintptr_t old;

	if (!current_break)
		current_break = (uintptr_t)sys_brk(NULL);
	old = current_break;
	if (increment == 0)
		return (void *)old;
	if ((increment > 0 && old + increment < old) || (increment < 0 && old + increment > old)) {
		errno = ENOMEM;
		return (void *)-1;
	}
	return brk((void *)(old + increment)) < 0 ? (void *)-1 : (void *)old;
}
