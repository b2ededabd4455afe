/*
 * Compression of one page, in the manner of Lempel and Ziv: bytes that were there before are replaced
 * by the distance to where. The format is made for a page: a distance has 12 bits, and there is neither
 * a header nor an end mark, for the result is always one page.
 *
 *	0nnnnnnn  byte ...			n + 1 bytes as they are: literals
 *	1lllDDDD  dddddddd  [more ...]		a match: l + 4 bytes, equal to those Dd + 1 bytes back
 *
 * With lll = 111 further bytes follow, and all are added to the length; the last of them is the
 * first that is not 255. A match may reach into what it makes itself: a distance of 1 repeats a byte.
 *
 *	a b c a b c a b c a b c X     ->	02 a b c	three literals
 *						d0 02		9 bytes from 3 back (101: 5 + 4)
 *						00 X		a literal
 *
 * The compressor goes over the page once. A table says where the hash of the next four bytes was seen
 * last; if they are the same there, that is a match, and it is made as long as possible in both
 * directions. Where nothing has matched for a while it looks at fewer and fewer positions: so what
 * cannot be compressed costs little.
 *
 * Eight bytes are loaded and stored at once, wherever they are; a compiler that may not do that makes it right,
 * but slow. Decompression copies eight bytes at a time, and up to seven too many, if there is room: what follows
 * is overwritten by what comes next. Such a copy may overlap what it is made from, but not by more than its own
 * distance, so distances below eight are for copy_match().
 */
#include "lib/lzpage.h"

#include "lib/compiler.h"
#include "lib/errno.h"
#include "lib/string.h"

/* Eight bytes anywhere. */
struct eight {
	u64 bytes;
} PACKED MAY_ALIAS;

#define LITERALS_MAX  128UL /* of one token */
#define MATCH_MIN     4UL
#define MATCH_LONG    11UL /* from here on with further bytes */
#define MATCH_FLAG    0x80UL
#define LENGTH_SHIFT  4
#define DISTANCE_HIGH 0x0fUL
#define POSITION_BITS 12
#define HASH_FACTOR   0x9e3779b1U

/* The last position where load() may be called. */
#define LOAD_LAST (LZPAGE_BYTES - 8UL)

/* Positions without a match until the steps become longer by one: 2 to this. */
#define SKIP_LOG2 5

/* Shorter copies are not worth a call. */
#define COPY_SHORT 24UL

/* Longer ones are not made of eights. */
#define COPY_EIGHTS 48UL

struct out {
	u8 *at, *end;
};

/* Eight bytes. => at <= LOAD_LAST */
static ALWAYS_INLINE u64
load(const u8 *page, size_t at)
{
	return ((const struct eight *)(page + at))->bytes;
}

/* How many bytes two words have in common at their lower end, if diff, which is not 0, is their xor. */
static ALWAYS_INLINE size_t
bytes_equal(u64 diff)
{
	size_t nr = 0;

	if ((u32)diff == 0) {
		diff >>= 32;
		nr = 4;
	}
	if ((u16)diff == 0) {
		diff >>= 16;
		nr += 2;
	}
	return nr + ((u8)diff == 0);
}

/* Bytes that at and back, which is before it, have in common. */
static ALWAYS_INLINE size_t
match_length(const u8 *page, size_t at, size_t back)
{
	size_t distance = at - back, start = at;

	for (; at <= LOAD_LAST; at += 8) {
		u64 diff = load(page, at) ^ load(page, at - distance);

		if (diff)
			return at + bytes_equal(diff) - start;
	}
	while (at < LZPAGE_BYTES && page[at] == page[at - distance])
		at++;
	return at - start;
}

/* Upwards, byte after byte as far as can be told: to may overlap what is behind from. */
static ALWAYS_INLINE void
copy_short(u8 *to, const u8 *from, size_t nr)
{
	for (const u8 *end = to + nr; to != end;)
		*to++ = *from++;
}

static ALWAYS_INLINE void
copy_literals(u8 *to, const u8 *from, size_t nr)
{
	if (nr < COPY_SHORT)
		copy_short(to, from, nr);
	else
		memcpy(to, from, nr);
}

/* => false: no room */
static ALWAYS_INLINE bool
put_literals(struct out *out, const u8 *from, size_t nr)
{
	if (nr + DIV_ROUND_UP(nr, LITERALS_MAX) > (size_t)(out->end - out->at))
		return false;
	while (nr > 0) {
		size_t now = MIN(nr, LITERALS_MAX);

		*out->at++ = now - 1;
		copy_literals(out->at, from, now);
		out->at += now;
		from += now;
		nr -= now;
	}
	return true;
}

/* => false: no room */
static ALWAYS_INLINE bool
put_match(struct out *out, size_t distance, size_t length)
{
	size_t more = length - MATCH_LONG;

	if (out->end - out->at < 2)
		return false;
	distance--;
	*out->at++ =
		MATCH_FLAG | (MIN(length, MATCH_LONG) - MATCH_MIN) << LENGTH_SHIFT | distance >> 8;
	*out->at++ = distance;
	if (length < MATCH_LONG)
		return true;
	if (more / 255 + 1 > (size_t)(out->end - out->at))
		return false;
	for (; more >= 255; more -= 255)
		*out->at++ = 255;
	*out->at++ = more;
	return true;
}

