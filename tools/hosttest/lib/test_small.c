/* Checksums, hashes, random numbers, byte rings, ELF structures. */
#include "hosttest.h"
#include "lib/crc32c.h"
#include "lib/elf.h"
#include "lib/hash.h"
#include "lib/random.h"
#include "lib/ring.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

/* One bit at a time, from the definition. */
static u32
crc32c_slow(u32 crc, const u8 *data, size_t bytes)
{
	crc = ~crc;
	while (bytes-- != 0) {
		crc ^= *data++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78U : 0);
	}
	return ~crc;
}

HOSTTEST(crc32c_known_and_slow)
{
	u8 data[300];

	CHECK(crc32c(0, "123456789", 9) == 0xe3069283);
	CHECK(crc32c(0, "", 0) == 0);
	memset(data, 0, sizeof(data));
	CHECK(crc32c(0, data, 32) == 0x8a9136aa); /* RFC 3720, B.4 */
	memset(data, 0xff, 32);
	CHECK(crc32c(0, data, 32) == 0x62a8ab43);
	for (int i = 0; i < 20000; i++) {
		size_t off = rnd_below(16), bytes = rnd_below(280), cut = rnd_below(bytes + 1);
		u32 start = (u32)rnd();

		for (size_t j = 0; j < bytes; j++)
			data[off + j] = (u8)rnd();

		u32 want = crc32c_slow(start, data + off, bytes);

		CHECK(crc32c(start, data + off, bytes) == want);
		CHECK(crc32c(crc32c(start, data + off, cut), data + off + cut, bytes - cut) ==
		      want);
	}
}

/* RFC 8439, section 2.3.2. */
HOSTTEST(chacha20_rfc_vector)
{
	static const u8 want[CHACHA_BLOCK_BYTES] = {
		0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15, 0x50, 0x0f, 0xdd, 0x1f, 0xa3,
		0x20, 0x71, 0xc4, 0xc7, 0xd1, 0xf4, 0xc7, 0x33, 0xc0, 0x68, 0x03, 0x04, 0x22,
		0xaa, 0x9a, 0xc3, 0xd4, 0x6c, 0x4e, 0xd2, 0x82, 0x64, 0x46, 0x07, 0x9f, 0xaa,
		0x09, 0x14, 0xc2, 0xd7, 0x05, 0xd9, 0x8b, 0x02, 0xa2, 0xb5, 0x12, 0x9c, 0xd1,
		0xde, 0x16, 0x4e, 0xb9, 0xcb, 0xd0, 0x83, 0xe8, 0xa2, 0x50, 0x3c, 0x4e};
	static const u32 nonce[3] = {0x09000000, 0x4a000000, 0};
	u32 key[RANDOM_KEY_WORDS];
	u8 out[CHACHA_BLOCK_BYTES];

	for (u8 i = 0; i < 32; i++)
		((u8 *)key)[i] = i;
	chacha20_block(out, key, 1, nonce);
	CHECK(memcmp(out, want, sizeof(want)) == 0);
}

HOSTTEST(random_streams)
{
	struct random a, b;
	u8 x[1000], y[1000];

	random_init(&a);
	random_init(&b);
	/* The same state gives the same bytes, in whatever pieces they are taken. */
	random_fill(&a, x, sizeof(x));
	for (size_t done = 0; done < sizeof(y);) {
		size_t n = MIN(1 + (size_t)rnd_below(90), sizeof(y) - done);

		random_fill(&b, y + done, n);
		done += n;
	}
	CHECK(memcmp(x, y, sizeof(x)) == 0);
	random_mix(&a, "x", 1);
	random_mix(&b, "y", 1);
	CHECK(random_u64(&a) != random_u64(&b));

	/* What was given out is nowhere in the state. */
	u64 given = random_u64(&a);

	CHECK(!memmem(&a, sizeof(a), &given, sizeof(given)));
}

HOSTTEST(random_is_spread)
{
	struct random random;
	unsigned count[7] = {0}, ones = 0;

	random_init(&random);
	random_mix(&random, "a seed of some length that needs more than one block to be mixed in",
		   67);
	for (int i = 0; i < 70000; i++) {
		u64 n = random_below(&random, 7);

		CHECK(n < 7);
		count[n]++;
		ones += (unsigned)__builtin_popcountll(random_u64(&random));
	}
	for (int i = 0; i < 7; i++)
		CHECK(count[i] > 9500 && count[i] < 10500);
	CHECK(ones > 70000 * 64 / 2 - 10000 && ones < 70000 * 64 / 2 + 10000);
	CHECK_EQ(random_below(&random, 1), 0);
	CHECK_EQ(random_below(&random, 0), 0);
}

