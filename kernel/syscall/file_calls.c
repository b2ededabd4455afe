/* Opening files, and descriptors. */
#include "fs/files.h"
#include "fs/fs_context.h"
#include "fs/inode.h"
#include "fs/memfd.h"
#include "fs/pipe.h"
#include "proc/fork.h"
#include "syscall/path_arg.h"
#include "syscall_proto.h"
#include "vm/usercopy.h"

#define MFD_CLOEXEC	  1U
#define MFD_ALLOW_SEALING 2U
#define MFD_NOEXEC_SEAL	  8U /* no program, for ever; other seals may follow */
#define MFD_EXEC	  16U
#define MFD_ALL		  (MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC)
#define MEMFD_NAME_MAX	  249

#define F_ADD_SEALS 1033
#define F_GET_SEALS 1034

/* Opens for a descriptor that is reserved first: no file is made when there is none. */
static long
open_reserved(const struct path_arg *arg, int flags, u32 mode)
{
	int fd = fd_reserve(0, flags & O_CLOEXEC);
	struct file *file;

	if (fd < 0)
		return fd;
	file = path_open(arg->start, arg->text, flags | O_LARGEFILE,
			 mode & S_IALLUGO & ~fs_umask());
	if (IS_ERR_OR_NULL(file)) {
		fd_unreserve(fd);
		return err_or_null_to_errno(file);
	}
	fd_install(fd, file);
	return fd;
}

long
sys_openat(int dirfd, uva_t path, int flags, u32 mode)
{
	struct path_arg arg;
	long result = path_arg_get(&arg, dirfd, path);

	if (result)
		return result;
	result = open_reserved(&arg, flags, mode);
	path_arg_put(&arg);
	return result;
}

long
sys_close(int fd)
{
	return fd_close(fd);
}

#define CLOSE_RANGE_UNSHARE 2U
#define CLOSE_RANGE_CLOEXEC 4U

long
sys_close_range(u32 first, u32 last, u32 flags)
{
	int error = 0;

	if (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) || first > last)
		return -EINVAL;
	if (flags & CLOSE_RANGE_UNSHARE)
		error = process_unshare_files();
	if (!error)
		fd_range_close(first, last, flags & CLOSE_RANGE_CLOEXEC);
	return error;
}

/* The lowest free descriptor >= from, for the same open file. */
static long
fd_duplicate(int fd, int from, bool cloexec)
{
	struct file *file = fd_get(fd);
	int copy;

	if (!file)
		return -EBADF;
	copy = fd_reserve(from, cloexec);
	if (copy >= 0)
		fd_install(copy, file);
	else
		file_put(file);
	return copy;
}

long
sys_dup(int fd)
{
	return fd_duplicate(fd, 0, false);
}

long
sys_dup3(int oldfd, int newfd, int flags)
{
	struct file *file;
	long result;

	if (oldfd == newfd || (flags & ~O_CLOEXEC))
		return -EINVAL;
	file = fd_get(oldfd);
	if (!file)
		return -EBADF;
	result = fd_replace(newfd, file, flags & O_CLOEXEC);
	file_put(file);
	return result;
}

#define SETFL_MASK (O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME)

/* What concerns the open file, not the descriptor. */
static long
file_fcntl(struct file *file, int cmd, u64 arg)
{
	switch (cmd) {
	case F_GETFL:
		return file->flags;
	case F_SETFL:
		file->flags = (file->flags & ~SETFL_MASK) | (arg & SETFL_MASK);
		return 0;
	case F_GETPIPE_SZ:
		return S_ISFIFO(file->inode->mode) ? pipe_capacity(file) : -EBADF;
	case F_SETPIPE_SZ:
		if (!S_ISFIFO(file->inode->mode) || pipe_capacity(file) < 0)
			return -EBADF;
		return arg <= (u64)pipe_capacity(file) ? pipe_capacity(file) : -EPERM;
	case F_ADD_SEALS:
		return memfd_add_seals(file, arg);
	case F_GET_SEALS:
		return memfd_get_seals(file);
	default:
		return -EINVAL;
	}
}

