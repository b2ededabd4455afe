/* The pool of compressed pages: no two objects share a chunk, and how full its pages are. */
#include "hosttest.h"
#include "swap/env.h"
#include "vm/zpool.h"

#include <stdlib.h>
#include <string.h>

#define NR_OBJECTS 4000

struct object {
	struct zpool_place place;
	size_t bytes;
};

static struct zpool pool;
static u64 sum_bytes;

/* As zswap does it. */
static void
take(struct object *object, size_t bytes)
{
	object->bytes = bytes;
	sum_bytes += bytes;
	if (!zpool_take(&pool, bytes, &object->place)) {
		struct page *fresh = env_page_make(sizeof(struct page));

		CHECK(zpool_take_or_add(&pool, bytes, &object->place, &fresh));
		CHECK(!fresh);
	}
}

static void
give(struct object *object)
{
	free(zpool_give(&pool, object->place));
	sum_bytes -= object->bytes;
	object->bytes = 0;
}

static int
object_compare(const void *a, const void *b)
{
	const struct zpool_place *x = &((const struct object *)a)->place;
	const struct zpool_place *y = &((const struct object *)b)->place;

	if (x->page != y->page)
		return x->page < y->page ? -1 : 1;
	return x->first - y->first;
}

/* Each object has room enough, within its page, and none of another's. */
static void
objects_check(const struct object *objects, unsigned nr)
{
	struct object sorted[NR_OBJECTS];

	memcpy(sorted, objects, nr * sizeof(*objects));
	qsort(sorted, nr, sizeof(*sorted), object_compare);
	for (unsigned i = 0; i < nr; i++) {
		const struct zpool_place *place = &sorted[i].place;

		CHECK(place->nr * (size_t)ZPOOL_CHUNK_BYTES >= sorted[i].bytes);
		CHECK(zpool_offset(*place) + sorted[i].bytes <= PAGE_SIZE);
		CHECK(i == 0 || sorted[i - 1].place.page != place->page ||
		      sorted[i - 1].place.first + sorted[i - 1].place.nr <= place->first);
	}
	CHECK(zpool_check(&pool));
}

/* Per cent of the pool's pages that objects fill. */
static u64
density(void)
{
	return sum_bytes * 100 / (pool.nr_pages * PAGE_SIZE);
}

/* Fill the pool, replace objects at random, then give all back. => lowest density seen when full */
static u64
churn(size_t least, size_t most)
{
	static struct object objects[NR_OBJECTS];
	u64 filled, churned;

	zpool_init(&pool);
	for (unsigned i = 0; i < NR_OBJECTS; i++)
		take(&objects[i], least + rnd_below(most - least + 1));
	objects_check(objects, NR_OBJECTS);
	filled = density();
	for (unsigned n = 0; n < 4 * NR_OBJECTS; n++) {
		unsigned i = rnd_below(NR_OBJECTS);

		give(&objects[i]);
		take(&objects[i], least + rnd_below(most - least + 1));
		if (n % 1000 == 0)
			objects_check(objects, NR_OBJECTS);
	}
	objects_check(objects, NR_OBJECTS);
	churned = density();
	for (unsigned i = 0; i < NR_OBJECTS; i++)
		give(&objects[i]);
	CHECK_EQ(pool.nr_pages, 0);
	CHECK_EQ(pool.nr_chunks, 0);
	CHECK(zpool_check(&pool));
	return MIN(filled, churned);
}

HOSTTEST(zpool_sizes_of_all_kinds)
{
	CHECK(churn(1, ZPOOL_OBJECT_MAX) >= 80);
	CHECK(churn(200, 600) >= 88);
	CHECK(churn(800, 2200) >= 78);
}

HOSTTEST(zpool_largest_objects)
{
	churn(ZPOOL_OBJECT_MAX, ZPOOL_OBJECT_MAX);
	churn(ZPOOL_OBJECT_MAX - 640, ZPOOL_OBJECT_MAX);
}

/* An object goes to the page where the shortest stretch is that is long enough for it. */
/* Room was made while a page was allocated: the page is not needed, and would stay without an object. */
HOSTTEST(zpool_no_page_for_nothing)
{
	struct page *fresh = env_page_make(sizeof(struct page)), *none = NULL;
	struct zpool_place places[3];

	zpool_init(&pool);
	CHECK(!zpool_take_or_add(&pool, 100, &places[0], &none));
	CHECK(zpool_take_or_add(&pool, 2600, &places[0], &fresh) && !fresh);
	fresh = env_page_make(sizeof(struct page));
	CHECK(zpool_take_or_add(&pool, 1000, &places[1], &fresh));
	CHECK(fresh && pool.nr_pages == 1 && zpool_check(&pool));
	CHECK(zpool_take_or_add(&pool, 2600, &places[2], &fresh) && !fresh);
	CHECK_EQ(pool.nr_pages, 2);
	for (int i = 0; i < 3; i++)
		free(zpool_give(&pool, places[i]));
	CHECK_EQ(pool.nr_pages, 0);
}

HOSTTEST(zpool_best_fit)
{
	struct object a, b, c, d;

	zpool_init(&pool);
	take(&a, ZPOOL_OBJECT_MAX);	  /* 22 chunks left */
	take(&b, 30 * ZPOOL_CHUNK_BYTES); /* another page: 34 left */
	CHECK(a.place.page != b.place.page);
	take(&c, 20 * ZPOOL_CHUNK_BYTES);
	CHECK(c.place.page == a.place.page);
	take(&d, 20 * ZPOOL_CHUNK_BYTES);
	CHECK(d.place.page == b.place.page);
	give(&a);
	give(&b);
	give(&c);
	give(&d);
	CHECK_EQ(pool.nr_pages, 0);
}
