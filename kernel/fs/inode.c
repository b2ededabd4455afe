#include "fs/inode.h"

#include "core/clock.h"
#include "fs/super.h"
#include "lib/hash.h"
#include "lib/string.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"
#include "vm/shrinker.h"

/*
 * The cache is a hash by (file system, number), one lock, and one wait queue for everybody who waits
 * for some inode to be read or to be gone: both are rare and short.
 *
 *      inode_get ---> NEW --read_inode--> in use <--> unused (refs 0, on the LRU list)
 *                      |                     |            |  shrink, unmount
 *                      v error               v nlink 0    v
 *                     BAD ----------------> FREEING --evict_inode--> freed
 */

#define INODE_HASH_ORDER 10

static struct list_head inode_table[1 << INODE_HASH_ORDER];
static LIST_HEAD(inode_unused); /* oldest first */
static u64 nr_inodes, nr_unused, max_unused;
static struct spinlock inode_cache_lock = SPINLOCK_INIT("inode_cache", RANK_FILES);
static struct wait_queue inode_wq = WAIT_QUEUE_INIT(inode_wq);
static struct kmem_cache *inode_cache;

/* An inode takes about 1/8 page; unused ones are held to about 1/64 of memory. */
#define PAGES_PER_UNUSED 8
#define MIN_UNUSED	 256
#define SHRINK_BATCH	 32

static struct list_head *
inode_chain(const struct super_block *sb, u64 ino)
{
	return &inode_table[hash_to_order(hash_u64(ino + (uintptr_t)sb), INODE_HASH_ORDER)];
}

void
inode_init_once(struct inode *inode)
{
	memset(inode, 0, sizeof(*inode));
	rwsem_init(&inode->lock, "inode", RANK_INODE);
	list_init(&inode->hash_link);
	list_init(&inode->sb_link);
	list_init(&inode->lru_link);
	list_init(&inode->dirty_link);
	list_init(&inode->dentries);
	mapping_init(&inode->mapping, NULL, inode, 0);
}

void
inode_lock_nested(struct inode *inode, unsigned depth)
{
	rwsem_write_lock_nested(&inode->lock, RANK_INODE + depth);
}

static struct inode *
inode_alloc(struct super_block *sb, u64 ino)
{
	struct inode *inode;

	if (sb->ops->alloc_inode) {
		inode = sb->ops->alloc_inode(sb);
	} else {
		inode = kmem_cache_alloc(inode_cache, GFP_KERNEL);
		if (inode)
			inode_init_once(inode);
	}
	if (!inode)
		return NULL;
	inode->sb = sb;
	inode->ino = ino;
	inode->state = INODE_NEW;
	inode->nlink = 1;
	refcount_set(&inode->refs, 1);
	return inode;
}

static void
inode_free(struct inode *inode)
{
	mapping_destroy(&inode->mapping);
	if (inode->sb->ops->free_inode)
		inode->sb->ops->free_inode(inode);
	else
		kmem_cache_free(inode_cache, inode);
}

static struct inode *
inode_find_locked(struct super_block *sb, u64 ino)
{
	struct list_head *chain = inode_chain(sb, ino);
	struct inode *inode;

	list_for_each_entry(inode, chain, hash_link) {
		if (inode->ino == ino && inode->sb == sb)
			return inode;
	}
	return NULL;
}

static void
inode_insert_locked(struct inode *inode)
{
	list_add(&inode->hash_link, inode_chain(inode->sb, inode->ino));
	list_add_tail(&inode->sb_link, &inode->sb->inodes);
	inode->sb->nr_inodes++;
	nr_inodes++;
}

static void
inode_remove_locked(struct inode *inode)
{
	list_del(&inode->hash_link);
	list_del(&inode->sb_link);
	list_del(&inode->dirty_link);
	inode->sb->nr_inodes--;
	nr_inodes--;
}

static void
inode_lru_del_locked(struct inode *inode)
{
	if (list_is_linked(&inode->lru_link)) {
		list_del(&inode->lru_link);
		nr_unused--;
	}
}

static void
inode_ref_locked(struct inode *inode)
{
	if (refcount_read(&inode->refs) > 0) {
		refcount_inc(&inode->refs);
		return;
	}
	refcount_set(&inode->refs, 1);
	inode_lru_del_locked(inode);
}

