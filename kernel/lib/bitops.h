/*
 * Counting bits in plain arithmetic: rv64imac has no instruction for it, and the compiler's builtins
 * would call libgcc, which the kernel does not link.
 */
#pragma once

#include "lib/compiler.h"

/* The number of bits set. */
static inline unsigned
popcount64(u64 x)
{
	x -= (x >> 1) & 0x5555555555555555UL;
	x = (x & 0x3333333333333333UL) + ((x >> 2) & 0x3333333333333333UL);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fUL;
	return (x * 0x0101010101010101UL) >> 56;
}

/* The number of zero bits above the highest bit set; 64 for 0. */
static inline unsigned
clz64(u64 x)
{
	unsigned n = 0;

	if (x == 0)
		return 64;
	for (unsigned half = 32; half != 0; half /= 2) {
		if (x >> (64 - half) == 0) {
			n += half;
			x <<= half;
		}
	}
	return n;
}

/* The number of zero bits below the lowest bit set; 64 for 0. */
static inline unsigned
ctz64(u64 x)
{
	return popcount64(~x & (x - 1));
}

/* The number (from 1) of the lowest bit set; 0 for 0. */
static inline unsigned
ffs64(u64 x)
{
	return x ? ctz64(x) + 1 : 0;
}

/* The number (from 1) of the highest bit set; 0 for 0. */
static inline unsigned
fls64(u64 x)
{
	return 64 - clz64(x);
}

/* The logarithm of x > 0, rounded down. A constant folds. */
static inline unsigned
ilog2(u64 x)
{
	return 63 - clz64(x);
}

/* The smallest order with 1 << order >= x; 0 for 0 and 1. */
static inline unsigned
order_base_2(u64 x)
{
	return x <= 1 ? 0 : ilog2(x - 1) + 1;
}

/* The smallest power of two that is not below x, for 1 <= x <= 2^63. */
static inline u64
roundup_pow_of_two(u64 x)
{
	return 1UL << order_base_2(x);
}

/* The same number with its bytes in the opposite order. */
static inline u16
bswap16(u16 x)
{
	return (u16)(x << 8 | x >> 8);
}

static inline u32
bswap32(u32 x)
{
	x = (x & 0x00ff00ffU) << 8 | (x >> 8 & 0x00ff00ffU);
	return x << 16 | x >> 16;
}

static inline u64
bswap64(u64 x)
{
	return (u64)bswap32((u32)x) << 32 | bswap32(x >> 32);
}
