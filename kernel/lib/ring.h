/*
 * A byte queue in a buffer of a power of two bytes. `head` counts bytes ever put in, `tail` bytes ever
 * taken out; both run freely and wrap around, so that full and empty differ and no slot is wasted.
 * The owner provides the buffer and the lock.
 */
#pragma once

#include "lib/compiler.h"
#include "lib/string.h"

struct ring {
	u8 *buf;
	u32 bytes; /* of the buffer: a power of two */
	u32 head, tail;
};

static inline void
ring_init(struct ring *ring, void *buf, u32 bytes)
{
	*ring = (struct ring){.buf = buf, .bytes = bytes};
}

static inline u32
ring_used(const struct ring *ring)
{
	return ring->head - ring->tail;
}

static inline u32
ring_space(const struct ring *ring)
{
	return ring->bytes - ring_used(ring);
}

static inline bool
ring_empty(const struct ring *ring)
{
	return ring->head == ring->tail;
}

static inline bool
ring_full(const struct ring *ring)
{
	return ring_used(ring) == ring->bytes;
}

static inline void
ring_reset(struct ring *ring)
{
	ring->head = ring->tail;
}

/* The place where the next bytes go (or come from), and how many fit there without wrapping around. */
static inline u8 *
ring_put_span(const struct ring *ring, u32 *bytes)
{
	u32 at = ring->head & (ring->bytes - 1);

	*bytes = MIN(ring_space(ring), ring->bytes - at);
	return ring->buf + at;
}

static inline u8 *
ring_get_span(const struct ring *ring, u32 *bytes)
{
	u32 at = ring->tail & (ring->bytes - 1);

	*bytes = MIN(ring_used(ring), ring->bytes - at);
	return ring->buf + at;
}

/* Puts in (or takes out) up to `bytes` bytes; returns how many. */
static inline u32
ring_put(struct ring *ring, const void *data, u32 bytes)
{
	u32 done = 0;

	while (done < bytes && !ring_full(ring)) {
		u32 span;
		u8 *to = ring_put_span(ring, &span);
		u32 n = MIN(span, bytes - done);

		memcpy(to, (const u8 *)data + done, n);
		ring->head += n;
		done += n;
	}
	return done;
}

static inline u32
ring_get(struct ring *ring, void *data, u32 bytes)
{
	u32 done = 0;

	while (done < bytes && !ring_empty(ring)) {
		u32 span;
		const u8 *from = ring_get_span(ring, &span);
		u32 n = MIN(span, bytes - done);

		memcpy((u8 *)data + done, from, n);
		ring->tail += n;
		done += n;
	}
	return done;
}

/* One byte. Put returns false if the ring is full; get returns -1 if it is empty. */
static inline bool
ring_put_byte(struct ring *ring, u8 byte)
{
	if (ring_full(ring))
		return false;
	ring->buf[ring->head++ & (ring->bytes - 1)] = byte;
	return true;
}

static inline int
ring_get_byte(struct ring *ring)
{
	if (ring_empty(ring))
		return -1;
	return ring->buf[ring->tail++ & (ring->bytes - 1)];
}