/*
 * The first position from *at on with a match, *at set to it, and *diff to the xor of the eight bytes
 * in both places. => where that is; or no less than *at
 *
 * An entry of the table is a position, and above it so much of the hash that bytes which are not the
 * same are hardly ever looked at.
 */
static ALWAYS_INLINE size_t
match_find(const u8 *page, size_t *at, u64 *diff, struct lzpage_table *table)
{
	size_t start = *at, step = 0, pos, back;

	for (pos = start; pos <= LOAD_LAST; pos += step) {
		u64 word = load(page, pos);
		u32 hash = (u32)word * HASH_FACTOR, *entry, seen;

		entry = &table->last[hash >> (32 - LZPAGE_TABLE_LOG2)];
		seen = *entry;
		*entry = hash << POSITION_BITS | pos;
		if (unlikely((seen ^ *entry) >> POSITION_BITS == 0)) {
			back = seen % (1U << POSITION_BITS);
			*diff = word ^ load(page, back);
			if ((u32)*diff == 0)
				break;
		}
		step = 1 + ((pos - start) >> SKIP_LOG2);
	}
	*at = pos;
	return pos <= LOAD_LAST ? back : pos;
}

size_t
lzpage_compress(const void *page, void *to, size_t max, struct lzpage_table *table)
{
	struct out out = {to, (u8 *)to + max};
	const u8 *src = page;
	size_t done = 0, at = 1; /* what was not seen yet seems to be at 0 */
	u64 diff;

	memset(table, 0, sizeof(*table));
	for (;;) {
		size_t back = match_find(src, &at, &diff, table), length;

		if (back >= at)
			break;
		length = diff ? bytes_equal(diff) : 8 + match_length(src, at + 8, back + 8);
		for (; at > done && back > 0 && src[at - 1] == src[back - 1]; at--, back--)
			length++;
		if (!put_literals(&out, src + done, at - done) ||
		    !put_match(&out, at - back, length))
			return 0;
		at += length;
		done = at;
	}
	if (!put_literals(&out, src + done, LZPAGE_BYTES - done))
		return 0;
	return out.at - (u8 *)to;
}

/* Up to 7 bytes more are read and written. => nr > 0; from is no less than 8 below to, if it is below */
static ALWAYS_INLINE void
copy_eights(u8 *to, const u8 *from, size_t nr)
{
	const u8 *end = to + nr;

	do {
		((struct eight *)to)->bytes = ((const struct eight *)from)->bytes;
		to += 8;
		from += 8;
	} while (to < end);
}

/* What repeats becomes twice as long with each copy. => nr >= MATCH_MIN */
static NOINLINE void
copy_match(u8 *to, size_t distance, size_t nr)
{
	const u8 *from = to - distance;

	if (nr < COPY_SHORT) {
		to[0] = from[0];
		to[1] = from[1];
		to[2] = from[2];
		to[3] = from[3];
		copy_short(to + MATCH_MIN, from + MATCH_MIN, nr - MATCH_MIN);
		return;
	}
	for (; nr > distance; distance *= 2) {
		memcpy(to, from, distance);
		to += distance;
		nr -= distance;
	}
	memcpy(to, from, nr);
}

/* The rest of a long match's length. => false: the input ends, or that is more than a page has */
static ALWAYS_INLINE bool
get_length(const u8 **in, const u8 *end, size_t *length)
{
	u8 more;

	do {
		if (*in == end || *length > LZPAGE_BYTES)
			return false;
		more = *(*in)++;
		*length += more;
	} while (more == 255);
	return true;
}

/* => false: there is no room for so many, or there are not so many in the input */
static ALWAYS_INLINE bool
get_literals(const u8 *in, size_t left, u8 *to, size_t room, size_t nr)
{
	if (nr <= COPY_EIGHTS && nr + 7 <= left && nr + 7 <= room) {
		copy_eights(to, in, nr);
		return true;
	}
	if (nr > left || nr > room)
		return false;
	memcpy(to, in, nr);
	return true;
}

/* What is `distance` back of the `done` bytes before to. => false: there is nothing, or no room */
static ALWAYS_INLINE bool
get_match(u8 *to, size_t done, size_t distance, size_t nr)
{
	size_t room = LZPAGE_BYTES - done;

	if (distance > done)
		return false;
	if (distance >= 8 && nr <= COPY_EIGHTS && nr + 7 <= room) {
		copy_eights(to, to - distance, nr);
		return true;
	}
	if (nr > room)
		return false;
	copy_match(to, distance, nr);
	return true;
}

int
lzpage_decompress(const void *from, size_t bytes, void *page)
{
	const u8 *in = from, *end = in + bytes;
	u8 *to = page;
	size_t at = 0;

	while (in != end) {
		size_t token = *in++, distance, length = token + 1;

		if (token < MATCH_FLAG) {
			if (!get_literals(in, end - in, to + at, LZPAGE_BYTES - at, length))
				return -EINVAL;
			in += length;
			at += length;
			continue;
		}
		if (in == end)
			return -EINVAL;
		distance = ((token & DISTANCE_HIGH) << 8 | *in++) + 1;
		length = ((token & ~MATCH_FLAG) >> LENGTH_SHIFT) + MATCH_MIN;
		if (length == MATCH_LONG && !get_length(&in, end, &length))
			return -EINVAL;
		if (!get_match(to + at, at, distance, length))
			return -EINVAL;
		at += length;
	}
	return at == LZPAGE_BYTES ? 0 : -EINVAL;
}
