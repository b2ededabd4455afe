#include "fs/super.h"

#include "core/clock.h"
#include "core/printk.h"
#include "dev/ratelimit.h"
#include "fs/qfs/csum.h"
#include "fs/qfs/io.h"
#include "fs/qfs/layout.h"
#include "fs/qfs/node.h"
#include "fs/qfs/pages.h"
#include "fs/qfs/qfs.h"
#include "fs/qfs/replay.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"

#define QFS_STATFS_TYPE 0x51465331 /* "QFS1" */

int
qfs_damaged(struct qfs *fs, u64 ino, const char *what)
{
	static struct ratelimit limit;

	if (ratelimit_ok(&limit, fs->bdev->name))
		pr_err("qfs %s: damaged: %lu: %s", fs->bdev->name, ino, what);
	return -EUCLEAN;
}

void
qfs_abort(struct qfs *fs, int error, const char *what)
{
	if (fs->log.error)
		return;
	fs->log.error = error;
	fs->sb->read_only = true;
	pr_err("qfs %s: %s (error %d): read-only from now on", fs->bdev->name, what, -error);
}

/* --- superblock and log ------------------------------------------------------------------------ */

static int
super_read(struct qfs *fs, void *scratch)
{
	u64 device_blocks = fs->bdev->nr_sectors / QFS_SECTORS_PER_BLOCK;
	const char *why;
	int err = qfs_block_read(fs->bdev, 0, scratch);

	if (err)
		return err;
	memcpy(&fs->disk, scratch, sizeof(fs->disk));
	if (memcmp(fs->disk.magic, QFS_MAGIC, sizeof(fs->disk.magic)) != 0)
		return -EINVAL;
	why = qfs_super_check(&fs->disk, device_blocks);
	if (why) {
		pr_err("qfs %s: cannot mount: %s", fs->bdev->name, why);
		return -EUCLEAN;
	}
	if (fs->disk.ro_compat & ~QFS_KNOWN_RO_COMPAT)
		fs->sb->read_only = true;
	fs->seed = qfs_seed(&fs->disk);
	return 0;
}

/* Write the superblock, with a new state, and flush. */
static int
super_write(struct qfs *fs, u32 state)
{
	void *block = page_alloc_kva(GFP_KERNEL | GFP_ZERO);
	int err;

	if (!block)
		return -ENOMEM;
	fs->disk.state = state;
	qfs_super_seal(&fs->disk);
	memcpy(block, &fs->disk, sizeof(fs->disk));
	err = qfs_block_write(fs->bdev, 0, block);
	if (!err)
		err = block_flush(fs->bdev);
	page_free_kva(block);
	return err;
}

static int
io_read(void *ctx, u32 block, void *data)
{
	return qfs_block_read(ctx, block, data);
}

static int
io_write(void *ctx, u32 block, const void *data)
{
	return qfs_block_write(ctx, block, data);
}

static int
io_flush(void *ctx)
{
	return block_flush(ctx);
}

/* A device that cannot be written: then the log must be empty. */
static int
io_write_refused(void *ctx, u32 block, const void *data)
{
	(void)ctx, (void)block, (void)data;
	return -EROFS;
}

static int
replay_log(struct qfs *fs, u8 *scratch)
{
	struct qfs_io io = {fs->bdev, io_read, io_write, io_flush};
	struct qfs_replay rp = {.scratch = scratch, .was_clean = fs->disk.state == QFS_STATE_CLEAN};
	int err;

	if (fs->bdev->read_only)
		io.write = io_write_refused;
	err = qfs_replay(&fs->disk, &io, &rp);
	if (rp.error)
		pr_err("qfs %s: cannot mount: %s", fs->bdev->name, rp.error);
	else if (rp.nr_transactions)
		pr_info("qfs %s: recovered %u transactions, %u blocks", fs->bdev->name,
			rp.nr_transactions, rp.nr_images);
	fs->log.seq = rp.next_seq;
	return err;
}

static int
load_super_and_log(struct qfs *fs)
{
	u8 *scratch = pages_alloc_kva(GFP_KERNEL, 2);
	int err;

	if (!scratch)
		return -ENOMEM;
	err = super_read(fs, scratch);
	if (!err)
		err = replay_log(fs, scratch);
	pages_free_kva(scratch, 2);
	return err;
}

/* --- mount ----------------------------------------------------------------------------------- */

/* Finish what was interrupted: a file without a name goes with the last reference to it. */
static void
reclaim_orphans(struct qfs *fs)
{
	u32 nr = 0;

	for (u32 ino = qfs_orphan_next(fs, 1); ino; ino = qfs_orphan_next(fs, ino + 1)) {
		struct inode *inode = inode_get(fs->sb, ino);

		if (IS_ERR_OR_NULL(inode))
			continue;
		if (inode->nlink > 0)
			qfs_cut(qfs_node_of(inode));
		inode_put(inode);
		nr++;
	}
	if (nr)
		pr_info("qfs %s: %u orphans reclaimed", fs->bdev->name, nr);
}

/*
 * What had no memory then. A file without a name could not give back its blocks: the last reference goes
 * once more. Of others the pending cut is done. No lock is held.
 */
