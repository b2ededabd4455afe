/* Hash functions for tables in memory. They are fast, not secret: see lib/random.h for that. */
#pragma once

#include "lib/compiler.h"

/* A number spread over 64 bits: every bit of x changes about half of the result's bits. */
static inline u64
hash_u64(u64 x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93UL;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93UL;
	return x ^ x >> 32;
}

/* An index into a table of 1 << order entries, order 0 to 63. */
static inline u64
hash_to_order(u64 hash, unsigned order)
{
	return hash & ((1UL << order) - 1);
}

static inline u64
hash_ptr(const void *ptr)
{
	return hash_u64((uintptr_t)ptr);
}

/* Two numbers. */
static inline u64
hash_pair(u64 a, u64 b)
{
	return hash_u64(hash_u64(a) + b);
}

/* FNV-1a, spread at the end: for names. */
static inline u64
hash_bytes(const void *data, size_t bytes)
{
	const u8 *p = data;
	u64 hash = 0xcbf29ce484222325UL;

	for (size_t i = 0; i < bytes; i++)
		hash = (hash ^ p[i]) * 0x100000001b3UL;
	return hash_u64(hash);
}

static inline u64
hash_string(const char *s)
{
	size_t bytes = 0;

	while (s[bytes])
		bytes++;
	return hash_bytes(s, bytes);
}