long
sys_fcntl(int fd, int cmd, u64 arg)
{
	struct file *file = fd_get(fd);
	long result;

	if (!file)
		return -EBADF;
	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		result = arg < files_limit() ? fd_duplicate(fd, arg, cmd == F_DUPFD_CLOEXEC)
					     : -EINVAL;
		break;
	case F_GETFD:
		result = fd_get_cloexec(fd) ? FD_CLOEXEC : 0;
		break;
	case F_SETFD:
		result = fd_set_cloexec(fd, arg & FD_CLOEXEC);
		break;
	default:
		result = file_fcntl(file, cmd, arg);
	}
	file_put(file);
	return result;
}

/* What every file has; the rest is its kind's. */
#define FIONREAD 0x541b
#define FIONBIO	 0x5421
#define FIOCLEX	 0x5451
#define FIONCLEX 0x5450

static long
file_set_nonblock(struct file *file, uva_t arg)
{
	u32 on;

	if (get_user_u32(&on, arg))
		return -EFAULT;
	file->flags = on ? file->flags | O_NONBLOCK : file->flags & ~O_NONBLOCK;
	return 0;
}

/* What is left of a regular file behind its position. */
static long
file_put_left(struct file *file, uva_t arg)
{
	return put_user_u32(arg, inode_size(file->inode) - file->pos);
}

long
sys_ioctl(int fd, u32 request, u64 arg)
{
	struct file *file = fd_get(fd);
	long result = -ENOTTY;

	if (!file)
		return -EBADF;
	if (file->flags & O_PATH)
		result = -EBADF;
	else if (request == FIONBIO)
		result = file_set_nonblock(file, arg);
	else if (request == FIOCLEX || request == FIONCLEX)
		result = fd_set_cloexec(fd, request == FIOCLEX);
	else if (request == FIONREAD && S_ISREG(file->inode->mode))
		result = file_put_left(file, arg);
	else if (file->ops->ioctl)
		result = file->ops->ioctl(file, request, arg);
	file_put(file);
	return result;
}

/* Two descriptors for a pipe's ends, also told to the program. Takes over both files. */
static long
pipe_publish(struct file *reader, struct file *writer, uva_t fds, bool cloexec)
{
	int pair[2];

	pair[0] = fd_alloc(reader, cloexec);
	if (pair[0] < 0) {
		file_put(reader);
		file_put(writer);
		return pair[0];
	}
	pair[1] = fd_alloc(writer, cloexec);
	if (pair[1] < 0) {
		fd_close(pair[0]);
		file_put(writer);
		return pair[1];
	}
	if (copy_to_user(fds, pair, sizeof(pair)) == 0)
		return 0;
	fd_close(pair[0]);
	fd_close(pair[1]);
	return -EFAULT;
}

long
sys_pipe2(uva_t fds, int flags)
{
	struct file *reader, *writer;
	int error;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
		return -EINVAL;
	error = pipe_create(&reader, &writer, flags & O_NONBLOCK);
	if (error)
		return error;
	return pipe_publish(reader, writer, fds, flags & O_CLOEXEC);
}

long
sys_memfd_create(uva_t name, u32 flags)
{
	char text[MEMFD_NAME_MAX + 1];
	struct file *file;
	ssize_t length;
	int fd;

	if (flags & ~MFD_ALL || (flags & MFD_EXEC && flags & MFD_NOEXEC_SEAL))
		return -EINVAL;
	length = strncpy_from_user(text, name, sizeof(text));
	if (length < 0)
		return length == -ENAMETOOLONG ? -EINVAL : length;
	if (flags & MFD_NOEXEC_SEAL)
		file = memfd_create(text, 0666, F_SEAL_EXEC);
	else
		file = memfd_create(text, 0777, flags & MFD_ALLOW_SEALING ? 0 : F_SEAL_SEAL);
	if (IS_ERR_OR_NULL(file))
		return err_or_null_to_errno(file);
	fd = fd_alloc(file, flags & MFD_CLOEXEC);
	if (fd < 0)
		file_put(file);
	return fd;
}

long
sys_fsync(int fd)
{
	struct file *file = fd_get(fd);
	long result;

	if (!file)
		return -EBADF;
	result = file->flags & O_PATH ? -EBADF : file_fsync(file, false);
	file_put(file);
	return result;
}

long
sys_fdatasync(int fd)
{
	return sys_fsync(fd);
}
