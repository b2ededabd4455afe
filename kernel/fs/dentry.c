#include "fs/dentry.h"

#include "fs/fs_context.h"
#include "fs/super.h"
#include "lib/hash.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"
#include "vm/shrinker.h"

#define DCACHE_ORDER 10 /* chains: at the limit below of a 512 MiB machine, four names in each */

static struct list_head dcache_table[1 << DCACHE_ORDER];
static LIST_HEAD(dcache_unused); /* oldest first */
static u64 nr_dentries, nr_unused, max_unused;
static struct kmem_cache *dentry_cache;

struct spinlock dcache_lock = SPINLOCK_INIT("dcache", RANK_FILES);

/* A name in memory takes about 1/16 page with its inode's share: an eighth of that of all memory. */
#define PAGES_PER_UNUSED 32
#define MIN_UNUSED	 256
#define SHRINK_BATCH	 32

u32
name_hash(const char *text, u32 len)
{
	u32 hash = NAME_HASH_INIT;

	for (u32 i = 0; i < len; i++)
		hash = name_hash_add(hash, text[i]);
	return name_hash_end(hash);
}

static struct list_head *
dcache_chain(const struct dentry *dir, u32 hash)
{
	u64 mixed = ((uintptr_t)dir >> 6) + hash;

	return &dcache_table[(mixed ^ mixed >> DCACHE_ORDER) & ((1 << DCACHE_ORDER) - 1)];
}

void
dentry_ref_locked(struct dentry *dentry)
{
	if (dentry->refs++ == 0 && list_is_linked(&dentry->lru_link)) {
		list_del(&dentry->lru_link);
		nr_unused--;
	}
}

struct dentry *
dentry_ref(struct dentry *dentry)
{
	spin_lock(&dcache_lock);
	dentry_ref_locked(dentry);
	spin_unlock(&dcache_lock);
	return dentry;
}

/* Out of all lists, with its parent's reference in hand: nobody else can find it any more. */
static void
dentry_unlink_locked(struct dentry *dentry)
{
	if (dentry->hashed)
		list_del(&dentry->hash_link);
	dentry->hashed = false;
	if (list_is_linked(&dentry->lru_link)) {
		list_del(&dentry->lru_link);
		nr_unused--;
	}
	list_del(&dentry->alias_link);
	dentry->sb->nr_dentries--;
	nr_dentries--;
}

/* => its parent, whose reference is the caller's now; NULL for a root */
static struct dentry *
dentry_free(struct dentry *dentry)
{
	struct dentry *parent = dentry->parent == dentry ? NULL : dentry->parent;

	inode_put(dentry->inode);
	if (dentry->name != dentry->inline_name)
		kfree(dentry->name);
	kmem_cache_free(dentry_cache, dentry);
	return parent;
}

void
dentry_put(struct dentry *dentry)
{
	while (dentry) {
		bool too_many;

		spin_lock(&dcache_lock);
		assert(dentry->refs > 0);
		if (--dentry->refs > 0) {
			spin_unlock(&dcache_lock);
			return;
		}
		if (dentry->hashed) {
			list_add_tail(&dentry->lru_link, &dcache_unused);
			too_many = ++nr_unused > max_unused;
			spin_unlock(&dcache_lock);
			if (too_many)
				dcache_shrink(NULL, SHRINK_BATCH);
			return;
		}
		dentry_unlink_locked(dentry);
		spin_unlock(&dcache_lock);
		dentry = dentry_free(dentry);
	}
}

/* One to be forgotten, oldest first. => NULL when `budget` looks found none */
static struct dentry *
dcache_pick_victim(struct super_block *sb, u64 *budget)
{
	struct dentry *dentry, *next;

	list_for_each_entry_safe(dentry, next, &dcache_unused, lru_link) {
		if (*budget == 0)
			break;
		--*budget;
		if (sb ? dentry->sb == sb : refcount_read(&dentry->inode->refs) == 1)
			return dentry;
		if (!sb)
			list_move_tail(&dentry->lru_link, &dcache_unused);
	}
	return NULL;
}

