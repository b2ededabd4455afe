/* Names: making, removing and listing them, and the current directory. */
#include "fs/files.h"
#include "fs/fs_context.h"
#include "fs/inode.h"
#include "fs/readdir.h"
#include "lib/string.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"
#include "sched/task.h"
#include "syscall/path_arg.h"
#include "syscall_proto.h"
#include "vm/usercopy.h"

long
sys_mknodat(int dirfd, uva_t path, u32 mode, u64 dev)
{
	struct path_arg arg;
	long result;

	if ((mode & S_IFMT) == 0)
		mode |= S_IFREG;
	if (S_ISDIR(mode))
		return -EPERM;
	if (!S_ISREG(mode) && !S_ISCHR(mode) && !S_ISBLK(mode) && !S_ISFIFO(mode))
		return -EINVAL;
	result = path_arg_get(&arg, dirfd, path);
	if (result)
		return result;
	result = vfs_mknod(arg.start, arg.text, mode, dev);
	path_arg_put(&arg);
	return result;
}

long
sys_mkdirat(int dirfd, uva_t path, u32 mode)
{
	struct path_arg arg;
	long result = path_arg_get(&arg, dirfd, path);

	if (result)
		return result;
	result = vfs_mkdir(arg.start, arg.text, mode);
	path_arg_put(&arg);
	return result;
}

long
sys_unlinkat(int dirfd, uva_t path, int flags)
{
	struct path_arg arg;
	long result;

	if (flags & ~AT_REMOVEDIR)
		return -EINVAL;
	result = path_arg_get(&arg, dirfd, path);
	if (result)
		return result;
	if (flags & AT_REMOVEDIR)
		result = vfs_rmdir(arg.start, arg.text);
	else
		result = vfs_unlink(arg.start, arg.text);
	path_arg_put(&arg);
	return result;
}

long
sys_symlinkat(uva_t target, int dirfd, uva_t path)
{
	char *text = path_string_get(target);
	struct path_arg arg;
	long result = err_or_null_to_errno(text);

	if (result)
		return result;
	result = path_arg_get(&arg, dirfd, path);
	if (!result) {
		result = vfs_symlink(text, arg.start, arg.text);
		path_arg_put(&arg);
	}
	kfree(text);
	return result;
}

long
sys_linkat(int olddirfd, uva_t oldpath, int newdirfd, uva_t newpath, int flags)
{
	struct dentry *old;
	struct path_arg arg;
	long result;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	old = path_arg_lookup(olddirfd, oldpath, flags,
			      flags & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0);
	if (IS_ERR_OR_NULL(old))
		return err_or_null_to_errno(old);
	result = path_arg_get(&arg, newdirfd, newpath);
	if (!result) {
		result = vfs_link(old, arg.start, arg.text);
		path_arg_put(&arg);
	}
	dentry_put(old);
	return result;
}

long
sys_renameat2(int olddirfd, uva_t oldpath, int newdirfd, uva_t newpath, u32 flags)
{
	struct path_arg old, new;
	long result = path_arg_get(&old, olddirfd, oldpath);

	if (result)
		return result;
	result = path_arg_get(&new, newdirfd, newpath);
	if (!result) {
		result = vfs_rename(old.start, old.text, new.start, new.text, flags);
		path_arg_put(&new);
	}
	path_arg_put(&old);
	return result;
}

/* Up to size bytes of a link's target; not terminated. */
static long
readlink_to_user(struct dentry *dentry, uva_t buf, size_t size)
{
	char *text = kmalloc(PATH_MAX, GFP_KERNEL);
	long len;

	if (!text)
		return -ENOMEM;
	len = dentry_readlink(dentry, text, PATH_MAX);
	if (len > 0) {
		len = MIN((size_t)len, size);
		if (copy_to_user(buf, text, len))
			len = -EFAULT;
	}
	kfree(text);
	return len;
}

static bool
path_is_empty(uva_t path)
{
	char first;

	return copy_from_user(&first, path, 1) == 0 && first == '\0';
}

long
sys_readlinkat(int dirfd, uva_t path, uva_t buf, size_t size)
{
	struct dentry *dentry;
	long result;

	if ((ssize_t)size <= 0)
		return -EINVAL;
	dentry = path_arg_lookup(dirfd, path, AT_EMPTY_PATH, 0);
	if (IS_ERR_OR_NULL(dentry))
		return err_or_null_to_errno(dentry);
	result = readlink_to_user(dentry, buf, size);
	dentry_put(dentry);
	if (result == -EINVAL && path_is_empty(path))
		result = -ENOENT;
	return result;
}

