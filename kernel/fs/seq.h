/* A text being built for a reader: what the files of procfs are made of. */
#pragma once

#include "lib/compiler.h"

struct seq {
	char *buf;
	size_t size;   /* of buf */
	size_t len;    /* written */
	bool overflow; /* something did not fit: the text is made again with a larger buffer */
};

void seq_printf(struct seq *seq, const char *fmt, ...) PRINTF(2, 3);
void seq_puts(struct seq *seq, const char *s);
void seq_putc(struct seq *seq, char c);
void seq_write(struct seq *seq, const void *data, size_t len);

/* A path or name with \ooo for characters of `special` and for backslash, as /proc/mounts has it. */
void seq_escape(struct seq *seq, const char *s, const char *special);

/*
 * Runs show(seq, arg) into a buffer that grows until all fits. => 0 and seq->buf to be freed with
 * seq_destroy(), or what show returned, -ENOMEM, -EFBIG
 */
int seq_make(struct seq *seq, int (*show)(struct seq *seq, void *arg), void *arg);
void seq_destroy(struct seq *seq);
