/* swapon and swapoff: from a path to the device, or to the blocks of a file, that vm/ swaps to. */
#include "core/printk.h"
#include "dev/block.h"
#include "fs/dentry.h"
#include "fs/inode.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "syscall/path_arg.h"
#include "syscall_proto.h"
#include "vm/swap.h"

/* A growing list of extents. */
struct extent_list {
	struct swap_extent *extents;
	u64 nr, capacity;
};

/* => 0, -ENOMEM */
static int
extent_add(struct extent_list *list, u64 slot, u64 sector)
{
	if (list->nr == list->capacity) {
		u64 capacity = MAX(list->capacity * 2, 1UL);
		struct swap_extent *grown =
			krealloc(list->extents, capacity * sizeof(*grown), GFP_KERNEL);

		if (!grown)
			return -ENOMEM;
		list->extents = grown;
		list->capacity = capacity;
	}
	list->extents[list->nr++] = (struct swap_extent){.slot = slot, .sector = sector};
	return 0;
}

/* All blocks of a file. => 0 or -errno; -EINVAL when it has holes */
static int
file_extents(struct mapping *mapping, struct swap_source *source, struct extent_list *list)
{
	int error = 0;
	u64 nr, sector;

	for (u64 index = 0; index < source->nr_pages && !error; index += nr) {
		nr = source->nr_pages - index;
		error = mapping->ops->find_sectors(mapping, index, &nr, &sector, &source->bdev);
		if (!error)
			error = extent_add(list, index, sector);
	}
	return error;
}

/* The file may not change from now on. => 0, -EBUSY: it is used already */
static int
file_claim(struct inode *inode)
{
	int error = 0;

	inode_lock(inode);
	if (inode->mapping.swapfile)
		error = -EBUSY;
	else
		inode->mapping.swapfile = true;
	inode_unlock(inode);
	return error;
}

static void
file_unclaim(struct inode *inode)
{
	inode_lock(inode);
	inode->mapping.swapfile = false;
	inode_unlock(inode);
}

static void
file_release(void *owner)
{
	struct dentry *dentry = owner;

	file_unclaim(dentry->inode);
	dentry_put(dentry);
}

static int
file_source(struct dentry *dentry, struct swap_source *source, struct extent_list *list)
{
	struct inode *inode = dentry->inode;
	struct mapping *mapping = &inode->mapping;
	int error;

	if (!mapping->ops || !mapping->ops->find_sectors) /* a file of /proc has neither */
		return -EINVAL;
	error = file_claim(inode);
	if (error)
		return error;
	source->identity = mapping;
	source->nr_pages = inode_size(inode) >> PAGE_SHIFT;
	source->is_file = true;
	source->release = file_release;
	/* Stores that had found the file to be none of swap are on the disk before the first slot is. */
	mapping_wait_stores(mapping);
	error = mapping_writeback(mapping, 0, UINT64_MAX, true);
	if (!error && mapping->ops->sync)
		error = mapping->ops->sync(mapping);
	if (!error && source->nr_pages == 0)
		error = -EINVAL;
	if (!error)
		error = file_extents(mapping, source, list);
	if (error == -EINVAL)
		pr_info("swap: %s has holes, or no whole page", source->path);
	if (error)
		file_unclaim(inode);
	return error;
}

/* Nobody else has the device open, and nobody writes to it from now on. => false: somebody has */
static bool
device_claim(struct block_device *bdev)
{
	if (__atomic_fetch_add(&bdev->nr_open, 1, __ATOMIC_RELAXED) > 0) {
		__atomic_fetch_sub(&bdev->nr_open, 1, __ATOMIC_RELAXED);
		return false;
	}
	__atomic_fetch_add(&bdev->nr_held, 1, __ATOMIC_RELAXED);
	WRITE_ONCE(bdev->swaps, true);
	return true;
}

static void
device_unclaim(struct block_device *bdev)
{
	WRITE_ONCE(bdev->swaps, false);
	__atomic_fetch_sub(&bdev->nr_held, 1, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&bdev->nr_open, 1, __ATOMIC_RELAXED);
}

static void
device_release(void *owner)
{
	struct dentry *dentry = owner;
	struct block_device *bdev = block_find_dev(dentry->inode->rdev);

	if (bdev)
		device_unclaim(bdev);
	dentry_put(dentry);
}

static int
device_source(struct dentry *dentry, struct swap_source *source, struct extent_list *list)
{
	struct block_device *bdev = block_find_dev(dentry->inode->rdev);
	int error;

	if (!bdev)
		return -ENXIO;
	source->bdev = bdev;
	source->identity = bdev;
	source->nr_pages = bdev->nr_sectors / (PAGE_SIZE / SECTOR_SIZE);
	source->release = device_release;
	error = bdev->nr_sectors ? extent_add(list, 0, 0) : -EINVAL;
	if (!error && !device_claim(bdev))
		error = -EBUSY;
	return error;
}

static char *
source_path(struct dentry *dentry)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *copy;
	const char *path;

	if (!buf)
		return NULL;
	path = dentry_path(dentry, buf, PATH_MAX);
	copy = kstrdup(IS_ERR(path) ? dentry->name : path, GFP_KERNEL);
	kfree(buf);
	return copy;
}

/* => 0, then dentry's reference is the area's; or -errno */
static int
dentry_swap_on(struct dentry *dentry, u32 flags)
{
	struct swap_source source = {.owner = dentry};
	struct extent_list list = {0};
	u32 mode = dentry->inode->mode;
	int error = -EINVAL;

	source.path = source_path(dentry);
	if (!source.path)
		return -ENOMEM;
	if (S_ISBLK(mode))
		error = device_source(dentry, &source, &list);
	else if (S_ISREG(mode))
		error = file_source(dentry, &source, &list);
	if (!error) {
		source.extents = list.extents;
		source.nr_extents = list.nr;
		error = swap_on(&source, flags);
		if (error)
			source.release(dentry_ref(dentry));
	}
	if (error) {
		kfree(list.extents);
		kfree(source.path);
	}
	return error;
}

long
sys_swapon(uva_t path, int flags)
{
	struct dentry *dentry;
	int error;

	if (flags & ~SWAP_FLAGS_VALID)
		return -EINVAL;
	dentry = path_arg_lookup(AT_FDCWD, path, 0, LOOKUP_FOLLOW);
	if (IS_ERR_OR_NULL(dentry))
		return err_or_null_to_errno(dentry);
	if (S_ISDIR(dentry->inode->mode))
		error = -EISDIR;
	else if (dentry->inode->nlink == 0)
		error = -ENOENT; /* by /proc/PID/fd */
	else
		error = dentry_swap_on(dentry, flags);
	if (error)
		dentry_put(dentry);
	return error;
}

long
sys_swapoff(uva_t path)
{
	struct dentry *dentry = path_arg_lookup(AT_FDCWD, path, 0, LOOKUP_FOLLOW);
	const void *identity;
	long result = -EINVAL;

	if (IS_ERR_OR_NULL(dentry))
		return err_or_null_to_errno(dentry);
	if (S_ISDIR(dentry->inode->mode)) {
		dentry_put(dentry);
		return -EISDIR;
	}
	identity = S_ISBLK(dentry->inode->mode) ? (const void *)block_find_dev(dentry->inode->rdev)
						: &dentry->inode->mapping;
	if (identity)
		result = swap_off(identity);
	dentry_put(dentry);
	return result;
}
