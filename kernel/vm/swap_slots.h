#pragma once

/*
 * The slots of one swap area: which are free, and how often each is used. Pure: it neither locks nor
 * allocates, and the host compiles it.
 *
 * A slot holds a page. Its count is one for each page-table entry (or tree of a mapping) that names
 * it, and one while its page is in the swap cache. Slot 0, the area's header, is bad from the start.
 *
 * Slots lie in clusters of 256. Whoever allocates does it with a cursor of his own, which stays in
 * one cluster as long as that has a free slot, and goes to an empty one then: so pages that leave
 * memory together lie together, whoever else is swapping.
 *
 *	free cluster ──first slot taken──> partial ──last free one taken──> full (on no list)
 *	     ^                                |
 *	     └──── last slot in use freed ────┘
 *
 * If the device is to hear of what is not needed, a cluster takes a detour on that way back: it is stale, and
 * used only when there are no others, until its owner has taken it out with its neighbours
 * (swap_map_discard_begin()), told the device, and given it back (swap_map_discard_end()).
 */

#include "lib/list.h"
#include "lib/types.h"

#define SWAP_CLUSTER_SLOTS 256

/* A count is 15 bits. One that reaches the largest stays there, and its slot is lost until swapoff. */
#define SWAP_COUNT_MAX 0x7fffU

struct swap_cluster {
	struct list_head link; /* of the list of its kind; of itself when it is full */
	u16 nr_free, nr_used;  /* the others are bad */
	bool stale; /* none is used, and the device does not know; on no list: it is being told */
};

struct swap_map {
	u64 nr_slots; /* all, bad ones too */
	u64 nr_free, nr_bad;
	u64 nr_clusters;
	u16 *counts; /* by slot; bit 15: bad, or to be bad when the count is 0 */
	u64 *taken;  /* bitmap: a count or bad */
	struct swap_cluster *clusters;
	struct list_head empty, partial; /* clusters with free slots; of the first none is used */
	struct list_head stale;		 /* nor of these, longest ago first */
	u64 nr_held;   /* free slots of clusters that are being told to the device */
	bool discards; /* clusters become stale; set before the first slot is given out */
};

/* Where an allocator goes on. All zero: anywhere. */
struct swap_cursor {
	u64 next; /* slot */
};

/* Bytes of memory, aligned to 8, that swap_map_init() wants for so many slots. */
size_t swap_map_bytes(u64 nr_slots);

/* All slots are free but slot 0. memory stays with the map. => nr_slots > 1 */
void swap_map_init(struct swap_map *map, u64 nr_slots, void *memory);

/* A free slot becomes bad. => false: there is no such slot, or it is not free */
bool swap_map_set_bad(struct swap_map *map, u64 slot);

/* A free slot, with count 1. => 0: there is none */
u64 swap_map_alloc(struct swap_map *map, struct swap_cursor *cursor);

/* => the count; 0 for what is free, bad, or beyond the end */
unsigned swap_map_count(const struct swap_map *map, u64 slot);

/* One user more. => its count is not 0 */
void swap_map_get(struct swap_map *map, u64 slot);

/* One user less; the last makes the slot free, or bad if it failed. => the count that is left */
unsigned swap_map_put(struct swap_map *map, u64 slot);

/* A write to the slot failed: it is bad as soon as nobody uses it. => its count is not 0 */
void swap_map_fail(struct swap_map *map, u64 slot);

/*
 * Stale clusters side by side are the caller's: slots *first .. *first + *nr - 1, slot 0 never. None is given out
 * meanwhile, and half of the free slots are others. => false: there are none, or too few others
 */
bool swap_map_discard_begin(struct swap_map *map, u64 *first, u64 *nr);
/* They are as good as new. */
void swap_map_discard_end(struct swap_map *map, u64 first, u64 nr);

static inline u64
swap_map_nr_used(const struct swap_map *map)
{
	return map->nr_slots - map->nr_free - map->nr_bad;
}

/* Do counts, bitmap, lists and sums agree? For tests. */
bool swap_map_check(const struct swap_map *map);
