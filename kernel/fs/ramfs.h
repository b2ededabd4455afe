/* A file system in memory: tmpfs, and the base of devfs. */
#pragma once

#include "fs/inode.h"

/* fs_type->mount of tmpfs: an empty root directory, in which everybody may create. */
int ramfs_mount(struct super_block *sb, const char *options);

/*
 * A node of any kind in a directory of ramfs, whatever the mount flags say. rdev counts for devices.
 * => with a reference; NULL for no memory, ERR_PTR(-EEXIST)
 */
struct inode *ramfs_make(struct inode *dir, const char *name, u32 mode, u32 rdev);

/* A regular file without a name, which ends with its last user. => NULL for no memory */
struct inode *ramfs_make_nameless(struct super_block *sb, u32 mode);

/* A symbolic link. => 0 or -errno */
int ramfs_make_link(struct inode *dir, const char *name, const char *target);

void ramfs_init(void);
