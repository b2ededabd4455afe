#pragma once

/* What a test reads of a file. */

#include "vm/pagecache.h"
#include "vm/uio.h"

/* From the cache to kernel memory, up to the file's end. => bytes copied, or -errno */
static inline s64
pagecache_read_kernel(struct mapping *mapping, u64 pos, void *kva, u64 bytes)
{
	struct uio uio;

	uio_init_kernel(&uio, UIO_TO_MEMORY, kva, bytes);
	return pagecache_read(mapping, &pos, &uio, NULL);
}
