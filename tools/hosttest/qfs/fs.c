#include "fs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/qfs/qfs.h"
#include "fs/qfs/pages.h"
#include "fs/readdir.h"
#include "fs/qfs/format.h"
#include "image_env.h"
#include "sim.h"
#include "vm/lru.h"
#include "vm/pagecache_internal.h"
#include "vm/rmap.h"
#include "vm/shmem_swap.h"
#include "vm/shrinker.h"
#include "vm/uio.h"
#include "vm/writeback.h"

static struct fs_type *qfs_type;
static struct super_block *mounted_sb;
static LIST_HEAD(shrinkers);

u32
simfs_check(const struct simfs *fs)
{
	return image_check(fs->disk.data, fs->disk.nr_blocks);
}

/* --- what the VFS and vm/ are for qfs ------------------------------------------------------------ */

void
fs_type_register(struct fs_type *type)
{
	qfs_type = type;
}

int
super_check_writable(const struct super_block *sb)
{
	return sb->read_only ? -EROFS : 0;
}

int
file_fsync(struct file *file, bool data_only)
{
	return file->ops->fsync(file, data_only);
}

void
inode_init_special(struct inode *inode)
{
	(void)inode;
}

struct dentry *
dentry_of_inode(struct inode *inode)
{
	(void)inode;
	return NULL;
}

char *
dentry_path(struct dentry *dentry, char *buf, size_t size)
{
	(void)dentry, (void)buf, (void)size;
	return NULL;
}

void
dentry_put(struct dentry *dentry)
{
	(void)dentry;
}

void
shrinker_register(struct shrinker *shrinker)
{
	list_add_tail(&shrinker->link, &shrinkers);
}

u64
shrinkers_run(gfp_t gfp, unsigned priority)
{
	struct shrinker *shrinker;
	u64 freed = 0;

	list_for_each_entry(shrinker, &shrinkers, link)
		freed += shrinker->scan((shrinker->count() >> priority) + 1, gfp);
	return freed;
}

void
lru_add(struct page *page)
{
	(void)page;
}

void
workingset_refault(struct page *page)
{
	(void)page;
}

void
lru_remove(struct page *page)
{
	(void)page;
}

void
lru_touch(struct page *page)
{
	(void)page;
}

void
rmap_write_protect(struct page *page, struct tlb_deferred *deferred)
{
	(void)deferred;
	(void)page;
}

bool
rmap_unmap(struct page *page, struct tlb_deferred *deferred)
{
	(void)deferred;
	(void)page;
	return true;
}

void
rmap_unmap_range(struct mapping *mapping, u64 first, u64 last)
{
	(void)mapping, (void)first, (void)last;
}

void
tlb_deferred_flush(struct tlb_deferred *deferred)
{
	(void)deferred;
}

/* Files of qfs have no page in swap. */
void
lru_make_swapbacked(struct page *page)
{
	(void)page;
	abort();
}

struct page *
shmem_swap_in(struct mapping *mapping, u64 index)
{
	(void)mapping, (void)index;
	abort();
}

bool
shmem_swap_forget(struct mapping *mapping, u64 index, const void *entry)
{
	(void)mapping, (void)index, (void)entry;
	abort();
}

void
shmem_swap_destroy(struct mapping *mapping)
{
	(void)mapping;
}

void
dirty_list_add(struct mapping *mapping)
{
	(void)mapping;
}

void
dirty_list_remove(struct mapping *mapping)
{
	(void)mapping;
}

struct mapping *
dirty_list_take(u64 dirtied_ns)
{
	(void)dirtied_ns;
	return NULL;
}

void
dirty_list_done(struct mapping *mapping)
{
	(void)mapping;
}

void
dirty_throttle(void)
{
}

bool
xa_reserve_fill(void)
{
	return true;
}

void
readahead_hit(struct mapping *mapping, struct page *page, struct readahead *ra)
{
	(void)mapping, (void)page, (void)ra;
}

void (*simfs_around_read)(struct mapping *mapping, bool begun);