u64
dcache_shrink(struct super_block *sb, u64 nr)
{
	u64 nr_freed = 0, budget;
	struct dentry *dentry;

	while (nr_freed < nr) {
		spin_lock(&dcache_lock);
		budget = sb ? nr_unused : MIN(nr_unused, nr);
		dentry = dcache_pick_victim(sb, &budget);
		if (dentry)
			dentry_unlink_locked(dentry);
		spin_unlock(&dcache_lock);
		if (!dentry)
			break;
		dentry_put(dentry_free(dentry));
		nr_freed++;
	}
	return nr_freed;
}

static struct dentry *
dentry_alloc(struct super_block *sb, const struct name *name)
{
	struct dentry *dentry = kmem_cache_alloc(dentry_cache, GFP_KERNEL);
	char *text;

	if (!dentry)
		return NULL;
	text = dentry->inline_name;
	if (name->len >= DENTRY_INLINE_NAME)
		text = kmalloc(name->len + 1, GFP_KERNEL);
	if (!text) {
		kmem_cache_free(dentry_cache, dentry);
		return NULL;
	}
	memcpy(text, name->text, name->len);
	text[name->len] = '\0';
	dentry->name = text;
	dentry->name_len = name->len;
	dentry->name_hash = name->hash;
	dentry->refs = 1;
	dentry->hashed = false;
	dentry->gone = false;
	dentry->sb = sb;
	dentry->mounted = NULL;
	list_init(&dentry->hash_link);
	list_init(&dentry->lru_link);
	list_init(&dentry->alias_link);
	return dentry;
}

static void
dentry_enter_locked(struct dentry *dentry, struct inode *inode)
{
	dentry->inode = inode;
	list_add(&dentry->alias_link, &inode->dentries);
	dentry->sb->nr_dentries++;
	nr_dentries++;
}

struct dentry *
dentry_new_root(struct super_block *sb, struct inode *inode)
{
	static const struct name slash = {.text = "/", .len = 1};
	struct dentry *dentry = dentry_alloc(sb, &slash);

	if (!dentry)
		return NULL;
	dentry->parent = dentry;
	spin_lock(&dcache_lock);
	dentry_enter_locked(dentry, inode);
	spin_unlock(&dcache_lock);
	return dentry;
}

struct dentry *
dentry_new_gone(struct dentry *dir, const struct name *name, struct inode *inode)
{
	struct dentry *dentry = dentry_alloc(dir->sb, name);

	if (!dentry)
		return NULL;
	dentry->gone = true;
	spin_lock(&dcache_lock);
	dentry->parent = dir;
	dentry_ref_locked(dir);
	dentry_enter_locked(dentry, inode);
	spin_unlock(&dcache_lock);
	return dentry;
}

struct dentry *
dentry_child_locked(struct dentry *dir, const struct name *name)
{
	struct list_head *chain = dcache_chain(dir, name->hash);
	struct dentry *dentry;

	list_for_each_entry(dentry, chain, hash_link) {
		if (dentry->name_hash == name->hash && dentry->parent == dir &&
		    dentry->name_len == name->len &&
		    memcmp(dentry->name, name->text, name->len) == 0)
			return dentry;
	}
	return NULL;
}

struct dentry *
dentry_find(struct dentry *dir, const struct name *name)
{
	struct dentry *dentry;

	spin_lock(&dcache_lock);
	dentry = dentry_child_locked(dir, name);
	if (dentry)
		dentry_ref_locked(dentry);
	spin_unlock(&dcache_lock);
	return dentry;
}

struct dentry *
dentry_add(struct dentry *dir, const struct name *name, struct inode *inode)
{
	struct dentry *dentry = dentry_alloc(dir->sb, name), *other = NULL;

	if (!dentry) {
		inode_put(inode);
		return NULL;
	}
	dentry->parent = dir;
	spin_lock(&dcache_lock);
	if (!dir->sb->volatile_names)
		other = dentry_child_locked(dir, name);
	if (!other) {
		dentry_ref_locked(dir);
		dentry_enter_locked(dentry, inode);
		if (!dir->sb->volatile_names) {
			list_add(&dentry->hash_link, dcache_chain(dir, name->hash));
			dentry->hashed = true;
		}
		spin_unlock(&dcache_lock);
		return dentry;
	}
	dentry_ref_locked(other);
	spin_unlock(&dcache_lock);
	inode_put(inode);
	if (dentry->name != dentry->inline_name)
		kfree(dentry->name);
	kmem_cache_free(dentry_cache, dentry);
	return other;
}

