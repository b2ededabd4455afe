/*
 * ChaCha20 with fast key erasure: each block is used half as the next key, which overwrites the old
 * one at once, and half as output. Entropy is mixed in by xor-ing it into the key, 32 bytes at a time,
 * and running the block function over it.
 */
#include "lib/random.h"
#include "lib/string.h"

#define KEY_BYTES     (RANDOM_KEY_WORDS * sizeof(u32))
#define STATE_WORDS   (CHACHA_BLOCK_BYTES / sizeof(u32))
#define DOUBLE_ROUNDS 10

static u32
rotl32(u32 x, unsigned n)
{
	return x << n | x >> (32 - n);
}

static void
quarter_round(u32 *x, unsigned a, unsigned b, unsigned c, unsigned d)
{
	x[a] += x[b];
	x[d] = rotl32(x[d] ^ x[a], 16);
	x[c] += x[d];
	x[b] = rotl32(x[b] ^ x[c], 12);
	x[a] += x[b];
	x[d] = rotl32(x[d] ^ x[a], 8);
	x[c] += x[d];
	x[b] = rotl32(x[b] ^ x[c], 7);
}

void
chacha20_block(u8 out[CHACHA_BLOCK_BYTES], const u32 key[RANDOM_KEY_WORDS], u32 counter,
	       const u32 nonce[3])
{
	/* "expand 32-byte k" */
	u32 start[STATE_WORDS] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
	u32 x[STATE_WORDS];

	memcpy(start + 4, key, KEY_BYTES);
	start[12] = counter;
	memcpy(start + 13, nonce, 3 * sizeof(u32));
	memcpy(x, start, sizeof(x));
	for (unsigned i = 0; i < DOUBLE_ROUNDS; i++) {
		quarter_round(x, 0, 4, 8, 12);
		quarter_round(x, 1, 5, 9, 13);
		quarter_round(x, 2, 6, 10, 14);
		quarter_round(x, 3, 7, 11, 15);
		quarter_round(x, 0, 5, 10, 15);
		quarter_round(x, 1, 6, 11, 12);
		quarter_round(x, 2, 7, 8, 13);
		quarter_round(x, 3, 4, 9, 14);
	}
	for (unsigned i = 0; i < STATE_WORDS; i++)
		x[i] += start[i];
	memcpy(out, x, sizeof(x));
}

/* The next block: half of it is the new key. */
static void
refill(struct random *random)
{
	static const u32 nonce[3];

	chacha20_block(random->pool, random->key, 0, nonce);
	memcpy(random->key, random->pool, KEY_BYTES);
	random->ready = CHACHA_BLOCK_BYTES - KEY_BYTES;
}

void
random_init(struct random *random)
{
	memset(random, 0, sizeof(*random));
}

void
random_mix(struct random *random, const void *entropy, size_t bytes)
{
	const u8 *p = entropy;
	u8 *key = (u8 *)random->key;

	while (bytes != 0) {
		size_t n = MIN(bytes, KEY_BYTES);

		for (size_t i = 0; i < n; i++)
			key[i] ^= p[i];
		refill(random);
		p += n;
		bytes -= n;
	}
}

void
random_fill(struct random *random, void *buf, size_t bytes)
{
	u8 *out = buf;

	while (bytes != 0) {
		if (random->ready == 0)
			refill(random);

		u32 n = MIN(bytes, (size_t)random->ready);
		u8 *from = random->pool + CHACHA_BLOCK_BYTES - random->ready;

		memcpy(out, from, n);
		memset(from, 0, n);
		random->ready -= n;
		out += n;
		bytes -= n;
	}
}

u64
random_u64(struct random *random)
{
	u64 value;

	random_fill(random, &value, sizeof(value));
	return value;
}

u64
random_below(struct random *random, u64 limit)
{
	if (limit == 0)
		return 0;

	/* 2^64 mod limit: values below it would favour the small results. */
	u64 unfair = -limit % limit;
	u64 value;

	do
		value = random_u64(random);
	while (value < unfair);
	return value % limit;
}

void
uuid_make(struct random *random, u8 uuid[UUID_BYTES])
{
	random_fill(random, uuid, UUID_BYTES);
	uuid[6] = (uuid[6] & 0x0f) | 0x40;
	uuid[8] = (uuid[8] & 0x3f) | 0x80;
}

void
uuid_format(const u8 uuid[UUID_BYTES], char text[UUID_TEXT_BYTES])
{
	const char *digits = "0123456789abcdef";

	for (unsigned i = 0; i < UUID_BYTES; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*text++ = '-';
		*text++ = digits[uuid[i] >> 4];
		*text++ = digits[uuid[i] & 0xf];
	}
	*text = '\0';
}
