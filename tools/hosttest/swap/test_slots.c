/* The slots of a swap area, against a plain array of counts. */
#include "hosttest.h"
#include "vm/swap_slots.h"

#include <stdlib.h>

static struct swap_map *
map_make(u64 nr_slots)
{
	struct swap_map *map = malloc(sizeof(*map));

	swap_map_init(map, nr_slots, malloc(swap_map_bytes(nr_slots)));
	return map;
}

static void
map_free(struct swap_map *map)
{
	CHECK(swap_map_check(map));
	free(map->clusters);
	free(map);
}

HOSTTEST(slots_all_and_no_more)
{
	static const u64 sizes[] = {2, 3, 255, 256, 257, 512, 1000};

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		u64 nr = sizes[i];
		struct swap_map *map = map_make(nr);
		struct swap_cursor cursor = {0};
		bool *seen = calloc(nr, 1);

		CHECK(swap_map_check(map));
		CHECK_EQ(map->nr_free, nr - 1);
		for (u64 n = 1; n < nr; n++) {
			u64 slot = swap_map_alloc(map, &cursor);

			CHECK(slot > 0 && slot < nr && !seen[slot]);
			CHECK_EQ(swap_map_count(map, slot), 1);
			seen[slot] = true;
		}
		CHECK_EQ(swap_map_alloc(map, &cursor), 0);
		CHECK_EQ(swap_map_nr_used(map), nr - 1);
		for (u64 slot = 1; slot < nr; slot++)
			CHECK_EQ(swap_map_put(map, slot), 0);
		CHECK_EQ(map->nr_free, nr - 1);
		free(seen);
		map_free(map);
	}
}

HOSTTEST(slots_of_one_cursor_are_neighbours)
{
	struct swap_map *map = map_make(64 * 256);
	struct swap_cursor cursors[4] = {0};
	u64 last[4] = {0};
	unsigned breaks = 0;

	for (int i = 0; i < 4000; i++) {
		unsigned who = rnd_below(4);
		u64 slot = swap_map_alloc(map, &cursors[who]);

		breaks += slot != last[who] + 1;
		last[who] = slot;
	}
	/* One at the beginning of each cluster. */
	CHECK_MSG(breaks <= 4000 / 256 + 8, "%u breaks", breaks);
	map_free(map);
}

HOSTTEST(slots_empty_clusters_first)
{
	struct swap_map *map = map_make(4 * 256);
	struct swap_cursor cursor = {0}, other = {0};
	u64 slot = swap_map_alloc(map, &cursor);

	/* A hole in a used cluster is left while there is an empty one. */
	for (int i = 0; i < 3; i++)
		CHECK(swap_map_alloc(map, &other) / 256 != slot / 256);
	map_free(map);
}

HOSTTEST(slots_bad)
{
	struct swap_map *map = map_make(300);
	struct swap_cursor cursor = {0};
	u64 slot;

	CHECK(!swap_map_set_bad(map, 0));
	CHECK(!swap_map_set_bad(map, 300));
	CHECK(swap_map_set_bad(map, 299));
	CHECK(!swap_map_set_bad(map, 299));
	for (u64 bad = 256; bad < 299; bad++)
		CHECK(swap_map_set_bad(map, bad));
	CHECK_EQ(map->nr_bad, 45);
	CHECK(swap_map_check(map));
	while ((slot = swap_map_alloc(map, &cursor)) != 0)
		CHECK(slot < 256);
	CHECK_EQ(swap_map_nr_used(map), 255);

	/* A write failed: it does not come back. */
	swap_map_get(map, 7);
	swap_map_fail(map, 7);
	CHECK_EQ(swap_map_count(map, 7), 2);
	CHECK_EQ(swap_map_put(map, 7), 1);
	CHECK_EQ(swap_map_put(map, 7), 0);
	CHECK_EQ(map->nr_free, 0);
	CHECK_EQ(map->nr_bad, 46);
	CHECK_EQ(swap_map_alloc(map, &cursor), 0);
	map_free(map);
}

HOSTTEST(slots_count_saturates)
{
	struct swap_map *map = map_make(16);
	struct swap_cursor cursor = {0};
	u64 slot = swap_map_alloc(map, &cursor);

	for (unsigned i = 1; i < SWAP_COUNT_MAX - 1; i++)
		swap_map_get(map, slot);
	CHECK_EQ(swap_map_count(map, slot), SWAP_COUNT_MAX - 1);
	CHECK_EQ(swap_map_put(map, slot), SWAP_COUNT_MAX - 2);
	for (unsigned i = 0; i < 10; i++)
		swap_map_get(map, slot);
	for (unsigned i = 0; i < 100000; i++)
		CHECK_EQ(swap_map_put(map, slot), SWAP_COUNT_MAX);
	CHECK_EQ(swap_map_nr_used(map), 1);
	map_free(map);
}

