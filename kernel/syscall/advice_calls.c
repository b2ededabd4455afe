/* What will be read of a file and what not, and writing back a part of it. */
#include "fs/files.h"
#include "fs/inode.h"
#include "fs/super.h"
#include "syscall_proto.h"
#include "vm/vma.h"

enum file_advice {
	FADV_NORMAL,
	FADV_RANDOM,
	FADV_SEQUENTIAL,
	FADV_WILLNEED,
	FADV_DONTNEED,
	FADV_NOREUSE,
};

#define SYNC_WAIT_BEFORE 1U
#define SYNC_WRITE	 2U
#define SYNC_WAIT_AFTER	 4U
#define SYNC_ALL	 (SYNC_WAIT_BEFORE | SYNC_WRITE | SYNC_WAIT_AFTER)

/* A file that is open for more than its name. => with a reference, or NULL: -EBADF */
static struct file *
fd_get_open(int fd)
{
	struct file *file = fd_get(fd);

	if (!file || !(file->flags & O_PATH))
		return file;
	file_put(file);
	return NULL;
}

/* The file's pages, if they have a disk to come from and go to. */
static struct mapping *
disk_mapping(struct file *file)
{
	struct mapping *mapping = file->ops->mapping ? file_mapping(file) : NULL;

	return IS_ERR_OR_NULL(mapping) || mapping->swapbacked || !mapping->ops->read_pages
		       ? NULL
		       : mapping;
}

/* Bytes from offset up to end. */
static void
file_willneed(struct file *file, u64 offset, u64 end)
{
	struct mapping *mapping = disk_mapping(file);
	u64 first = offset >> PAGE_SHIFT;

	if (mapping && end > offset)
		pagecache_readahead(mapping, first, ((end - 1) >> PAGE_SHIFT) - first + 1);
}

/* Whole pages only, but the last of the file is whole. */
static void
file_dontneed(struct file *file, u64 offset, u64 end)
{
	struct mapping *mapping = disk_mapping(file);
	u64 first = DIV_ROUND_UP(offset, PAGE_SIZE), last;

	if (!mapping)
		return;
	if (mapping->ops->write_pages)
		mapping_writeback(mapping, offset, end, false);
	last = end >= mapping_size(mapping) ? UINT64_MAX : end >> PAGE_SHIFT;
	if (last > first)
		pagecache_drop_clean(mapping, first, last - 1);
}

static long
file_advise(struct file *file, u64 offset, u64 end, int advice)
{
	switch (advice) {
	case FADV_NORMAL:
		file->ra.advice = 0;
		return 0;
	case FADV_RANDOM:
		file->ra.advice = VM_RAND_READ;
		return 0;
	case FADV_SEQUENTIAL:
		file->ra.advice = VM_SEQ_READ;
		return 0;
	case FADV_WILLNEED:
		file_willneed(file, offset, end);
		return 0;
	case FADV_DONTNEED:
		file_dontneed(file, offset, end);
		return 0;
	case FADV_NOREUSE:
		return 0;
	default:
		return -EINVAL;
	}
}

long
sys_fadvise64(int fd, s64 offset, s64 length, int advice)
{
	struct file *file = fd_get_open(fd);
	u64 end = (u64)offset + (u64)length;
	long result = -EINVAL;

	if (!file)
		return -EBADF;
	if (length == 0 || end < (u64)length)
		end = INT64_MAX;
	if (S_ISFIFO(file->inode->mode))
		result = -ESPIPE;
	else if (length >= 0)
		result = file_advise(file, offset, end, advice);
	file_put(file);
	return result;
}

long
sys_readahead(int fd, s64 offset, size_t count)
{
	struct file *file = fd_get_open(fd);
	long result = -EINVAL;

	if (!file)
		return -EBADF;
	if (!file_is_readable(file))
		result = -EBADF;
	else if ((S_ISREG(file->inode->mode) || S_ISBLK(file->inode->mode)) && (s64)count >= 0)
		result = file_advise(file, offset, (u64)offset + count, FADV_WILLNEED);
	file_put(file);
	return result;
}

/* => -ESPIPE for what has no pages */
static long
file_sync_range(struct file *file, u64 start, u64 end, u32 flags)
{
	u32 mode = file->inode->mode;
	struct mapping *mapping = disk_mapping(file);
	int error, told;

	if (!S_ISREG(mode) && !S_ISBLK(mode) && !S_ISDIR(mode))
		return -ESPIPE;
	if (!flags || !mapping || !mapping->ops->write_pages)
		return 0;
	if (!(flags & (SYNC_WAIT_BEFORE | SYNC_WAIT_AFTER)))
		return mapping_writeback(mapping, start, end, false);
	error = mapping_writeback(mapping, start, end, true);
	told = mapping_check_error(mapping, &file->wb_errors);
	return error ? error : told;
}

long
sys_sync_file_range(int fd, s64 offset, s64 nbytes, u32 flags)
{
	struct file *file = fd_get_open(fd);
	u64 end = (u64)offset + (u64)nbytes;
	long result = -EINVAL;

	if (!file)
		return -EBADF;
	if (!(flags & ~SYNC_ALL) && offset >= 0 && (s64)end >= offset)
		result = file_sync_range(file, offset, nbytes ? end : UINT64_MAX, flags);
	file_put(file);
	return result;
}

long
sys_syncfs(int fd)
{
	struct file *file = fd_get_open(fd);
	long result;

	if (!file)
		return -EBADF;
	result = vfs_sync(file->inode->sb);
	file_put(file);
	return result;
}
