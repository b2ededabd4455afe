/* Names in the file system: the system calls under their POSIX names. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <unistd.h>

int
stat(const char *path, struct stat *st)
{
	return fstatat(AT_FDCWD, path, st, 0);
}

int
lstat(const char *path, struct stat *st)
{
	return fstatat(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}

int
fstat(int fd, struct stat *st)
{
	return (int)syscall_result(sys_fstat(fd, st));
}

int
fstatat(int dirfd, const char *path, struct stat *st, int flags)
{
	return (int)syscall_result(sys_newfstatat(dirfd, path, st, flags));
}

int
statfs(const char *path, struct statfs *out)
{
	return (int)syscall_result(sys_statfs(path, out));
}

int
fstatfs(int fd, struct statfs *out)
{
	return (int)syscall_result(sys_fstatfs(fd, out));
}

int
chmod(const char *path, mode_t mode)
{
	return (int)syscall_result(sys_fchmodat(AT_FDCWD, path, mode));
}

int
fchmod(int fd, mode_t mode)
{
	return (int)syscall_result(sys_fchmod(fd, mode));
}

int
fchmodat(int dirfd, const char *path, mode_t mode, int flags)
{
	if (flags) {
		errno = ENOTSUP;
		return -1;
	}
	return (int)syscall_result(sys_fchmodat(dirfd, path, mode));
}

int
chown(const char *path, uid_t uid, gid_t gid)
{
	return fchownat(AT_FDCWD, path, uid, gid, 0);
}

int
lchown(const char *path, uid_t uid, gid_t gid)
{
	return fchownat(AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW);
}

int
fchown(int fd, uid_t uid, gid_t gid)
{
	return (int)syscall_result(sys_fchown(fd, uid, gid));
}

int
fchownat(int dirfd, const char *path, uid_t uid, gid_t gid, int flags)
{
	return (int)syscall_result(sys_fchownat(dirfd, path, uid, gid, flags));
}

int
mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

int
mkdirat(int dirfd, const char *path, mode_t mode)
{
	return (int)syscall_result(sys_mkdirat(dirfd, path, mode));
}

int
mknod(const char *path, mode_t mode, dev_t dev)
{
	return mknodat(AT_FDCWD, path, mode, dev);
}

int
mknodat(int dirfd, const char *path, mode_t mode, dev_t dev)
{
	return (int)syscall_result(sys_mknodat(dirfd, path, mode, dev));
}

int
mkfifo(const char *path, mode_t mode)
{
	return mknod(path, S_IFIFO | (mode & 07777), 0);
}

mode_t
umask(mode_t mask)
{
	return (mode_t)sys_umask(mask);
}

int
utimensat(int dirfd, const char *path, const struct timespec times[2], int flags)
{
	return (int)syscall_result(sys_utimensat(dirfd, path, times, flags));
}

int
futimens(int fd, const struct timespec times[2])
{
	return (int)syscall_result(sys_utimensat(fd, NULL, times, 0));
}

int
access(const char *path, int mode)
{
	return (int)syscall_result(sys_faccessat(AT_FDCWD, path, mode));
}

int
faccessat(int dirfd, const char *path, int mode, int flags)
{
	if (flags == 0)
		return (int)syscall_result(sys_faccessat(dirfd, path, mode));
	return (int)syscall_result(sys_faccessat2(dirfd, path, mode, flags));
}

int
chdir(const char *path)
{
	return (int)syscall_result(sys_chdir(path));
}

int
fchdir(int fd)
{
	return (int)syscall_result(sys_fchdir(fd));
}

/* With a null buffer the answer is allocated. */
char *
getcwd(char *buf, size_t size)
{
	char path[4096];

	if (buf)
		return syscall_result(sys_getcwd(buf, size)) < 0 ? NULL : buf;
	if (syscall_result(sys_getcwd(path, sizeof(path))) < 0)
		return NULL;
	return strdup(path);
}

int
link(const char *oldpath, const char *newpath)
{
	return linkat(AT_FDCWD, oldpath, AT_FDCWD, newpath, 0);
}

int
linkat(int olddirfd, const char *oldpath, int newdirfd, const char *newpath, int flags)
{
	return (int)syscall_result(sys_linkat(olddirfd, oldpath, newdirfd, newpath, flags));
}

int
symlink(const char *target, const char *path)
{
	return symlinkat(target, AT_FDCWD, path);
}

int
symlinkat(const char *target, int dirfd, const char *path)
{
	return (int)syscall_result(sys_symlinkat(target, dirfd, path));
}

ssize_t
readlink(const char *path, char *buf, size_t size)
{
	return readlinkat(AT_FDCWD, path, buf, size);
}

ssize_t
readlinkat(int dirfd, const char *path, char *buf, size_t size)
{
	return syscall_result(sys_readlinkat(dirfd, path, buf, size));
}

int
unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

int
unlinkat(int dirfd, const char *path, int flags)
{
	return (int)syscall_result(sys_unlinkat(dirfd, path, flags));
}

int
rmdir(const char *path)
{
	return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

int
remove(const char *path)
{
	if (unlink(path) == 0)
		return 0;
	return errno == EISDIR ? rmdir(path) : -1;
}

int
rename(const char *oldpath, const char *newpath)
{
	return renameat(AT_FDCWD, oldpath, AT_FDCWD, newpath);
}

int
renameat(int olddirfd, const char *oldpath, int newdirfd, const char *newpath)
{
	return (int)syscall_result(sys_renameat2(olddirfd, oldpath, newdirfd, newpath, 0));
}

int
mount(const char *source, const char *target, const char *type, unsigned long flags,
      const void *data)
{
	return (int)syscall_result(sys_mount(source, target, type, flags, data));
}

int
umount(const char *target)
{
	return umount2(target, 0);
}

int
umount2(const char *target, int flags)
{
	return (int)syscall_result(sys_umount2(target, flags));
}

int
swapon(const char *path, int flags)
{
	return (int)syscall(SYS_swapon, path, flags);
}

int
swapoff(const char *path)
{
	return (int)syscall(SYS_swapoff, path);
}
