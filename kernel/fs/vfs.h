/*
 * The file layer: everything that is not one file system's own.
 *
 *   struct files (fs/files.h)    descriptor -> open file
 *   struct file (fs/file.h)      an open file: position and flags
 *   struct dentry (fs/dentry.h)  a name in the tree
 *   struct inode (fs/inode.h)    a file, and struct mapping: its pages
 *   struct super_block (fs/super.h)  a mounted file system
 */
#pragma once

#include "fs/dentry.h"
#include "fs/file.h"
#include "fs/files.h"
#include "fs/fs_context.h"
#include "fs/inode.h"
#include "fs/super.h"

/* At boot: caches, ramfs, devfs, procfs, pipes. vm_init() came before. */
void vfs_init(void);

/*
 * In a thread, once all block devices are there: mounts root= (device name or serial; default the
 * disk "root", else "ram0") on /, devfs on /dev, procfs on /proc. Panics when there is no root.
 */
void root_mount(void);
