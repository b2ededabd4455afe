/* Terminals as files, and the port to the host. */
#include "fs/device.h"

#include "dev/console.h"
#include "dev/virtio_console.h"
#include "fs/inode.h"
#include "fs/poll.h"
#include "mem/page_alloc.h"
#include "vm/uio.h"
#include "vm/usercopy.h"

#define TTY_MAJOR	4
#define TTYAUX_MAJOR	5
#define VPORT_MAJOR	10
#define CONSOLE_MINOR	64 /* ttyS0 */
#define TTY_BOUNCE	256
#define IOCTL_ARG_BYTES 128

struct tty *(*current_tty_hook)(void);

/* An open terminal keeps which one it is in file->private. */
static int
console_open(struct inode *inode, struct file *file)
{
	(void)inode;
	file->private = console_tty();
	return 0;
}

static int
current_tty_open(struct inode *inode, struct file *file)
{
	(void)inode;
	file->private = current_tty_hook ? current_tty_hook() : console_tty();
	return file->private ? 0 : -ENXIO;
}

/* One read of the terminal; long ones through a page, so that a whole line fits. */
static ssize_t
tty_file_read(struct file *file, struct uio *uio, u64 *pos)
{
	char small[TTY_BOUNCE], *buf = small;
	u64 want = MIN(uio_left(uio), (u64)PAGE_SIZE);
	ssize_t got;

	(void)pos;
	if (want > sizeof(small)) {
		buf = page_alloc_kva(GFP_KERNEL);
		if (!buf)
			return -ENOMEM;
	}
	got = tty_read(file->private, buf, want, file->flags & O_NONBLOCK);
	if (got > 0)
		got = uio_move_to(uio, buf, got);
	if (buf != small)
		page_free_kva(buf);
	return got;
}

/* In pieces of size[buf]; the terminal lets nothing come between within one. */
static ssize_t
tty_write_pieces(struct file *file, struct uio *uio, char *buf, u64 size)
{
	ssize_t done = 0, moved = 0;

	while (uio_left(uio) > 0) {
		s64 taken = uio_move_from(uio, buf, MIN(uio_left(uio), size));

		if (taken < 0) {
			moved = taken;
			break;
		}
		moved = tty_write(file->private, buf, taken, file->flags & O_NONBLOCK);
		if (moved <= 0)
			break;
		done += moved;
		if (moved < taken)
			break;
	}
	return done > 0 ? done : moved;
}

static ssize_t
tty_file_write(struct file *file, struct uio *uio, u64 *pos)
{
	char small[TTY_BOUNCE], *page = NULL;
	ssize_t written;

	(void)pos;
	if (uio_left(uio) > sizeof(small))
		page = page_alloc_kva(GFP_KERNEL | GFP_NOWARN);
	if (!page)
		return tty_write_pieces(file, uio, small, sizeof(small));
	written = tty_write_pieces(file, uio, page, PAGE_SIZE);
	page_free_kva(page);
	return written;
}

static u32
tty_file_poll(struct file *file, struct poll_table *table)
{
	struct tty *tty = file->private;

	poll_wait(table, &tty->read_wq);
	poll_wait(table, &tty->write_wq);
	return tty_poll(tty);
}

static long
tty_file_ioctl(struct file *file, u32 request, u64 arg)
{
	struct tty_ioctl_arg how;
	u8 buf[IOCTL_ARG_BYTES];
	int error = tty_ioctl_arg(request, &how);

	if (error)
		return error;
	assert(how.bytes <= sizeof(buf));
	if (how.in && copy_from_user(buf, arg, how.bytes))
		return -EFAULT;
	error = tty_ioctl(file->private, request, buf, arg);
	if (!error && how.out && copy_to_user(arg, buf, how.bytes))
		return -EFAULT;
	return error;
}

static const struct file_ops console_ops = {
	.read = tty_file_read,
	.write = tty_file_write,
	.poll = tty_file_poll,
	.ioctl = tty_file_ioctl,
	.open = console_open,
	.flags = FILE_STREAM,
};

static const struct file_ops current_tty_ops = {
	.read = tty_file_read,
	.write = tty_file_write,
	.poll = tty_file_poll,
	.ioctl = tty_file_ioctl,
	.open = current_tty_open,
	.flags = FILE_STREAM,
};

static ssize_t
vport_read(struct file *file, struct uio *uio, u64 *pos)
{
	char buf[TTY_BOUNCE];
	ssize_t got;

	(void)pos;
	got = virtio_console_read(buf, MIN(uio_left(uio), (u64)TTY_BOUNCE),
				  file->flags & O_NONBLOCK);
	return got > 0 ? uio_move_to(uio, buf, got) : got;
}

static ssize_t
vport_write(struct file *file, struct uio *uio, u64 *pos)
{
	char buf[TTY_BOUNCE];
	ssize_t done = 0, moved = 0;

	(void)file;
	(void)pos;
	while (uio_left(uio) > 0) {
		moved = uio_move_from(uio, buf, MIN(uio_left(uio), (u64)TTY_BOUNCE));
		if (moved > 0)
			moved = virtio_console_write(buf, moved);
		if (moved <= 0)
			break;
		done += moved;
	}
	return done > 0 ? done : moved;
}

static const struct file_ops vport_ops = {
	.read = vport_read,
	.write = vport_write,
	.flags = FILE_STREAM,
};

void INIT
tty_devices_init(void)
{
	device_register("tty", S_IFCHR | 0666, dev_make(TTYAUX_MAJOR, 0), &current_tty_ops);
	device_register("console", S_IFCHR | 0600, dev_make(TTYAUX_MAJOR, 1), &console_ops);
	device_register("ttyS0", S_IFCHR | 0660, dev_make(TTY_MAJOR, CONSOLE_MINOR), &console_ops);
	if (virtio_console_present())
		device_register("vport0", S_IFCHR | 0660, dev_make(VPORT_MAJOR, 0), &vport_ops);
}
