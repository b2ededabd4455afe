#include "fs/seq.h"

#include "lib/err.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"
#include "mem/vmalloc.h"

#define SEQ_FIRST_BYTES 2048
#define SEQ_MAX_BYTES	(128UL << 20)
/* Above this, pages that lie anywhere do: memory may be in small pieces. */
#define SEQ_BLOCK_BYTES 32768
/* All such texts together take a 4th of memory at most: they stay as long as their files are open. */
#define SEQ_SHARE 4

static atomic64_t large_bytes;

void
seq_printf(struct seq *seq, const char *fmt, ...)
{
	size_t room = seq->size - seq->len;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(seq->buf + seq->len, room, fmt, args);
	va_end(args);
	if ((size_t)len >= room)
		seq->overflow = true;
	else
		seq->len += len;
}

void
seq_write(struct seq *seq, const void *data, size_t len)
{
	if (len > seq->size - seq->len) {
		seq->overflow = true;
		return;
	}
	memcpy(seq->buf + seq->len, data, len);
	seq->len += len;
}

void
seq_puts(struct seq *seq, const char *s)
{
	seq_write(seq, s, strlen(s));
}

void
seq_putc(struct seq *seq, char c)
{
	seq_write(seq, &c, 1);
}

void
seq_escape(struct seq *seq, const char *s, const char *special)
{
	for (; *s; s++) {
		if (*s == '\\' || strchr(special, *s))
			seq_printf(seq, "\\%03o", (u8)*s);
		else
			seq_putc(seq, *s);
	}
}

/* Nobody is killed for a long text. => NULL when there is no memory, or too many such texts */
static char *
large_alloc(size_t size)
{
	s64 limit = nr_total_pages() * PAGE_SIZE / SEQ_SHARE;
	char *buf = NULL;

	if (atomic64_add(&large_bytes, size) <= limit)
		buf = vmalloc(size, GFP_KERNEL | GFP_NORETRY);
	if (!buf)
		atomic64_add(&large_bytes, -(s64)size);
	return buf;
}

static char *
buffer_alloc(size_t size)
{
	return size <= SEQ_BLOCK_BYTES ? kmalloc(size, GFP_KERNEL) : large_alloc(size);
}

static void
buffer_free(char *buf, size_t size)
{
	if (size <= SEQ_BLOCK_BYTES) {
		kfree(buf);
	} else if (buf) {
		vfree(buf);
		atomic64_add(&large_bytes, -(s64)size);
	}
}

int
seq_make(struct seq *seq, int (*show)(struct seq *seq, void *arg), void *arg)
{
	for (size_t size = SEQ_FIRST_BYTES; size <= SEQ_MAX_BYTES;
	     size *= size < SEQ_BLOCK_BYTES ? 4 : 2) {
		int error;

		*seq = (struct seq){.buf = buffer_alloc(size), .size = size};
		if (!seq->buf)
			return -ENOMEM;
		error = show(seq, arg);
		if (!error && !seq->overflow)
			return 0;
		seq_destroy(seq);
		if (error)
			return error;
	}
	return -EFBIG;
}

void
seq_destroy(struct seq *seq)
{
	buffer_free(seq->buf, seq->size);
	seq->buf = NULL;
}
