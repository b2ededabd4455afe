/* Attributes of inodes: who may do what, stat(2), and changes. */
#include "fs/inode.h"

#include "core/clock.h"
#include "dev/block.h"
#include "fs/dentry.h"
#include "fs/super.h"
#include "lib/string.h"

/*
 * Every process runs as root, who may read and write all, search all directories, and execute what
 * has at least one x bit.
 */
int
inode_permission(const struct inode *inode, int mask)
{
	bool can_execute = S_ISDIR(inode->mode) || (inode->mode & 0111);

	if ((mask & X_OK) && !can_execute)
		return -EACCES;
	if ((mask & W_OK) && inode->sb->read_only &&
	    (S_ISREG(inode->mode) || S_ISDIR(inode->mode) || S_ISLNK(inode->mode)))
		return -EROFS;
	return 0;
}

int
inode_setattr_simple(struct inode *inode, const struct iattr *attr)
{
	if (attr->valid & ATTR_MODE)
		inode->mode = (inode->mode & S_IFMT) | (attr->mode & S_IALLUGO);
	if (attr->valid & ATTR_UID)
		inode->uid = attr->uid;
	if (attr->valid & ATTR_GID)
		inode->gid = attr->gid;
	if (attr->valid & ATTR_ATIME)
		inode->atime_ns = attr->atime_ns;
	if (attr->valid & ATTR_MTIME)
		inode->mtime_ns = attr->mtime_ns;
	if (attr->valid & ATTR_CTIME)
		inode->ctime_ns = attr->ctime_ns;
	inode_mark_dirty(inode);
	return 0;
}

static int
inode_apply_locked(struct inode *inode, const struct iattr *attr)
{
	if (inode->iops->setattr)
		return inode->iops->setattr(inode, attr);
	if (attr->valid & ATTR_SIZE)
		return -EINVAL;
	return inode_setattr_simple(inode, attr);
}

int
inode_change(struct inode *inode, struct iattr *attr)
{
	int error;

	if (inode->sb->read_only)
		return -EROFS;
	if ((attr->valid & ATTR_SIZE) && attr->size > inode->sb->max_file_bytes)
		return -EFBIG;
	attr->ctime_ns = inode_now_ns();
	attr->valid |= ATTR_CTIME;
	inode_lock(inode);
	if (attr->valid & ATTR_SIZE && inode->mapping.swapfile)
		error = -ETXTBSY;
	else
		error = inode_apply_locked(inode, attr);
	inode_unlock(inode);
	return error;
}

int
inode_set_size(struct inode *inode, u64 size)
{
	struct iattr attr = {
		.valid = ATTR_SIZE | ATTR_MTIME, .size = size, .mtime_ns = inode_now_ns()};

	return inode_change(inode, &attr);
}

int
inode_resize(struct inode *inode, u64 size)
{
	int error;

	if (!mapping_write_begin(&inode->mapping))
		return -ETXTBSY;
	error = inode_set_size(inode, size);
	mapping_write_end(&inode->mapping);
	return error;
}

void
inode_fill_stat(struct inode *inode, struct linux_stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_dev = inode->sb->dev;
	st->st_ino = inode->ino;
	st->st_mode = inode->mode;
	st->st_nlink = inode->nlink;
	st->st_uid = inode->uid;
	st->st_gid = inode->gid;
	st->st_rdev = inode->rdev;
	st->st_size = inode_size(inode);
	st->st_blksize = PAGE_SIZE;
	st->st_blocks = inode->blocks;
	if (inode->sb->in_memory)
		st->st_blocks = (inode->mapping.nr_pages + inode->mapping.nr_swapped) *
				(PAGE_SIZE / SECTOR_SIZE);
	st->st_atime_sec = inode->atime_ns / NSEC_PER_SEC;
	st->st_atime_nsec = inode->atime_ns % NSEC_PER_SEC;
	st->st_mtime_sec = inode->mtime_ns / NSEC_PER_SEC;
	st->st_mtime_nsec = inode->mtime_ns % NSEC_PER_SEC;
	st->st_ctime_sec = inode->ctime_ns / NSEC_PER_SEC;
	st->st_ctime_nsec = inode->ctime_ns % NSEC_PER_SEC;
}

int
inode_mapping_sync(struct mapping *mapping)
{
	struct inode *inode = mapping->host;
	struct super_block *sb = inode->sb;
	int error = inode_write(inode);
	int result = sb->ops->sync_fs ? sb->ops->sync_fs(sb) : 0;

	return error ? error : result;
}

void
inode_mapping_stored(struct mapping *mapping)
{
	struct inode *inode = mapping->host;
	u64 now = inode_now_ns();

	WRITE_ONCE(inode->mtime_ns, now);
	WRITE_ONCE(inode->ctime_ns, now);
	inode_mark_dirty(inode);
}

void
inode_mapping_path(struct mapping *mapping, char *buf, size_t size)
{
	struct dentry *dentry = dentry_of_inode(mapping->host);
	char *path = ERR_PTR(-ENOENT);

	if (dentry)
		path = dentry_path(dentry, buf, size);
	dentry_put(dentry);
	if (IS_ERR(path))
		buf[0] = '\0';
	else
		memmove(buf, path, strlen(path) + 1);
}

void
inode_mapping_identify(struct mapping *mapping, struct mapping_identity *identity)
{
	struct inode *inode = mapping->host;

	identity->dev = inode->sb->dev;
	identity->ino = inode->ino;
}
