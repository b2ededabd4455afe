#include "fs/namei.h"

#include "fs/super.h"
#include "fs/walk.h"
#include "mem/slab.h"

struct dentry *
path_lookup(struct dentry *start, const char *path, u32 flags)
{
	struct dentry *found;
	struct walk walk;
	int error = walk_init(&walk, start, path, flags);

	if (error)
		return ERR_PTR(error);
	error = walk_to_end(&walk);
	found = error ? ERR_PTR(error) : dentry_ref(walk.at);
	walk_destroy(&walk);
	return found;
}

ssize_t
dentry_readlink(struct dentry *dentry, char *buf, size_t size)
{
	struct inode *inode = dentry->inode;

	if (!S_ISLNK(inode->mode) || !inode->iops->readlink)
		return -EINVAL;
	return inode->iops->readlink(inode, buf, size);
}

/* May a file be opened like this? */
static int
open_check(const struct dentry *dentry, u32 flags)
{
	u32 mode = dentry->inode->mode, access = flags & O_ACCMODE;
	bool writes = access != O_RDONLY || (flags & O_TRUNC);
	int mask = (writes ? W_OK : 0) | (access != O_WRONLY ? R_OK : 0);

	if (S_ISLNK(mode) && !(flags & O_PATH))
		return -ELOOP;
	if ((flags & O_DIRECTORY) && !S_ISDIR(mode))
		return -ENOTDIR;
	if (flags & O_PATH)
		return 0;
	if (S_ISDIR(mode) && (writes || (flags & O_CREAT)))
		return -EISDIR;
	return inode_permission(dentry->inode, mask);
}

/* The end of every open of something that was there before. */
static struct file *
open_existing(struct dentry *dentry, u32 flags)
{
	int error = open_check(dentry, flags);
	struct file *file;

	if (error)
		return ERR_PTR(error);
	file = file_open_dentry(dentry, flags);
	if (IS_ERR_OR_NULL(file) || !(flags & O_TRUNC) || !S_ISREG(dentry->inode->mode) ||
	    (flags & O_PATH))
		return file;
	error = inode_resize(dentry->inode, 0);
	if (error) {
		file_put(file);
		return ERR_PTR(error);
	}
	return file;
}

/* The file `name` of dir, made if it is not there. => with a reference; *created tells */
static struct dentry *
open_create(struct dentry *dir, const struct name *name, u32 mode, bool *created)
{
	struct dentry *dentry = dentry_lookup(dir, name);
	struct inode *inode = NULL;
	int error;

	if (!IS_ERR(dentry) || PTR_ERR(dentry) != -ENOENT)
		return dentry;
	inode_lock(dir->inode);
	dentry = dentry_lookup_locked(dir, name);
	if (!IS_ERR(dentry) || PTR_ERR(dentry) != -ENOENT)
		goto out;
	error = super_check_writable(dir->sb);
	if (!error && (dir->inode->nlink == 0 || dir->sb->volatile_names))
		error = -ENOENT;
	if (!error && !dir->inode->iops->create)
		error = -EACCES;
	if (!error)
		error = dir->inode->iops->create(dir->inode, name, S_IFREG | (mode & S_IALLUGO), 0,
						 &inode);
	dentry = error ? ERR_PTR(error) : dentry_add(dir, name, inode);
	*created = !error;
out:
	inode_unlock(dir->inode);
	return dentry;
}

/* One round of an open with O_CREAT. => 0 and *file (NULL: no memory), -errno; 1 after a link: again */
static int
open_last(struct walk *walk, u32 flags, u32 mode, struct file **file)
{
	struct component last;
	struct dentry *dentry;
	bool created = false;
	int error = walk_to_last(walk, &last);

	if (error)
		return error;
	if (last.type != LAST_NAME || last.trailing_slash)
		return -EISDIR;
	dentry = open_create(walk->at, &last.name, mode, &created);
	error = err_or_null_to_errno(dentry);
	if (error)
		return error;
	if (created) {
		*file = file_open_dentry(dentry, flags);
	} else {
		dentry = dentry_cross_mounts(dentry);
		if (S_ISLNK(dentry->inode->mode) && !(flags & (O_NOFOLLOW | O_EXCL))) {
			error = walk_follow(walk, dentry, "");
			if (error || *walk->path)
				return error ? error : 1;
			/* A link of /proc leads to the file itself, whatever its name. */
			*file = open_existing(walk->at, flags);
			return 0;
		}
		*file = flags & O_EXCL ? ERR_PTR(-EEXIST) : open_existing(dentry, flags);
	}
	dentry_put(dentry);
	return 0;
}

static struct file *
path_open_create(struct dentry *start, const char *path, u32 flags, u32 mode)
{
	struct file *file = NULL;
	struct walk walk;
	int error;

	if (flags & O_DIRECTORY)
		return ERR_PTR(-EINVAL);
	error = walk_init(&walk, start, path, LOOKUP_FOLLOW);
	if (error)
		return ERR_PTR(error);
	do {
		error = open_last(&walk, flags, mode, &file);
	} while (error == 1);
	walk_destroy(&walk);
	return error ? ERR_PTR(error) : file;
}

struct file *
path_open(struct dentry *start, const char *path, u32 flags, u32 mode)
{
	u32 lookup = (flags & O_NOFOLLOW ? 0 : LOOKUP_FOLLOW) |
		     (flags & O_DIRECTORY ? LOOKUP_DIRECTORY : 0);
	struct dentry *dentry;
	struct file *file;

	if ((flags & O_CREAT) && !(flags & O_PATH))
		return path_open_create(start, path, flags, mode);
	dentry = path_lookup(start, path, lookup);
	if (IS_ERR_OR_NULL(dentry))
		return (struct file *)dentry;
	file = open_existing(dentry, flags);
	dentry_put(dentry);
	return file;
}

struct file *
file_open(const char *path, u32 flags, u32 mode)
{
	return path_open(NULL, path, flags, mode);
}

/* An open file, or why there is none. => the same; ERR_PTR, and it is put, when it is nothing to be run */
static struct file *
exec_check(struct file *file)
{
	int error = 0;

	if (IS_ERR_OR_NULL(file))
		return file;
	if (!S_ISREG(file->inode->mode))
		error = -EACCES;
	else
		error = inode_permission(file->inode, X_OK);
	if (!error && READ_ONCE(file->inode->mapping.nr_writers) > 0)
		error = -ETXTBSY;
	if (!error)
		return file;
	file_put(file);
	return ERR_PTR(error);
}

struct file *
file_open_exec(struct dentry *start, const char *path, u32 flags)
{
	return exec_check(path_open(start, path, O_RDONLY | flags, 0));
}

struct file *
file_open_exec_dentry(struct dentry *dentry)
{
	return exec_check(open_existing(dentry, O_RDONLY));
}
