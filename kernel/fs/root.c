/* The first file systems. */
#include "fs/vfs.h"

#include "core/machine.h"
#include "core/printk.h"
#include "dev/block.h"
#include "fs/device.h"
#include "fs/namei.h"
#include "fs/memfd.h"
#include "fs/pipe.h"
#include "fs/proc_node.h"
#include "fs/qfs/qfs.h"
#include "fs/ramfs.h"
#include "lib/printf.h"
#include "lib/string.h"

#define DEFAULT_ROOT_SERIAL "root"
#define DEFAULT_ROOT_INITRD "ram0"

void INIT
vfs_init(void)
{
	inode_cache_init();
	dcache_init();
	file_cache_init();
	files_cache_init();
	fs_context_cache_init();
	pipe_init();
	ramfs_init();
	memfd_init();
	devfs_init();
	procfs_init();
	debugfs_init();
	qfs_init();
}

/* The names of all block devices, for a message. */
static const char *
list_devices(char *buf, size_t size)
{
	struct block_device *bdev;
	size_t len = 0;

	buf[0] = '\0';
	for (unsigned i = 0; (bdev = block_get(i)) != NULL; i++) {
		len += scnprintf(buf + len, size - len, " %s", bdev->name);
		if (bdev->serial[0])
			len += scnprintf(buf + len, size - len, " (%s)", bdev->serial);
	}
	return len > 0 ? buf : " none";
}

/* root=/dev/vda, vda or the disk's serial; without it the disk "root", else the initrd. */
static struct block_device *
find_root_device(char *wanted, size_t size)
{
	struct block_device *bdev;

	if (bootarg_get("root", wanted, size) > 0)
		return block_find(str_has_prefix(wanted, "/dev/") ? wanted + 5 : wanted);
	strscpy(wanted, DEFAULT_ROOT_SERIAL, size);
	bdev = block_find(DEFAULT_ROOT_SERIAL);
	if (bdev)
		return bdev;
	return block_find(DEFAULT_ROOT_INITRD);
}

/* Mounts a file system without device on a directory of the root; says so if it cannot. */
static void
mount_on(const char *path, const char *type)
{
	struct dentry *target = path_lookup(NULL, path, LOOKUP_FOLLOW | LOOKUP_DIRECTORY);
	int error = err_or_null_to_errno(target);

	if (!error) {
		error = vfs_mount(type, target, type, 0, "");
		dentry_put(target);
	}
	if (error)
		pr_err("cannot mount %s on %s: error %d", type, path, -error);
}

void
root_mount(void)
{
	char wanted[64], names[256];
	struct block_device *bdev = find_root_device(wanted, sizeof(wanted));
	u64 flags = bootarg_flag("ro") ? MS_RDONLY : 0;
	int error;

	if (!bdev)
		panic("no root file system: there is no block device \"%s\" and no initrd; "
		      "devices:%s. "
		      "Give a disk with serial=root, or root=NAME, or an initrd",
		      wanted, list_devices(names, sizeof(names)));
	error = vfs_mount(bdev->name, NULL, "qfs", flags, "");
	if (error)
		panic("cannot mount %s as the root file system: error %d; devices:%s", bdev->name,
		      -error, list_devices(names, sizeof(names)));
	pr_info("root file system: %s%s", bdev->name, bdev->read_only ? ", read-only" : "");
	mount_on("/dev", "devtmpfs");
	mount_on("/dev/shm", "tmpfs");
	mount_on("/tmp", "tmpfs");
	mount_on("/proc", "proc");
	mount_on("/sys", "sysfs");
	mount_on("/sys/kernel/debug", "debugfs");
}
