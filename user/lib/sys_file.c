/* Files and descriptors: the system calls under their POSIX names. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

int
open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	return (int)syscall_result(sys_openat(AT_FDCWD, path, flags, mode));
}

int
openat(int dirfd, const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	return (int)syscall_result(sys_openat(dirfd, path, flags, mode));
}

int
creat(const char *path, mode_t mode)
{
	return open(path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

int
fcntl(int fd, int cmd, ...)
{
	va_list args;
	unsigned long arg;

	va_start(args, cmd);
	arg = va_arg(args, unsigned long);
	va_end(args);
	return (int)syscall_result(sys_fcntl(fd, cmd, arg));
}

int
ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	unsigned long arg;

	va_start(args, request);
	arg = va_arg(args, unsigned long);
	va_end(args);
	return (int)syscall_result(sys_ioctl(fd, (unsigned int)request, arg));
}

int
fallocate(int fd, int mode, off_t offset, off_t length)
{
	return (int)syscall_result(sys_fallocate(fd, mode, offset, length));
}

int
posix_fallocate(int fd, off_t offset, off_t length)
{
	return (int)-sys_fallocate(fd, 0, offset, length);
}

ssize_t
read(int fd, void *buf, size_t count)
{
	return syscall_result(sys_read(fd, buf, count));
}

ssize_t
write(int fd, const void *buf, size_t count)
{
	return syscall_result(sys_write(fd, buf, count));
}

ssize_t
pread(int fd, void *buf, size_t count, off_t offset)
{
	return syscall_result(sys_pread64(fd, buf, count, offset));
}

ssize_t
pwrite(int fd, const void *buf, size_t count, off_t offset)
{
	return syscall_result(sys_pwrite64(fd, buf, count, offset));
}

ssize_t
readv(int fd, const struct iovec *iov, int count)
{
	return syscall_result(sys_readv(fd, iov, count));
}

ssize_t
writev(int fd, const struct iovec *iov, int count)
{
	return syscall_result(sys_writev(fd, iov, count));
}

ssize_t
sendfile(int out_fd, int in_fd, off_t *offset, size_t count)
{
	return syscall_result(sys_sendfile(out_fd, in_fd, offset, count));
}

off_t
lseek(int fd, off_t offset, int whence)
{
	return syscall_result(sys_lseek(fd, offset, whence));
}

int
close(int fd)
{
	return (int)syscall_result(sys_close(fd));
}

int
dup(int fd)
{
	return (int)syscall_result(sys_dup(fd));
}

int
dup2(int oldfd, int newfd)
{
	if (oldfd == newfd)
		return fcntl(oldfd, F_GETFD) < 0 ? -1 : newfd;
	return dup3(oldfd, newfd, 0);
}

int
dup3(int oldfd, int newfd, int flags)
{
	return (int)syscall_result(sys_dup3(oldfd, newfd, flags));
}

int
pipe(int fds[2])
{
	return pipe2(fds, 0);
}

int
pipe2(int fds[2], int flags)
{
	return (int)syscall_result(sys_pipe2(fds, flags));
}

int
fsync(int fd)
{
	return (int)syscall_result(sys_fsync(fd));
}

int
fdatasync(int fd)
{
	return (int)syscall_result(sys_fdatasync(fd));
}

void
sync(void)
{
	sys_sync();
}

int
truncate(const char *path, off_t length)
{
	return (int)syscall_result(sys_truncate(path, length));
}

int
ftruncate(int fd, off_t length)
{
	return (int)syscall_result(sys_ftruncate(fd, length));
}

int
poll(struct pollfd *fds, nfds_t nfds, int timeout_ms)
{
	struct timespec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};

	return (int)syscall_result(sys_ppoll(fds, (unsigned int)nfds,
					     timeout_ms < 0 ? NULL : &timeout, NULL,
					     sizeof(unsigned long)));
}

int
select(int nfds, fd_set *restrict readfds, fd_set *restrict writefds, fd_set *restrict exceptfds,
       struct timeval *restrict timeout)
{
	struct timespec ts;

	if (timeout)
		ts = (struct timespec){timeout->tv_sec, timeout->tv_usec * 1000};
	return (int)syscall_result(
		sys_pselect6(nfds, readfds, writefds, exceptfds, timeout ? &ts : NULL, NULL));
}

ssize_t
getrandom(void *buf, size_t size, unsigned int flags)
{
	return syscall_result(sys_getrandom(buf, size, flags));
}

int
getentropy(void *buf, size_t size)
{
	if (size > 256) {
		errno = EIO;
		return -1;
	}
	return getrandom(buf, size, 0) == (ssize_t)size ? 0 : -1;
}