/* Clears a state that others wait for. */
static void
inode_state_done(struct inode *inode, u32 state)
{
	spin_lock(&inode_cache_lock);
	inode->state &= ~state;
	spin_unlock(&inode_cache_lock);
	wake_up_all(&inode_wq);
}

/*
 * The inode in memory, usable, with a reference. Waits for one that is read, and for one that goes
 * to be gone.
 */
struct inode *
inode_find(struct super_block *sb, u64 ino)
{
	for (;;) {
		struct inode *inode;
		struct waiter self = WAITER_INIT(self);
		u32 state;

		spin_lock(&inode_cache_lock);
		inode = inode_find_locked(sb, ino);
		state = inode ? inode->state : 0;
		if (state & INODE_FREEING) {
			wait_prepare(&inode_wq, &self, TASK_UNINTERRUPTIBLE);
			spin_unlock(&inode_cache_lock);
			schedule();
			wait_finish(&inode_wq, &self);
			continue;
		}
		if (inode)
			inode_ref_locked(inode);
		spin_unlock(&inode_cache_lock);
		if (!(state & INODE_NEW))
			return inode;
		wait_event(&inode_wq, !(READ_ONCE(inode->state) & INODE_NEW));
		if (!(READ_ONCE(inode->state) & INODE_BAD))
			return inode;
		inode_put(inode);
	}
}

/* Enters a new inode unless its number is there. => false, and nothing was done, if it is */
static bool
inode_insert(struct inode *inode)
{
	bool is_free;

	spin_lock(&inode_cache_lock);
	is_free = !inode_find_locked(inode->sb, inode->ino);
	if (is_free)
		inode_insert_locked(inode);
	spin_unlock(&inode_cache_lock);
	return is_free;
}

struct inode *
inode_get(struct super_block *sb, u64 ino)
{
	struct inode *inode;
	int error;

	for (;;) {
		inode = inode_find(sb, ino);
		if (inode)
			return inode;
		inode = inode_alloc(sb, ino);
		if (!inode)
			return NULL;
		if (inode_insert(inode))
			break;
		inode_free(inode);
	}
	error = sb->ops->read_inode ? sb->ops->read_inode(inode) : -ENOENT;
	if (error) {
		spin_lock(&inode_cache_lock);
		list_del(&inode->hash_link);
		inode->state |= INODE_BAD;
		spin_unlock(&inode_cache_lock);
	}
	inode_state_done(inode, INODE_NEW);
	if (!error)
		return inode;
	inode_put(inode);
	return ERR_PTR(error);
}

struct inode *
inode_new(struct super_block *sb, u64 ino)
{
	struct inode *inode = inode_alloc(sb, ino);

	if (!inode)
		return NULL;
	inode->atime_ns = inode->mtime_ns = inode->ctime_ns = inode_now_ns();
	while (!inode_insert(inode)) {
		struct inode *other = inode_find(sb, ino);

		if (!other)
			continue;
		inode_put(other);
		inode_free(inode);
		return ERR_PTR(-EIO);
	}
	return inode;
}

void
inode_publish(struct inode *inode)
{
	inode_state_done(inode, INODE_NEW);
}

struct inode *
inode_ref(struct inode *inode)
{
	refcount_inc(&inode->refs);
	return inode;
}

/* => the inode is FREEING: nobody else uses it or will */
static void
inode_evict(struct inode *inode)
{
	struct super_block *sb = inode->sb;

	mapping_truncate(&inode->mapping, 0);
	if (sb->ops->evict_inode && !(inode->state & INODE_BAD))
		sb->ops->evict_inode(inode);
	spin_lock(&inode_cache_lock);
	inode_remove_locked(inode);
	spin_unlock(&inode_cache_lock);
	inode_free(inode);
	wake_up_all(&inode_wq);
}

bool
inode_mapping_get(struct mapping *mapping)
{
	struct inode *inode = mapping->host;
	bool usable;

	spin_lock(&inode_cache_lock);
	usable = !(inode->state & INODE_FREEING);
	if (usable)
		inode_ref_locked(inode);
	spin_unlock(&inode_cache_lock);
	return usable;
}

void
inode_mapping_put(struct mapping *mapping)
{
	inode_put(mapping->host);
}

