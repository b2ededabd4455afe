/*
 * Making, removing and moving names.
 *
 * Each call finds the directory and the last component, takes the directory's lock, looks the name up
 * under it, asks the file system, and tells the dentry cache what happened before the lock goes.
 */
#include "fs/namei.h"

#include "fs/fs_context.h"
#include "fs/super.h"
#include "fs/walk.h"
#include "mem/slab.h"

/* walk_to_last() with init and, on failure, destroy. */
static int
walk_open(struct walk *walk, struct dentry *start, const char *path, struct component *last)
{
	int error = walk_init(walk, start, path, 0);

	if (error)
		return error;
	error = walk_to_last(walk, last);
	if (error)
		walk_destroy(walk);
	return error;
}

/* Is the name free, and may one be made here? => the directory's lock is held */
static int
name_check_free_locked(struct dentry *dir, const struct component *last, bool is_dir)
{
	struct dentry *dentry = dentry_lookup_locked(dir, &last->name);
	int error = err_or_null_to_errno(dentry);

	if (!error) {
		dentry_put(dentry);
		return -EEXIST;
	}
	if (error != -ENOENT)
		return error;
	if (dir->inode->nlink == 0 || (last->trailing_slash && !is_dir) || dir->sb->volatile_names)
		return -ENOENT;
	return super_check_writable(dir->sb);
}

/*
 * Finds where a new name goes, and locks the directory. On 0 the caller ends with create_end().
 */
static int
create_begin(struct walk *walk, struct component *last, struct dentry *start, const char *path,
	     bool is_dir)
{
	int error = walk_open(walk, start, path, last);

	if (error)
		return error;
	if (last->type != LAST_NAME) {
		walk_destroy(walk);
		return -EEXIST;
	}
	inode_lock(walk->at->inode);
	error = name_check_free_locked(walk->at, last, is_dir);
	if (!error)
		return 0;
	inode_unlock(walk->at->inode);
	walk_destroy(walk);
	return error;
}

/* inode: what was made, or NULL; its reference goes to the cache. */
static void
create_end(struct walk *walk, const struct component *last, struct inode *inode)
{
	struct dentry *dentry = NULL;

	if (inode)
		dentry = dentry_add(walk->at, &last->name, inode);
	inode_unlock(walk->at->inode);
	dentry_put(dentry);
	walk_destroy(walk);
}

int
vfs_mknod(struct dentry *start, const char *path, u32 mode, u32 rdev)
{
	struct inode *inode = NULL;
	struct component last;
	struct walk walk;
	int error = create_begin(&walk, &last, start, path, S_ISDIR(mode));

	if (error)
		return error;
	error = -EPERM;
	if (walk.at->inode->iops->create)
		error = walk.at->inode->iops->create(walk.at->inode, &last.name, mode & ~fs_umask(),
						     rdev, &inode);
	create_end(&walk, &last, error ? NULL : inode);
	return error;
}

int
vfs_mkdir(struct dentry *start, const char *path, u32 mode)
{
	return vfs_mknod(start, path, S_IFDIR | (mode & (S_IALLUGO & ~(S_ISUID | S_ISGID))), 0);
}

int
vfs_symlink(const char *target, struct dentry *start, const char *path)
{
	struct inode *inode = NULL;
	struct component last;
	struct walk walk;
	int error;

	if (*target == '\0')
		return -ENOENT;
	error = create_begin(&walk, &last, start, path, false);
	if (error)
		return error;
	error = -EPERM;
	if (walk.at->inode->iops->symlink)
		error = walk.at->inode->iops->symlink(walk.at->inode, &last.name, target, &inode);
	create_end(&walk, &last, error ? NULL : inode);
	return error;
}

int
vfs_link(struct dentry *old, struct dentry *start, const char *path)
{
	struct inode *inode = old->inode, *dir;
	struct component last;
	struct walk walk;
	int error;

	if (S_ISDIR(inode->mode))
		return -EPERM;
	error = create_begin(&walk, &last, start, path, false);
	if (error)
		return error;
	dir = walk.at->inode;
	if (walk.at->sb != old->sb) {
		error = -EXDEV;
	} else if (!dir->iops->link) {
		error = -EPERM;
	} else {
		inode_lock_nested(inode, 1);
		error = inode->nlink == 0 ? -ENOENT : dir->iops->link(dir, &last.name, inode);
		inode_unlock(inode);
	}
	create_end(&walk, &last, error ? NULL : inode_ref(inode));
	return error;
}

/* What a name must be to be removed by rmdir (is_dir) or unlink. */
static int
remove_check(const struct dentry *dentry, const struct component *last, bool is_dir)
{
	bool found_dir = S_ISDIR(dentry->inode->mode);

	if (is_dir && !found_dir)
		return -ENOTDIR;
	if (!is_dir && found_dir)
		return -EISDIR;
	if (!is_dir && last->trailing_slash)
		return -ENOTDIR;
	if (dentry->mounted)
		return -EBUSY;
	return super_check_writable(dentry->sb);
}

/* => the directory's lock is held */
static int
remove_locked(struct dentry *dir, const struct component *last, bool is_dir,
	      struct dentry **removed)
{
	struct inode *inode;
	int error;

	*removed = dentry_lookup_locked(dir, &last->name);
	error = err_or_null_to_errno(*removed);
	if (error) {
		*removed = NULL;
		return error;
	}
	error = remove_check(*removed, last, is_dir);
	if (error)
		return error;
	inode = (*removed)->inode;
	inode_lock_nested(inode, 1);
	error = -EPERM;
	if (is_dir && dir->inode->iops->rmdir)
		error = dir->inode->iops->rmdir(dir->inode, &last->name, inode);
	if (!is_dir && dir->inode->iops->unlink && !inode->mapping.swapfile)
		error = dir->inode->iops->unlink(dir->inode, &last->name, inode);
	inode_unlock(inode);
	if (!error)
		dentry_drop(*removed);
	return error;
}

static int
path_remove(struct dentry *start, const char *path, bool is_dir)
{
	static const int rmdir_errors[] = {
		[LAST_DOT] = -EINVAL, [LAST_DOTDOT] = -ENOTEMPTY, [LAST_ROOT] = -EBUSY};
	struct dentry *removed = NULL;
	struct component last;
	struct walk walk;
	int error = walk_open(&walk, start, path, &last);

	if (error)
		return error;
	if (last.type != LAST_NAME) {
		error = is_dir ? rmdir_errors[last.type] : -EISDIR;
	} else {
		inode_lock(walk.at->inode);
		error = remove_locked(walk.at, &last, is_dir, &removed);
		inode_unlock(walk.at->inode);
	}
	dentry_put(removed);
	walk_destroy(&walk);
	return error;
}

int
vfs_unlink(struct dentry *start, const char *path)
{
	return path_remove(start, path, false);
}

int
vfs_rmdir(struct dentry *start, const char *path)
{
	return path_remove(start, path, true);
}
