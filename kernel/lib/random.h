/*
 * A cryptographic random number generator: ChaCha20 with fast key erasure. The state is an object; the
 * kernel owns one and its lock, a test can make another. Output is unpredictable once 32 bytes of
 * entropy have been mixed in, and a stolen state does not reveal what was given out before.
 */
#pragma once

#include "lib/compiler.h"

#define RANDOM_KEY_WORDS   8
#define CHACHA_BLOCK_BYTES 64

struct random {
	u32 key[RANDOM_KEY_WORDS];
	u8 pool[CHACHA_BLOCK_BYTES]; /* output not given out yet: the last `ready` bytes */
	u32 ready;
};

/* A fixed state: without random_mix() the output is always the same. */
void random_init(struct random *random);

/* Mixes in bytes of any quality and number. Never makes the state more predictable. */
void random_mix(struct random *random, const void *entropy, size_t bytes);

void random_fill(struct random *random, void *buf, size_t bytes);
u64 random_u64(struct random *random);
/* A number in 0 .. limit - 1, all equally likely; 0 if limit is 0. */
u64 random_below(struct random *random, u64 limit);

/*
 * One block of ChaCha20 key stream (RFC 8439, section 2.3): 8 words of key, the 32-bit block counter
 * and the 96-bit nonce.
 */
void chacha20_block(u8 out[CHACHA_BLOCK_BYTES], const u32 key[RANDOM_KEY_WORDS], u32 counter,
		    const u32 nonce[3]);

/* A version 4 UUID from 16 random bytes, written as 36 characters and a terminator. */
#define UUID_BYTES	16
#define UUID_TEXT_BYTES 37
void uuid_make(struct random *random, u8 uuid[UUID_BYTES]);
void uuid_format(const u8 uuid[UUID_BYTES], char text[UUID_TEXT_BYTES]);
