#include "fs/qfs/buf.h"

#include "fs/qfs/csum.h"
#include "fs/qfs/dirblock.h"
#include "fs/qfs/io.h"
#include "fs/qfs/mount.h"
#include "fs/qfs/qfs.h"
#include "lib/err.h"
#include "lib/hash.h"
#include "lib/string.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"
#include "vm/shrinker.h"

/*
 * Unused buffers are held to an eighth of memory, and at least to what a few large directories need. The
 * shrinker takes them before that.
 */
#define MEMORY_SHARE 8
#define MIN_UNUSED   64

static struct kmem_cache *buf_slab;
static struct spinlock caches_lock = SPINLOCK_INIT("qfs_caches", RANK_FILES);
static LIST_HEAD(caches);

void
qfs_buf_cache_init(struct qfs *fs)
{
	struct qfs_buf_cache *bufs = &fs->bufs;

	spin_init(&bufs->lock, "qfs_bufs", RANK_MAPPING);
	for (u32 i = 0; i < ARRAY_SIZE(bufs->table); i++)
		list_init(&bufs->table[i]);
	list_init(&bufs->unused);
	wait_queue_init(&bufs->wq);
	bufs->nr_bufs = bufs->nr_unused = 0;
	bufs->max_unused = MAX(nr_total_pages() / MEMORY_SHARE, (u64)MIN_UNUSED);
	bufs->log = &fs->log;
	spin_lock(&caches_lock);
	list_add_tail(&bufs->link, &caches);
	spin_unlock(&caches_lock);
}

static struct list_head *
buf_chain(struct qfs_buf_cache *bufs, u32 block)
{
	return &bufs->table[hash_to_order(hash_u64(block), QFS_BUF_HASH_ORDER)];
}

static struct qfs_buf *
buf_alloc(u32 block, u32 kind)
{
	struct qfs_buf *buf = kmem_cache_alloc(buf_slab, GFP_KERNEL | GFP_ZERO);

	if (!buf)
		return NULL;
	buf->data = page_alloc_kva(GFP_KERNEL);
	if (!buf->data) {
		kmem_cache_free(buf_slab, buf);
		return NULL;
	}
	buf->block = block;
	buf->kind = kind;
	buf->refs = 1;
	list_init(&buf->hash_link);
	list_init(&buf->unused_link);
	list_init(&buf->running_link);
	list_init(&buf->waiting_link);
	return buf;
}

static void
buf_free(struct qfs_buf *buf)
{
	page_free_kva(buf->data);
	kmem_cache_free(buf_slab, buf);
}

static struct qfs_buf *
buf_find_locked(struct qfs_buf_cache *bufs, u32 block)
{
	struct qfs_buf *buf;

	list_for_each_entry(buf, buf_chain(bufs, block), hash_link) {
		if (buf->block == block)
			return buf;
	}
	return NULL;
}

static void
buf_ref_locked(struct qfs_buf_cache *bufs, struct qfs_buf *buf)
{
	if (buf->refs++ == 0) {
		list_del(&buf->unused_link);
		bufs->nr_unused--;
	}
}

static void
buf_unhash_locked(struct qfs_buf_cache *bufs, struct qfs_buf *buf)
{
	if (!(buf->flags & BUF_DEAD)) {
		buf->flags |= BUF_DEAD;
		list_del(&buf->hash_link);
		bufs->nr_bufs--;
	}
}

/* The buffer of a block, with a reference; `fresh` is entered, and used up, if there is none. */
static struct qfs_buf *
buf_find_or_insert(struct qfs_buf_cache *bufs, u32 block, struct qfs_buf **fresh)
{
	struct qfs_buf *buf;

	spin_lock(&bufs->lock);
	buf = buf_find_locked(bufs, block);
	if (buf) {
		buf_ref_locked(bufs, buf);
	} else if (*fresh) {
		buf = *fresh;
		*fresh = NULL;
		list_add(&buf->hash_link, buf_chain(bufs, block));
		bufs->nr_bufs++;
	}
	spin_unlock(&bufs->lock);
	return buf;
}

struct qfs_buf *
qfs_buf_find(struct qfs *fs, u32 block)
{
	struct qfs_buf *none = NULL;

	return buf_find_or_insert(&fs->bufs, block, &none);
}