/* Reads up to 8 pages at a time, within the file. */
struct page *
readahead_miss(struct mapping *mapping, u64 index, struct readahead *ra)
{
	u64 end = (mapping_size(mapping) + PAGE_SIZE - 1) / PAGE_SIZE;
	struct page *pages[8], *first;
	unsigned nr = 0;

	(void)ra;
	if (simfs_around_read)
		simfs_around_read(mapping, false);
	do {
		struct page *page = pagecache_add(mapping, index + nr, GFP_KERNEL);

		if (IS_ERR_OR_NULL(page)) {
			if (nr == 0)
				return page ? ERR_PTR(-EAGAIN) : NULL;
			break;
		}
		pages[nr++] = page;
	} while (nr < ARRAY_SIZE(pages) && index + nr < end);
	first = pages[0];
	for (unsigned i = 1; i < nr; i++)
		page_put(pages[i]);
	mapping->ops->read_pages(mapping, pages, nr);
	if (simfs_around_read)
		simfs_around_read(mapping, true);
	return first;
}

/* --- uio: kernel memory only ------------------------------------------------------------------------ */

void
uio_init_kernel(struct uio *uio, enum uio_dir dir, void *kva, u64 bytes)
{
	memset(uio, 0, sizeof(*uio));
	uio->dir = dir;
	uio->left = bytes;
	uio->offset = (u64)kva;
}

s64
uio_pin(struct uio *uio, u64 max_bytes)
{
	u64 limit = UIO_PIN_PAGES * PAGE_SIZE;

	uio->pinned_bytes = MIN(MIN(max_bytes, limit), uio->left);
	return uio->pinned_bytes;
}

static u8 *
uio_advance(struct uio *uio, u64 n)
{
	u8 *at = (u8 *)uio->offset;

	CHECK(n <= uio->pinned_bytes);
	uio->offset += n;
	uio->left -= n;
	uio->pinned_bytes -= n;
	return at;
}

u64
uio_copy_page_to(struct uio *uio, struct page *page, u32 offset, u64 n)
{
	memcpy(uio_advance(uio, n), (u8 *)page_to_kva(page) + offset, n);
	return n;
}

s64
uio_move_zero(struct uio *uio, u64 n)
{
	memset(uio_advance(uio, n), 0, n);
	return n;
}

u64
uio_copy_page_from(struct uio *uio, struct page *page, u32 offset, u64 n)
{
	memcpy((u8 *)page_to_kva(page) + offset, uio_advance(uio, n), n);
	return n;
}

u64
uio_copy_to_nofault(struct uio *uio, const void *kva, u64 n)
{
	uio_pin(uio, n);
	memcpy(uio_advance(uio, n), kva, n);
	uio->pinned_bytes = 0;
	return n;
}

void
uio_unpin(struct uio *uio)
{
	uio->pinned_bytes = 0;
}

/* The thread that commits, when memory is short or a write of data has failed. */
static bool
commit_thread_step(void)
{
	struct qfs *qfs = mounted_sb ? mounted_sb->private : NULL;

	if (qfs && qfs->log.want_checkpoint) {
		qfs->log.want_checkpoint = false;
		CHECK_EQ(qfs_checkpoint_all(qfs), 0);
		return true;
	}
	if (!qfs || !qfs_has_write_failed(qfs))
		return false;
	qfs_commit_all(qfs);
	return true;
}

/* --- mount ----------------------------------------------------------------------------------------- */

int
simfs_mount(struct simfs *fs, bool read_only)
{
	struct super_block *sb = &fs->sb;
	int err;

	if (!qfs_type) {
		inode_cache_init();
		qfs_init();
	}
	memset(sb, 0, sizeof(*sb));
	sb->type = qfs_type;
	sb->bdev = &fs->disk.bdev;
	sb->read_only = read_only;
	list_init(&sb->inodes);
	list_init(&sb->dirty);
	sim_idle = commit_thread_step;
	mounted_sb = sb;
	err = qfs_type->mount(sb, "");
	fs->mounted = !err;
	if (err)
		mounted_sb = NULL;
	return err;
}

void
simfs_unmount(struct simfs *fs)
{
	if (!fs->mounted)
		return;
	simfs_sync(fs);
	inode_put(fs->sb.root);
	CHECK(super_drop_inodes(&fs->sb));
	mounted_sb = NULL;
	fs->sb.ops->unmount(&fs->sb);
	fs->mounted = false;
}

void
simfs_abandon(struct simfs *fs)
{
	fs->disk.fail_writes_after = 1;
	simfs_unmount(fs);
	fs->disk.fail_writes_after = 0;
}

/* --- calls ------------------------------------------------------------------------------------------- */

