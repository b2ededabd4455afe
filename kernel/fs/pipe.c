/*
 * A pipe is a ring of bytes in up to 16 pages, which come when they are written and go when they have
 * been read; one is kept for the next write.
 *
 *	positions:   tail ............. head          (ever growing; page = position / 4096 % 16)
 *	pages:	     [  ##][####][####][##  ]
 *
 * When the last byte is read, both positions go back to the start of that page. The head never enters
 * the tail's page from behind, so the part of it that has been read is not room.
 *
 * One sleeping lock guards it; user pages are faulted in under it (its rank is outside MM). Sleepers
 * are exclusive: a wake-up wakes one reader (or writer), and who leaves something for another one
 * passes the wake-up on. A sleeping writer needs room for at most PIPE_BUF bytes, and is woken when
 * there is as much: so a reader of single bytes does not cause a switch for each.
 */
#include "fs/pipe.h"

#include "fs/dentry.h"
#include "fs/inode.h"
#include "fs/poll.h"
#include "fs/super.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"
#include "vm/uio.h"
#include "vm/usercopy.h"

#define PIPE_PAGES (PIPE_CAPACITY / PAGE_SIZE)

struct pipe {
	struct mutex lock; /* PIPE: all but nr_files */
	u64 head, tail;
	u32 nr_readers, nr_writers;
	u32 reader_opens, writer_opens; /* ever: a FIFO's open waits for a change */
	u32 nr_files;			/* fifo_lock */
	u32 capacity;			/* bytes, whole pages; never changes */
	struct page *pages[PIPE_PAGES];
	struct page *spare;
	struct wait_queue read_wq, write_wq;
};

static struct kmem_cache *pipe_cache;
static struct super_block *pipefs;
static u64 next_pipe_ino = 1;
static struct spinlock fifo_lock = SPINLOCK_INIT("fifo", RANK_FILES);

/*
 * Pages that all pipes together may hold. Beyond this number, or beyond 1/PIPES_SHARE of memory, new
 * pipes are as short as a pipe can be; nobody is refused one. (Linux: pipe-user-pages-soft.)
 */
#define PIPES_PAGES_SOFT 16384
#define PIPES_SHARE	 8
#define PIPE_PAGES_LEAST 2

static atomic64_t nr_pages_granted;

void (*sigpipe_hook)(void);

static u32
pipe_capacity_grant(void)
{
	s64 limit = MIN(nr_total_pages() / PIPES_SHARE, (u64)PIPES_PAGES_SOFT);
	u32 nr_pages = PIPE_PAGES;

	if (atomic64_read(&nr_pages_granted) + nr_pages > limit)
		nr_pages = PIPE_PAGES_LEAST;
	atomic64_add(&nr_pages_granted, nr_pages);
	return nr_pages * PAGE_SIZE;
}

static struct pipe *
pipe_alloc(void)
{
	struct pipe *pipe = kmem_cache_alloc(pipe_cache, GFP_KERNEL | GFP_ZERO);

	if (!pipe)
		return NULL;
	pipe->capacity = pipe_capacity_grant();
	mutex_init(&pipe->lock, "pipe", RANK_PIPE);
	wait_queue_init(&pipe->read_wq);
	wait_queue_init(&pipe->write_wq);
	return pipe;
}

int
pipe_capacity(const struct file *file)
{
	const struct pipe *pipe = file->private;

	return pipe ? (int)pipe->capacity : -EBADF;
}

static void
pipe_free(struct pipe *pipe)
{
	for (unsigned i = 0; i < PIPE_PAGES; i++) {
		if (pipe->pages[i])
			page_put(pipe->pages[i]);
	}
	if (pipe->spare)
		page_put(pipe->spare);
	atomic64_add(&nr_pages_granted, -(s64)(pipe->capacity / PAGE_SIZE));
	kmem_cache_free(pipe_cache, pipe);
}

