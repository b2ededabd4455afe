#include "fs/files.h"

#include "core/panic.h"
#include "lib/bitmap.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "mem/vmalloc.h"
#include "sched/task.h"

u64 (*files_limit_hook)(void);

static struct kmem_cache *files_cache;

struct files *
files_new(void)
{
	struct files *files = kmem_cache_alloc(files_cache, GFP_KERNEL | GFP_ZERO);

	if (!files)
		return NULL;
	refcount_set(&files->refs, 1);
	spin_init(&files->lock, "files", RANK_FILES);
	files->max = FILES_SMALL;
	files->fd = files->small_fd;
	files->open = &files->small_open;
	files->cloexec = &files->small_cloexec;
	return files;
}

/* A table of max descriptors and both bitmaps, in one allocation: the start of what fd points to. */
static size_t
files_table_bytes(u32 max)
{
	return max * sizeof(struct file *) + 2 * BITMAP_WORDS(max) * sizeof(u64);
}

/* A large one needs no contiguous frames, which may be missing although memory is not. */
static struct file **
files_table_alloc(u32 max)
{
	size_t bytes = files_table_bytes(max);

	return bytes > PAGE_SIZE ? vmalloc(bytes, GFP_KERNEL | GFP_ZERO)
				 : kzalloc(bytes, GFP_KERNEL);
}

static void
files_table_free(struct file **table, u32 max)
{
	if (files_table_bytes(max) > PAGE_SIZE)
		vfree(table);
	else
		kfree(table);
}

/* Moves to a larger table that the caller allocated. => the old one, to be freed, or NULL */
static struct file **
files_move_locked(struct files *files, struct file **table, u32 max)
{
	struct file **old = files->fd == files->small_fd ? NULL : files->fd;
	u64 *open = (u64 *)(table + max), *cloexec = open + BITMAP_WORDS(max);
	size_t old_bytes = DIV_ROUND_UP(files->max, 8);

	memcpy(table, files->fd, files->max * sizeof(*table));
	memcpy(open, files->open, old_bytes);
	memcpy(cloexec, files->cloexec, old_bytes);
	files->fd = table;
	files->open = open;
	files->cloexec = cloexec;
	files->max = max;
	return old;
}

/* Makes room for descriptor fd. => 0, -EMFILE or -ENOMEM; no lock held */
static int
files_grow(struct files *files, u32 fd)
{
	u32 max = FILES_SMALL, unused_max;
	struct file **table, **unused;

	if (fd >= FILES_MAX)
		return -EMFILE;
	while (max <= fd)
		max *= 2;
	table = files_table_alloc(max);
	if (!table)
		return -ENOMEM;
	spin_lock(&files->lock);
	unused = table;
	unused_max = max;
	if (max > files->max) {
		unused_max = files->max;
		unused = files_move_locked(files, table, max);
	}
	spin_unlock(&files->lock);
	files_table_free(unused, unused_max);
	return 0;
}

/* from->lock held; nobody uses the other table, which is as large, yet */
static void
files_fill_locked(struct files *files, struct files *from)
{
	for (u32 fd = 0; fd < from->max; fd++) {
		if (!from->fd[fd])
			continue;
		files->fd[fd] = file_ref(from->fd[fd]);
		bitmap_set(files->open, fd);
		if (bitmap_test(from->cloexec, fd))
			bitmap_set(files->cloexec, fd);
	}
}

struct files *
files_copy(struct files *old)
{
	struct files *files = files_new();

	if (!files)
		return NULL;
	spin_lock(&old->lock);
	while (old->max > files->max) {
		u32 last = old->max - 1;

		/* Another thread may make it larger still. */
		spin_unlock(&old->lock);
		if (files_grow(files, last)) {
			files_put(files);
			return NULL;
		}
		spin_lock(&old->lock);
	}
	files_fill_locked(files, old);
	spin_unlock(&old->lock);
	return files;
}

struct files *
files_new_large(void)
{
	struct files *files = files_new();

	if (files && files_grow(files, FILES_MAX - 1)) {
		files_put(files);
		return NULL;
	}
	return files;
}

void
files_fill(struct files *files, struct files *from)
{
	assert(files->max == FILES_MAX);
	spin_lock(&from->lock);
	files_fill_locked(files, from);
	spin_unlock(&from->lock);
}

struct files *
files_ref(struct files *files)
{
	refcount_inc(&files->refs);
	return files;
}

void
files_put(struct files *files)
{
	if (!files || !refcount_dec_and_test(&files->refs))
		return;
	for (u32 fd = 0; fd < files->max; fd++) {
		if (files->fd[fd])
			file_put(files->fd[fd]);
	}
	if (files->fd != files->small_fd)
		files_table_free(files->fd, files->max);
	kmem_cache_free(files_cache, files);
}

/* Empties a slot. => what was in it */
static struct file *
fd_clear_locked(struct files *files, u32 fd)
{
	struct file *file = files->fd[fd];

	files->fd[fd] = NULL;
	bitmap_clear(files->open, fd);
	bitmap_clear(files->cloexec, fd);
	files->next = MIN(files->next, fd);
	return file;
}

void
files_close_on_exec(struct files *files)
{
	for (u32 fd = 0; fd < files->max; fd++) {
		struct file *file = NULL;

		if (!bitmap_test(files->cloexec, fd))
			continue;
		spin_lock(&files->lock);
		file = fd_clear_locked(files, fd);
		spin_unlock(&files->lock);
		if (file)
			file_put(file);
	}
}