HOSTTEST(uuid_text)
{
	static const u8 bytes[UUID_BYTES] = {0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0,
					     0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};
	struct random random;
	u8 uuid[UUID_BYTES];
	char text[UUID_TEXT_BYTES];

	uuid_format(bytes, text);
	CHECK_STR(text, "12345678-9abc-def0-0123-456789abcdef");
	random_init(&random);
	uuid_make(&random, uuid);
	uuid_format(uuid, text);
	CHECK_EQ(strlen(text), 36);
	CHECK_EQ(text[14], '4');
	CHECK(strchr("89ab", text[19]));
}

HOSTTEST(hash_spreads)
{
	unsigned count[64] = {0};

	for (u64 i = 0; i < 64 * 1000; i++)
		count[hash_to_order(hash_u64(i * 4096), 6)]++;
	for (int i = 0; i < 64; i++)
		CHECK(count[i] > 850 && count[i] < 1150);
	CHECK(hash_string("") != hash_string("a") && hash_string("ab") != hash_string("ba"));
	CHECK(hash_string("abc") == hash_bytes("abcd", 3));
	CHECK(hash_pair(1, 2) != hash_pair(2, 1));
	CHECK_EQ(hash_to_order(hash_u64(5), 0), 0);
}

HOSTTEST(ring_model)
{
	u8 buf[64], model[64];
	struct ring ring;
	u32 used = 0;
	u8 next = 0;

	ring_init(&ring, buf, sizeof(buf));
	/* Near the point where the counters wrap around. */
	ring.head = ring.tail = UINT32_MAX - 1000;
	for (int i = 0; i < 50000; i++) {
		u8 data[80];
		u32 n = (u32)rnd_below(sizeof(data));
		u32 done;

		switch (rnd_below(4)) {
		case 0:
			for (u32 j = 0; j < n; j++)
				data[j] = next++;
			done = ring_put(&ring, data, n);
			CHECK_EQ(done, MIN(n, 64 - used));
			memcpy(model + used, data, done);
			used += done;
			break;
		case 1:
			done = ring_get(&ring, data, n);
			CHECK_EQ(done, MIN(n, used));
			CHECK(memcmp(data, model, done) == 0);
			used -= done;
			memmove(model, model + done, used);
			break;
		case 2:
			CHECK(ring_put_byte(&ring, next) == (used < 64));
			if (used < 64)
				model[used++] = next++;
			break;
		case 3:
			CHECK_EQ(ring_get_byte(&ring), used ? model[0] : -1);
			if (used != 0)
				memmove(model, model + 1, --used);
			break;
		}
		CHECK_EQ(ring_used(&ring), used);
		CHECK_EQ(ring_space(&ring), 64 - used);
		CHECK(ring_empty(&ring) == (used == 0) && ring_full(&ring) == (used == 64));
	}
	ring_reset(&ring);
	CHECK(ring_empty(&ring));
}

/* Our structures and the host's describe the same bytes. */
#define SAME_FIELD(ours, theirs, field) \
	CHECK_EQ(offsetof(struct ours, field), offsetof(theirs, field))

HOSTTEST(elf_layout)
{
	CHECK_EQ(sizeof(struct elf64_ehdr), sizeof(Elf64_Ehdr));
	CHECK_EQ(sizeof(struct elf64_phdr), sizeof(Elf64_Phdr));
	CHECK_EQ(sizeof(struct elf64_shdr), sizeof(Elf64_Shdr));
	CHECK_EQ(sizeof(struct elf64_sym), sizeof(Elf64_Sym));
	SAME_FIELD(elf64_ehdr, Elf64_Ehdr, e_entry);
	SAME_FIELD(elf64_ehdr, Elf64_Ehdr, e_phoff);
	SAME_FIELD(elf64_ehdr, Elf64_Ehdr, e_phnum);
	SAME_FIELD(elf64_ehdr, Elf64_Ehdr, e_shstrndx);
	SAME_FIELD(elf64_phdr, Elf64_Phdr, p_flags);
	SAME_FIELD(elf64_phdr, Elf64_Phdr, p_vaddr);
	SAME_FIELD(elf64_phdr, Elf64_Phdr, p_filesz);
	SAME_FIELD(elf64_phdr, Elf64_Phdr, p_memsz);
	SAME_FIELD(elf64_shdr, Elf64_Shdr, sh_offset);
	SAME_FIELD(elf64_shdr, Elf64_Shdr, sh_link);
	SAME_FIELD(elf64_sym, Elf64_Sym, st_shndx);
	SAME_FIELD(elf64_sym, Elf64_Sym, st_value);
}