static u64
pipe_used(const struct pipe *pipe)
{
	return pipe->head - pipe->tail;
}

static u64
pipe_room(const struct pipe *pipe)
{
	return ALIGN_DOWN(pipe->tail, PAGE_SIZE) + pipe->capacity - pipe->head;
}

/* Where the page of a position is. */
static struct page **
pipe_slot(struct pipe *pipe, u64 pos)
{
	return &pipe->pages[pos / PAGE_SIZE % PIPE_PAGES];
}

/* All of this page has been read. */
static void
pipe_drop_page(struct pipe *pipe, struct page **slot)
{
	if (pipe->spare)
		page_put(*slot);
	else
		pipe->spare = *slot;
	*slot = NULL;
}

/* Sleeps on wq without the pipe's lock. => 0, or -ERESTARTSYS; the lock is held again */
static int
pipe_sleep(struct pipe *pipe, struct wait_queue *wq)
{
	struct waiter self = WAITER_INIT(self);

	wait_prepare_exclusive(wq, &self, TASK_INTERRUPTIBLE);
	if (signal_pending()) {
		wait_finish(wq, &self);
		return -ERESTARTSYS;
	}
	mutex_unlock(&pipe->lock);
	schedule();
	wait_finish(wq, &self);
	mutex_lock(&pipe->lock);
	return 0;
}

/* Moves n bytes of the tail's page out. */
static void
pipe_take(struct pipe *pipe, struct uio *uio, u32 n)
{
	struct page **slot = pipe_slot(pipe, pipe->tail);

	uio_copy_page_to(uio, *slot, pipe->tail % PAGE_SIZE, n);
	pipe->tail += n;
	if (pipe->tail % PAGE_SIZE == 0)
		pipe_drop_page(pipe, slot);
	else if (pipe->tail == pipe->head)
		pipe->tail = pipe->head = ALIGN_DOWN(pipe->tail, PAGE_SIZE);
}

/* Moves what is there. => bytes, or -EFAULT; lock held */
static ssize_t
pipe_drain(struct pipe *pipe, struct uio *uio)
{
	ssize_t done = 0;

	while (uio_left(uio) > 0 && pipe_used(pipe) > 0) {
		s64 pinned = uio_pin(uio, pipe_used(pipe));
		s64 left = pinned;

		if (pinned < 0)
			return done > 0 ? done : pinned;
		while (left > 0) {
			u64 in_page = PAGE_SIZE - pipe->tail % PAGE_SIZE;
			u32 n = MIN(MIN((u64)left, in_page), pipe_used(pipe));

			pipe_take(pipe, uio, n);
			left -= n;
		}
		uio_unpin(uio);
		done += pinned;
	}
	return done;
}

/* Sleeps until there is something to read. => 1; 0 at the end of file; or -errno. Lock held */
static int
pipe_wait_data(struct pipe *pipe, bool nonblock)
{
	while (pipe_used(pipe) == 0) {
		int error;

		if (pipe->nr_writers == 0)
			return 0;
		if (nonblock)
			return -EAGAIN;
		error = pipe_sleep(pipe, &pipe->read_wq);
		if (error)
			return error;
	}
	return 1;
}

static ssize_t
pipe_read(struct file *file, struct uio *uio, u64 *pos)
{
	struct pipe *pipe = file->private;
	bool wake_writer, wake_reader;
	ssize_t result;

	(void)pos;
	if (uio_left(uio) == 0)
		return 0;
	mutex_lock(&pipe->lock);
	result = pipe_wait_data(pipe, file->flags & O_NONBLOCK);
	if (result > 0)
		result = pipe_drain(pipe, uio);
	wake_reader = pipe_used(pipe) > 0;
	wake_writer = pipe_room(pipe) >= PIPE_BUF;
	mutex_unlock(&pipe->lock);
	if (wake_writer && wait_queue_active(&pipe->write_wq))
		wake_up(&pipe->write_wq);
	if (wake_reader && wait_queue_active(&pipe->read_wq))
		wake_up(&pipe->read_wq);
	return result;
}

