#include "fs/qfs/bits.h"

#include "lib/bitops.h"

#define WORD_BITS 64u

/* The word that `bit` is in, used or held. */
static u64
busy_word(const u64 *body, const u64 *held, u32 bit)
{
	u64 word = body[bit / WORD_BITS];

	return held ? word | held[bit / WORD_BITS] : word;
}

u32
qfs_bits_find_zero(const void *body, const void *held, u32 from, u32 to)
{
	while (from < to) {
		u64 zeros = ~busy_word(body, held, from) >> (from % WORD_BITS);

		if (zeros) {
			from += ctz64(zeros);
			return from < to ? from : to;
		}
		from = (from / WORD_BITS + 1) * WORD_BITS;
	}
	return to;
}

u32
qfs_bits_find_one(const void *body, u32 from, u32 to)
{
	while (from < to) {
		u64 ones = ((const u64 *)body)[from / WORD_BITS] >> (from % WORD_BITS);

		if (ones) {
			from += ctz64(ones);
			return from < to ? from : to;
		}
		from = (from / WORD_BITS + 1) * WORD_BITS;
	}
	return to;
}

u32
qfs_bits_count_zero(const void *body, u32 nr_bits)
{
	const u64 *word = body;
	u32 zeros = 0;

	for (; nr_bits >= WORD_BITS; nr_bits -= WORD_BITS)
		zeros += WORD_BITS - popcount64(*word++);
	for (u32 bit = 0; bit < nr_bits; bit++)
		zeros += !(*word >> bit & 1);
	return zeros;
}
