#include "fs/super.h"

#include "core/printk.h"
#include "dev/block.h"
#include "fs/dentry.h"
#include "fs/namei.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "vm/pagecache.h"
#include "vm/swap.h"

static LIST_HEAD(super_blocks); /* MOUNT: oldest first */
static LIST_HEAD(fs_types);	/* only grows, at boot */
static struct mutex mount_mutex = MUTEX_INIT(mount_mutex, "mount", RANK_MOUNT);
/* How often unmount waits for write-back to let go of an inode. */
#define UNMOUNT_TRIES 100

static u32 next_anon_dev = 1; /* MOUNT: st_dev of file systems without a device has major 0 */

void
fs_type_register(struct fs_type *type)
{
	list_add_tail(&type->link, &fs_types);
}

struct fs_type *
fs_type_find(const char *name)
{
	struct fs_type *type;

	list_for_each_entry(type, &fs_types, link) {
		if (strcmp(type->name, name) == 0)
			return type;
	}
	return NULL;
}

struct fs_type *
fs_type_get(unsigned n)
{
	struct fs_type *type;

	list_for_each_entry(type, &fs_types, link) {
		if (n-- == 0)
			return type;
	}
	return NULL;
}

/* The device that mount(2) means. => NULL for none, ERR_PTR */
static struct block_device *
source_device(const char *source)
{
	struct block_device *bdev = NULL;
	struct dentry *node;

	if (!strchr(source, '/')) {
		bdev = block_find(source);
		return bdev ? bdev : ERR_PTR(-ENODEV);
	}
	node = path_lookup(NULL, source, LOOKUP_FOLLOW);
	if (IS_ERR_OR_NULL(node))
		return (struct block_device *)node;
	if (S_ISBLK(node->inode->mode))
		bdev = block_find_dev(node->inode->rdev);
	else
		bdev = ERR_PTR(-ENOTBLK);
	dentry_put(node);
	return bdev ? bdev : ERR_PTR(-ENODEV);
}

struct super_block *
super_alloc(struct fs_type *type, const char *source)
{
	struct super_block *sb = kzalloc(sizeof(*sb), GFP_KERNEL);

	if (!sb)
		return NULL;
	sb->type = type;
	strscpy(sb->source, source, sizeof(sb->source));
	sb->max_file_bytes = INT64_MAX;
	list_init(&sb->link);
	list_init(&sb->inodes);
	list_init(&sb->dirty);
	mutex_init(&sb->rename_mutex, "rename", RANK_RENAME);
	return sb;
}

u32
super_next_anon_dev(void)
{
	return dev_make(0, __atomic_fetch_add(&next_anon_dev, 1, __ATOMIC_RELAXED));
}

static bool
device_is_mounted(const struct block_device *bdev)
{
	struct super_block *sb;

	list_for_each_entry(sb, &super_blocks, link) {
		if (sb->bdev == bdev)
			return true;
	}
	return false;
}

/* => mount lock held */
static int
super_set_device(struct super_block *sb, u64 flags)
{
	struct block_device *bdev;
	int error;

	sb->read_only = flags & MS_RDONLY;
	if (!(sb->type->flags & FS_NEEDS_DEVICE)) {
		sb->dev = super_next_anon_dev();
		return 0;
	}
	bdev = source_device(sb->source);
	error = err_or_null_to_errno(bdev);
	if (error)
		return error;
	if (device_is_mounted(bdev) || swap_is_on(bdev))
		return -EBUSY;
	if (bdev->read_only)
		sb->read_only = true;
	sb->bdev = bdev;
	sb->dev = bdev->dev;
	return 0;
}

/* Calls the file system and makes the root's dentry. => mount lock held */
static int
super_fill(struct super_block *sb, const char *options)
{
	int error = sb->type->mount(sb, options);

	if (error)
		return error;
	sb->root_dentry = dentry_new_root(sb, sb->root);
	if (sb->root_dentry)
		return 0;
	inode_put(sb->root);
	super_drop_inodes(sb);
	sb->ops->unmount(sb);
	return -ENOMEM;
}

static void
super_publish(struct super_block *sb, struct dentry *target)
{
	if (sb->bdev) {
		__atomic_fetch_add(&sb->bdev->nr_open, 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&sb->bdev->nr_held, 1, __ATOMIC_RELAXED);
	}
	list_add_tail(&sb->link, &super_blocks);
	if (target) {
		sb->covered = dentry_ref(target);
		dentry_attach_mount(sb);
	}
}

/* target: NULL for the first file system. => mount lock held */
static int
mount_locked(const char *source, struct dentry *target, struct fs_type *type, u64 flags,
	     const char *options)
{
	struct super_block *sb = super_alloc(type, source);
	int error;

	if (!sb)
		return -ENOMEM;
	error = super_set_device(sb, flags);
	if (!error)
		error = super_fill(sb, options);
	if (error) {
		kfree(sb);
		return error;
	}
	super_publish(sb, target);
	return 0;
}

