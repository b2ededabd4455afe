#include "vm/swap_slots.h"

#include "lib/bitmap.h"
#include "lib/string.h"

#define SLOT_FAILED 0x8000U

/* Clusters that are told to the device in one go: 16 MiB. */
#define DISCARD_CLUSTERS 16

static u64
nr_clusters_for(u64 nr_slots)
{
	return DIV_ROUND_UP(nr_slots, SWAP_CLUSTER_SLOTS);
}

size_t
swap_map_bytes(u64 nr_slots)
{
	return nr_clusters_for(nr_slots) * sizeof(struct swap_cluster) +
	       BITMAP_WORDS(nr_slots) * sizeof(u64) + nr_slots * sizeof(u16);
}

static struct swap_cluster *
cluster_of(const struct swap_map *map, u64 slot)
{
	return &map->clusters[slot / SWAP_CLUSTER_SLOTS];
}

/* Slots first .. end - 1 are the cluster's. */
static u64
cluster_first(const struct swap_map *map, const struct swap_cluster *cluster)
{
	return (cluster - map->clusters) * SWAP_CLUSTER_SLOTS;
}

static u64
cluster_end(const struct swap_map *map, const struct swap_cluster *cluster)
{
	return MIN(cluster_first(map, cluster) + SWAP_CLUSTER_SLOTS, map->nr_slots);
}

void
swap_map_init(struct swap_map *map, u64 nr_slots, void *memory)
{
	u64 nr_clusters = nr_clusters_for(nr_slots);

	memset(memory, 0, swap_map_bytes(nr_slots));
	*map = (struct swap_map){
		.nr_slots = nr_slots,
		.nr_free = nr_slots,
		.nr_clusters = nr_clusters,
		.clusters = memory,
	};
	map->taken = (u64 *)(map->clusters + nr_clusters);
	map->counts = (u16 *)(map->taken + BITMAP_WORDS(nr_slots));
	list_init(&map->empty);
	list_init(&map->partial);
	list_init(&map->stale);
	for (u64 i = 0; i < nr_clusters; i++) {
		struct swap_cluster *cluster = &map->clusters[i];

		cluster->nr_free = cluster_end(map, cluster) - cluster_first(map, cluster);
		list_add_tail(&cluster->link, &map->empty);
	}
	swap_map_set_bad(map, 0);
}

/* Put a cluster on the list where it belongs now. */
static void
cluster_file(struct swap_map *map, struct swap_cluster *cluster)
{
	list_del(&cluster->link);
	list_init(&cluster->link);
	if (cluster->nr_free > 0)
		list_add_tail(&cluster->link, cluster->nr_used ? &map->partial
					      : cluster->stale ? &map->stale
							       : &map->empty);
}

/* A free slot is used from now on, or bad. */
static void
slot_take(struct swap_map *map, u64 slot, bool used)
{
	struct swap_cluster *cluster = cluster_of(map, slot);

	bitmap_set(map->taken, slot);
	map->nr_free--;
	cluster->nr_free--;
	cluster->nr_used += used;
	cluster->stale &= !used;
	if (cluster->nr_free == 0 || (used && cluster->nr_used == 1))
		cluster_file(map, cluster);
}

/* A used slot has lost its last user. */
static void
slot_release(struct swap_map *map, u64 slot)
{
	struct swap_cluster *cluster = cluster_of(map, slot);
	bool bad = map->counts[slot] & SLOT_FAILED;

	if (bad) {
		map->nr_bad++;
	} else {
		bitmap_clear(map->taken, slot);
		map->nr_free++;
		cluster->nr_free++;
	}
	cluster->nr_used--;
	cluster->stale = map->discards && cluster->nr_used == 0;
	if (cluster->nr_used == 0 || (!bad && cluster->nr_free == 1))
		cluster_file(map, cluster);
}

bool
swap_map_set_bad(struct swap_map *map, u64 slot)
{
	if (slot >= map->nr_slots || bitmap_test(map->taken, slot))
		return false;
	slot_take(map, slot, false);
	map->counts[slot] = SLOT_FAILED;
	map->nr_bad++;
	return true;
}

/* A free slot of the cursor's cluster, at the cursor or behind it, else before it. => 0: none */
static u64
slot_find_near(const struct swap_map *map, const struct swap_cursor *cursor)
{
	const struct swap_cluster *cluster;
	u64 end, slot;

	if (cursor->next >= map->nr_slots)
		return 0;
	cluster = cluster_of(map, cursor->next);
	if (cluster->nr_free == 0 || cluster->stale)
		return 0;
	end = cluster_end(map, cluster);
	slot = bitmap_find_next_zero(map->taken, end, cursor->next);
	if (slot >= end)
		slot = bitmap_find_next_zero(map->taken, end, cluster_first(map, cluster));
	return slot;
}

/* Where a cursor goes on. => NULL: no slot can be given out */
static struct swap_cluster *
cluster_choose(struct swap_map *map)
{
	struct list_head *const lists[] = {&map->empty, &map->partial, &map->stale};

	for (unsigned i = 0; i < ARRAY_SIZE(lists); i++)
		if (!list_empty(lists[i]))
			return list_first_entry(lists[i], struct swap_cluster, link);
	return NULL;
}

