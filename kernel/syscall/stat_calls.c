/* What is known about files, and changes of it. */
#include "core/clock.h"
#include "fs/files.h"
#include "fs/inode.h"
#include "fs/super.h"
#include "lib/string.h"
#include "syscall/path_arg.h"
#include "syscall_proto.h"
#include "vm/usercopy.h"

STATIC_ASSERT(sizeof(struct linux_stat) == 128);
STATIC_ASSERT(sizeof(struct linux_statfs) == 120);

static long
inode_stat_to_user(struct inode *inode, uva_t statbuf)
{
	struct linux_stat st;

	inode_fill_stat(inode, &st);
	return copy_to_user(statbuf, &st, sizeof(st));
}

/* Lookup flags for a call that follows links unless told not to. */
static u32
lookup_follow(int at_flags)
{
	return at_flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
}

long
sys_fstat(int fd, uva_t statbuf)
{
	struct fd ref = fd_borrow(fd);
	long result;

	if (!ref.file)
		return -EBADF;
	result = inode_stat_to_user(ref.file->inode, statbuf);
	fd_return(ref);
	return result;
}

/* newfstatat(fd, "", AT_EMPTY_PATH) also has to work for a pipe. */
static bool
is_empty_path(int flags, uva_t path)
{
	char first;

	if (!(flags & AT_EMPTY_PATH))
		return false;
	return path == 0 || (copy_from_user(&first, path, 1) == 0 && first == '\0');
}

long
sys_newfstatat(int dirfd, uva_t path, uva_t statbuf, int flags)
{
	struct dentry *dentry;
	long result;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH))
		return -EINVAL;
	if (dirfd != AT_FDCWD && is_empty_path(flags, path))
		return sys_fstat(dirfd, statbuf);
	dentry = path_arg_lookup(dirfd, path, flags, lookup_follow(flags));
	if (IS_ERR_OR_NULL(dentry))
		return err_or_null_to_errno(dentry);
	result = inode_stat_to_user(dentry->inode, statbuf);
	dentry_put(dentry);
	return result;
}

static long
super_statfs_to_user(struct super_block *sb, uva_t buf)
{
	struct linux_statfs st;
	int error = 0;

	memset(&st, 0, sizeof(st));
	st.f_bsize = st.f_frsize = PAGE_SIZE;
	st.f_namelen = NAME_MAX;
	st.f_fsid[0] = sb->dev;
	if (sb->ops->statfs)
		error = sb->ops->statfs(sb, &st);
	if (error)
		return error;
	st.f_flags = sb->read_only ? MS_RDONLY : 0;
	return copy_to_user(buf, &st, sizeof(st));
}

long
sys_statfs(uva_t path, uva_t buf)
{
	struct dentry *dentry = path_arg_lookup(AT_FDCWD, path, 0, LOOKUP_FOLLOW);
	long result;

	if (IS_ERR_OR_NULL(dentry))
		return err_or_null_to_errno(dentry);
	result = super_statfs_to_user(dentry->sb, buf);
	dentry_put(dentry);
	return result;
}

long
sys_fstatfs(int fd, uva_t buf)
{
	struct file *file = fd_get(fd);
	long result;

	if (!file)
		return -EBADF;
	result = super_statfs_to_user(file->inode->sb, buf);
	file_put(file);
	return result;
}

