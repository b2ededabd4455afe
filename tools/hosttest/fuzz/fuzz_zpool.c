/*
 * The pool of compressed pages: each pair of bytes stores an object of some size, or frees one. A model
 * knows who has which chunk; the whole pool is checked after each.
 */
#include "hosttest.h"
#include "swap/env.h"
#include "vm/zpool.h"

#include <stdlib.h>

#define NR_OBJECTS 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* One page in the pool: for each chunk, the number of its object + 1. */
struct model_page {
	struct page page;
	u8 owner[ZPOOL_CHUNKS];
};

static void
mark(struct zpool_place place, u8 from, u8 to)
{
	struct model_page *model = (struct model_page *)place.page;

	for (unsigned i = place.first; i < place.first + place.nr; i++) {
		CHECK(i < ZPOOL_CHUNKS && model->owner[i] == from);
		model->owner[i] = to;
	}
}

static void
fuzz_one(struct zpool *pool, struct zpool_place *places, u8 which, u8 size)
{
	struct zpool_place *place = &places[which % NR_OBJECTS];
	u8 id = which % NR_OBJECTS + 1;

	if (place->page) {
		mark(*place, id, 0);
		free(zpool_give(pool, *place));
		place->page = NULL;
	} else {
		size_t bytes = 1 + (size + (which >> 6) * 256UL) * 5 % ZPOOL_OBJECT_MAX;

		if (!zpool_take(pool, bytes, place)) {
			struct page *fresh = env_page_make(sizeof(struct model_page));

			CHECK(zpool_take_or_add(pool, bytes, place, &fresh));
			CHECK(!fresh);
		}
		CHECK(place->nr * (size_t)ZPOOL_CHUNK_BYTES >= bytes);
		mark(*place, 0, id);
	}
	CHECK(zpool_check(pool));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct zpool_place places[NR_OBJECTS] = {0};
	struct zpool pool;

	zpool_init(&pool);
	for (size_t i = 0; i + 1 < bytes; i += 2)
		fuzz_one(&pool, places, data[i], data[i + 1]);
	for (unsigned i = 0; i < NR_OBJECTS; i++)
		if (places[i].page)
			fuzz_one(&pool, places, i, 0);
	CHECK_EQ(pool.nr_pages, 0);
	return 0;
}
