/*
 * Arrays of bits in u64 words. Bit n is bit n % 64 of word n / 64. Nothing is atomic. Bits of the last
 * word beyond nr_bits are never looked at and never changed.
 */
#pragma once

#include "lib/compiler.h"

#define BITMAP_WORD_BITS	 64
#define BITMAP_WORDS(nr_bits)	 DIV_ROUND_UP(nr_bits, BITMAP_WORD_BITS)
#define BITMAP_DECLARE(name, nr) u64 name[BITMAP_WORDS(nr)]

static inline bool
bitmap_test(const u64 *map, size_t bit)
{
	return map[bit / BITMAP_WORD_BITS] >> (bit % BITMAP_WORD_BITS) & 1;
}

static inline void
bitmap_set(u64 *map, size_t bit)
{
	map[bit / BITMAP_WORD_BITS] |= BIT(bit % BITMAP_WORD_BITS);
}

static inline void
bitmap_clear(u64 *map, size_t bit)
{
	map[bit / BITMAP_WORD_BITS] &= ~BIT(bit % BITMAP_WORD_BITS);
}

/* Sets or clears the bits first .. first + nr - 1. */
void bitmap_set_range(u64 *map, size_t first, size_t nr);
void bitmap_clear_range(u64 *map, size_t first, size_t nr);

/* All nr_bits bits. */
void bitmap_zero(u64 *map, size_t nr_bits);
void bitmap_fill(u64 *map, size_t nr_bits);

/* The first set (or clear) bit in from .. nr_bits - 1; nr_bits if there is none. */
size_t bitmap_find_next_set(const u64 *map, size_t nr_bits, size_t from);
size_t bitmap_find_next_zero(const u64 *map, size_t nr_bits, size_t from);

/* The first of `nr` clear bits in a row, at a multiple of `align` (power of 2); nr_bits if none. */
size_t bitmap_find_zero_area(const u64 *map, size_t nr_bits, size_t from, size_t nr, size_t align);

/* How many bits are set. */
size_t bitmap_weight(const u64 *map, size_t nr_bits);
bool bitmap_is_empty(const u64 *map, size_t nr_bits);
bool bitmap_is_full(const u64 *map, size_t nr_bits);

#define bitmap_for_each_set(bit, map, nr_bits)                             \
	for (bit = bitmap_find_next_set(map, nr_bits, 0); bit < (nr_bits); \
	     bit = bitmap_find_next_set(map, nr_bits, bit + 1))