long
sys_faccessat2(int dirfd, uva_t path, int mode, int flags)
{
	struct dentry *dentry;
	long result;

	if ((mode & ~(R_OK | W_OK | X_OK)) ||
	    (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
		return -EINVAL;
	dentry = path_arg_lookup(dirfd, path, flags, lookup_follow(flags));
	if (IS_ERR_OR_NULL(dentry))
		return err_or_null_to_errno(dentry);
	result = inode_permission(dentry->inode, mode);
	dentry_put(dentry);
	return result;
}

long
sys_faccessat(int dirfd, uva_t path, int mode)
{
	return sys_faccessat2(dirfd, path, mode, 0);
}

static long
fd_change(int fd, struct iattr *attr)
{
	struct file *file = fd_get(fd);
	long result;

	if (!file)
		return -EBADF;
	result = file->flags & O_PATH ? -EBADF : inode_change(file->inode, attr);
	file_put(file);
	return result;
}

static long
path_change(int dirfd, uva_t path, int at_flags, struct iattr *attr)
{
	struct dentry *dentry = path_arg_lookup(dirfd, path, at_flags, lookup_follow(at_flags));
	long result;

	if (IS_ERR_OR_NULL(dentry))
		return err_or_null_to_errno(dentry);
	result = inode_change(dentry->inode, attr);
	dentry_put(dentry);
	return result;
}

long
sys_fchmod(int fd, u32 mode)
{
	return fd_change(fd, &(struct iattr){.valid = ATTR_MODE, .mode = mode});
}

long
sys_fchmodat(int dirfd, uva_t path, u32 mode)
{
	return path_change(dirfd, path, 0, &(struct iattr){.valid = ATTR_MODE, .mode = mode});
}

/* -1 leaves an id alone. */
static struct iattr
owner_attr(u32 uid, u32 gid)
{
	return (struct iattr){
		.valid = (uid != UINT32_MAX ? ATTR_UID : 0) | (gid != UINT32_MAX ? ATTR_GID : 0),
		.uid = uid,
		.gid = gid,
	};
}

long
sys_fchown(int fd, u32 uid, u32 gid)
{
	struct iattr attr = owner_attr(uid, gid);

	return fd_change(fd, &attr);
}

long
sys_fchownat(int dirfd, uva_t path, u32 uid, u32 gid, int flags)
{
	struct iattr attr = owner_attr(uid, gid);

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	return path_change(dirfd, path, flags, &attr);
}

#define UTIME_NOW  0x3fffffffU
#define UTIME_OMIT 0x3ffffffeU

struct user_timespec {
	s64 sec;
	u64 nsec;
};

/* One of the two times; one that is too late for us is the last there is. => 0 or -EINVAL */
static int
time_attr(struct iattr *attr, u32 bit, u64 *field, const struct user_timespec *time)
{
	if (time->nsec == UTIME_OMIT)
		return 0;
	attr->valid |= bit;
	if (time->nsec == UTIME_NOW) {
		*field = inode_now_ns();
		return 0;
	}
	if (time->nsec >= NSEC_PER_SEC || time->sec < 0)
		return -EINVAL;
	if (__builtin_mul_overflow((u64)time->sec, NSEC_PER_SEC, field) ||
	    __builtin_add_overflow(*field, time->nsec, field))
		*field = UINT64_MAX;
	return 0;
}

long
sys_utimensat(int dirfd, uva_t path, uva_t times, int flags)
{
	struct user_timespec user[2] = {{.nsec = UTIME_NOW}, {.nsec = UTIME_NOW}};
	struct iattr attr = {.valid = 0};

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (times && copy_from_user(user, times, sizeof(user)))
		return -EFAULT;
	if (time_attr(&attr, ATTR_ATIME, &attr.atime_ns, &user[0]) ||
	    time_attr(&attr, ATTR_MTIME, &attr.mtime_ns, &user[1]))
		return -EINVAL;
	if (attr.valid == 0)
		return 0;
	return path ? path_change(dirfd, path, flags, &attr) : fd_change(dirfd, &attr);
}

/* => 0, -EINVAL, -EISDIR */
static long
check_length(const struct inode *inode, s64 length)
{
	if (length < 0)
		return -EINVAL;
	if (S_ISDIR(inode->mode))
		return -EISDIR;
	return S_ISREG(inode->mode) ? 0 : -EINVAL;
}

long
sys_truncate(uva_t path, s64 length)
{
	struct dentry *dentry = path_arg_lookup(AT_FDCWD, path, 0, LOOKUP_FOLLOW);
	long result;

	if (IS_ERR_OR_NULL(dentry))
		return err_or_null_to_errno(dentry);
	result = check_length(dentry->inode, length);
	if (!result)
		result = inode_resize(dentry->inode, length);
	dentry_put(dentry);
	return result;
}

long
sys_ftruncate(int fd, s64 length)
{
	struct file *file = fd_get(fd);
	long result;

	if (!file)
		return -EBADF;
	if (!file_is_writable(file))
		result = file->flags & O_PATH ? -EBADF : -EINVAL;
	else
		result = check_length(file->inode, length);
	if (!result)
		result = inode_set_size(file->inode, length);
	file_put(file);
	return result;
}

/* Space is not reserved ahead by any file system. */
long
sys_fallocate(int fd, int mode, s64 offset, s64 length)
{
	struct file *file = fd_get(fd);
	long result = -EOPNOTSUPP;

	(void)mode;
	if (!file)
		return -EBADF;
	if (!file_is_writable(file))
		result = -EBADF;
	else if (offset < 0 || length <= 0)
		result = -EINVAL;
	else if (S_ISFIFO(file->inode->mode))
		result = -ESPIPE;
	else if (!S_ISREG(file->inode->mode))
		result = -ENODEV;
	file_put(file);
	return result;
}
