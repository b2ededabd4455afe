/* Search and change in the body of a bitmap block (QFS_BITS_PER_BLOCK bits). Pure. */
#pragma once

#include "fs/qfs/format.h"

static inline bool
qfs_bit_test(const void *body, u32 bit)
{
	return ((const u8 *)body)[bit / 8] >> (bit % 8) & 1;
}

static inline void
qfs_bit_set(void *body, u32 bit)
{
	((u8 *)body)[bit / 8] |= 1u << (bit % 8);
}

static inline void
qfs_bit_clear(void *body, u32 bit)
{
	((u8 *)body)[bit / 8] &= ~(1u << (bit % 8));
}

/*
 * The first bit in from..to-1 that is 0 in `body` and, if `held` is given, 0 in it too. Returns `to`
 * if there is none. Both are 8-byte aligned bodies of QFS_BODY_BYTES.
 */
u32 qfs_bits_find_zero(const void *body, const void *held, u32 from, u32 to);

/* The first bit in from..to-1 that is 1, or `to`. */
u32 qfs_bits_find_one(const void *body, u32 from, u32 to);

/* The number of 0 bits among the first `nr_bits`. */
u32 qfs_bits_count_zero(const void *body, u32 nr_bits);