/* A reference less, unless it is the last. => true when it was done */
static bool
inode_put_not_last(struct inode *inode)
{
	s32 refs = atomic_read(&inode->refs.n);

	while (refs > 1) {
		if (atomic_cmpxchg(&inode->refs.n, refs, refs - 1))
			return true;
		refs = atomic_read(&inode->refs.n);
	}
	return false;
}

void
inode_put(struct inode *inode)
{
	bool evict, too_many = false;

	if (!inode || inode_put_not_last(inode))
		return;
	spin_lock(&inode_cache_lock);
	if (!refcount_dec_and_test(&inode->refs)) {
		spin_unlock(&inode_cache_lock);
		return;
	}
	evict = inode->nlink == 0 || (inode->state & INODE_BAD) || inode->sb->volatile_names;
	if (evict) {
		inode->state |= INODE_FREEING;
	} else if (!inode->sb->in_memory) {
		list_add_tail(&inode->lru_link, &inode_unused);
		too_many = ++nr_unused > max_unused;
	}
	spin_unlock(&inode_cache_lock);
	if (evict)
		inode_evict(inode);
	else if (too_many)
		inode_cache_shrink(SHRINK_BATCH);
}

/* Takes an unused inode for eviction. => lock held, state is clean */
static void
inode_claim_locked(struct inode *inode)
{
	inode_lru_del_locked(inode);
	inode->state |= INODE_FREEING;
}

u64
inode_cache_shrink(u64 nr)
{
	u64 nr_freed = 0, budget;
	struct inode *inode, *next;
	LIST_HEAD(victims);

	spin_lock(&inode_cache_lock);
	budget = MIN(nr_unused, 2 * nr);
	list_for_each_entry_safe(inode, next, &inode_unused, lru_link) {
		if (budget-- == 0 || nr_freed == nr)
			break;
		if ((inode->state & INODE_DIRTY) || inode->mapping.nr_pages > 0) {
			list_move_tail(&inode->lru_link, &inode_unused);
			continue;
		}
		inode_claim_locked(inode);
		list_add_tail(&inode->lru_link, &victims);
		nr_freed++;
	}
	spin_unlock(&inode_cache_lock);
	list_for_each_entry_safe(inode, next, &victims, lru_link) {
		list_del(&inode->lru_link);
		inode_evict(inode);
	}
	return nr_freed;
}

/* => an unused inode of sb, claimed; NULL when there is none */
static struct inode *
super_claim_unused(struct super_block *sb)
{
	struct inode *inode, *found = NULL;

	spin_lock(&inode_cache_lock);
	list_for_each_entry(inode, &sb->inodes, sb_link) {
		if (refcount_read(&inode->refs) == 0 && !(inode->state & INODE_FREEING)) {
			inode_claim_locked(inode);
			found = inode;
			break;
		}
	}
	spin_unlock(&inode_cache_lock);
	return found;
}

bool
super_drop_inodes(struct super_block *sb)
{
	struct inode *inode;
	bool none_left;

	while ((inode = super_claim_unused(sb)) != NULL)
		inode_evict(inode);
	spin_lock(&inode_cache_lock);
	none_left = sb->nr_inodes == 0;
	spin_unlock(&inode_cache_lock);
	return none_left;
}

/*
 * The caller's change comes before the look at the state; inode_write() changes the state before it
 * looks at the attributes. So one of them sees the other.
 */
void
inode_mark_dirty(struct inode *inode)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (READ_ONCE(inode->state) & INODE_DIRTY)
		return;
	spin_lock(&inode_cache_lock);
	if (!(inode->state & INODE_DIRTY) && inode->sb->ops->write_inode) {
		inode->state |= INODE_DIRTY;
		if (!(inode->state & INODE_WRITING))
			list_add_tail(&inode->dirty_link, &inode->sb->dirty);
	}
	spin_unlock(&inode_cache_lock);
}

/* Makes the inode's attributes the caller's to write. => false: they are written; lock held */
static bool
inode_write_begin_locked(struct inode *inode)
{
	while (inode->state & INODE_WRITING) {
		spin_unlock(&inode_cache_lock);
		wait_event(&inode_wq, !(READ_ONCE(inode->state) & INODE_WRITING));
		spin_lock(&inode_cache_lock);
	}
	if (!(inode->state & INODE_DIRTY))
		return false;
	inode->state ^= INODE_DIRTY | INODE_WRITING;
	return true;
}

