#include "fs/fs_context.h"

#include "fs/dentry.h"
#include "fs/super.h"
#include "mem/slab.h"
#include "sched/task.h"

static struct kmem_cache *fs_context_cache;

static struct fs_context *
fs_context_alloc(u32 umask)
{
	struct fs_context *fs = kmem_cache_alloc(fs_context_cache, GFP_KERNEL);

	if (!fs)
		return NULL;
	refcount_set(&fs->refs, 1);
	fs->umask = umask;
	return fs;
}

struct fs_context *
fs_context_new(void)
{
	struct fs_context *fs = fs_context_alloc(022);

	if (!fs)
		return NULL;
	fs->root = dentry_ref(root_dentry());
	fs->cwd = dentry_ref(root_dentry());
	return fs;
}

struct fs_context *
fs_context_copy(struct fs_context *old)
{
	struct fs_context *fs = fs_context_alloc(old->umask);

	if (!fs)
		return NULL;
	spin_lock(&dcache_lock);
	fs->root = old->root;
	fs->cwd = old->cwd;
	dentry_ref_locked(fs->root);
	dentry_ref_locked(fs->cwd);
	spin_unlock(&dcache_lock);
	return fs;
}

struct fs_context *
fs_context_ref(struct fs_context *fs)
{
	refcount_inc(&fs->refs);
	return fs;
}

void
fs_context_put(struct fs_context *fs)
{
	if (!fs || !refcount_dec_and_test(&fs->refs))
		return;
	dentry_put(fs->root);
	dentry_put(fs->cwd);
	kmem_cache_free(fs_context_cache, fs);
}

static struct dentry *
slot_get(struct dentry **slot)
{
	struct dentry *dentry;

	spin_lock(&dcache_lock);
	dentry = *slot;
	dentry_ref_locked(dentry);
	spin_unlock(&dcache_lock);
	return dentry;
}

struct dentry *
fs_root_get(void)
{
	return current->fs ? slot_get(&current->fs->root) : dentry_ref(root_dentry());
}

struct dentry *
fs_cwd_get(void)
{
	return current->fs ? slot_get(&current->fs->cwd) : dentry_ref(root_dentry());
}

struct dentry *
fs_context_cwd_get(struct fs_context *fs)
{
	return slot_get(&fs->cwd);
}

void
fs_set_cwd(struct dentry *dir)
{
	struct fs_context *fs = current->fs;
	struct dentry *old;

	spin_lock(&dcache_lock);
	old = fs->cwd;
	fs->cwd = dir;
	spin_unlock(&dcache_lock);
	dentry_put(old);
}

u32
fs_umask(void)
{
	return current->fs ? READ_ONCE(current->fs->umask) : 0;
}

void INIT
fs_context_cache_init(void)
{
	fs_context_cache = kmem_cache_create("fs_cache", sizeof(struct fs_context), 0, 0, NULL);
	if (!fs_context_cache)
		panic("fs_context: no memory for a cache");
}
