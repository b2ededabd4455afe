#include "vm/zpool.h"

#include "lib/bitops.h"

/* page->private is the word of taken chunks, page->lru the link of its list. */

/* Bits that begin a stretch of nr free chunks. */
static u64
stretch_starts(u64 taken, unsigned nr)
{
	u64 starts = ~taken;

	for (unsigned have = 1; have < nr;) {
		unsigned more = MIN(have, nr - have);

		starts &= starts >> more;
		have += more;
	}
	return starts;
}

/* How many free chunks there are in a row. */
static unsigned
stretch_longest(u64 taken)
{
	u64 starts = ~taken;
	unsigned nr = 0;

	for (; starts; nr++)
		starts &= starts >> 1;
	return nr;
}

static u64
chunk_bits(struct zpool_place place)
{
	return (~0UL >> (ZPOOL_CHUNKS - place.nr)) << place.first;
}

void
zpool_init(struct zpool *pool)
{
	*pool = (struct zpool){0};
	for (unsigned i = 0; i <= ZPOOL_CHUNKS; i++)
		list_init(&pool->pages[i]);
}

static void
page_file(struct zpool *pool, struct page *page)
{
	unsigned nr = stretch_longest(page->private);

	list_add(&page->lru, &pool->pages[nr]);
	if (nr > 0)
		pool->stretches |= BIT(nr - 1);
}

static void
page_unfile(struct zpool *pool, struct page *page)
{
	unsigned nr = stretch_longest(page->private);

	list_del(&page->lru);
	if (nr > 0 && list_empty(&pool->pages[nr]))
		pool->stretches &= ~BIT(nr - 1);
}

bool
zpool_take(struct zpool *pool, size_t bytes, struct zpool_place *place)
{
	unsigned nr = MAX(DIV_ROUND_UP(bytes, ZPOOL_CHUNK_BYTES), 1UL);
	u64 enough = pool->stretches >> (nr - 1);
	struct page *page;

	assert(bytes <= ZPOOL_OBJECT_MAX);
	if (!enough)
		return false;
	page = list_first_entry(&pool->pages[nr + ctz64(enough)], struct page, lru);
	*place = (struct zpool_place){
		.page = page,
		.first = ctz64(stretch_starts(page->private, nr)),
		.nr = nr,
	};
	page_unfile(pool, page);
	page->private |= chunk_bits(*place);
	page_file(pool, page);
	pool->nr_chunks += nr;
	return true;
}

bool
zpool_take_or_add(struct zpool *pool, size_t bytes, struct zpool_place *place, struct page **fresh)
{
	if (zpool_take(pool, bytes, place))
		return true;
	if (!*fresh)
		return false;
	(*fresh)->private = 0;
	page_file(pool, *fresh);
	pool->nr_pages++;
	*fresh = NULL;
	return zpool_take(pool, bytes, place);
}

struct page *
zpool_give(struct zpool *pool, struct zpool_place place)
{
	struct page *page = place.page;

	assert((page->private & chunk_bits(place)) == chunk_bits(place));
	page_unfile(pool, page);
	page->private &= ~chunk_bits(place);
	pool->nr_chunks -= place.nr;
	if (page->private) {
		page_file(pool, page);
		return NULL;
	}
	pool->nr_pages--;
	return page;
}

bool
zpool_check(const struct zpool *pool)
{
	u64 nr_pages = 0, nr_chunks = 0;

	for (unsigned nr = 0; nr <= ZPOOL_CHUNKS; nr++) {
		const struct page *page;

		if (nr > 0 && list_empty(&pool->pages[nr]) == (pool->stretches >> (nr - 1) & 1))
			return false;
		list_for_each_entry(page, &pool->pages[nr], lru) {
			if (stretch_longest(page->private) != nr)
				return false;
			nr_pages++;
			nr_chunks += popcount64(page->private);
		}
	}
	return nr_pages == pool->nr_pages && nr_chunks == pool->nr_chunks;
}
