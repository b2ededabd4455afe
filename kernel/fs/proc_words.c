/* Reading the files of procfs that are arrays of 64-bit words. Nothing is kept between two reads. */
#include "fs/proc_node.h"

#include "fs/file.h"
#include "mem/page_alloc.h"
#include "vm/uio.h"

#define WORD sizeof(u64)

STATIC_ASSERT(PROC_WORDS_MAX *WORD == PAGE_SIZE);

static s64
words_get(const struct inode *inode, u64 first, u64 *words, u64 nr)
{
	struct proc_who who = proc_ino_who(inode->ino);

	if (!who.pid)
		return proc_node_get(inode->ino)->words(first, words, nr);
	return proc_pid_ops->words(who, proc_ino_kind(inode->ino) - PROC_PID_FILE, first, words,
				   nr);
}

/* Copy words to the reader until he has all, or there are no more. => bytes, or -errno for none */
static s64
words_read(const struct inode *inode, u64 *words, struct uio *uio, u64 *pos)
{
	u64 start = *pos;
	s64 nr = 0;

	while (uio_left(uio) > 0) {
		s64 moved;

		nr = words_get(inode, *pos / WORD, words,
			       MIN(uio_left(uio) / WORD, (u64)PROC_WORDS_MAX));
		if (nr <= 0)
			break;
		moved = uio_move_to(uio, words, nr * WORD);
		if (moved <= 0) {
			nr = moved;
			break;
		}
		*pos += moved;
	}
	return *pos > start ? (s64)(*pos - start) : nr;
}

/* As in Linux, position and size must be of whole words. */
static ssize_t
proc_words_read(struct file *file, struct uio *uio, u64 *pos)
{
	u64 *words;
	s64 result;

	if (*pos % WORD || uio_left(uio) % WORD)
		return -EINVAL;
	words = page_alloc_kva(GFP_KERNEL);
	if (!words)
		return -ENOMEM;
	result = words_read(file->inode, words, uio, pos);
	page_free_kva(words);
	return result;
}

const struct file_ops proc_words_ops = {
	.llseek = proc_llseek,
	.read = proc_words_read,
};