/* Entries as getdents64 has them, collected in kernel memory. */
struct dirent_buf {
	struct dir_context ctx;
	char *buf;
	size_t size, len;
	bool stopped; /* an entry did not fit */
};

static bool
dirent_emit(struct dir_context *ctx, const char *name, u32 len, u64 ino, u32 dt_type, u64 next)
{
	struct dirent_buf *out = container_of(ctx, struct dirent_buf, ctx);
	size_t bytes = ALIGN_UP(offsetof(struct linux_dirent64, d_name) + len + 1, 8);
	struct linux_dirent64 *entry = (struct linux_dirent64 *)(out->buf + out->len);

	out->stopped = bytes > out->size - out->len;
	if (out->stopped)
		return false;
	memset(entry, 0, bytes);
	entry->d_ino = ino;
	entry->d_off = next;
	entry->d_reclen = bytes;
	entry->d_type = dt_type;
	memcpy(entry->d_name, name, len);
	out->len += bytes;
	return true;
}

/*
 * Entries from the file's position on, through out to the user. The position moves only when the user
 * has them. => bytes or -errno
 */
static long
file_readdir(struct file *file, struct dirent_buf *out, uva_t buf)
{
	struct inode *inode = file->inode;
	int error;

	if (!S_ISDIR(inode->mode) || !inode->iops->readdir)
		return -ENOTDIR;
	mutex_lock(&file->pos_lock);
	inode_lock_shared(inode);
	out->ctx.pos = file->pos;
	error = inode->nlink == 0 ? -ENOENT : inode->iops->readdir(inode, &out->ctx);
	if (!error && out->len == 0 && out->stopped)
		error = -EINVAL;
	inode_unlock_shared(inode);
	if (!error && copy_to_user(buf, out->buf, out->len))
		error = -EFAULT;
	if (!error)
		file->pos = out->ctx.pos;
	mutex_unlock(&file->pos_lock);
	return error ? error : (long)out->len;
}

long
sys_getdents64(int fd, uva_t buf, size_t size)
{
	struct dirent_buf out = {.ctx.actor = dirent_emit, .size = MIN(size, (size_t)PAGE_SIZE)};
	struct file *file = fd_get(fd);
	long result;

	if (!file)
		return -EBADF;
	out.buf = page_alloc_kva(GFP_KERNEL);
	result = out.buf ? 0 : -ENOMEM;
	if (!result)
		result = file->flags & O_PATH ? -EBADF : file_readdir(file, &out, buf);
	if (out.buf)
		page_free_kva(out.buf);
	file_put(file);
	return result;
}

long
sys_getcwd(uva_t buf, size_t size)
{
	char *text = kmalloc(PATH_MAX, GFP_KERNEL), *path;
	struct dentry *cwd;
	long result;

	if (!text)
		return -ENOMEM;
	cwd = fs_cwd_get();
	path = cwd->gone ? ERR_PTR(-ENOENT) : dentry_path(cwd, text, PATH_MAX);
	dentry_put(cwd);
	if (IS_ERR(path)) {
		result = PTR_ERR(path);
	} else {
		result = strlen(path) + 1;
		if ((size_t)result > size)
			result = -ERANGE;
		else if (copy_to_user(buf, path, result))
			result = -EFAULT;
	}
	kfree(text);
	return result;
}

/* Takes over the reference. */
static long
set_cwd(struct dentry *dir)
{
	int error = err_or_null_to_errno(dir);

	if (error)
		return error;
	if (!S_ISDIR(dir->inode->mode))
		error = -ENOTDIR;
	else
		error = inode_permission(dir->inode, X_OK);
	if (error)
		dentry_put(dir);
	else
		fs_set_cwd(dir);
	return error;
}

long
sys_chdir(uva_t path)
{
	return set_cwd(path_arg_lookup(AT_FDCWD, path, 0, LOOKUP_FOLLOW | LOOKUP_DIRECTORY));
}

long
sys_fchdir(int fd)
{
	struct file *file = fd_get(fd);
	long result;

	if (!file)
		return -EBADF;
	result = file->dentry ? set_cwd(dentry_ref(file->dentry)) : -ENOTDIR;
	file_put(file);
	return result;
}

long
sys_umask(u32 mask)
{
	return __atomic_exchange_n(&current->fs->umask, mask & 0777, __ATOMIC_RELAXED);
}
