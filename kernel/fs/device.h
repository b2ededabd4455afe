/* Device nodes: which file_ops a device number has, and what stands in /dev. */
#pragma once

#include "fs/file.h"

struct tty;

/*
 * At boot. mode: S_IFCHR or S_IFBLK and the permissions of /dev/<name>. name stays.
 * => nothing can fail; -EEXIST is a panic
 */
void device_register(const char *name, u32 mode, u32 rdev, const struct file_ops *fops);

/* The file_ops of a node. => NULL when there is no such device */
const struct file_ops *device_file_ops(u32 mode, u32 rdev);

/* Parts that register devices: /dev/null and friends, terminals, block devices. */
void mem_devices_init(void);
void tty_devices_init(void);

/* Set by proc/: the controlling terminal of the current process, or NULL. */
extern struct tty *(*current_tty_hook)(void);

/* Block devices: whatever dev/block.h knows. */
extern const struct file_ops block_file_ops;

/* The file system type "devtmpfs", a ramfs that is born with a node for each device. */
void devfs_init(void);
