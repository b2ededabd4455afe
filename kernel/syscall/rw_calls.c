/* Moving bytes: read, write and their relatives. */
#include "fs/files.h"
#include "fs/inode.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"
#include "syscall_proto.h"
#include "vm/uio.h"
#include "vm/usercopy.h"

/* The most that one call moves, as on Linux. */
#define RW_MAX	    0x7ffff000UL
#define INLINE_VECS 8

/*
 * The functions of the common calls are expanded for each direction, so that nothing is decided twice.
 */

/* At *pos. */
static ALWAYS_INLINE ssize_t
file_move(struct file *file, struct uio *uio, u64 *pos, enum uio_dir dir)
{
	return dir == UIO_TO_MEMORY ? file_read(file, uio, pos) : file_write(file, uio, pos);
}

/* At the file's own position, if it has one. */
static ssize_t
file_move_on(struct file *file, struct uio *uio, enum uio_dir dir)
{
	ssize_t result;

	if (file->ops->flags & FILE_STREAM)
		return file_move(file, uio, &file->pos, dir);
	mutex_lock(&file->pos_lock);
	result = file_move(file, uio, &file->pos, dir);
	mutex_unlock(&file->pos_lock);
	return result;
}

/* A length that no range of addresses has. => -EBADF, or -EFAULT when the file would allow the call */
static NOINLINE long
fd_refuse_length(int fd, enum uio_dir dir)
{
	struct fd ref = fd_borrow(fd);
	bool allowed = ref.file && (dir == UIO_TO_MEMORY ? file_is_readable(ref.file)
							 : file_is_writable(ref.file));

	if (ref.file)
		fd_return(ref);
	return allowed ? -EFAULT : -EBADF;
}

static NOINLINE long
fd_move_shared(int fd, uva_t buf, size_t count, enum uio_dir dir)
{
	struct fd ref = fd_borrow(fd);
	struct uio uio;
	long result;

	if (!ref.file)
		return -EBADF;
	uio_init_user(&uio, dir, buf, count);
	result = file_move_on(ref.file, &uio, dir);
	fd_return(ref);
	return result;
}

static ALWAYS_INLINE long
fd_move(int fd, uva_t buf, size_t count, enum uio_dir dir)
{
	struct file *file = fd_peek(fd);
	struct uio uio;

	if (unlikely(count > RW_MAX)) {
		if ((s64)count < 0)
			return fd_refuse_length(fd, dir);
		count = RW_MAX;
	}
	if (unlikely(!file || !file_pos_is_own(file)))
		return fd_move_shared(fd, buf, count, dir);
	uio_init_user(&uio, dir, buf, count);
	return file_move(file, &uio, &file->pos, dir);
}

long
sys_read(int fd, uva_t buf, size_t count)
{
	return fd_move(fd, buf, count, UIO_TO_MEMORY);
}

long
sys_write(int fd, uva_t buf, size_t count)
{
	return fd_move(fd, buf, count, UIO_FROM_MEMORY);
}

static ALWAYS_INLINE long
file_move_at(struct file *file, uva_t buf, size_t count, u64 pos, enum uio_dir dir)
{
	struct uio uio;

	if (unlikely(file->ops->flags & FILE_STREAM))
		return -ESPIPE;
	if (unlikely((s64)pos < 0))
		return -EINVAL;
	uio_init_user(&uio, dir, buf, count);
	return file_move(file, &uio, &pos, dir);
}

static NOINLINE long
fd_move_at_shared(int fd, uva_t buf, size_t count, u64 pos, enum uio_dir dir)
{
	struct fd ref = fd_borrow(fd);
	long result;

	if (!ref.file)
		return -EBADF;
	result = file_move_at(ref.file, buf, count, pos, dir);
	fd_return(ref);
	return result;
}

static ALWAYS_INLINE long
fd_move_at(int fd, uva_t buf, size_t count, u64 pos, enum uio_dir dir)
{
	struct file *file = fd_peek(fd);

	if (unlikely(count > RW_MAX)) {
		if ((s64)count < 0)
			return fd_refuse_length(fd, dir);
		count = RW_MAX;
	}
	if (unlikely(!file))
		return fd_move_at_shared(fd, buf, count, pos, dir);
	return file_move_at(file, buf, count, pos, dir);
}

long
sys_pread64(int fd, uva_t buf, size_t count, s64 pos)
{
	return fd_move_at(fd, buf, count, pos, UIO_TO_MEMORY);
}

long
sys_pwrite64(int fd, uva_t buf, size_t count, s64 pos)
{
	return fd_move_at(fd, buf, count, pos, UIO_FROM_MEMORY);
}

/* Cuts the list where the sum passes RW_MAX. => 0, or -EINVAL for a negative length or sum */
static int
vecs_check(struct uio_vec *vecs, unsigned nr)
{
	u64 sum = 0;

	for (unsigned i = 0; i < nr; i++) {
		if ((s64)vecs[i].bytes < 0 || (s64)(sum + vecs[i].bytes) < 0)
			return -EINVAL;
		if (sum + vecs[i].bytes > RW_MAX)
			vecs[i].bytes = RW_MAX - sum;
		sum += vecs[i].bytes;
	}
	return 0;
}

/* Where vectors begin: a position, or this. */
#define POS_OWN (-1L)

static long
file_move_vecs_at(struct file *file, struct uio *uio, s64 at, enum uio_dir dir)
{
	u64 pos = at;

	if (at == POS_OWN)
		return file_move_on(file, uio, dir);
	return file->ops->flags & FILE_STREAM ? -ESPIPE : file_move(file, uio, &pos, dir);
}