/* The page at the head. => false when there is no memory */
static bool
pipe_prepare_page(struct pipe *pipe)
{
	struct page **slot = pipe_slot(pipe, pipe->head);

	if (*slot)
		return true;
	*slot = pipe->spare ? pipe->spare : page_alloc(GFP_HIGHUSER);
	pipe->spare = NULL;
	return *slot != NULL;
}

/* Moves what there is room for. => bytes, -EFAULT or -ENOMEM; lock held */
static ssize_t
pipe_fill(struct pipe *pipe, struct uio *uio)
{
	ssize_t done = 0;

	while (uio_left(uio) > 0 && pipe_room(pipe) > 0) {
		s64 pinned = uio_pin(uio, pipe_room(pipe));
		s64 left = pinned;

		if (pinned < 0)
			return done > 0 ? done : pinned;
		while (left > 0 && pipe_prepare_page(pipe)) {
			u32 n = MIN((u64)left, PAGE_SIZE - pipe->head % PAGE_SIZE);

			uio_copy_page_from(uio, *pipe_slot(pipe, pipe->head),
					   pipe->head % PAGE_SIZE, n);
			pipe->head += n;
			left -= n;
		}
		uio_unpin(uio);
		done += pinned - left;
		if (left > 0)
			return done > 0 ? done : -ENOMEM;
	}
	return done;
}

/* Sleeps until there is room for `bytes`. => 0 or -errno; lock held */
static int
pipe_wait_room(struct pipe *pipe, u64 bytes, bool nonblock)
{
	for (;;) {
		int error;

		if (pipe->nr_readers == 0)
			return -EPIPE;
		if (pipe_room(pipe) >= bytes)
			return 0;
		if (nonblock)
			return -EAGAIN;
		error = pipe_sleep(pipe, &pipe->write_wq);
		if (error)
			return error;
	}
}

/* One round of a write. => bytes or -errno */
static ssize_t
pipe_write_some(struct pipe *pipe, struct uio *uio, u64 need, bool nonblock)
{
	bool wake_writer, wake_reader;
	ssize_t result;

	mutex_lock(&pipe->lock);
	result = pipe_wait_room(pipe, need, nonblock);
	if (result == 0)
		result = pipe_fill(pipe, uio);
	wake_reader = pipe_used(pipe) > 0;
	wake_writer = pipe_room(pipe) >= PIPE_BUF;
	mutex_unlock(&pipe->lock);
	if (wake_reader && wait_queue_active(&pipe->read_wq))
		wake_up(&pipe->read_wq);
	if (wake_writer && wait_queue_active(&pipe->write_wq))
		wake_up(&pipe->write_wq);
	return result;
}

static ssize_t
pipe_write(struct file *file, struct uio *uio, u64 *pos)
{
	struct pipe *pipe = file->private;
	u64 need = uio_left(uio) <= PIPE_BUF ? uio_left(uio) : 1;
	ssize_t done = 0, moved = 0;

	(void)pos;
	while (uio_left(uio) > 0) {
		moved = pipe_write_some(pipe, uio, need, file->flags & O_NONBLOCK);
		if (moved <= 0)
			break;
		done += moved;
	}
	if (moved == -EPIPE && sigpipe_hook)
		sigpipe_hook();
	return done > 0 ? done : moved;
}

/*
 * Was there a writer since the file was opened? Until then a FIFO has no end that poll could see.
 * A pipe has no position: `pos` is how many writers had opened it when a reader did not wait.
 */
static bool
pipe_had_writer(const struct pipe *pipe, const struct file *file)
{
	return file->pos != READ_ONCE(pipe->writer_opens);
}

