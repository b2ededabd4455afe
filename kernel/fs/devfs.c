#include "fs/device.h"

#include "dev/block.h"
#include "fs/inode.h"
#include "fs/pipe.h"
#include "fs/ramfs.h"
#include "fs/super.h"

#define DEVICES_MAX 32

static struct device {
	const char *name;
	u32 mode, rdev;
	const struct file_ops *fops;
} devices[DEVICES_MAX];
static unsigned nr_devices;

void
device_register(const char *name, u32 mode, u32 rdev, const struct file_ops *fops)
{
	assert(nr_devices < DEVICES_MAX);
	devices[nr_devices++] = (struct device){name, mode, rdev, fops};
}

const struct file_ops *
device_file_ops(u32 mode, u32 rdev)
{
	if (S_ISBLK(mode))
		return &block_file_ops;
	for (unsigned i = 0; i < nr_devices; i++) {
		if (devices[i].rdev == rdev)
			return devices[i].fops;
	}
	return NULL;
}

void
inode_init_special(struct inode *inode)
{
	if (S_ISFIFO(inode->mode))
		inode->fops = &fifo_ops;
	else
		inode->fops = device_file_ops(inode->mode, inode->rdev);
}

static int
devfs_add(struct super_block *sb, const char *name, u32 mode, u32 rdev)
{
	struct inode *inode = ramfs_make(sb->root, name, mode, rdev);

	if (IS_ERR_OR_NULL(inode))
		return err_or_null_to_errno(inode);
	inode_put(inode);
	return 0;
}

static int
devfs_populate(struct super_block *sb)
{
	static const struct {
		const char *name, *target;
	} links[] = {{"fd", "/proc/self/fd"},
		     {"stdin", "/proc/self/fd/0"},
		     {"stdout", "/proc/self/fd/1"},
		     {"stderr", "/proc/self/fd/2"}};
	struct block_device *bdev;
	int error = 0;

	for (unsigned i = 0; i < nr_devices && !error; i++)
		error = devfs_add(sb, devices[i].name, devices[i].mode, devices[i].rdev);
	for (unsigned i = 0; !error && (bdev = block_get(i)) != NULL; i++)
		error = devfs_add(sb, bdev->name, S_IFBLK | 0660, bdev->dev);
	for (unsigned i = 0; i < ARRAY_SIZE(links) && !error; i++)
		error = ramfs_make_link(sb->root, links[i].name, links[i].target);
	if (!error)
		error = devfs_add(sb, "shm", S_IFDIR | 01777, 0);
	return error;
}

static int
devfs_mount(struct super_block *sb, const char *options)
{
	int error = ramfs_mount(sb, options);

	if (error)
		return error;
	sb->root->mode = S_IFDIR | 0755;
	error = devfs_populate(sb);
	if (!error)
		return 0;
	inode_put(sb->root);
	super_drop_inodes(sb);
	sb->ops->unmount(sb);
	return error;
}

void INIT
devfs_init(void)
{
	static struct fs_type devfs = {.name = "devtmpfs", .mount = devfs_mount};

	fs_type_register(&devfs);
	mem_devices_init();
	tty_devices_init();
}