static struct inode *
dir_or_root(struct simfs *fs, struct inode *dir)
{
	return dir ? dir : fs->sb.root;
}

static struct name
name_of(const char *text)
{
	return (struct name){.text = text, .len = strlen(text)};
}

static int
lookup_locked(struct inode *dir, const char *text, struct inode **inode)
{
	struct name name = name_of(text);

	*inode = dir->iops->lookup(dir, &name);
	return err_or_null_to_errno(*inode);
}

int
simfs_lookup(struct simfs *fs, struct inode *dir, const char *text, struct inode **inode)
{
	int err;

	dir = dir_or_root(fs, dir);
	inode_lock_shared(dir);
	err = lookup_locked(dir, text, inode);
	inode_unlock_shared(dir);
	return err;
}

/* The name must be free. */
static int
check_free_locked(struct inode *dir, const char *text)
{
	struct inode *inode;
	int err = lookup_locked(dir, text, &inode);

	if (!err)
		inode_put(inode);
	if (err == -ENOENT)
		return super_check_writable(dir->sb);
	return err ? err : -EEXIST;
}

int
simfs_create(struct simfs *fs, struct inode *dir, const char *text, u32 mode, struct inode **result)
{
	struct name name = name_of(text);
	struct inode *inode;
	int err;

	dir = dir_or_root(fs, dir);
	inode_lock(dir);
	err = check_free_locked(dir, text);
	if (!err)
		err = dir->iops->create(dir, &name, mode, 0, &inode);
	inode_unlock(dir);
	if (!err && result)
		*result = inode;
	else if (!err)
		inode_put(inode);
	return err;
}

int
simfs_symlink(struct simfs *fs, struct inode *dir, const char *text, const char *target)
{
	struct name name = name_of(text);
	struct inode *inode;
	int err;

	dir = dir_or_root(fs, dir);
	inode_lock(dir);
	err = check_free_locked(dir, text);
	if (!err)
		err = dir->iops->symlink(dir, &name, target, &inode);
	inode_unlock(dir);
	if (!err)
		inode_put(inode);
	return err;
}

int
simfs_link(struct simfs *fs, struct inode *inode, struct inode *dir, const char *text)
{
	struct name name = name_of(text);
	int err;

	dir = dir_or_root(fs, dir);
	inode_lock(dir);
	err = check_free_locked(dir, text);
	if (!err) {
		inode_lock_nested(inode, 1);
		err = dir->iops->link(dir, &name, inode);
		inode_unlock(inode);
	}
	inode_unlock(dir);
	return err;
}

int
simfs_remove(struct simfs *fs, struct inode *dir, const char *text)
{
	struct name name = name_of(text);
	struct inode *inode;
	int err;

	dir = dir_or_root(fs, dir);
	inode_lock(dir);
	err = lookup_locked(dir, text, &inode);
	if (err) {
		inode_unlock(dir);
		return err;
	}
	err = super_check_writable(dir->sb);
	inode_lock_nested(inode, 1);
	if (!err)
		err = S_ISDIR(inode->mode) ? dir->iops->rmdir(dir, &name, inode)
					   : dir->iops->unlink(dir, &name, inode);
	inode_unlock(inode);
	inode_unlock(dir);
	inode_put(inode);
	return err;
}

static void
lock_all(struct inode **inodes, u32 nr)
{
	u32 depth = 0;

	for (u32 i = 0; i < nr; i++)
		if (inodes[i] && (i == 0 || inodes[i] != inodes[i - 1]))
			inode_lock_nested(inodes[i], depth++);
}

static void
unlock_all(struct inode **inodes, u32 nr)
{
	for (u32 i = 0; i < nr; i++)
		if (inodes[i] && (i == 0 || inodes[i] != inodes[i - 1]))
			inode_unlock(inodes[i]);
}