static struct qfs_buf *
buf_get(struct qfs *fs, u32 block, u32 kind)
{
	struct qfs_buf *fresh = NULL;
	struct qfs_buf *buf = buf_find_or_insert(&fs->bufs, block, &fresh);

	if (buf)
		return buf;
	fresh = buf_alloc(block, kind);
	if (!fresh)
		return NULL;
	buf = buf_find_or_insert(&fs->bufs, block, &fresh);
	if (fresh)
		buf_free(fresh);
	return buf;
}

/* Is what was read what it should be? */
static int
buf_verify(struct qfs *fs, struct qfs_buf *buf)
{
	if (buf->kind == 0)
		return 0;
	if (!qfs_block_ok(fs->seed, buf->block, buf->kind, buf->data))
		return qfs_damaged(fs, buf->block, "block: wrong checksum or kind");
	if (buf->kind == QFS_KIND_DIR && qfs_dirblock_check(buf->data, fs->disk.nr_inodes))
		return qfs_damaged(fs, buf->block, "block: broken directory records");
	return 0;
}

/* Become the one who reads it. => false when it is valid (or became so while we waited) */
static bool
buf_start_read(struct qfs_buf_cache *bufs, struct qfs_buf *buf)
{
	for (;;) {
		u32 flags;

		spin_lock(&bufs->lock);
		flags = buf->flags;
		if (!(flags & (BUF_VALID | BUF_READING)))
			buf->flags |= BUF_READING;
		spin_unlock(&bufs->lock);
		if (!(flags & BUF_READING))
			return !(flags & BUF_VALID);
		wait_event(&bufs->wq, !(READ_ONCE(buf->flags) & BUF_READING));
	}
}

static void
buf_end_read(struct qfs_buf_cache *bufs, struct qfs_buf *buf, int error)
{
	spin_lock(&bufs->lock);
	buf->flags &= ~BUF_READING;
	if (!error)
		buf->flags |= BUF_VALID;
	spin_unlock(&bufs->lock);
	wake_up_all(&bufs->wq);
}

struct qfs_buf *
qfs_buf_read(struct qfs *fs, u32 block, u32 kind)
{
	struct qfs_buf *buf = buf_get(fs, block, kind);
	int error = 0;

	if (!buf)
		return NULL;
	if (buf->kind != kind)
		error = qfs_damaged(fs, block, "block: used for two purposes");
	else if (!(READ_ONCE(buf->flags) & BUF_VALID) && buf_start_read(&fs->bufs, buf)) {
		error = qfs_block_read(fs->bdev, block, buf->data);
		if (!error)
			error = buf_verify(fs, buf);
		buf_end_read(&fs->bufs, buf, error);
	}
	if (!error)
		return buf;
	qfs_buf_put(fs, buf);
	return ERR_PTR(error);
}

struct qfs_buf *
qfs_buf_new(struct qfs *fs, u32 block, u32 kind)
{
	struct qfs_buf *buf = buf_get(fs, block, kind);

	if (!buf)
		return NULL;
	page_zero(buf->data);
	spin_lock(&fs->bufs.lock);
	buf->kind = kind;
	buf->flags |= BUF_VALID;
	spin_unlock(&fs->bufs.lock);
	return buf;
}

static void
seal_inodes(struct qfs *fs, struct qfs_buf *buf)
{
	struct qfs_inode *records = (struct qfs_inode *)buf->data;
	u32 first = (buf->block - fs->disk.itable_start) * QFS_INODES_PER_BLOCK;

	for (u32 i = 0; i < QFS_INODES_PER_BLOCK; i++)
		if (buf->unsealed >> i & 1)
			qfs_inode_seal(fs->seed, first + i, &records[i]);
	__atomic_store_n(&buf->unsealed, 0, __ATOMIC_RELEASE);
}

void
qfs_buf_seal(struct qfs *fs, struct qfs_buf *buf)
{
	if (buf->kind)
		qfs_block_seal(fs->seed, buf->block, buf->kind, buf->data);
	else if (buf->unsealed)
		seal_inodes(fs, buf);
}

void
qfs_buf_ref(struct qfs *fs, struct qfs_buf *buf)
{
	spin_lock(&fs->bufs.lock);
	buf_ref_locked(&fs->bufs, buf);
	spin_unlock(&fs->bufs.lock);
}