static u32
pipe_poll(struct file *file, struct poll_table *table)
{
	struct pipe *pipe = file->private;
	u32 events = 0;

	if (file_is_readable(file)) {
		poll_wait(table, &pipe->read_wq);
		if (READ_ONCE(pipe->head) != READ_ONCE(pipe->tail))
			events |= POLLIN | POLLRDNORM;
		if (READ_ONCE(pipe->nr_writers) == 0 && pipe_had_writer(pipe, file))
			events |= POLLHUP;
	}
	if (file_is_writable(file)) {
		poll_wait(table, &pipe->write_wq);
		if (pipe_room(pipe) >= PIPE_BUF)
			events |= POLLOUT | POLLWRNORM;
		if (READ_ONCE(pipe->nr_readers) == 0)
			events |= POLLERR;
	}
	return events;
}

#define FIONREAD 0x541b

static long
pipe_ioctl(struct file *file, u32 request, u64 arg)
{
	struct pipe *pipe = file->private;

	if (request != FIONREAD)
		return -ENOTTY;
	return put_user_u32(arg, pipe_used(pipe));
}

static void
pipe_add_end(struct pipe *pipe, const struct file *file)
{
	mutex_lock(&pipe->lock);
	if (file_is_readable(file)) {
		pipe->nr_readers++;
		pipe->reader_opens++;
	}
	if (file_is_writable(file)) {
		pipe->nr_writers++;
		pipe->writer_opens++;
	}
	mutex_unlock(&pipe->lock);
}

/* One open file less; the last one frees the pipe. */
static void
pipe_put(struct inode *inode, struct pipe *pipe)
{
	bool last;

	spin_lock(&fifo_lock);
	last = --pipe->nr_files == 0;
	if (last)
		inode->pipe = NULL;
	spin_unlock(&fifo_lock);
	if (!last)
		return;
	pipe_free(pipe);
	if (inode->sb == pipefs)
		inode->nlink = 0;
}

static void
pipe_release(struct file *file)
{
	struct pipe *pipe = file->private;

	mutex_lock(&pipe->lock);
	pipe->nr_readers -= file_is_readable(file);
	pipe->nr_writers -= file_is_writable(file);
	mutex_unlock(&pipe->lock);
	wake_up_all(&pipe->read_wq);
	wake_up_all(&pipe->write_wq);
	pipe_put(file->inode, pipe);
}

/* The FIFO's pipe, made by its first open, with one file more. */
static struct pipe *
fifo_get_pipe(struct inode *inode)
{
	struct pipe *fresh = pipe_alloc(), *pipe;

	if (!fresh)
		return NULL;
	spin_lock(&fifo_lock);
	if (!inode->pipe) {
		inode->pipe = fresh;
		fresh = NULL;
	}
	pipe = inode->pipe;
	pipe->nr_files++;
	spin_unlock(&fifo_lock);
	if (fresh)
		pipe_free(fresh);
	return pipe;
}

/* Opening one end waits until the other one is open, or was since. */
static int
fifo_wait_partner(struct pipe *pipe, struct file *file)
{
	bool reads = file_is_readable(file);
	u32 *partners = reads ? &pipe->nr_writers : &pipe->nr_readers;
	u32 *opens = reads ? &pipe->writer_opens : &pipe->reader_opens;
	u32 before = READ_ONCE(*opens);

	if ((file->flags & O_ACCMODE) == O_RDWR || READ_ONCE(*partners) > 0)
		return 0;
	if (file->flags & O_NONBLOCK && reads)
		file->pos = before;
	if (file->flags & O_NONBLOCK)
		return reads ? 0 : -ENXIO;
	return wait_event_interruptible(reads ? &pipe->read_wq : &pipe->write_wq,
					READ_ONCE(*partners) > 0 || READ_ONCE(*opens) != before);
}