static long
file_move_vecs(struct file *file, struct uio_vec *vecs, uva_t iov, unsigned nr, s64 at,
	       enum uio_dir dir)
{
	struct uio uio;
	int error;

	if (copy_from_user(vecs, iov, nr * sizeof(*vecs)))
		return -EFAULT;
	error = vecs_check(vecs, nr);
	if (error)
		return error;
	uio_init_vecs(&uio, dir, vecs, nr);
	return file_move_vecs_at(file, &uio, at, dir);
}

static long
fd_move_vecs(int fd, uva_t iov, int nr, s64 at, enum uio_dir dir)
{
	struct uio_vec some[INLINE_VECS], *vecs = some;
	struct fd ref = fd_borrow(fd);
	struct file *file = ref.file;
	long result = -EINVAL;

	if (!file)
		return -EBADF;
	if (nr > INLINE_VECS && nr <= UIO_MAXIOV)
		vecs = kmalloc(nr * sizeof(*vecs), GFP_KERNEL);
	if (!vecs)
		result = -ENOMEM;
	else if (nr >= 0 && nr <= UIO_MAXIOV)
		result = file_move_vecs(file, vecs, iov, nr, at, dir);
	if (vecs != some)
		kfree(vecs);
	fd_return(ref);
	return result;
}

long
sys_readv(int fd, uva_t iov, int iovcnt)
{
	return fd_move_vecs(fd, iov, iovcnt, POS_OWN, UIO_TO_MEMORY);
}

long
sys_writev(int fd, uva_t iov, int iovcnt)
{
	return fd_move_vecs(fd, iov, iovcnt, POS_OWN, UIO_FROM_MEMORY);
}

/* A position has 64 bits, so that the upper half that others pass is empty. */
long
sys_preadv(int fd, uva_t iov, int iovcnt, s64 pos, u64 pos_high)
{
	(void)pos_high;
	return pos < 0 ? -EINVAL : fd_move_vecs(fd, iov, iovcnt, pos, UIO_TO_MEMORY);
}

long
sys_pwritev(int fd, uva_t iov, int iovcnt, s64 pos, u64 pos_high)
{
	(void)pos_high;
	return pos < 0 ? -EINVAL : fd_move_vecs(fd, iov, iovcnt, pos, UIO_FROM_MEMORY);
}

static long
fd_move_vecs_flagged(int fd, uva_t iov, int nr, s64 at, u32 flags, enum uio_dir dir)
{
	if (at < POS_OWN)
		return -EINVAL;
	return flags ? -EOPNOTSUPP : fd_move_vecs(fd, iov, nr, at, dir);
}

long
sys_preadv2(int fd, uva_t iov, int iovcnt, s64 pos, u64 pos_high, u32 flags)
{
	(void)pos_high;
	return fd_move_vecs_flagged(fd, iov, iovcnt, pos, flags, UIO_TO_MEMORY);
}

long
sys_pwritev2(int fd, uva_t iov, int iovcnt, s64 pos, u64 pos_high, u32 flags)
{
	(void)pos_high;
	return fd_move_vecs_flagged(fd, iov, iovcnt, pos, flags, UIO_FROM_MEMORY);
}

long
sys_lseek(int fd, s64 offset, int whence)
{
	struct fd ref = fd_borrow(fd);
	struct file *file = ref.file;
	long result;

	if (!file)
		return -EBADF;
	result = file_llseek(file, offset, whence);
	fd_return(ref);
	return result;
}

/* One page's worth from in (at *pos) to out. => bytes; fewer were written than read: *pos says so */
static ssize_t
sendfile_some(struct file *out, struct file *in, u64 *pos, char *buf, size_t n)
{
	ssize_t got, put;
	struct uio uio;

	got = file_read_kernel(in, buf, n, *pos);
	if (got <= 0)
		return got;
	uio_init_kernel(&uio, UIO_FROM_MEMORY, buf, got);
	put = file_move_on(out, &uio, UIO_FROM_MEMORY);
	if (put > 0)
		*pos += put;
	return put;
}

static ssize_t
sendfile_all(struct file *out, struct file *in, u64 *pos, size_t count)
{
	ssize_t done = 0, moved = 0;
	char *buf = page_alloc_kva(GFP_KERNEL);

	if (!buf)
		return -ENOMEM;
	count = MIN(count, RW_MAX);
	while ((size_t)done < count) {
		size_t n = MIN(count - done, (size_t)PAGE_SIZE);

		moved = sendfile_some(out, in, pos, buf, n);
		if (moved <= 0)
			break;
		done += moved;
		if (signal_pending())
			break;
		cond_resched();
	}
	page_free_kva(buf);
	return done > 0 ? done : moved;
}

/* offset 0: from and to the position of `in`. */
static long
sendfile_files(struct file *out, struct file *in, uva_t offset, size_t count)
{
	u64 pos;
	long result;

	if (!file_is_readable(in) || !file_is_writable(out))
		return -EBADF;
	if (!in->ops->mapping)
		return -EINVAL;
	if (!offset) {
		pos = in->pos;
		result = sendfile_all(out, in, &pos, count);
		in->pos = pos;
		return result;
	}
	if (get_user_u64(&pos, offset))
		return -EFAULT;
	if ((s64)pos < 0)
		return -EINVAL;
	result = sendfile_all(out, in, &pos, count);
	return put_user_u64(offset, pos) ? -EFAULT : result;
}

long
sys_sendfile(int out_fd, int in_fd, uva_t offset, size_t count)
{
	struct file *out = fd_get(out_fd), *in = fd_get(in_fd);
	long result = -EBADF;

	if (out && in)
		result = sendfile_files(out, in, offset, count);
	if (out)
		file_put(out);
	if (in)
		file_put(in);
	return result;
}
