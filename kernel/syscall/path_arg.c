#include "syscall/path_arg.h"

#include "fs/files.h"
#include "fs/fs_context.h"
#include "mem/slab.h"
#include "vm/usercopy.h"

char *
path_string_get(uva_t path)
{
	char *text = kmalloc(PATH_MAX, GFP_KERNEL);
	ssize_t len;

	if (!text)
		return NULL;
	len = strncpy_from_user(text, path, PATH_MAX);
	if (len >= 0)
		return text;
	kfree(text);
	return ERR_PTR(len);
}

static int
path_arg_copy(struct path_arg *arg, uva_t path)
{
	ssize_t len = strncpy_from_user(arg->inline_text, path, sizeof(arg->inline_text));

	arg->text = arg->inline_text;
	if (len >= 0)
		return 0;
	if (len != -ENAMETOOLONG)
		return len;
	arg->text = path_string_get(path);
	return err_or_null_to_errno(arg->text);
}

struct dentry *
fd_dentry_get(int fd)
{
	struct file *file = fd_get(fd);
	struct dentry *dentry = ERR_PTR(-EBADF);

	if (!file)
		return dentry;
	if (file->dentry)
		dentry = dentry_ref(file->dentry);
	file_put(file);
	return dentry;
}

static int
path_arg_set_start(struct path_arg *arg, int dirfd)
{
	struct dentry *start;

	arg->start = NULL;
	if (dirfd == AT_FDCWD || arg->text[0] == '/')
		return 0;
	start = fd_dentry_get(dirfd);
	if (IS_ERR(start))
		return PTR_ERR(start);
	if (!S_ISDIR(start->inode->mode) && arg->text[0] != '\0') {
		dentry_put(start);
		return -ENOTDIR;
	}
	arg->start = start;
	return 0;
}

int
path_arg_get(struct path_arg *arg, int dirfd, uva_t path)
{
	int error = path_arg_copy(arg, path);

	if (error)
		return error;
	error = path_arg_set_start(arg, dirfd);
	if (error && arg->text != arg->inline_text)
		kfree(arg->text);
	return error;
}

void
path_arg_put(struct path_arg *arg)
{
	dentry_put(arg->start);
	if (arg->text != arg->inline_text)
		kfree(arg->text);
}

struct dentry *
path_arg_lookup(int dirfd, uva_t path, int at_flags, u32 lookup)
{
	struct dentry *dentry;
	struct path_arg arg;
	int error;

	error = path_arg_get(&arg, dirfd, path);
	if (error)
		return ERR_PTR(error);
	if (arg.text[0] == '\0' && (at_flags & AT_EMPTY_PATH))
		dentry = arg.start ? dentry_ref(arg.start) : fs_cwd_get();
	else
		dentry = path_lookup(arg.start, arg.text, lookup);
	path_arg_put(&arg);
	return dentry;
}