u64
swap_map_alloc(struct swap_map *map, struct swap_cursor *cursor)
{
	u64 slot = cursor->next ? slot_find_near(map, cursor) : 0;

	if (slot == 0) {
		struct swap_cluster *cluster = cluster_choose(map);

		if (!cluster)
			return 0;
		slot = bitmap_find_next_zero(map->taken, cluster_end(map, cluster),
					     cluster_first(map, cluster));
	}
	slot_take(map, slot, true);
	map->counts[slot] = 1;
	/* Not beyond the cluster: the next one may be somebody else's. */
	cursor->next = (slot + 1) % SWAP_CLUSTER_SLOTS ? slot + 1 : slot;
	return slot;
}

unsigned
swap_map_count(const struct swap_map *map, u64 slot)
{
	return slot < map->nr_slots ? map->counts[slot] & SWAP_COUNT_MAX : 0;
}

void
swap_map_get(struct swap_map *map, u64 slot)
{
	if ((map->counts[slot] & SWAP_COUNT_MAX) < SWAP_COUNT_MAX)
		map->counts[slot]++;
}

unsigned
swap_map_put(struct swap_map *map, u64 slot)
{
	unsigned count = map->counts[slot] & SWAP_COUNT_MAX;

	if (count == SWAP_COUNT_MAX)
		return count;
	map->counts[slot]--;
	if (count > 1)
		return count - 1;
	slot_release(map, slot);
	return 0;
}

void
swap_map_fail(struct swap_map *map, u64 slot)
{
	map->counts[slot] |= SLOT_FAILED;
}

/* Off its list, if enough other slots are free. => false: it stays, or is none to be discarded */
static bool
stale_take(struct swap_map *map, struct swap_cluster *cluster)
{
	if (!cluster->stale || list_empty(&cluster->link))
		return false;
	if (map->nr_held + cluster->nr_free > map->nr_free / 2)
		return false;
	map->nr_held += cluster->nr_free;
	list_del(&cluster->link);
	list_init(&cluster->link);
	return true;
}

bool
swap_map_discard_begin(struct swap_map *map, u64 *first, u64 *nr)
{
	struct swap_cluster *oldest, *from, *to, *end = map->clusters + map->nr_clusters;

	if (list_empty(&map->stale))
		return false;
	oldest = list_first_entry(&map->stale, struct swap_cluster, link);
	if (!stale_take(map, oldest))
		return false;
	for (to = oldest + 1; to < end && to - oldest < DISCARD_CLUSTERS && stale_take(map, to);)
		to++;
	for (from = oldest;
	     from > map->clusters && to - from < DISCARD_CLUSTERS && stale_take(map, from - 1);)
		from--;
	*first = MAX(cluster_first(map, from), 1UL);
	*nr = cluster_end(map, to - 1) - *first;
	return true;
}

void
swap_map_discard_end(struct swap_map *map, u64 first, u64 nr)
{
	for (u64 slot = first; slot < first + nr; slot += SWAP_CLUSTER_SLOTS) {
		struct swap_cluster *cluster = cluster_of(map, slot);

		map->nr_held -= cluster->nr_free;
		cluster->stale = false;
		cluster_file(map, cluster);
	}
}

/* Between swap_map_discard_begin() and swap_map_discard_end()? */
static bool
cluster_is_held(const struct swap_cluster *cluster)
{
	return cluster->stale && cluster->nr_free > 0 && list_empty(&cluster->link);
}

/* => the cluster's numbers are true, and it is on a list if it has a free slot */
static bool
cluster_check(const struct swap_map *map, const struct swap_cluster *cluster)
{
	u64 end = cluster_end(map, cluster);
	u16 nr_free = 0, nr_used = 0;

	for (u64 slot = cluster_first(map, cluster); slot < end; slot++) {
		if (bitmap_test(map->taken, slot) != (map->counts[slot] != 0))
			return false;
		nr_free += map->counts[slot] == 0;
		nr_used += (map->counts[slot] & SWAP_COUNT_MAX) != 0;
	}
	if (cluster->stale && (!map->discards || nr_used > 0))
		return false;
	return nr_free == cluster->nr_free && nr_used == cluster->nr_used &&
	       (nr_free == 0 || cluster_is_held(cluster)) == list_empty(&cluster->link);
}

/* => how many are on the list; -1: one does not belong there */
static s64
list_check(const struct list_head *list, bool used, bool stale)
{
	struct swap_cluster *cluster;
	s64 nr = 0;

	list_for_each_entry(cluster, list, link) {
		if (cluster->nr_free == 0 || (cluster->nr_used > 0) != used ||
		    cluster->stale != stale)
			return -1;
		nr++;
	}
	return nr;
}

bool
swap_map_check(const struct swap_map *map)
{
	u64 nr_free = 0, nr_used = 0, nr_open = 0, nr_held = 0;
	s64 nr_empty = list_check(&map->empty, false, false);
	s64 nr_partial = list_check(&map->partial, true, false);
	s64 nr_stale = list_check(&map->stale, false, true);

	for (u64 i = 0; i < map->nr_clusters; i++) {
		const struct swap_cluster *cluster = &map->clusters[i];

		if (!cluster_check(map, cluster))
			return false;
		nr_free += cluster->nr_free;
		nr_used += cluster->nr_used;
		nr_open += cluster->nr_free > 0 && !cluster_is_held(cluster);
		nr_held += cluster_is_held(cluster) ? cluster->nr_free : 0;
	}
	return nr_free == map->nr_free && nr_used == swap_map_nr_used(map) &&
	       nr_held == map->nr_held && nr_empty >= 0 && nr_partial >= 0 && nr_stale >= 0 &&
	       (u64)(nr_empty + nr_partial + nr_stale) == nr_open;
}
