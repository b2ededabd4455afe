#pragma once

/* A count of owners. Panics on overflow, and on a get or put after the last put. */

#include "core/atomic.h"
#include "core/panic.h"

typedef struct {
	atomic_t n;
} refcount_t;

#define REFCOUNT_INIT(count)       \
	{                          \
		ATOMIC_INIT(count) \
	}

static inline void
refcount_set(refcount_t *r, s32 n)
{
	atomic_set(&r->n, n);
}

static inline s32
refcount_read(const refcount_t *r)
{
	return atomic_read(&r->n);
}

static inline void
refcount_inc(refcount_t *r)
{
	s32 now = atomic_inc(&r->n);

	assert(now > 1);
}

/* => true when this was the last owner: the caller destroys the object */
static inline bool
refcount_dec_and_test(refcount_t *r)
{
	s32 now = atomic_dec(&r->n);

	assert(now >= 0);
	return now == 0;
}

/* => false, and nothing was done, when this is the last owner */
static inline bool
refcount_dec_not_one(refcount_t *r)
{
	s32 old = atomic_read(&r->n);

	while (old > 1) {
		if (atomic_cmpxchg(&r->n, old, old - 1))
			return true;
		old = atomic_read(&r->n);
	}
	return false;
}

/* => false, and nothing was done, when there is no owner left */
static inline bool
refcount_inc_not_zero(refcount_t *r)
{
	s32 old = atomic_read(&r->n);

	while (old > 0) {
		if (atomic_cmpxchg(&r->n, old, old + 1))
			return true;
		old = atomic_read(&r->n);
	}
	return false;
}
