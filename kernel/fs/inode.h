/*
 * Inodes in memory, and their cache.
 *
 * inode_get() finds or reads in the inode of a number; at most one of each is in memory, and while
 * one task reads it the others wait. An inode without users stays cached as long as it has a name
 * (nlink > 0); with neither it is evicted and the file system frees the file.
 *
 * The lock: a writer for every change of attributes, of a directory's entries, and of the size, and for
 * the whole of a write(2); a reader while a directory is read or searched. Letters: L needs the lock (reading one word without
 * it is fine), C the inode-cache lock, I is set before anybody else sees the inode, A atomic.
 *
 * Several inode locks: a directory before what is in it; of two directories the ancestor first, else
 * the lower address, and both only under the file system's rename mutex (fs/rename.c). The second
 * and later ones by inode_lock_nested().
 */
#pragma once

#include "core/refcount.h"
#include "fs/types.h"
#include "lib/err.h"
#include "lib/list.h"
#include "sched/rwsem.h"
#include "vm/pagecache.h"

struct dentry;
struct dir_context;
struct file_ops;
struct inode;
struct pipe;
struct super_block;

/* One component of a path. Not terminated. */
struct name {
	const char *text;
	u32 len;
	u32 hash; /* name_hash(text, len) */
};

/* What setattr is to change: the fields whose bit is set. */
#define ATTR_MODE  (1U << 0) /* the permission bits; the type never changes */
#define ATTR_UID   (1U << 1)
#define ATTR_GID   (1U << 2)
#define ATTR_SIZE  (1U << 3) /* regular files only */
#define ATTR_ATIME (1U << 4)
#define ATTR_MTIME (1U << 5)
#define ATTR_CTIME (1U << 6) /* always set by the VFS */

struct iattr {
	u32 valid;
	u32 mode, uid, gid;
	u64 size;
	u64 atime_ns, mtime_ns, ctime_ns;
};

/*
 * What an inode can do. Every function may sleep; 0 or -errno. A directory's functions are called
 * with its lock held for writing, lookup and readdir at least for reading. Names are valid (1 to 255
 * bytes, no slash, neither "." nor ".."), the file system is writable, and for create, mkdir,
 * symlink, link and rename without victim the caller has seen that the name is free; for unlink,
 * rmdir and rename that it stands for this inode. The file system updates times, nlink and size of
 * all inodes concerned, and enters and drops their references (`.` and `..`) in nlink as Unix does.
 * A missing function: -EPERM (-ENOTDIR for lookup).
 */
struct inode_ops {
	/* => the inode with a reference, ERR_PTR(-ENOENT), other errors, NULL */
	struct inode *(*lookup)(struct inode *dir, const struct name *name);

	/*
	 * A new regular file, directory, FIFO or device; mode has type and permissions (umask applied),
	 * rdev counts for devices. => *inode with a reference
	 */
	int (*create)(struct inode *dir, const struct name *name, u32 mode, u32 rdev,
		      struct inode **inode);
	int (*symlink)(struct inode *dir, const struct name *name, const char *target,
		       struct inode **inode);

	/* Another name for inode (no directory), whose lock is held. -EMLINK when there are too many. */
	int (*link)(struct inode *dir, const struct name *name, struct inode *inode);

	/* The inode's lock is held for writing. rmdir gives -ENOTEMPTY. */
	int (*unlink)(struct inode *dir, const struct name *name, struct inode *inode);
	int (*rmdir)(struct inode *dir, const struct name *name, struct inode *inode);

	/*
	 * All locks are held: both directories, inode, victim (NULL for a free name). A victim is
	 * replaced in one step: directory by directory (-ENOTEMPTY when it is not empty), else file by
	 * file; the VFS checked the types and that a directory does not move into itself.
	 */
	int (*rename)(struct inode *old_dir, const struct name *old_name, struct inode *inode,
		      struct inode *new_dir, const struct name *new_name, struct inode *victim);

	/* Emits entries from ctx->pos on with dir_emit(), "." and ".." included. */
	int (*readdir)(struct inode *dir, struct dir_context *ctx);

	/*
	 * A symbolic link's target, not terminated, at most size bytes. => its length. Lock not held.
	 */
	ssize_t (*readlink)(struct inode *inode, char *buf, size_t size);

	/*
	 * Lock held for writing. Absent: inode_setattr_simple(). With ATTR_SIZE the file system cuts or
	 * extends (mapping_truncate() or mapping_set_size()) and frees blocks.
	 */
	int (*setattr)(struct inode *inode, const struct iattr *attr);

	/* A magic link (/proc/<pid>/cwd): where it leads, with a reference. Mostly absent. */
	struct dentry *(*follow)(struct inode *inode);
};

enum inode_state {
	INODE_NEW = 1,	    /* being read or made: others wait */
	INODE_DIRTY = 2,    /* on a list of dirty inodes, sb->dirty or what is left of a sync */
	INODE_FREEING = 4,  /* being evicted: others wait until it is gone */
	INODE_BAD = 8,	    /* could not be read */
	INODE_WRITING = 16, /* its attributes are being written; still on that list */
};