struct dentry *
dentry_lookup_locked(struct dentry *dir, const struct name *name)
{
	struct dentry *dentry = dentry_find(dir, name);
	struct inode *inode;

	if (dentry)
		return dentry;
	if (!dir->inode->iops->lookup)
		return ERR_PTR(-ENOTDIR);
	if (name->len > NAME_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	inode = dir->inode->iops->lookup(dir->inode, name);
	if (IS_ERR_OR_NULL(inode))
		return (struct dentry *)inode;
	return dentry_add(dir, name, inode);
}

struct dentry *
dentry_lookup(struct dentry *dir, const struct name *name)
{
	struct dentry *dentry = dentry_find(dir, name);

	if (dentry)
		return dentry;
	inode_lock_shared(dir->inode);
	dentry = dentry_lookup_locked(dir, name);
	inode_unlock_shared(dir->inode);
	return dentry;
}

void
dentry_drop(struct dentry *dentry)
{
	spin_lock(&dcache_lock);
	if (dentry->hashed)
		list_del(&dentry->hash_link);
	dentry->hashed = false;
	dentry->gone = true;
	spin_unlock(&dcache_lock);
}

char *
dentry_name_prepare(const struct name *name)
{
	return kmalloc(name->len < DENTRY_INLINE_NAME ? 1 : name->len + 1, GFP_KERNEL);
}

void
dentry_move(struct dentry *dentry, struct dentry *new_dir, const struct name *name, char *prepared)
{
	struct dentry *old_dir = dentry->parent;
	const char *old_name = NULL;

	spin_lock(&dcache_lock);
	if (dentry->name != dentry->inline_name)
		old_name = dentry->name;
	if (name->len < DENTRY_INLINE_NAME) {
		memcpy(dentry->inline_name, name->text, name->len);
		dentry->inline_name[name->len] = '\0';
		dentry->name = dentry->inline_name;
	} else {
		memcpy(prepared, name->text, name->len);
		prepared[name->len] = '\0';
		dentry->name = prepared;
	}
	dentry->name_len = name->len;
	dentry->name_hash = name->hash;
	dentry_ref_locked(new_dir);
	dentry->parent = new_dir;
	if (dentry->hashed)
		list_move(&dentry->hash_link, dcache_chain(new_dir, name->hash));
	spin_unlock(&dcache_lock);
	kfree(old_name);
	if (dentry->name != prepared)
		kfree(prepared);
	dentry_put(old_dir);
}

struct dentry *
dentry_of_inode(struct inode *inode)
{
	struct dentry *dentry;

	spin_lock(&dcache_lock);
	dentry = list_first_entry_or_null(&inode->dentries, struct dentry, alias_link);
	if (dentry)
		dentry_ref_locked(dentry);
	spin_unlock(&dcache_lock);
	return dentry;
}

void
dcache_stats(u64 *dentries, u64 *unused)
{
	spin_lock(&dcache_lock);
	*dentries = nr_dentries;
	*unused = nr_unused;
	spin_unlock(&dcache_lock);
}

static u64
dcache_shrinker_count(void)
{
	return READ_ONCE(nr_unused);
}

/* An unused name that can be found has a link, so its inode is not evicted here with I/O. */
static u64
dcache_shrinker_scan(u64 nr, gfp_t gfp)
{
	(void)gfp;
	dcache_shrink(NULL, nr);
	return 0;
}

static struct shrinker dcache_shrinker = {
	.name = "dentry", .count = dcache_shrinker_count, .scan = dcache_shrinker_scan};

void INIT
dcache_init(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(dcache_table); i++)
		list_init(&dcache_table[i]);
	max_unused = MAX(nr_total_pages() / PAGES_PER_UNUSED, (u64)MIN_UNUSED);
	dentry_cache =
		kmem_cache_create("dentry", sizeof(struct dentry), 0, SLAB_RECLAIM_ACCOUNT, NULL);
	if (!dentry_cache)
		panic("dcache: no memory for a cache");
	shrinker_register(&dcache_shrinker);
}
