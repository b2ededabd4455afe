/*
 * Block devices as files. Transfers go straight to the device, through one page: for mkfs, mkswap and
 * a look at a disk, not for speed. A partly written page is read first. Nothing is cached, so a
 * mounted file system on the device may hold newer blocks than what is read here.
 */
#include "fs/device.h"

#include "dev/block.h"
#include "fs/inode.h"
#include "mem/page_alloc.h"
#include "vm/uio.h"
#include "vm/usercopy.h"

#define BLKGETSIZE   0x1260
#define BLKFLSBUF    0x1261
#define BLKSSZGET    0x1268
#define BLKGETSIZE64 0x80081272

static u64
device_bytes(const struct block_device *bdev)
{
	return bdev->nr_sectors * SECTOR_SIZE;
}

static int
block_file_open(struct inode *inode, struct file *file)
{
	struct block_device *bdev = block_find_dev(inode->rdev);

	if (!bdev)
		return -ENXIO;
	if (file_is_writable(file) && bdev->read_only)
		return -EROFS;
	if (file->flags & O_EXCL && __atomic_load_n(&bdev->nr_held, __ATOMIC_RELAXED) > 0)
		return -EBUSY;
	file->private = bdev;
	__atomic_fetch_add(&bdev->nr_open, 1, __ATOMIC_RELAXED);
	return 0;
}

static void
block_file_release(struct file *file)
{
	struct block_device *bdev = file->private;

	__atomic_fetch_sub(&bdev->nr_open, 1, __ATOMIC_RELAXED);
}

/* The whole sectors around [offset, offset + n) of a page that begins at sector `first`. */
static int
page_io(struct block_device *bdev, struct page *page, u64 first, u32 offset, u32 n, bool write)
{
	u32 start = ALIGN_DOWN(offset, SECTOR_SIZE), end = ALIGN_UP(offset + n, SECTOR_SIZE);
	u64 sector = first + start / SECTOR_SIZE;

	if (write)
		return block_write(bdev, sector, page, start, end - start);
	return block_read(bdev, sector, page, start, end - start);
}

/* Moves up to n bytes, all within one page of the device. => bytes or -errno */
static ssize_t
block_file_move_page(struct block_device *bdev, struct uio *uio, struct page *page, u64 pos)
{
	u64 first = ALIGN_DOWN(pos, PAGE_SIZE) / SECTOR_SIZE;
	u32 offset = pos % PAGE_SIZE;
	u32 n = MIN(MIN(uio_left(uio), PAGE_SIZE - offset), device_bytes(bdev) - pos);
	bool write = uio->dir == UIO_FROM_MEMORY;
	bool whole = IS_ALIGNED(offset, SECTOR_SIZE) && IS_ALIGNED(n, SECTOR_SIZE);
	char *kva = page_to_kva(page);
	s64 moved;
	int error = 0;

	if (!write || !whole)
		error = page_io(bdev, page, first, offset, n, false);
	if (error)
		return error;
	if (!write)
		return uio_move_to(uio, kva + offset, n);
	moved = uio_move_from(uio, kva + offset, n);
	if (moved < (s64)n)
		return moved < 0 ? moved : -EFAULT;
	error = page_io(bdev, page, first, offset, n, true);
	return error ? error : moved;
}

static ssize_t
block_file_move(struct file *file, struct uio *uio, u64 *pos)
{
	struct block_device *bdev = file->private;
	struct page *page = page_alloc(GFP_KERNEL);
	ssize_t done = 0, moved = 0;

	if (!page)
		return -ENOMEM;
	while (uio_left(uio) > 0 && *pos < device_bytes(bdev)) {
		moved = block_file_move_page(bdev, uio, page, *pos);
		if (moved <= 0)
			break;
		done += moved;
		*pos += moved;
		cond_resched();
	}
	page_put(page);
	return done > 0 ? done : moved;
}

static ssize_t
block_file_write(struct file *file, struct uio *uio, u64 *pos)
{
	struct block_device *bdev = file->private;

	if (READ_ONCE(bdev->swaps))
		return -ETXTBSY;
	if (*pos >= device_bytes(bdev) && uio_left(uio) > 0)
		return -ENOSPC;
	return block_file_move(file, uio, pos);
}

static s64
block_file_llseek(struct file *file, s64 offset, int whence)
{
	s64 base = 0, pos;

	if (whence == SEEK_CUR)
		base = file->pos;
	else if (whence == SEEK_END)
		base = device_bytes(file->private);
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (__builtin_add_overflow(base, offset, &pos) || pos < 0)
		return -EINVAL;
	return file->pos = pos;
}

static int
block_file_fsync(struct file *file, bool data_only)
{
	(void)data_only;
	return block_flush(file->private);
}

static long
block_file_ioctl(struct file *file, u32 request, u64 arg)
{
	struct block_device *bdev = file->private;

	switch (request) {
	case BLKGETSIZE:
		return put_user_u64(arg, bdev->nr_sectors);
	case BLKGETSIZE64:
		return put_user_u64(arg, device_bytes(bdev));
	case BLKSSZGET:
		return put_user_u32(arg, SECTOR_SIZE);
	case BLKFLSBUF:
		return block_flush(bdev);
	default:
		return -ENOTTY;
	}
}

const struct file_ops block_file_ops = {
	.read = block_file_move,
	.write = block_file_write,
	.llseek = block_file_llseek,
	.fsync = block_file_fsync,
	.ioctl = block_file_ioctl,
	.open = block_file_open,
	.release = block_file_release,
};
