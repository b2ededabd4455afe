/*
 * The dentry cache: names of the tree in memory.
 *
 *      "/" --- "bin" --- "sh"          each dentry: parent, name, inode
 *        \---- "proc" = mount point: dentry->mounted -> super_block -> its root dentry
 *
 * A dentry stands for one name in one directory and always has an inode; names that do not exist are
 * not cached. It holds references to its parent and its inode, so whatever is cached hangs on the
 * root of its file system. A dentry without users stays in the hash, and on the list of unused ones,
 * until that list grows too long.
 *
 * A file system whose names come and go by themselves (sb->volatile_names: procfs) has dentries for
 * as long as somebody uses them, outside the hash.
 *
 * dcache_lock (rank FILES) guards the hash, the links, names and parents. A name is entered only
 * under the directory's inode lock (shared is enough) and removed or moved only under it exclusively,
 * after the file system did it; so a lookup that missed and then took the lock can trust what the file
 * system says. A path whose components are all cached is walked under dcache_lock alone.
 */
#pragma once

#include "core/refcount.h"
#include "core/spinlock.h"
#include "fs/inode.h"

#define DENTRY_INLINE_NAME 40

struct dentry {
	struct dentry *parent; /* itself for the root of a file system */
	struct inode *inode;   /* one reference; never changes */
	const char *name;      /* terminated; inline_name or kmalloc */
	u32 name_len, name_hash;
	u32 refs;    /* dcache_lock: users, and dentries below it */
	bool hashed; /* can be found */
	bool gone;   /* the name was removed */
	struct super_block *sb;
	struct super_block *mounted; /* MOUNT and dcache_lock: the file system on top, or NULL */
	struct list_head hash_link;
	struct list_head lru_link;   /* while hashed and refs is 0 */
	struct list_head alias_link; /* inode->dentries */
	char inline_name[DENTRY_INLINE_NAME];
};

/* The hash of a name, byte by byte, and the whole. */
#define NAME_HASH_INIT 0x811c9dc5U

static inline u32
name_hash_add(u32 hash, char c)
{
	return (hash ^ (u8)c) * 0x01000193U;
}

static inline u32
name_hash_end(u32 hash)
{
	return hash ^ hash >> 15;
}

u32 name_hash(const char *text, u32 len);

/* => dentry */
struct dentry *dentry_ref(struct dentry *dentry);
/* NULL is allowed. May sleep. */
void dentry_put(struct dentry *dentry);

/* The root of a file system; takes over the reference to inode. => NULL for no memory */
struct dentry *dentry_new_root(struct super_block *sb, struct inode *inode);

/*
 * A dentry for a file without a name (memfd), as if `name` in dir had been removed already. Takes
 * over the reference to inode. => with a reference; NULL for no memory, then nothing was taken
 */
struct dentry *dentry_new_gone(struct dentry *dir, const struct name *name, struct inode *inode);

/*
 * The dentry of a name in the cache, with a reference. => NULL when it is not there, which says
 * nothing about the file
 */
struct dentry *dentry_find(struct dentry *dir, const struct name *name);

/*
 * Enters name -> inode, whose reference it takes over in every case; the directory's inode lock is
 * held. When it is there already, that one is returned. => with a reference; NULL for no memory
 */
struct dentry *dentry_add(struct dentry *dir, const struct name *name, struct inode *inode);

/* Cache, then file system. The directory's inode lock is held. => ERR_PTR(-ENOENT) ... */
struct dentry *dentry_lookup_locked(struct dentry *dir, const struct name *name);
/* The same, taking the lock for reading when it needs it. */
struct dentry *dentry_lookup(struct dentry *dir, const struct name *name);

/* The name is gone: nobody finds it any more. */
void dentry_drop(struct dentry *dentry);
/* Prepares room for a new name. Then, after the file system renamed: dentry_move() cannot fail. */
char *dentry_name_prepare(const struct name *name);
void dentry_move(struct dentry *dentry, struct dentry *new_dir, const struct name *name,
		 char *prepared);

/* What is mounted on top, if anything, however deep; trades the reference. */
struct dentry *dentry_cross_mounts(struct dentry *dentry);

/* Some name of the inode that is in the cache, with a reference. => NULL when there is none */
struct dentry *dentry_of_inode(struct inode *inode);

/*
 * Steps of a walk through the cache under dcache_lock, without references. child: dir's entry of
 * that name. => NULL when it is not there. top: what is mounted on it, however deep. parent: one step
 * up, across mounts but not above `root`.
 */
struct dentry *dentry_child_locked(struct dentry *dir, const struct name *name);
struct dentry *dentry_top_locked(struct dentry *dentry);
struct dentry *dentry_parent_locked(struct dentry *dentry, struct dentry *root);
void dentry_ref_locked(struct dentry *dentry);

/* Is `dir` the same as or above `dentry`, within one file system? */
bool dentry_is_ancestor(struct dentry *dir, struct dentry *dentry);

/*
 * The path from the current root, built from the end of buf backwards. A name that is gone gets
 * " (deleted)" appended. => its start within buf, ERR_PTR(-ERANGE)
 */
char *dentry_path(struct dentry *dentry, char *buf, size_t size);

/*
 * Forgets up to nr unused dentries, of one file system or, with NULL, of all. One whose inode has
 * other users stays when sb is NULL, so that a mapped file keeps its name. => how many went
 */
u64 dcache_shrink(struct super_block *sb, u64 nr);

/*
 * For unmount: takes sb off its mount point if nobody uses a dentry of it, but for the `nr_refs`
 * references to its root that the caller knows of. => false when somebody does
 */
bool dentry_detach_mount(struct super_block *sb, u32 nr_refs);
/* Puts the root of sb on top of sb->covered, if there is one. */
void dentry_attach_mount(struct super_block *sb);

extern struct spinlock dcache_lock;
void dcache_init(void);
void dcache_stats(u64 *nr_dentries, u64 *nr_unused);
