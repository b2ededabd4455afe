#include "fs/file.h"

#include "fs/dentry.h"
#include "fs/inode.h"
#include "fs/super.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "vm/uio.h"

static struct kmem_cache *file_cache;
static atomic64_t nr_open_files;

static u32
flags_access(u32 flags)
{
	static const u32 access[] = {FILE_READ, FILE_WRITE, FILE_READ | FILE_WRITE, 0};

	return flags & O_PATH ? 0 : access[flags & O_ACCMODE];
}

static struct file *
file_alloc(struct inode *inode, const struct file_ops *ops, u32 flags)
{
	struct file *file = kmem_cache_alloc(file_cache, GFP_KERNEL);

	if (!file)
		return NULL;
	refcount_set(&file->refs, 1);
	file->flags = flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC);
	file->access = flags_access(flags);
	file->inode = inode;
	file->dentry = NULL;
	file->ops = ops;
	file->pos = 0;
	file->private = NULL;
	memset(&file->ra, 0, sizeof(file->ra));
	file->wb_errors = mapping_sample_errors(&inode->mapping);
	mutex_init(&file->pos_lock, "file_pos", RANK_FILEPOS);
	atomic64_add(&nr_open_files, 1);
	return file;
}

void
file_discard(struct file *file)
{
	kmem_cache_free(file_cache, file);
	atomic64_add(&nr_open_files, -1);
}

struct file *
file_alloc_anon(struct inode *inode, const struct file_ops *ops, u32 flags)
{
	return file_alloc(inode, ops, flags);
}

/* => -ETXTBSY: it is a program that runs */
static int
file_count_writer(struct file *file)
{
	if (!file_is_writable(file) || !S_ISREG(file->inode->mode))
		return 0;
	if (!mapping_write_begin(&file->inode->mapping))
		return -ETXTBSY;
	file->access |= FILE_COUNTED;
	return 0;
}

void
file_uncount_writer(struct file *file)
{
	if (file->access & FILE_COUNTED)
		mapping_write_end(&file->inode->mapping);
	file->access &= ~FILE_COUNTED;
}

struct file *
file_open_dentry(struct dentry *dentry, u32 flags)
{
	static const struct file_ops path_only;
	struct inode *inode = dentry->inode;
	struct file *file;
	int error;

	if (!(flags & O_PATH) && !inode->fops)
		return ERR_PTR(-ENXIO);
	file = file_alloc(inode, flags & O_PATH ? &path_only : inode->fops, flags);
	if (!file)
		return NULL;
	file->dentry = dentry_ref(dentry);
	error = file_count_writer(file);
	file->flags |= flags & O_EXCL; /* for open() alone */
	if (!error && file->ops->open)
		error = file->ops->open(inode, file);
	file->flags &= ~O_EXCL;
	if (!error)
		return file;
	file_uncount_writer(file);
	dentry_put(file->dentry);
	file_discard(file);
	return ERR_PTR(error);
}

struct file *
file_ref(struct file *file)
{
	refcount_inc(&file->refs);
	return file;
}

static NOINLINE void
file_close(struct file *file)
{
	if (file->ops->release)
		file->ops->release(file);
	file_uncount_writer(file);
	if (file->dentry)
		dentry_put(file->dentry);
	else
		inode_put(file->inode);
	file_discard(file);
}

void
file_put(struct file *file)
{
	if (refcount_dec_and_test(&file->refs))
		file_close(file);
}

int
file_read_refused(const struct file *file)
{
	if (!file_is_readable(file))
		return -EBADF;
	return S_ISDIR(file->inode->mode) ? -EISDIR : -EINVAL;
}

ssize_t
file_read_kernel(struct file *file, void *buf, size_t n, u64 pos)
{
	size_t done = 0;

	while (done < n) {
		struct uio uio;
		ssize_t moved;

		uio_init_kernel(&uio, UIO_TO_MEMORY, (char *)buf + done, n - done);
		moved = file_read(file, &uio, &pos);
		if (moved < 0)
			return done > 0 ? (ssize_t)done : moved;
		if (moved == 0)
			break;
		done += moved;
	}
	return done;
}

ssize_t
file_write_kernel(struct file *file, const void *buf, size_t n, u64 pos)
{
	struct uio uio;

	uio_init_kernel(&uio, UIO_FROM_MEMORY, (void *)(uintptr_t)buf, n);
	return file_write(file, &uio, &pos);
}

struct mapping *
file_mapping(struct file *file)
{
	if (!file->ops->mapping)
		return ERR_PTR(-ENODEV);
	return file->ops->mapping(file);
}

/* The largest offset: bytes behind it could not be counted in an s64. */
#define OFFSET_MAX INT64_MAX

s64
generic_llseek(struct file *file, s64 offset, int whence)
{
	s64 size = inode_size(file->inode), base;

	switch (whence) {
	case SEEK_SET:
		base = 0;
		break;
	case SEEK_CUR:
		base = file->pos;
		break;
	case SEEK_END:
		base = size;
		break;
	case SEEK_DATA:
	case SEEK_HOLE:
		if (offset < 0 || offset >= size)
			return -ENXIO;
		return file->pos = whence == SEEK_DATA ? offset : size;
	default:
		return -EINVAL;
	}
	if (offset > 0 && base > OFFSET_MAX - offset)
		return -EOVERFLOW;
	if (base + offset < 0)
		return -EINVAL;
	file->pos = base + offset;
	return file->pos;
}

s64
file_llseek(struct file *file, s64 offset, int whence)
{
	s64 result;

	if (file->flags & O_PATH)
		return -EBADF;
	if (file->ops->flags & FILE_STREAM)
		return -ESPIPE;
	mutex_lock(&file->pos_lock);
	if (file->ops->llseek)
		result = file->ops->llseek(file, offset, whence);
	else
		result = generic_llseek(file, offset, whence);
	mutex_unlock(&file->pos_lock);
	return result;
}

int
file_fsync(struct file *file, bool data_only)
{
	if (!file->ops->fsync)
		return -EINVAL;
	return file->ops->fsync(file, data_only);
}

const char *
file_path(struct file *file, char *buf, size_t size)
{
	if (file->dentry)
		return dentry_path(file->dentry, buf, size);
	snprintf(buf, size, "pipe:[%lu]", file->inode->ino);
	return buf;
}

u64
file_nr_open(void)
{
	return atomic64_read(&nr_open_files);
}

void INIT
file_cache_init(void)
{
	file_cache = kmem_cache_create("filp", sizeof(struct file), 0, 0, NULL);
	if (!file_cache)
		panic("file: no memory for a cache");
}