int
vfs_mount(const char *source, struct dentry *target, const char *type_name, u64 flags,
	  const char *options)
{
	struct fs_type *type = fs_type_find(type_name);
	int error;

	if (!type)
		return -ENODEV;
	if (target && !S_ISDIR(target->inode->mode))
		return -ENOTDIR;
	mutex_lock(&mount_mutex);
	if (target)
		target = dentry_cross_mounts(dentry_ref(target));
	error = target && target->gone ? -ENOENT : 0;
	if (!error)
		error = mount_locked(source, target, type, flags, options);
	mutex_unlock(&mount_mutex);
	dentry_put(target);
	return error;
}

/* Gives everything of a detached file system back, of which only the root's dentry is left. */
static void
super_destroy(struct super_block *sb, u32 nr_refs)
{
	list_del(&sb->link);
	for (u32 i = 0; i < nr_refs; i++)
		dentry_put(sb->root_dentry);
	while (!super_drop_inodes(sb))
		sched_yield();
	sb->ops->unmount(sb);
	if (sb->bdev) {
		__atomic_fetch_sub(&sb->bdev->nr_held, 1, __ATOMIC_RELAXED);
		__atomic_fetch_sub(&sb->bdev->nr_open, 1, __ATOMIC_RELAXED);
	}
	dentry_put(sb->covered);
	kfree(sb);
}

/* => mount_mutex held: of two at once one would find nothing to write, and be done before the other */
static int
super_sync(struct super_block *sb)
{
	int error = super_write_pages(sb), result = super_write_inodes(sb);

	error = error ? error : result;
	result = sb->ops->sync_fs ? sb->ops->sync_fs(sb) : 0;
	return error ? error : result;
}

/*
 * nr_refs: all legitimate references to the root's dentry, the mount's own included. Write-back may
 * hold an inode for a moment, so a busy one is looked at again. => mount lock held
 */
static int
unmount_locked(struct super_block *sb, u32 nr_refs)
{
	int error = super_sync(sb);

	if (error)
		pr_warn("%s: could not write everything at unmount: error %d", sb->source, -error);
	if (!dentry_detach_mount(sb, nr_refs))
		return -EBUSY;
	for (unsigned tries = 0; super_inodes_in_use(sb) > 1; tries++) {
		if (tries == UNMOUNT_TRIES) {
			dentry_attach_mount(sb);
			return -EBUSY;
		}
		sched_yield();
	}
	super_destroy(sb, nr_refs);
	return 0;
}

int
vfs_unmount(struct dentry *root)
{
	struct super_block *sb = root->sb;
	int error;

	mutex_lock(&mount_mutex);
	if (root->parent != root || !list_is_linked(&sb->link))
		error = -EINVAL;
	else if (!sb->covered)
		error = -EBUSY;
	else
		error = unmount_locked(sb, 2);
	mutex_unlock(&mount_mutex);
	if (error)
		dentry_put(root);
	return error;
}

int
vfs_remount(struct dentry *root, u64 flags)
{
	struct super_block *sb = root->sb;
	bool read_only = flags & MS_RDONLY;
	int error = 0;

	if (root->parent != root)
		return -EINVAL;
	mutex_lock(&mount_mutex);
	if (!read_only && sb->read_only) {
		error = -EROFS;
	} else if (read_only) {
		sb->read_only = true;
		error = super_sync(sb);
	}
	mutex_unlock(&mount_mutex);
	return error;
}

int
vfs_sync(struct super_block *sb)
{
	int error;

	mutex_lock(&mount_mutex);
	error = super_sync(sb);
	mutex_unlock(&mount_mutex);
	return error;
}

int
vfs_sync_all(void)
{
	struct super_block *sb;
	int error = 0;

	mutex_lock(&mount_mutex);
	list_for_each_entry(sb, &super_blocks, link) {
		int result = super_sync(sb);

		error = error ? error : result;
	}
	mutex_unlock(&mount_mutex);
	return error;
}

void
vfs_shutdown(void)
{
	struct super_block *sb, *prev;

	vfs_sync_all();
	mutex_lock(&mount_mutex);
	for (sb = list_last_entry(&super_blocks, struct super_block, link);
	     &sb->link != &super_blocks; sb = prev) {
		prev = list_prev_entry(sb, link);
		if (unmount_locked(sb, 1)) {
			sb->read_only = true;
			super_sync(sb);
		}
	}
	mutex_unlock(&mount_mutex);
}

void
super_for_each(void (*visit)(struct super_block *sb, void *arg), void *arg)
{
	struct super_block *sb;

	mutex_lock(&mount_mutex);
	list_for_each_entry(sb, &super_blocks, link)
		visit(sb, arg);
	mutex_unlock(&mount_mutex);
}

int
super_check_writable(const struct super_block *sb)
{
	return sb->read_only ? -EROFS : 0;
}

struct dentry *
root_dentry(void)
{
	return list_first_entry(&super_blocks, struct super_block, link)->root_dentry;
}