struct inode {
	u64 ino;		      /* I */
	u32 mode;		      /* L: type (I) and permissions */
	u32 nlink;		      /* L */
	u32 uid, gid;		      /* L */
	u64 blocks;		      /* file system's: 512-byte units for stat(2) */
	u64 atime_ns;		      /* any one may write it */
	u64 mtime_ns, ctime_ns;	      /* L; a store by a shared mapping writes them without it */
	u32 rdev;		      /* I: of a device node */
	u32 state;		      /* C: enum inode_state */
	refcount_t refs;	      /* A; 0 to 1 only under C */
	struct rwsem lock;	      /* RANK_INODE */
	struct super_block *sb;	      /* I */
	const struct inode_ops *iops; /* I */
	const struct file_ops *fops;  /* I: what open files of this inode do */
	struct mapping mapping;	      /* its pages; mapping.size is the file's size (L) */
	u32 seals;		      /* L: of a memfd (fs/memfd.h) */
	void *private;		      /* the file system's, if it does not embed the inode */
	struct pipe *pipe;	      /* L: of an open FIFO */

	struct list_head hash_link;  /* C */
	struct list_head sb_link;    /* C: sb->inodes */
	struct list_head lru_link;   /* C: without users, oldest first */
	struct list_head dirty_link; /* C: sb->dirty */
	struct list_head dentries;   /* dcache_lock: its names in memory */
};

/* Everything that does not depend on the file: for alloc_inode. */
void inode_init_once(struct inode *inode);

/*
 * The inode with this number, read in if necessary, with a reference.
 * => NULL for no memory, ERR_PTR of what read_inode returned
 */
struct inode *inode_get(struct super_block *sb, u64 ino);

/* The same, but NULL if it is not in memory. */
struct inode *inode_find(struct super_block *sb, u64 ino);

/*
 * A new inode for a number that is not in use: refs 1, nlink 1, all times now, the rest 0. Nobody
 * can get it before inode_publish(). To give up: nlink = 0, then inode_publish() and inode_put().
 * => NULL for no memory
 */
struct inode *inode_new(struct super_block *sb, u64 ino);
void inode_publish(struct inode *inode);

/* Bytes; of a symbolic link the length of its target. */
static inline u64
inode_size(const struct inode *inode)
{
	return mapping_size(&inode->mapping);
}

/* For the mapping_ops of a file system whose mappings are those of its inodes. */
bool inode_mapping_get(struct mapping *mapping);
void inode_mapping_put(struct mapping *mapping);
int inode_mapping_sync(struct mapping *mapping);
void inode_mapping_stored(struct mapping *mapping);
void inode_mapping_path(struct mapping *mapping, char *buf, size_t size);
void inode_mapping_identify(struct mapping *mapping, struct mapping_identity *identity);

/* A reference more; the caller knows that there is one already. => inode */
struct inode *inode_ref(struct inode *inode);

/*
 * A reference less. May sleep when it was the last one of an inode with nlink 0. NULL is allowed.
 * The caller holds neither a transaction nor this inode's lock.
 */
void inode_put(struct inode *inode);

/* Its attributes are to be written some time: write_inode will be called. */
void inode_mark_dirty(struct inode *inode);

/*
 * Writes dirty attributes. When it returns they are with the file system, whoever gave them to it.
 * => 0; -errno, and they stay dirty
 */
int inode_write(struct inode *inode);

/* Writes the attributes of all dirty inodes of sb. => the first error */
int super_write_inodes(struct super_block *sb);

/* Writes the dirty pages of all inodes of sb and waits. => the first error */
int super_write_pages(struct super_block *sb);

/* How many inodes of sb have users. */
u64 super_inodes_in_use(struct super_block *sb);

/* Drops unused inodes of sb from the cache; all of them at unmount. => false if some are in use */
bool super_drop_inodes(struct super_block *sb);

/* Drops up to nr clean unused inodes that have no pages. => how many */
u64 inode_cache_shrink(u64 nr);

static inline void
inode_lock(struct inode *inode)
{
	rwsem_write_lock(&inode->lock);
}

/* The depth-th lock (1 for the second) of several; the order is given above. */
void inode_lock_nested(struct inode *inode, unsigned depth);

static inline void
inode_unlock(struct inode *inode)
{
	rwsem_write_unlock(&inode->lock);
}

static inline void
inode_lock_shared(struct inode *inode)
{
	rwsem_read_lock(&inode->lock);
}

static inline void
inode_unlock_shared(struct inode *inode)
{
	rwsem_read_unlock(&inode->lock);
}

/* Copies the fields of attr to the inode (not the size) and marks it dirty. => 0; lock held */
int inode_setattr_simple(struct inode *inode, const struct iattr *attr);

/* Checks and applies a change of attributes by a user; takes the lock. => 0 or -errno */
int inode_change(struct inode *inode, struct iattr *attr);

/*
 * Its size, by who has it open for writing; resize: by who has not. => 0; -ETXTBSY: a program runs
 * from it; -errno
 */
int inode_set_size(struct inode *inode, u64 size);
int inode_resize(struct inode *inode, u64 size);

/* May the caller read, write, execute (R_OK | W_OK | X_OK)? => 0 or -EACCES, -EROFS */
int inode_permission(const struct inode *inode, int mask);

/* Wall-clock time for the three stamps. */
u64 inode_now_ns(void);

/* For device and FIFO nodes of any file system: sets fops from mode and rdev. */
void inode_init_special(struct inode *inode);

void inode_fill_stat(struct inode *inode, struct linux_stat *st);

void inode_cache_init(void);
/* For statistics and leak checks: in memory, and of those without users. */
void inode_cache_stats(u64 *nr_inodes, u64 *nr_unused);
