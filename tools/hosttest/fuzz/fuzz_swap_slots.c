/*
 * The slots of a small swap area: each byte allocates, shares, puts or spoils a slot. The whole map
 * is checked after each.
 */
#include "hosttest.h"
#include "vm/swap_slots.h"

#define NR_SLOTS 600

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static u64 memory[8192];

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
		break;
	case 3:
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
	for (size_t i = 0; i + 1 < bytes; i += 2)
		fuzz_one(&map, cursors, data[i], data[i + 1]);
	return 0;
}