int
simfs_rename(struct simfs *fs, struct inode *old_dir, const char *old_text, struct inode *new_dir,
	     const char *new_text)
{
	struct name old_name = name_of(old_text), new_name = name_of(new_text);
	struct inode *inodes[4] = {dir_or_root(fs, old_dir), dir_or_root(fs, new_dir)};
	int err = simfs_lookup(fs, old_dir, old_text, &inodes[2]);

	if (err)
		return err;
	err = simfs_lookup(fs, new_dir, new_text, &inodes[3]);
	if (err)
		inodes[3] = NULL;
	if (err && err != -ENOENT)
		goto out;
	err = super_check_writable(&fs->sb);
	if (err || inodes[2] == inodes[3])
		goto out;
	if (inodes[3] && S_ISDIR(inodes[2]->mode) != S_ISDIR(inodes[3]->mode)) {
		err = -EEXIST;
		goto out;
	}
	lock_all(inodes, 4);
	err = inodes[0]->iops->rename(inodes[0], &old_name, inodes[2], inodes[1], &new_name,
				      inodes[3]);
	unlock_all(inodes, 4);
out:
	inode_put(inodes[2]);
	inode_put(inodes[3]);
	return err;
}

static void
file_fake(struct file *file, struct inode *inode)
{
	memset(file, 0, sizeof(*file));
	file->inode = inode;
	file->ops = inode->fops;
	file->wb_errors = mapping_sample_errors(&inode->mapping);
}

s64
simfs_write(struct inode *inode, u64 pos, const void *data, u64 bytes)
{
	struct file file;
	struct uio uio;

	file_fake(&file, inode);
	uio_init_kernel(&uio, UIO_FROM_MEMORY, (void *)data, bytes);
	return file.ops->write(&file, &uio, &pos);
}

s64
simfs_read(struct inode *inode, u64 pos, void *data, u64 bytes)
{
	struct file file;
	struct uio uio;

	file_fake(&file, inode);
	uio_init_kernel(&uio, UIO_TO_MEMORY, data, bytes);
	return file.ops->read(&file, &uio, &pos);
}

int
simfs_truncate(struct inode *inode, u64 size)
{
	struct iattr attr = {.valid = ATTR_SIZE, .size = size};

	return inode_change(inode, &attr);
}

int
simfs_fsync(struct inode *inode)
{
	struct file file;

	file_fake(&file, inode);
	return file.ops->fsync(&file, false);
}

int
simfs_write_back(struct simfs *fs)
{
	int err = super_write_pages(&fs->sb), result = super_write_inodes(&fs->sb);

	return err ? err : result;
}

int
simfs_sync(struct simfs *fs)
{
	int err = simfs_write_back(fs), result = fs->sb.ops->sync_fs(&fs->sb);

	return err ? err : result;
}

void
simfs_drop_caches(struct simfs *fs)
{
	simfs_write_back(fs);
	super_drop_inodes(&fs->sb);
}

void
simfs_leave_old_data(struct simfs *fs, u8 byte)
{
	static u8 chunk[40960];
	struct inode *inode;
	u64 pos = 0;

	memset(chunk, byte, sizeof(chunk));
	CHECK_EQ(simfs_create(fs, NULL, "secret", S_IFREG | 0600, &inode), 0);
	while (simfs_write(inode, pos, chunk, sizeof(chunk)) > 0)
		pos += sizeof(chunk);
	CHECK_EQ(simfs_fsync(inode), 0);
	inode_put(inode);
	CHECK_EQ(simfs_remove(fs, NULL, "secret"), 0);
}

u64
simfs_free_blocks(struct simfs *fs)
{
	struct linux_statfs st = {0};

	fs->sb.ops->statfs(&fs->sb, &st);
	return st.f_bfree;
}

struct listing {
	struct dir_context ctx;
	void (*visit)(const char *name, u64 ino);
	u32 nr, room;
};

static bool
list_actor(struct dir_context *ctx, const char *name, u32 len, u64 ino, u32 dt_type, u64 next)
{
	struct listing *ls = container_of(ctx, struct listing, ctx);
	char text[QFS_NAME_MAX + 1];

	(void)dt_type, (void)next;
	if (ls->room-- == 0)
		return false;
	memcpy(text, name, len);
	text[len] = 0;
	if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return true;
	ls->nr++;
	if (ls->visit)
		ls->visit(text, ino);
	return true;
}

u32
simfs_list(struct simfs *fs, struct inode *dir, void (*visit)(const char *name, u64 ino))
{
	struct listing ls = {.ctx = {.actor = list_actor}, .visit = visit};
	u64 before;

	dir = dir_or_root(fs, dir);
	do {
		before = ls.ctx.pos;
		ls.room = 7;
		inode_lock_shared(dir);
		CHECK_EQ(dir->iops->readdir(dir, &ls.ctx), 0);
		inode_unlock_shared(dir);
	} while (ls.ctx.pos != before);
	return ls.nr;
}
