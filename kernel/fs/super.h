/*
 * A mounted file system. A file system is mounted in one place only, so this is the mount, too.
 *
 * Locks. The VFS takes inode locks (fs/inode.h) and then calls the file system, which opens its
 * transaction inside: MOUNT > INODE > LOG > PAGE > BMAP > BUF > FSALLOC. A file system that holds a
 * transaction open never takes an inode lock.
 */
#pragma once

#include "fs/types.h"
#include "lib/list.h"
#include "sched/mutex.h"

struct block_device;
struct dentry;
struct inode;
struct seq;
struct super_block;

struct super_ops {
	/*
	 * Memory for an inode of this file system, usually inside a larger structure; it calls
	 * inode_init_once() on it. => NULL when there is none. Both may be absent.
	 */
	struct inode *(*alloc_inode)(struct super_block *sb);
	void (*free_inode)(struct inode *inode);

	/*
	 * Fill in the inode whose sb and ino are set: all attributes, iops, fops, mapping.ops. Nobody
	 * else sees it before this returns. => -ENOENT when the number is free, -EIO, ... Absent when
	 * all inodes stay in memory.
	 */
	int (*read_inode)(struct inode *inode);

	/*
	 * Its last user is gone and it leaves the cache. Its pages are dropped already (when nlink is
	 * 0 without being written). With nlink 0 the file's blocks and number are freed: here, in
	 * as many transactions as it takes; an error is the file system's to remember. May sleep; the
	 * caller may hold the lock of a directory of the same file system. May be absent.
	 */
	void (*evict_inode)(struct inode *inode);

	/* Write the attributes that inode_mark_dirty() announced. May be absent. */
	int (*write_inode)(struct inode *inode);

	/* All is on the disk when this returns; dirty pages and inodes were written before the call. */
	int (*sync_fs)(struct super_block *sb);

	/* Type, block counts, file counts, name length; the VFS sets the rest. */
	int (*statfs)(struct super_block *sb, struct linux_statfs *st);

	/* No inode is left; free sb->private. After a sync_fs. */
	void (*unmount)(struct super_block *sb);

	/* ",option=value" for /proc/mounts. May be absent. */
	void (*show_options)(struct super_block *sb, struct seq *seq);
};

struct super_block {
	const struct fs_type *type;
	const struct super_ops *ops;
	struct block_device *bdev; /* NULL when there is no device */
	bool read_only;
	u32 dev;	    /* st_dev */
	u64 max_file_bytes; /* a longer file is -EFBIG; the VFS sets the largest offset */
	struct inode *root; /* set by fs_type->mount, which gives its reference away */
	void *private;	    /* the file system's */
	char source[64];    /* as mount(2) was told, for /proc/mounts */

	struct list_head link;	    /* MOUNT: all mounted, in the order of their mounting */
	struct dentry *root_dentry; /* one reference */
	struct dentry *covered;	    /* what it is mounted on; NULL for the first. One reference */
	struct list_head inodes;    /* inode-cache lock: all in memory */
	struct list_head dirty;	    /* inode-cache lock: attributes to be written */
	u64 nr_inodes;		    /* inode-cache lock */
	u64 nr_dentries;	    /* dcache_lock: all in memory */
	struct mutex rename_mutex;  /* RENAME: moving directories */
	bool volatile_names; /* set by fs_type->mount: names are not cached, and nobody makes any */
	bool in_memory;	     /* set by fs_type->mount: unused inodes with a name are kept */
};

#define FS_NEEDS_DEVICE (1U << 0)

struct fs_type {
	struct list_head link;
	const char *name;
	u32 flags;
	/*
	 * sb has type, bdev, read_only, dev and source. Sets ops, private and root; may set read_only.
	 * options: the text after -o that the VFS did not understand, "" for none.
	 * => 0; -EINVAL for what is not such a file system, -EIO, -ENOMEM, -EROFS ... and nothing is
	 * left behind
	 */
	int (*mount)(struct super_block *sb, const char *options);
};

/* At boot. */
void fs_type_register(struct fs_type *type);
/* => NULL when there is no such type */
struct fs_type *fs_type_find(const char *name);
/* The n-th. => NULL past the last */
struct fs_type *fs_type_get(unsigned n);

/*
 * Mounts a file system of this type on `target`. source: a device node's path, a device's name or
 * serial, or any text for a type without device. flags: MS_RDONLY.
 * => 0 or -errno
 */
int vfs_mount(const char *source, struct dentry *target, const char *type, u64 flags,
	      const char *options);

/*
 * Unmounts the file system whose root this is; takes over the reference.
 * => -EINVAL if it is no root, -EBUSY when in use
 */
int vfs_unmount(struct dentry *root);

/* Makes a mounted file system read-only (MS_RDONLY); the way back needs an unmount. */
int vfs_remount(struct dentry *root, u64 flags);

/* A file system in the making; kfree() undoes it. => NULL for no memory */
struct super_block *super_alloc(struct fs_type *type, const char *source);

/* A device number for a file system without a device. */
u32 super_next_anon_dev(void);

/* Writes all dirty pages and inodes, of one file system or of all, and flushes. => the first error */
int vfs_sync(struct super_block *sb);
int vfs_sync_all(void);

/* Before power-off: sync all, unmount what nobody uses, make the rest read-only. */
void vfs_shutdown(void);

/* Calls visit for each mounted file system, oldest first, under the mount lock. */
void super_for_each(void (*visit)(struct super_block *sb, void *arg), void *arg);

/* => 0, or -EROFS */
int super_check_writable(const struct super_block *sb);

/* The directory on which the first file system is mounted, "/". No reference is taken. */
struct dentry *root_dentry(void);