/* What could not be written, or changed since, is dirty again. => lock held */
static void
inode_write_end_locked(struct inode *inode, int error)
{
	inode->state &= ~INODE_WRITING;
	if (error)
		inode->state |= INODE_DIRTY;
	list_del(&inode->dirty_link);
	if (inode->state & INODE_DIRTY)
		list_add_tail(&inode->dirty_link, &inode->sb->dirty);
}

int
inode_write(struct inode *inode)
{
	bool begun;
	int error = 0;

	spin_lock(&inode_cache_lock);
	begun = inode_write_begin_locked(inode);
	spin_unlock(&inode_cache_lock);
	if (!begun)
		return 0;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	error = inode->sb->ops->write_inode(inode);
	spin_lock(&inode_cache_lock);
	inode_write_end_locked(inode, error);
	spin_unlock(&inode_cache_lock);
	wake_up_all(&inode_wq);
	return error;
}

int
super_write_inodes(struct super_block *sb)
{
	LIST_HEAD(batch);
	int error = 0;

	spin_lock(&inode_cache_lock);
	list_splice(&sb->dirty, &batch);
	while (!list_empty(&batch)) {
		struct inode *inode = list_first_entry(&batch, struct inode, dirty_link);
		int result;

		if (inode->state & (INODE_FREEING | INODE_NEW)) {
			list_move_tail(&inode->dirty_link, &sb->dirty);
			continue;
		}
		inode_ref_locked(inode);
		spin_unlock(&inode_cache_lock);
		result = inode_write(inode);
		inode_put(inode);
		error = error ? error : result;
		spin_lock(&inode_cache_lock);
	}
	spin_unlock(&inode_cache_lock);
	return error;
}

static bool
mapping_has_unwritten(struct mapping *mapping)
{
	return READ_ONCE(mapping->nr_pages) > 0 &&
	       (mapping_is_marked(mapping, PAGECACHE_DIRTY) ||
		mapping_is_marked(mapping, PAGECACHE_WRITEBACK));
}

int
super_write_pages(struct super_block *sb)
{
	struct inode *inode, *held = NULL;
	int error = 0;

	if (sb->in_memory)
		return 0;
	spin_lock(&inode_cache_lock);
	list_for_each_entry(inode, &sb->inodes, sb_link) {
		int result;

		if (!mapping_has_unwritten(&inode->mapping) ||
		    (inode->state & (INODE_FREEING | INODE_NEW)))
			continue;
		inode_ref_locked(inode);
		spin_unlock(&inode_cache_lock);
		inode_put(held);
		held = inode;
		result = mapping_writeback(&inode->mapping, 0, UINT64_MAX, true);
		error = error ? error : result;
		spin_lock(&inode_cache_lock);
	}
	spin_unlock(&inode_cache_lock);
	inode_put(held);
	return error;
}

u64
super_inodes_in_use(struct super_block *sb)
{
	struct inode *inode;
	u64 nr = 0;

	spin_lock(&inode_cache_lock);
	list_for_each_entry(inode, &sb->inodes, sb_link)
		nr += refcount_read(&inode->refs) > 0;
	spin_unlock(&inode_cache_lock);
	return nr;
}

u64
inode_now_ns(void)
{
	return clock_realtime_ns();
}

void
inode_cache_stats(u64 *inodes, u64 *unused)
{
	spin_lock(&inode_cache_lock);
	*inodes = nr_inodes;
	*unused = nr_unused;
	spin_unlock(&inode_cache_lock);
}

static u64
inode_shrinker_count(void)
{
	return READ_ONCE(nr_unused);
}

static u64
inode_shrinker_scan(u64 nr, gfp_t gfp)
{
	(void)gfp;
	inode_cache_shrink(nr);
	return 0;
}

static struct shrinker inode_shrinker = {
	.name = "inode", .count = inode_shrinker_count, .scan = inode_shrinker_scan};

void INIT
inode_cache_init(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(inode_table); i++)
		list_init(&inode_table[i]);
	max_unused = MAX(nr_total_pages() / PAGES_PER_UNUSED, (u64)MIN_UNUSED);
	inode_cache = kmem_cache_create("inode_cache", sizeof(struct inode), 0,
					SLAB_RECLAIM_ACCOUNT, NULL);
	if (!inode_cache)
		panic("inode cache: no memory for a cache");
	shrinker_register(&inode_shrinker);
}
