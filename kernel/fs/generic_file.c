/*
 * Reading and writing through the page cache.
 *
 * A write has the inode lock from its first byte to its last, as on Linux: nobody's bytes come between
 * the buffers of a writev, and what is appended lies together. Within, it goes in chunks, for only so
 * many of the program's pages are pinned at a time, and a chunk ends at a page that is not there yet.
 * Pinning may fault, even on this very file. It may under the inode lock, for no fault takes one; but
 * not under a page's lock, so the pages of the file are found, reserved and filled after, kernel to kernel:
 *
 *	INODE -> ( pin user pages -> page lock -> reserve, copy, mark dirty -> unlock -> unpin -> throttle )*
 *
 * Throttling needs the disk and the flusher, who takes no inode lock either. Whoever is killed stops at
 * the next chunk, lest others wait for him longer than that.
 */
#include "fs/generic_file.h"

#include "fs/inode.h"
#include "fs/memfd.h"
#include "fs/super.h"
#include "vm/uio.h"

static NOINLINE void
inode_touch_atime(struct inode *inode)
{
	if (!inode->sb->read_only)
		inode->atime_ns = inode_now_ns();
}

/* The time of access is kept as on a Linux mounted with relatime: is it since the last change? */
ssize_t
generic_file_read(struct file *file, struct uio *uio, u64 *pos)
{
	ssize_t got = pagecache_read(&file->inode->mapping, pos, uio, &file->ra);

	if (unlikely(file->inode->atime_ns <= file->inode->mtime_ns))
		inode_touch_atime(file->inode);
	return got;
}

/* The page for a write at pos, locked; of one that lies beyond the file nothing need be read. */
static struct page *
write_get_page(struct mapping *mapping, u64 pos, bool whole)
{
	u64 index = pos / PAGE_SIZE;

	if (index >= DIV_ROUND_UP(mapping_size(mapping), PAGE_SIZE))
		return pagecache_get_zeroed(mapping, index);
	return pagecache_get_for_write(mapping, index, whole);
}

/* Copies n bytes, within one page, from what is pinned. => 0 or -errno; inode locked */
static int
write_page(struct mapping *mapping, struct uio *uio, u64 pos, u32 n)
{
	bool whole = n == PAGE_SIZE;
	struct page *page = write_get_page(mapping, pos, whole);
	int error = err_or_null_to_errno(page);

	if (error)
		return error;
	if (mapping->ops->reserve_write)
		error = mapping->ops->reserve_write(mapping, page);
	if (!error) {
		uio_copy_page_from(uio, page, pos % PAGE_SIZE, n);
		if (whole)
			page_set_uptodate(page);
		if (pos + n > mapping_size(mapping))
			mapping_set_size(mapping, pos + n);
		page_mark_dirty(page);
	} else {
		pagecache_drop_unused(page);
	}
	page_unlock(page);
	page_put(page);
	return error;
}

/* Writes the pinned bytes at *pos. => bytes, or -errno when there were none; inode locked */
static ssize_t
write_chunk_locked(struct inode *inode, struct uio *uio, u64 *pos, u64 bytes)
{
	u64 limit = inode->sb->max_file_bytes;
	u64 done = 0;
	int error = super_check_writable(inode->sb);

	if (!error && inode->mapping.swapfile)
		error = -ETXTBSY;
	if (!error && unlikely(inode_write_sealed(inode)))
		error = -EPERM;
	if (!error && *pos >= limit)
		error = (s64)(*pos + bytes) < 0 ? -EINVAL : -EFBIG;
	if (error)
		return error;
	bytes = MIN(bytes, limit - *pos);
	while (done < bytes && !error) {
		u32 n = MIN(bytes - done, PAGE_SIZE - *pos % PAGE_SIZE);

		if (unlikely(inode->seals & F_SEAL_GROW) && *pos + n > inode_size(inode))
			error = -EPERM;
		else
			error = write_page(&inode->mapping, uio, *pos, n);
		if (!error) {
			*pos += n;
			done += n;
		}
	}
	if (done > 0) {
		inode->mtime_ns = inode->ctime_ns = inode_now_ns();
		inode_mark_dirty(inode);
	}
	return done > 0 ? (ssize_t)done : error;
}

/* What lies between the end of the file and pos, if that is behind, will be zeros. => 0 or -errno; inode locked */
static int
clean_tail(struct inode *inode, u64 pos)
{
	struct mapping *mapping = &inode->mapping;
	int error = 0;

	if (pos <= inode_size(inode))
		return 0;
	if (mapping->ops->clean_tail)
		error = mapping->ops->clean_tail(mapping, pos);
	return error ? error : mapping_zero_tail(mapping);
}

/* Chunk by chunk, as far as it gets. => bytes, or -errno when there were none; inode locked */
static ssize_t
write_chunks_locked(struct inode *inode, struct uio *uio, u64 *pos)
{
	ssize_t done = 0, moved = 0;

	while (uio_left(uio) > 0) {
		s64 pinned = uio_pin(uio, uio_left(uio));

		if (pinned < 0) {
			moved = pinned;
			break;
		}
		moved = write_chunk_locked(inode, uio, pos, pinned);
		uio_unpin(uio);
		if (moved <= 0)
			break;
		done += moved;
		if (inode->mapping.ops->write_pages)
			dirty_throttle();
		cond_resched();
		if (moved < pinned || kill_pending())
			break;
	}
	return done > 0 ? done : moved;
}

ssize_t
generic_file_write(struct file *file, struct uio *uio, u64 *pos)
{
	struct inode *inode = file->inode;
	ssize_t done;
	u64 at;

	inode_lock(inode);
	at = file->flags & O_APPEND ? inode_size(inode) : *pos;
	done = clean_tail(inode, at);
	if (!done)
		done = write_chunks_locked(inode, uio, &at);
	inode_unlock(inode);
	if (done <= 0)
		return done;
	*pos = at;
	if (file->flags & O_DSYNC) {
		int error = file_fsync(file, true);

		if (error)
			return error;
	}
	return done;
}

struct mapping *
generic_file_mapping(struct file *file)
{
	return &file->inode->mapping;
}

int
generic_file_fsync(struct file *file, bool data_only)
{
	struct inode *inode = file->inode;
	struct super_block *sb = inode->sb;
	int error = 0, result;

	(void)data_only;
	if (!sb->in_memory)
		error = mapping_writeback(&inode->mapping, 0, UINT64_MAX, true);
	result = mapping_check_error(&inode->mapping, &file->wb_errors);
	error = error ? error : result;
	result = inode_write(inode);
	error = error ? error : result;
	result = sb->ops->sync_fs ? sb->ops->sync_fs(sb) : 0;
	return error ? error : result;
}

const struct file_ops generic_file_ops = {
	.read = generic_file_read,
	.write = generic_file_write,
	.mapping = generic_file_mapping,
	.fsync = generic_file_fsync,
};

const struct file_ops generic_dir_ops = {
	.fsync = generic_file_fsync,
};
