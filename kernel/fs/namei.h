/*
 * From paths to dentries. Paths are strings in kernel memory. `start` is where a relative path begins;
 * NULL means the current directory. Symbolic links are followed 40 times at most (-ELOOP). An empty
 * path is -ENOENT.
 */
#pragma once

#include "fs/dentry.h"
#include "fs/file.h"

#define LOOKUP_FOLLOW	 (1U << 0) /* also a symbolic link at the end */
#define LOOKUP_DIRECTORY (1U << 1) /* -ENOTDIR for what is none */

/* => with a reference; NULL for no memory, ERR_PTR */
struct dentry *path_lookup(struct dentry *start, const char *path, u32 flags);

/* Changes of names (fs/namespace.c). Each is 0 or -errno, as the system call of that name. */
int vfs_mknod(struct dentry *start, const char *path, u32 mode, u32 rdev);
int vfs_mkdir(struct dentry *start, const char *path, u32 mode);
int vfs_symlink(const char *target, struct dentry *start, const char *path);
int vfs_link(struct dentry *old, struct dentry *start, const char *path);
int vfs_unlink(struct dentry *start, const char *path);
int vfs_rmdir(struct dentry *start, const char *path);
int vfs_rename(struct dentry *old_start, const char *old_path, struct dentry *new_start,
	       const char *new_path, u32 flags);

/* open(2), from `start`. => an open file; NULL for no memory, ERR_PTR */
struct file *path_open(struct dentry *start, const char *path, u32 flags, u32 mode);

/* A symbolic link's target into buf. => its length, cut to size; -EINVAL when it is none */
ssize_t dentry_readlink(struct dentry *dentry, char *buf, size_t size);