struct file *
files_get(struct files *files, int fd)
{
	struct file *file = NULL;

	spin_lock(&files->lock);
	if ((u32)fd < files->max)
		file = files->fd[fd];
	if (file)
		refcount_inc(&file->refs);
	spin_unlock(&files->lock);
	return file;
}

struct file *
fd_get(int fd)
{
	return files_get(current->files, fd);
}

int
files_next(struct files *files, int fd)
{
	int found = -1;

	spin_lock(&files->lock);
	for (; (u32)fd < files->max && found < 0; fd++) {
		if (files->fd[fd])
			found = fd;
	}
	spin_unlock(&files->lock);
	return found;
}

static int
fd_reserve_locked(struct files *files, u32 from, u32 limit, bool cloexec)
{
	u32 fd = bitmap_find_next_zero(files->open, files->max, MAX(from, files->next));

	if (from <= files->next)
		files->next = fd;
	if (fd >= limit)
		return -EMFILE;
	if (fd >= files->max)
		return -ENFILE;
	bitmap_set(files->open, fd);
	if (cloexec)
		bitmap_set(files->cloexec, fd);
	else
		bitmap_clear(files->cloexec, fd);
	return fd;
}

int
fd_reserve(int from, bool cloexec)
{
	struct files *files = current->files;
	u32 limit = files_limit();

	for (;;) {
		int fd, error;
		u32 max;

		spin_lock(&files->lock);
		fd = fd_reserve_locked(files, from, limit, cloexec);
		max = files->max;
		spin_unlock(&files->lock);
		if (fd != -ENFILE)
			return fd;
		error = files_grow(files, MAX((u32)from, max));
		if (error)
			return error;
	}
}

void
fd_install(int fd, struct file *file)
{
	struct files *files = current->files;

	spin_lock(&files->lock);
	files->fd[fd] = file;
	spin_unlock(&files->lock);
}

void
fd_unreserve(int fd)
{
	struct files *files = current->files;

	spin_lock(&files->lock);
	fd_clear_locked(files, fd);
	spin_unlock(&files->lock);
}

int
fd_alloc(struct file *file, bool cloexec)
{
	int fd = fd_reserve(0, cloexec);

	if (fd >= 0)
		fd_install(fd, file);
	return fd;
}

int
fd_close(int fd)
{
	struct files *files = current->files;
	struct file *file = NULL;

	spin_lock(&files->lock);
	if ((u32)fd < files->max && files->fd[fd])
		file = fd_clear_locked(files, fd);
	spin_unlock(&files->lock);
	if (!file)
		return -EBADF;
	file_put(file);
	return 0;
}

/* => what was in it and is to be closed, or NULL */
static struct file *
fd_leave(struct files *files, u32 fd, bool at_exec)
{
	struct file *file = NULL;

	spin_lock(&files->lock);
	if (fd < files->max && files->fd[fd] && at_exec)
		bitmap_set(files->cloexec, fd);
	else if (fd < files->max && files->fd[fd])
		file = fd_clear_locked(files, fd);
	spin_unlock(&files->lock);
	return file;
}

void
fd_range_close(u32 first, u32 last, bool at_exec)
{
	struct files *files = current->files;

	for (u32 fd = first; fd < FILES_MAX && fd <= last; fd++) {
		struct file *file = fd_leave(files, fd, at_exec);

		if (file)
			file_put(file);
	}
}

int
fd_replace(int newfd, struct file *file, bool cloexec)
{
	struct files *files = current->files;
	struct file *old;
	int error;

	if (newfd < 0 || (u32)newfd >= files_limit())
		return -EBADF;
	if ((u32)newfd >= files->max) {
		error = files_grow(files, newfd);
		if (error)
			return error;
	}
	spin_lock(&files->lock);
	old = files->fd[newfd];
	if (!old && bitmap_test(files->open, newfd)) {
		spin_unlock(&files->lock);
		return -EBUSY;
	}
	files->fd[newfd] = file_ref(file);
	bitmap_set(files->open, newfd);
	if (cloexec)
		bitmap_set(files->cloexec, newfd);
	else
		bitmap_clear(files->cloexec, newfd);
	spin_unlock(&files->lock);
	if (old)
		file_put(old);
	return newfd;
}

int
fd_get_cloexec(int fd)
{
	struct files *files = current->files;
	int result = -EBADF;

	spin_lock(&files->lock);
	if ((u32)fd < files->max && files->fd[fd])
		result = bitmap_test(files->cloexec, fd);
	spin_unlock(&files->lock);
	return result;
}

int
fd_set_cloexec(int fd, bool cloexec)
{
	struct files *files = current->files;
	int result = -EBADF;

	spin_lock(&files->lock);
	if ((u32)fd < files->max && files->fd[fd]) {
		if (cloexec)
			bitmap_set(files->cloexec, fd);
		else
			bitmap_clear(files->cloexec, fd);
		result = 0;
	}
	spin_unlock(&files->lock);
	return result;
}

void INIT
files_cache_init(void)
{
	files_cache = kmem_cache_create("files_cache", sizeof(struct files), 0, 0, NULL);
	if (!files_cache)
		panic("files: no memory for a cache");
}
