/* /dev/null, zero, full, random, urandom and kmsg. */
#include "fs/device.h"

#include "core/printk.h"
#include "dev/random.h"
#include "lib/string.h"
#include "sched/sched.h"
#include "vm/uio.h"

#define MEM_MAJOR    1
#define KMSG_LINE    256
#define RANDOM_CHUNK 128

static ssize_t
null_read(struct file *file, struct uio *uio, u64 *pos)
{
	(void)file;
	(void)uio;
	(void)pos;
	return 0;
}

static ssize_t
null_write(struct file *file, struct uio *uio, u64 *pos)
{
	(void)file;
	(void)pos;
	return uio_left(uio);
}

static ssize_t
zero_read(struct file *file, struct uio *uio, u64 *pos)
{
	(void)file;
	(void)pos;
	return uio_left(uio) ? uio_move_zero(uio, uio_left(uio)) : 0;
}

static ssize_t
full_write(struct file *file, struct uio *uio, u64 *pos)
{
	(void)file;
	(void)uio;
	(void)pos;
	return -ENOSPC;
}

static ssize_t
random_read(struct file *file, struct uio *uio, u64 *pos)
{
	u8 chunk[RANDOM_CHUNK];
	ssize_t done = 0;

	(void)file;
	(void)pos;
	while (uio_left(uio) > 0) {
		u64 n = MIN(uio_left(uio), (u64)RANDOM_CHUNK);
		s64 moved;

		random_get_bytes(chunk, n);
		moved = uio_move_to(uio, chunk, n);
		if (moved <= 0)
			return done > 0 ? done : moved;
		done += moved;
		cond_resched();
		if (kill_pending())
			break;
	}
	return done;
}

static ssize_t
random_write(struct file *file, struct uio *uio, u64 *pos)
{
	u8 chunk[RANDOM_CHUNK];
	ssize_t done = 0;

	(void)file;
	(void)pos;
	while (uio_left(uio) > 0) {
		s64 moved = uio_move_from(uio, chunk, MIN(uio_left(uio), (u64)RANDOM_CHUNK));

		if (moved <= 0)
			return done > 0 ? done : moved;
		random_add(chunk, moved);
		done += moved;
		cond_resched();
		if (kill_pending())
			break;
	}
	return done;
}

/* One write is one line of the kernel's log. */
static ssize_t
kmsg_write(struct file *file, struct uio *uio, u64 *pos)
{
	char line[KMSG_LINE];
	u64 len = uio_left(uio);
	s64 moved;

	(void)file;
	(void)pos;
	if (len == 0)
		return 0;
	moved = uio_move_from(uio, line, MIN(len, (u64)KMSG_LINE - 1));
	if (moved <= 0)
		return moved;
	line[moved] = '\0';
	line[strcspn(line, "\n")] = '\0';
	pr_notice("%s", line);
	return len;
}

static s64
null_llseek(struct file *file, s64 offset, int whence)
{
	(void)file;
	(void)offset;
	(void)whence;
	return 0;
}

static const struct file_ops null_ops = {
	.read = null_read, .write = null_write, .llseek = null_llseek};
static const struct file_ops zero_ops = {
	.read = zero_read, .write = null_write, .llseek = null_llseek, .flags = FILE_ZERO};
static const struct file_ops full_ops = {
	.read = zero_read, .write = full_write, .llseek = null_llseek};
static const struct file_ops random_ops = {
	.read = random_read, .write = random_write, .llseek = null_llseek};
static const struct file_ops kmsg_ops = {.write = kmsg_write, .llseek = null_llseek};

void INIT
mem_devices_init(void)
{
	device_register("null", S_IFCHR | 0666, dev_make(MEM_MAJOR, 3), &null_ops);
	device_register("zero", S_IFCHR | 0666, dev_make(MEM_MAJOR, 5), &zero_ops);
	device_register("full", S_IFCHR | 0666, dev_make(MEM_MAJOR, 7), &full_ops);
	device_register("random", S_IFCHR | 0666, dev_make(MEM_MAJOR, 8), &random_ops);
	device_register("urandom", S_IFCHR | 0666, dev_make(MEM_MAJOR, 9), &random_ops);
	device_register("kmsg", S_IFCHR | 0600, dev_make(MEM_MAJOR, 11), &kmsg_ops);
}