/* The oldest that nobody uses is the caller's to free. => NULL: none */
static struct qfs_buf *
buf_take_unused_locked(struct qfs_buf_cache *bufs)
{
	struct qfs_buf *buf = list_first_entry_or_null(&bufs->unused, struct qfs_buf, unused_link);

	if (!buf)
		return NULL;
	list_del(&buf->unused_link);
	bufs->nr_unused--;
	buf_unhash_locked(bufs, buf);
	return buf;
}

/* Somebody else's last reference went: which buffer is to be freed now, if any? */
static struct qfs_buf *
buf_unused_locked(struct qfs_buf_cache *bufs, struct qfs_buf *buf)
{
	if (!(buf->flags & BUF_VALID))
		buf_unhash_locked(bufs, buf);
	if (buf->flags & BUF_DEAD)
		return buf;
	list_add_tail(&buf->unused_link, &bufs->unused);
	if (++bufs->nr_unused <= bufs->max_unused)
		return NULL;
	return buf_take_unused_locked(bufs);
}

void
qfs_buf_put(struct qfs *fs, struct qfs_buf *buf)
{
	struct qfs_buf *victim = NULL;

	if (!buf)
		return;
	spin_lock(&fs->bufs.lock);
	assert(buf->refs > 0);
	if (--buf->refs == 0)
		victim = buf_unused_locked(&fs->bufs, buf);
	spin_unlock(&fs->bufs.lock);
	if (victim)
		buf_free(victim);
}

void
qfs_buf_unhash(struct qfs *fs, struct qfs_buf *buf)
{
	spin_lock(&fs->bufs.lock);
	buf_unhash_locked(&fs->bufs, buf);
	spin_unlock(&fs->bufs.lock);
}

void
qfs_buf_cache_destroy(struct qfs *fs)
{
	struct qfs_buf_cache *bufs = &fs->bufs;

	spin_lock(&caches_lock);
	list_del(&bufs->link);
	spin_unlock(&caches_lock);
	for (u32 i = 0; i < ARRAY_SIZE(bufs->table); i++) {
		while (!list_empty(&bufs->table[i])) {
			struct qfs_buf *buf =
				list_first_entry(&bufs->table[i], struct qfs_buf, hash_link);

			list_del(&buf->hash_link);
			buf_free(buf);
		}
	}
}

u64
qfs_nr_buffers(void)
{
	struct qfs_buf_cache *bufs;
	u64 nr = 0;

	spin_lock(&caches_lock);
	list_for_each_entry(bufs, &caches, link)
		nr += READ_ONCE(bufs->nr_bufs);
	spin_unlock(&caches_lock);
	return nr;
}

/* --- under pressure ------------------------------------------------------------------------- */

static u64
shrinker_count(void)
{
	struct qfs_buf_cache *bufs;
	u64 nr = 0;

	spin_lock(&caches_lock);
	list_for_each_entry(bufs, &caches, link)
		nr += READ_ONCE(bufs->nr_unused) + qfs_log_nr_waiting(bufs->log);
	spin_unlock(&caches_lock);
	return nr;
}

static u64
cache_shrink(struct qfs_buf_cache *bufs, u64 nr)
{
	struct qfs_buf *buf;
	u64 freed = 0;

	while (freed < nr) {
		spin_lock(&bufs->lock);
		buf = buf_take_unused_locked(bufs);
		spin_unlock(&bufs->lock);
		if (!buf)
			break;
		buf_free(buf);
		freed++;
	}
	return freed;
}

/* What waits in the log for its place cannot be freed now; its thread is told to bring it there. */
u64
qfs_buffers_shrink(u64 nr)
{
	struct qfs_buf_cache *bufs;
	u64 freed = 0;

	spin_lock(&caches_lock);
	list_for_each_entry(bufs, &caches, link) {
		freed += cache_shrink(bufs, nr - freed);
		if (freed < nr)
			qfs_checkpoint_soon(bufs->log);
	}
	spin_unlock(&caches_lock);
	return freed;
}

static u64
shrinker_scan(u64 nr, gfp_t gfp)
{
	(void)gfp;
	return qfs_buffers_shrink(nr);
}

static struct shrinker buf_shrinker = {
	.name = "qfs_buf", .count = shrinker_count, .scan = shrinker_scan};

void INIT
qfs_buf_init(void)
{
	buf_slab = kmem_cache_create("qfs_buf", sizeof(struct qfs_buf), 0, 0, NULL);
	if (!buf_slab)
		panic("qfs: no memory for a cache");
	shrinker_register(&buf_shrinker);
}
