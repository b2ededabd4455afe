#include "fs/file.h"

#include "fs/generic_file.h"
#include "fs/qfs/node.h"
#include "vm/pagecache.h"
#include "vm/uio.h"

/*
 * A dirty page reserves for blocks of numbers of its own, which it will mostly share with its
 * neighbours. When the disk seems full, write this file's pages: that settles what they really take.
 */
static ssize_t
qfs_file_write(struct file *file, struct uio *uio, u64 *pos)
{
	struct inode *inode = file->inode;
	ssize_t done = generic_file_write(file, uio, pos);

	if (done != -ENOSPC)
		return done;
	mapping_writeback(&inode->mapping, 0, UINT64_MAX, true);
	return generic_file_write(file, uio, pos);
}

static int
qfs_fsync(struct file *file, bool data_only)
{
	struct inode *inode = file->inode;
	int err = 0, result;

	(void)data_only;
	if (S_ISREG(inode->mode)) {
		err = mapping_writeback(&inode->mapping, 0, UINT64_MAX, true);
		result = mapping_check_error(&inode->mapping, &file->wb_errors);
		err = err ? err : result;
	}
	result = inode_write(inode);
	err = err ? err : result;
	result = qfs_commit_through(qfs_of(inode), READ_ONCE(qfs_node_of(inode)->stored_seq));
	return err ? err : result;
}

const struct file_ops qfs_file_fops = {
	.read = generic_file_read,
	.write = qfs_file_write,
	.mapping = generic_file_mapping,
	.fsync = qfs_fsync,
};

const struct file_ops qfs_dir_fops = {
	.fsync = qfs_fsync,
};

const struct inode_ops qfs_file_iops = {
	.setattr = qfs_setattr,
};

const struct inode_ops qfs_special_iops = {
	.setattr = qfs_setattr,
};
