/*
 * rename(2): the one call that locks up to four inodes.
 *
 * Within one directory its lock is enough to keep the names. Between two, the rename mutex of the file
 * system comes first: it holds the shape of the tree still, so that "is this directory above that
 * one?" has an answer that lasts. Then the directories, the upper one first (any order will do if
 * neither is above the other; by address), then the file moved and the one replaced, by address.
 * Nobody who has the lock of one of these last two waits for a directory above it.
 */
#include "fs/namei.h"

#include "fs/super.h"
#include "fs/walk.h"
#include "mem/slab.h"

struct rename {
	struct dentry *old_dir, *new_dir;
	struct component old_last, new_last;
	struct dentry *source, *victim; /* a reference each; victim may be NULL */
	u32 flags;
	unsigned depth; /* of the next inode lock */
};

/* In a file system with volatile names one directory can have two dentries. */
static bool
rename_in_one_dir(const struct rename *r)
{
	return r->old_dir->inode == r->new_dir->inode;
}

static void
rename_lock_dirs(struct rename *r)
{
	struct dentry *first = r->old_dir, *second = r->new_dir;

	r->depth = 1;
	if (rename_in_one_dir(r)) {
		inode_lock(first->inode);
		return;
	}
	mutex_lock(&first->sb->rename_mutex);
	if (dentry_is_ancestor(second, first) ||
	    (!dentry_is_ancestor(first, second) && second->inode < first->inode)) {
		first = r->new_dir;
		second = r->old_dir;
	}
	inode_lock(first->inode);
	inode_lock_nested(second->inode, r->depth++);
}

static void
rename_unlock_dirs(struct rename *r)
{
	inode_unlock(r->old_dir->inode);
	if (rename_in_one_dir(r))
		return;
	inode_unlock(r->new_dir->inode);
	mutex_unlock(&r->old_dir->sb->rename_mutex);
}

/* Finds both names. => directories locked; what is found is to be put */
static int
rename_lookup(struct rename *r)
{
	int error;

	r->source = dentry_lookup_locked(r->old_dir, &r->old_last.name);
	error = err_or_null_to_errno(r->source);
	if (error) {
		r->source = NULL;
		return error;
	}
	r->victim = dentry_lookup_locked(r->new_dir, &r->new_last.name);
	error = err_or_null_to_errno(r->victim);
	if (error)
		r->victim = NULL;
	return error == -ENOENT && !r->new_dir->sb->volatile_names ? 0 : error;
}

static int
rename_check_victim(const struct rename *r)
{
	bool moves_dir = S_ISDIR(r->source->inode->mode);
	bool replaces_dir = S_ISDIR(r->victim->inode->mode);

	if (r->flags & RENAME_NOREPLACE)
		return -EEXIST;
	if (dentry_is_ancestor(r->victim, r->old_dir))
		return -ENOTEMPTY;
	if (moves_dir && !replaces_dir)
		return -ENOTDIR;
	if (!moves_dir && replaces_dir)
		return -EISDIR;
	if (r->victim->inode->mapping.swapfile)
		return -EPERM;
	return r->victim->mounted ? -EBUSY : 0;
}

static int
rename_check(const struct rename *r)
{
	bool moves_dir = S_ISDIR(r->source->inode->mode);

	if (!moves_dir && (r->old_last.trailing_slash || r->new_last.trailing_slash))
		return -ENOTDIR;
	if (moves_dir && dentry_is_ancestor(r->source, r->new_dir))
		return -EINVAL;
	if (r->source->mounted)
		return -EBUSY;
	if (r->new_dir->inode->nlink == 0)
		return -ENOENT;
	if (!r->old_dir->inode->iops->rename || r->source->inode->mapping.swapfile)
		return -EPERM;
	return super_check_writable(r->old_dir->sb);
}

/* The file system's part, and the cache's. => all checks passed, directories locked */
static int
rename_perform(struct rename *r)
{
	struct inode *source = r->source->inode, *victim = r->victim ? r->victim->inode : NULL;
	char *prepared = dentry_name_prepare(&r->new_last.name);
	int error;

	if (!prepared)
		return -ENOMEM;
	if (victim && victim < source)
		inode_lock_nested(victim, r->depth++);
	inode_lock_nested(source, r->depth++);
	if (victim && victim > source)
		inode_lock_nested(victim, r->depth++);
	error = r->old_dir->inode->iops->rename(r->old_dir->inode, &r->old_last.name, source,
						r->new_dir->inode, &r->new_last.name, victim);
	inode_unlock(source);
	if (victim)
		inode_unlock(victim);
	if (error) {
		kfree(prepared);
		return error;
	}
	if (r->victim)
		dentry_drop(r->victim);
	dentry_move(r->source, r->new_dir, &r->new_last.name, prepared);
	return 0;
}

/* => directories locked */
static int
rename_locked(struct rename *r)
{
	int error = rename_lookup(r);

	if (error)
		return error;
	error = rename_check(r);
	if (error)
		return error;
	if (r->victim) {
		error = rename_check_victim(r);
		if (error)
			return error;
		if (r->victim->inode == r->source->inode)
			return 0;
	}
	return rename_perform(r);
}

static int
rename_between(struct walk *old, struct walk *new, struct rename *r)
{
	int error;

	if (old->at->sb != new->at->sb)
		return -EXDEV;
	if (r->old_last.type != LAST_NAME || r->new_last.type != LAST_NAME)
		return -EBUSY;
	r->old_dir = old->at;
	r->new_dir = new->at;
	rename_lock_dirs(r);
	error = rename_locked(r);
	rename_unlock_dirs(r);
	dentry_put(r->source);
	dentry_put(r->victim);
	return error;
}

int
vfs_rename(struct dentry *old_start, const char *old_path, struct dentry *new_start,
	   const char *new_path, u32 flags)
{
	struct rename rename = {.flags = flags};
	struct walk old, new;
	int error;

	if (flags & ~RENAME_NOREPLACE)
		return -EINVAL;
	error = walk_init(&old, old_start, old_path, 0);
	if (error)
		return error;
	error = walk_to_last(&old, &rename.old_last);
	if (error)
		goto out_old;
	error = walk_init(&new, new_start, new_path, 0);
	if (error)
		goto out_old;
	error = walk_to_last(&new, &rename.new_last);
	if (!error)
		error = rename_between(&old, &new, &rename);
	walk_destroy(&new);
out_old:
	walk_destroy(&old);
	return error;
}
