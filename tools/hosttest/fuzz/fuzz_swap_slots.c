/*
 * The slots of a small swap area: each byte allocates, shares, puts or spoils a slot, or has clusters
 * discarded. No slot is given out meanwhile that is. The whole map is checked after each.
 */
#include "hosttest.h"
#include "vm/swap_slots.h"

#define NR_SLOTS 1400

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static u64 memory[8192];
static u64 held_first, held_nr;

static void
discard(struct swap_map *map)
{
	if (held_nr) {
		swap_map_discard_end(map, held_first, held_nr);
		held_nr = 0;
	} else if (!swap_map_discard_begin(map, &held_first, &held_nr)) {
		held_nr = 0;
	}
}

static void
fuzz_one(struct swap_map *map, struct swap_cursor *cursors, u8 op, u8 arg)
{
	u64 slot = ((op & 7) << 8 | arg) % NR_SLOTS;
	unsigned count = swap_map_count(map, slot);

	switch (op >> 5) {
	case 0:
	case 1:
	case 2:
		slot = swap_map_alloc(map, &cursors[op & 3]);
		CHECK(slot == 0 || swap_map_count(map, slot) == 1);
		CHECK(slot - held_first >= held_nr);
		break;
	case 3:
		if (op & 8)
			discard(map);
		else if (slot - held_first >= held_nr)
			swap_map_set_bad(map, slot);
		break;
	case 4:
		if (count)
			swap_map_get(map, slot);
		break;
	case 5:
		if (count)
			swap_map_fail(map, slot);
		break;
	default:
		if (count)
			CHECK_EQ(swap_map_put(map, slot), count - 1);
		break;
	}
	CHECK(swap_map_check(map));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct swap_cursor cursors[4] = {0};
	struct swap_map map;

	CHECK(swap_map_bytes(NR_SLOTS) <= sizeof(memory));
	swap_map_init(&map, NR_SLOTS, memory);
	map.discards = bytes % 4 > 0;
	held_nr = 0;
	for (size_t i = 0; i + 1 < bytes; i += 2)
		fuzz_one(&map, cursors, data[i], data[i + 1]);
	return 0;
}
