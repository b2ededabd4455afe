/*
 * Reading and writing the text files of procfs. The text is made when a read begins at 0, and kept
 * with the open file, so that the following reads go on in the same text.
 */
#include "fs/proc_node.h"

#include "fs/debugfs.h"
#include "fs/file.h"
#include "lib/parse.h"
#include "lib/string.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"
#include "vm/uio.h"

struct proc_text {
	struct mutex lock;
	struct seq seq;
	bool made;
};

/* Not even root reads what can only be written, as with Linux's sysctls. */
static int
proc_file_open(struct inode *inode, struct file *file)
{
	const struct proc_node *node = proc_ino_pid(inode->ino) ? NULL : proc_node_get(inode->ino);
	struct proc_text *text;

	if (node && node->write && !node->show && file_is_readable(file))
		return -EACCES;
	text = kzalloc(sizeof(*text), GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	mutex_init(&text->lock, "proc_text", RANK_FILEPOS + 1);
	file->private = text;
	return 0;
}

static void
proc_file_release(struct file *file)
{
	struct proc_text *text = file->private;

	seq_destroy(&text->seq);
	kfree(text);
}

static int
proc_show(struct seq *seq, void *arg)
{
	struct inode *inode = arg;
	struct proc_who who = proc_ino_who(inode->ino);
	const struct proc_node *node;

	if (who.pid)
		return proc_pid_ops->show(who, proc_ino_kind(inode->ino) - PROC_PID_FILE, seq);
	node = proc_node_get(inode->ino);
	if (node->debug_ops)
		return node->debug_ops->show ? node->debug_ops->show(seq, node->debug_arg)
					     : -EINVAL;
	if (node->show)
		return node->show(seq);
	if (!node->number)
		return -EINVAL;
	seq_printf(seq, "%u\n", READ_ONCE(*node->number));
	return 0;
}

/* => text->lock held */
static ssize_t
text_read(struct proc_text *text, struct inode *inode, struct uio *uio, u64 *pos)
{
	ssize_t moved;

	if (*pos == 0 || !text->made) {
		int error;

		seq_destroy(&text->seq);
		error = seq_make(&text->seq, proc_show, inode);
		text->made = !error;
		if (error)
			return error;
	}
	if (*pos >= text->seq.len || uio_left(uio) == 0)
		return 0;
	moved = uio_move_to(uio, text->seq.buf + *pos, MIN(uio_left(uio), text->seq.len - *pos));
	if (moved > 0)
		*pos += moved;
	return moved;
}

static ssize_t
proc_file_read(struct file *file, struct uio *uio, u64 *pos)
{
	struct proc_text *text = file->private;
	ssize_t result;

	mutex_lock(&text->lock);
	result = text_read(text, file->inode, uio, pos);
	mutex_unlock(&text->lock);
	return result;
}

static int
number_write(const struct proc_node *node, const char *text)
{
	u64 value;

	if (kstrtou64(text, 0, &value) || value < node->min || value > node->max)
		return -EINVAL;
	WRITE_ONCE(*node->number, value);
	return 0;
}

static int
proc_write_text(struct inode *inode, const char *text)
{
	struct proc_who who = proc_ino_who(inode->ino);
	const struct proc_node *node;

	if (who.pid)
		return proc_pid_ops->write(who, proc_ino_kind(inode->ino) - PROC_PID_FILE, text);
	node = proc_node_get(inode->ino);
	if (node->debug_ops)
		return node->debug_ops->write ? node->debug_ops->write(node->debug_arg, text)
					      : -EINVAL;
	if (node->number)
		return number_write(node, text);
	return node->write ? node->write(text) : -EINVAL;
}

static ssize_t
proc_file_write(struct file *file, struct uio *uio, u64 *pos)
{
	u64 len = uio_left(uio);
	char *text;
	s64 result;

	(void)pos;
	if (len >= PAGE_SIZE)
		return -EINVAL;
	if (len == 0 && !proc_ino_pid(file->inode->ino))
		return 0;
	text = page_alloc_kva(GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	result = uio_move_from(uio, text, len);
	if (result == (s64)len) {
		text[len > 0 && text[len - 1] == '\n' ? len - 1 : len] = '\0';
		result = proc_write_text(file->inode, text);
		result = result ? result : (s64)len;
	} else {
		result = -EFAULT;
	}
	page_free_kva(text);
	return result;
}

s64
proc_llseek(struct file *file, s64 offset, int whence)
{
	return whence <= SEEK_CUR ? generic_llseek(file, offset, whence) : -EINVAL;
}

const struct file_ops proc_file_ops = {
	.llseek = proc_llseek,
	.open = proc_file_open,
	.release = proc_file_release,
	.read = proc_file_read,
	.write = proc_file_write,
};
