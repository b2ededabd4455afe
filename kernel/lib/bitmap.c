#include "lib/bitmap.h"
#include "lib/bitops.h"

/* The bits of one word from `bit` (0..63) up, and those below `end` (1..64). */
static u64
mask_from(size_t bit)
{
	return ~0UL << bit;
}

static u64
mask_below(size_t end)
{
	return ~0UL >> (BITMAP_WORD_BITS - end);
}

/* Changes the bits under `mask` to `value`. */
static void
word_assign(u64 *word, u64 mask, bool value)
{
	*word = value ? *word | mask : *word & ~mask;
}

static void
range_assign(u64 *map, size_t first, size_t nr, bool value)
{
	if (nr == 0)
		return;

	size_t last = first + nr - 1;
	size_t word = first / BITMAP_WORD_BITS;
	size_t last_word = last / BITMAP_WORD_BITS;
	u64 mask = mask_from(first % BITMAP_WORD_BITS);

	for (; word < last_word; word++) {
		word_assign(&map[word], mask, value);
		mask = ~0UL;
	}
	word_assign(&map[word], mask & mask_below(last % BITMAP_WORD_BITS + 1), value);
}

void
bitmap_set_range(u64 *map, size_t first, size_t nr)
{
	range_assign(map, first, nr, true);
}

void
bitmap_clear_range(u64 *map, size_t first, size_t nr)
{
	range_assign(map, first, nr, false);
}

void
bitmap_zero(u64 *map, size_t nr_bits)
{
	range_assign(map, 0, nr_bits, false);
}

void
bitmap_fill(u64 *map, size_t nr_bits)
{
	range_assign(map, 0, nr_bits, true);
}

/* The first bit at which the map, each word xor `flip`, is set. */
static size_t
find_next(const u64 *map, size_t nr_bits, size_t from, u64 flip)
{
	if (from >= nr_bits)
		return nr_bits;

	size_t word = from / BITMAP_WORD_BITS;
	u64 bits = (map[word] ^ flip) & mask_from(from % BITMAP_WORD_BITS);

	while (bits == 0) {
		if (++word >= BITMAP_WORDS(nr_bits))
			return nr_bits;
		bits = map[word] ^ flip;
	}

	size_t bit = word * BITMAP_WORD_BITS + ctz64(bits);

	return bit < nr_bits ? bit : nr_bits;
}

size_t
bitmap_find_next_set(const u64 *map, size_t nr_bits, size_t from)
{
	return find_next(map, nr_bits, from, 0);
}

size_t
bitmap_find_next_zero(const u64 *map, size_t nr_bits, size_t from)
{
	return find_next(map, nr_bits, from, ~0UL);
}

size_t
bitmap_find_zero_area(const u64 *map, size_t nr_bits, size_t from, size_t nr, size_t align)
{
	for (;;) {
		size_t first = ALIGN_UP(bitmap_find_next_zero(map, nr_bits, from), align);

		if (first >= nr_bits || nr > nr_bits - first)
			return nr_bits;

		size_t used = bitmap_find_next_set(map, first + nr, first);

		if (used >= first + nr)
			return first;
		from = used + 1;
	}
}

size_t
bitmap_weight(const u64 *map, size_t nr_bits)
{
	size_t weight = 0, word = 0;

	for (; nr_bits >= BITMAP_WORD_BITS; nr_bits -= BITMAP_WORD_BITS)
		weight += popcount64(map[word++]);
	if (nr_bits != 0)
		weight += popcount64(map[word] & mask_below(nr_bits));
	return weight;
}

bool
bitmap_is_empty(const u64 *map, size_t nr_bits)
{
	return bitmap_find_next_set(map, nr_bits, 0) == nr_bits;
}

bool
bitmap_is_full(const u64 *map, size_t nr_bits)
{
	return bitmap_find_next_zero(map, nr_bits, 0) == nr_bits;
}
