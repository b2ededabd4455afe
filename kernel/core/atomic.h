#pragma once

/* Atomic integers, and bits of a word. All are sequentially consistent unless named otherwise. */

#include "lib/compiler.h"
#include "lib/types.h"

typedef struct {
	s32 v;
} atomic_t;

typedef struct {
	s64 v;
} atomic64_t;

#define ATOMIC_INIT(n) \
	{              \
		(n)    \
	}

static inline s32
atomic_read(const atomic_t *a)
{
	return __atomic_load_n(&a->v, __ATOMIC_RELAXED);
}

static inline void
atomic_set(atomic_t *a, s32 v)
{
	__atomic_store_n(&a->v, v, __ATOMIC_RELAXED);
}

/* => returns the new value */
static inline s32
atomic_add(atomic_t *a, s32 n)
{
	return __atomic_add_fetch(&a->v, n, __ATOMIC_SEQ_CST);
}

static inline s32
atomic_inc(atomic_t *a)
{
	return atomic_add(a, 1);
}

static inline s32
atomic_dec(atomic_t *a)
{
	return atomic_add(a, -1);
}

static inline s32
atomic_xchg(atomic_t *a, s32 v)
{
	return __atomic_exchange_n(&a->v, v, __ATOMIC_SEQ_CST);
}

/* => true, and *a is now desired, when it was expected */
static inline bool
atomic_cmpxchg(atomic_t *a, s32 expected, s32 desired)
{
	return __atomic_compare_exchange_n(&a->v, &expected, desired, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

static inline s64
atomic64_read(const atomic64_t *a)
{
	return __atomic_load_n(&a->v, __ATOMIC_RELAXED);
}

static inline void
atomic64_set(atomic64_t *a, s64 v)
{
	__atomic_store_n(&a->v, v, __ATOMIC_RELAXED);
}

static inline s64
atomic64_add(atomic64_t *a, s64 n)
{
	return __atomic_add_fetch(&a->v, n, __ATOMIC_RELAXED);
}

static inline void
atomic_or32(u32 *word, u32 bits)
{
	__atomic_fetch_or(word, bits, __ATOMIC_SEQ_CST);
}

/* => returns the word as it was */
static inline u32
atomic_fetch_or32(u32 *word, u32 bits)
{
	return __atomic_fetch_or(word, bits, __ATOMIC_SEQ_CST);
}

static inline u32
atomic_fetch_and32(u32 *word, u32 bits)
{
	return __atomic_fetch_and(word, bits, __ATOMIC_SEQ_CST);
}