static void
finish_orphans(struct qfs *fs)
{
	if (!__atomic_exchange_n(&fs->unfinished, 0, __ATOMIC_ACQ_REL))
		return;
	for (u32 ino = qfs_orphan_next(fs, 1); ino; ino = qfs_orphan_next(fs, ino + 1)) {
		struct inode *inode = inode_get(fs->sb, ino);

		if (!inode)
			WRITE_ONCE(fs->unfinished, 1);
		if (IS_ERR_OR_NULL(inode))
			continue;
		if (inode->nlink > 0) {
			inode_lock(inode);
			if (qfs_node_of(inode)->cut_pending)
				qfs_cut(qfs_node_of(inode));
			inode_unlock(inode);
		}
		inode_put(inode);
	}
}

static int
start_writing(struct qfs *fs)
{
	int err;

	fs->disk.mount_time = clock_realtime_ns();
	fs->disk.mount_count++;
	err = super_write(fs, QFS_STATE_MOUNTED);
	if (!err)
		err = qfs_commit_thread_start(fs);
	return err;
}

static int
load_root(struct qfs *fs)
{
	struct inode *root = inode_get(fs->sb, QFS_ROOT_INO);
	int err = err_or_null_to_errno(root);

	if (err)
		return err == -ENOENT ? -EUCLEAN : err;
	if (!S_ISDIR(root->mode) || root->nlink == 0) {
		inode_put(root);
		return qfs_damaged(fs, QFS_ROOT_INO, "inode: the root is no directory");
	}
	fs->sb->root = root;
	return 0;
}

static void
qfs_destroy(struct qfs *fs)
{
	qfs_log_destroy(fs);
	qfs_space_destroy(fs);
	qfs_buf_cache_destroy(fs);
	fs->sb->private = NULL;
	kfree(fs);
}

static const struct super_ops qfs_super_ops;

static int
load_all(struct qfs *fs)
{
	int err = load_super_and_log(fs);

	if (!err)
		err = qfs_log_start(fs);
	if (!err)
		err = qfs_space_init(fs);
	if (!err)
		err = load_root(fs);
	return err;
}

static int
qfs_mount(struct super_block *sb, const char *options)
{
	struct qfs *fs;
	int err;

	if (options && *options)
		return -EINVAL;
	fs = kzalloc(sizeof(*fs), GFP_KERNEL);
	if (!fs)
		return -ENOMEM;
	fs->sb = sb;
	fs->bdev = sb->bdev;
	sb->private = fs;
	sb->ops = &qfs_super_ops;
	sb->max_file_bytes = QFS_MAX_BYTES;
	qfs_buf_cache_init(fs);
	qfs_log_init(fs);
	qfs_write_failed_init(fs);
	err = load_all(fs);
	if (!err && !sb->read_only)
		err = start_writing(fs);
	if (err) {
		inode_put(sb->root);
		sb->root = NULL;
		super_drop_inodes(sb);
		qfs_destroy(fs);
		return err;
	}
	if (!sb->read_only)
		reclaim_orphans(fs);
	return 0;
}

static void
qfs_unmount(struct super_block *sb)
{
	struct qfs *fs = qfs_of_sb(sb);

	qfs_commit_thread_stop(fs);
	qfs_data_wait(fs);
	if (fs->log.has_thread && qfs_checkpoint_all(fs) == 0)
		super_write(fs, QFS_STATE_CLEAN);
	qfs_destroy(fs);
}

static int
qfs_sync_fs(struct super_block *sb)
{
	struct qfs *fs = qfs_of_sb(sb);

	int err;

	if (!fs->log.has_thread)
		return 0;
	if (!sb->read_only)
		finish_orphans(fs);
	if (!sb->read_only || fs->log.error)
		return qfs_commit_all(fs);
	/* It was made read-only: before power-off, or by a remount. */
	err = qfs_checkpoint_all(fs);
	return err ? err : super_write(fs, QFS_STATE_CLEAN);
}

static int
qfs_statfs(struct super_block *sb, struct linux_statfs *st)
{
	struct qfs *fs = qfs_of_sb(sb);
	struct qfs_space *space = &fs->space;

	st->f_type = QFS_STATFS_TYPE;
	st->f_bsize = st->f_frsize = QFS_BLOCK_SIZE;
	st->f_blocks = fs->disk.nr_blocks - fs->disk.data_start - 1;
	st->f_files = fs->disk.nr_inodes - 1;
	st->f_namelen = QFS_NAME_MAX;
	spin_lock(&space->lock);
	st->f_bfree = st->f_bavail = space->free - space->reserved;
	st->f_ffree = space->free_inodes;
	spin_unlock(&space->lock);
	return 0;
}

static const struct super_ops qfs_super_ops = {
	.alloc_inode = qfs_alloc_inode,
	.free_inode = qfs_free_inode,
	.read_inode = qfs_read_inode,
	.write_inode = qfs_write_inode,
	.evict_inode = qfs_evict_inode,
	.sync_fs = qfs_sync_fs,
	.statfs = qfs_statfs,
	.unmount = qfs_unmount,
};

static struct fs_type qfs_type = {
	.name = "qfs",
	.flags = FS_NEEDS_DEVICE,
	.mount = qfs_mount,
};

void INIT
qfs_init(void)
{
	qfs_buf_init();
	qfs_node_init();
	fs_type_register(&qfs_type);
}