static void
slots_put(struct swap_map *map, u64 first, u64 nr)
{
	for (u64 slot = first; slot < first + nr; slot++)
		CHECK_EQ(swap_map_put(map, slot), 0);
}

/* What is free is not used again before the device was told, by whatever cursor, while there is another slot. */
HOSTTEST(slots_discarded_before_use)
{
	struct swap_map *map = map_make(8 * 256);
	struct swap_cursor cursor = {0}, other = {0};
	u64 first, nr;

	map->discards = true;
	CHECK(!swap_map_discard_begin(map, &first, &nr));
	for (u64 slot = 1; slot < 3 * 256; slot++)
		CHECK_EQ(swap_map_alloc(map, &cursor), slot);
	CHECK_EQ(swap_map_alloc(map, &cursor), 3 * 256);
	slots_put(map, 256, 256);
	slots_put(map, 512, 256);
	slots_put(map, 1, 254);
	CHECK(swap_map_check(map));
	CHECK(swap_map_discard_begin(map, &first, &nr));
	CHECK(first == 256 && nr == 512 && swap_map_check(map));
	slots_put(map, 255, 1);
	/* Four clusters are empty, and one is partial. */
	for (int i = 0; i < 4 * 256 + 255; i++)
		CHECK(swap_map_alloc(map, i % 2 ? &cursor : &other) > 3 * 256);
	/* One is stale, and better than none; the others are not to be had. */
	for (int i = 0; i < 255; i++) {
		CHECK(swap_map_alloc(map, &other) < 256);
		CHECK(swap_map_check(map));
	}
	CHECK_EQ(swap_map_alloc(map, &other), 0);
	CHECK_EQ(map->nr_free, 512);
	swap_map_discard_end(map, first, nr);
	CHECK(swap_map_alloc(map, &cursor) / 256 == 1);
	map_free(map);
}

/* As many free slots stay as are taken out. */
HOSTTEST(slots_discard_leaves_some)
{
	struct swap_map *map = map_make(2 * 256);
	struct swap_cursor cursor = {0};
	u64 first, nr;

	map->discards = true;
	while (swap_map_alloc(map, &cursor))
		;
	slots_put(map, 1, 255);
	CHECK(!swap_map_discard_begin(map, &first, &nr));
	slots_put(map, 256, 254);
	CHECK(!swap_map_discard_begin(map, &first, &nr));
	slots_put(map, 510, 1);
	CHECK(swap_map_discard_begin(map, &first, &nr));
	CHECK(first == 1 && nr == 255 && swap_map_check(map));
	for (int i = 0; i < 255; i++)
		CHECK(swap_map_alloc(map, &cursor) / 256 == 1);
	CHECK_EQ(swap_map_alloc(map, &cursor), 0);
	swap_map_discard_end(map, first, nr);
	CHECK(swap_map_check(map));
	map_free(map);
}

HOSTTEST(slots_like_a_model)
{
	u64 nr = 2 + rnd_below(1500);
	struct swap_map *map = map_make(nr);
	struct swap_cursor cursors[3] = {0};
	unsigned *counts = calloc(nr, sizeof(*counts));
	bool *bad = calloc(nr, 1);

	bad[0] = true;
	for (int step = 0; step < 30000; step++) {
		u64 slot = rnd_below(nr);

		if (rnd_one_in(2) && (slot = swap_map_alloc(map, &cursors[rnd_below(3)])) != 0) {
			CHECK(counts[slot] == 0 && !bad[slot]);
			counts[slot] = 1;
		} else if (slot && counts[slot] && rnd_one_in(4)) {
			swap_map_get(map, slot);
			counts[slot]++;
		} else if (slot && counts[slot]) {
			if (rnd_one_in(200)) {
				swap_map_fail(map, slot);
				bad[slot] = true;
			}
			CHECK_EQ(swap_map_put(map, slot), --counts[slot]);
		} else if (slot && rnd_one_in(300)) {
			CHECK_EQ(swap_map_set_bad(map, slot), !bad[slot]);
			bad[slot] = true;
		}
		if (step % 500 == 0)
			CHECK(swap_map_check(map));
	}
	for (u64 slot = 0; slot < nr; slot++)
		CHECK_EQ(swap_map_count(map, slot), counts[slot]);
	free(counts);
	free(bad);
	map_free(map);
}
