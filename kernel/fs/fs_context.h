/* Where a process is in the tree of files; task->fs points to one, shared by threads. */
#pragma once

#include "core/refcount.h"
#include "lib/types.h"

struct dentry;

struct fs_context {
	refcount_t refs;
	struct dentry *root, *cwd; /* dcache_lock; a reference each */
	u32 umask;
};

/* At "/", umask 022. => NULL for no memory */
struct fs_context *fs_context_new(void);
/* For fork. => NULL for no memory */
struct fs_context *fs_context_copy(struct fs_context *fs);
struct fs_context *fs_context_ref(struct fs_context *fs);
void fs_context_put(struct fs_context *fs);

/* The current task's, with a reference; "/" for a task that has none. */
struct dentry *fs_root_get(void);
struct dentry *fs_cwd_get(void);
/* Another task's: for /proc/<pid>/cwd. */
struct dentry *fs_context_cwd_get(struct fs_context *fs);
/* Takes over the reference. */
void fs_set_cwd(struct dentry *dir);
u32 fs_umask(void);

void fs_context_cache_init(void);