static int
fifo_open(struct inode *inode, struct file *file)
{
	struct pipe *pipe = fifo_get_pipe(inode);
	int error;

	if (!pipe)
		return -ENOMEM;
	file->private = pipe;
	pipe_add_end(pipe, file);
	wake_up_all(&pipe->read_wq);
	wake_up_all(&pipe->write_wq);
	/* A pipe opened again by /proc/self/fd had both ends from the start. */
	error = inode->sb == pipefs ? 0 : fifo_wait_partner(pipe, file);
	if (error)
		pipe_release(file);
	return error;
}

static const struct file_ops pipe_ops = {
	.read = pipe_read,
	.write = pipe_write,
	.poll = pipe_poll,
	.ioctl = pipe_ioctl,
	.release = pipe_release,
	.flags = FILE_STREAM,
};

bool
file_is_pipe(const struct file *file)
{
	return file->ops == &pipe_ops;
}

bool
pipe_has_reader(const struct file *file)
{
	const struct pipe *pipe = file->private;

	return READ_ONCE(pipe->nr_readers) > 0;
}

int
pipe_write_record(struct file *file, const void *record, size_t bytes)
{
	struct uio uio;
	ssize_t written;

	assert(bytes <= PIPE_BUF);
	uio_init_kernel(&uio, UIO_FROM_MEMORY, (void *)(uintptr_t)record, bytes);
	written = pipe_write_some(file->private, &uio, bytes, false);
	return written < 0 ? written : 0;
}

const struct file_ops fifo_ops = {
	.read = pipe_read,
	.write = pipe_write,
	.poll = pipe_poll,
	.ioctl = pipe_ioctl,
	.open = fifo_open,
	.release = pipe_release,
	.flags = FILE_STREAM,
};

static const struct super_ops pipefs_ops;
static const struct inode_ops pipe_iops;

static struct inode *
pipe_inode_new(struct pipe *pipe)
{
	struct inode *inode =
		inode_new(pipefs, __atomic_fetch_add(&next_pipe_ino, 1, __ATOMIC_RELAXED));

	if (IS_ERR_OR_NULL(inode))
		return NULL;
	inode->mode = S_IFIFO | 0600;
	inode->pipe = pipe;
	inode->fops = &fifo_ops;
	inode->iops = &pipe_iops;
	inode_publish(inode);
	return inode;
}

int
pipe_create(struct file **reader, struct file **writer, u32 flags)
{
	struct pipe *pipe = pipe_alloc();
	struct inode *inode = pipe ? pipe_inode_new(pipe) : NULL;

	if (!inode) {
		if (pipe)
			pipe_free(pipe);
		return -ENOMEM;
	}
	*reader = file_alloc_anon(inode, &pipe_ops, O_RDONLY | flags);
	*writer = file_alloc_anon(inode_ref(inode), &pipe_ops, O_WRONLY | flags);
	if (!*reader || !*writer) {
		if (*reader)
			file_discard(*reader);
		if (*writer)
			file_discard(*writer);
		pipe_free(pipe);
		inode->nlink = 0;
		inode_put(inode);
		inode_put(inode);
		return -ENOMEM;
	}
	(*reader)->private = (*writer)->private = pipe;
	pipe->nr_files = 2;
	pipe_add_end(pipe, *reader);
	pipe_add_end(pipe, *writer);
	return 0;
}

struct dentry *
pipe_dentry_new(struct inode *inode)
{
	struct dentry *dentry = dentry_new_root(pipefs, inode_ref(inode));

	if (!dentry)
		inode_put(inode);
	return dentry;
}

void INIT
pipe_init(void)
{
	static struct fs_type type = {.name = "pipefs"};

	pipe_cache = kmem_cache_create("pipe", sizeof(struct pipe), 0, 0, NULL);
	pipefs = super_alloc(&type, "pipefs");
	if (!pipe_cache || !pipefs)
		panic("pipe: no memory at boot");
	pipefs->ops = &pipefs_ops;
	pipefs->in_memory = true;
}
