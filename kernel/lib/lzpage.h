/* Compression of one page of memory: fast rather than tight. The format is described in lib/lzpage.c. */
#pragma once

#include "lib/types.h"

#define LZPAGE_BYTES	  4096
#define LZPAGE_TABLE_LOG2 11

/* Where a sequence of bytes was seen last. Scratch memory of the compressor, 8 KiB: of the caller. */
struct lzpage_table {
	u32 last[1 << LZPAGE_TABLE_LOG2];
};

/*
 * Compress a page, which is aligned to 8 bytes, into at most max bytes at out. The result depends on
 * nothing but the page. => how many; 0: it does not fit, and what is at out means nothing
 */
size_t lzpage_compress(const void *page, void *out, size_t max, struct lzpage_table *table);

/*
 * The page that was compressed into these bytes, which need not be what lzpage_compress() made:
 * nothing outside of in[0 .. bytes - 1] is read, and nothing outside of the page written.
 * => 0; -EINVAL: they are no page, and the contents of page mean nothing
 */
int lzpage_decompress(const void *in, size_t bytes, void *page);
