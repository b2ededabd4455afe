#pragma once

/*
 * Room for objects that are smaller than a page and of any size, such as compressed pages. Pure: it
 * neither locks nor allocates, and the host compiles it.
 *
 * Pages are divided into 64 chunks of 64 bytes, and a word for each page says which are taken. An
 * object has as many chunks in a row as it needs:
 *
 *	page	[aaaaaaaaaaaaaaaaaaaaaaa.....bbbbbbbbbbbbbbbbbbbbbbbbb...........]
 *		 object a                    object b                 11 free: the longest stretch
 *
 * Pages are sorted by their longest stretch of free chunks. An object goes where the shortest one is
 * that is long enough, so what is left over stays in few pages, for large objects. A page without
 * objects is given back at once.
 */

#include "lib/list.h"
#include "lib/types.h"
#include "mem/page.h"

#define ZPOOL_CHUNK_BYTES 64
#define ZPOOL_CHUNKS	  (PAGE_SIZE / ZPOOL_CHUNK_BYTES)

/*
 * The largest object. What is left of a page that has one is room for another of a typical size; of
 * larger ones hardly more than one page's worth would be stored in a page.
 */
#define ZPOOL_OBJECT_MAX (42 * ZPOOL_CHUNK_BYTES)

struct zpool {
	struct list_head pages[ZPOOL_CHUNKS + 1]; /* by the length of the longest stretch */
	u64 stretches;		 /* bit n - 1: there are pages with a longest stretch of n */
	u64 nr_pages, nr_chunks; /* all; chunks that are taken */
};

/* Where an object is. */
struct zpool_place {
	struct page *page;
	u8 first, nr; /* chunks */
};

void zpool_init(struct zpool *pool);

/* Room for an object in the pages that are there. => bytes at most ZPOOL_OBJECT_MAX; false: none */
bool zpool_take(struct zpool *pool, size_t bytes, struct zpool_place *place);

/*
 * The same with a page more, of the allocator, with one reference, if there is one and no other room: the page
 * is the pool's then, and *fresh NULL. Others may have made room while it was allocated, and a page without
 * objects would stay in the pool until one came.
 */
bool zpool_take_or_add(struct zpool *pool, size_t bytes, struct zpool_place *place,
		       struct page **fresh);

/* An object is gone. => a page that is the caller's now, for it has no objects; or NULL */
struct page *zpool_give(struct zpool *pool, struct zpool_place place);

/* Where the object begins in its page. */
static inline size_t
zpool_offset(struct zpool_place place)
{
	return place.first * ZPOOL_CHUNK_BYTES;
}

/* Are lists, words and sums right? For tests. */
bool zpool_check(const struct zpool *pool);
