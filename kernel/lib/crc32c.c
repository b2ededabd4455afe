/*
 * CRC-32C, eight bytes per step ("slicing by 8").
 *
 * table[0][b] is what an empty register holds after byte b has gone through it; table[k][b] is the
 * same followed by k zero bytes. As a CRC is linear, the effect of eight bytes is the xor of eight
 * lookups, one in each table. For the same reason a whole table follows from its entries for the eight
 * powers of two, which are the numbers below: the preprocessor makes the other 248.
 */
#include "lib/crc32c.h"

#define NR_TABLES 8

/* Entry b of the table whose entries 1, 2, 4 .. 128 are p0 .. p7. */
#define ENTRY(b, p0, p1, p2, p3, p4, p5, p6, p7)                                                 \
	(((b)&1 ? (p0) : 0U) ^ ((b)&2 ? (p1) : 0U) ^ ((b)&4 ? (p2) : 0U) ^ ((b)&8 ? (p3) : 0U) ^ \
	 ((b)&16 ? (p4) : 0U) ^ ((b)&32 ? (p5) : 0U) ^ ((b)&64 ? (p6) : 0U) ^                    \
	 ((b)&128 ? (p7) : 0U))
#define ENTRIES_4(b, ...)                                                                  \
	ENTRY((b), __VA_ARGS__), ENTRY((b) + 1, __VA_ARGS__), ENTRY((b) + 2, __VA_ARGS__), \
		ENTRY((b) + 3, __VA_ARGS__)
#define ENTRIES_16(b, ...)                                            \
	ENTRIES_4((b), __VA_ARGS__), ENTRIES_4((b) + 4, __VA_ARGS__), \
		ENTRIES_4((b) + 8, __VA_ARGS__), ENTRIES_4((b) + 12, __VA_ARGS__)
#define ENTRIES_64(b, ...)                                               \
	ENTRIES_16((b), __VA_ARGS__), ENTRIES_16((b) + 16, __VA_ARGS__), \
		ENTRIES_16((b) + 32, __VA_ARGS__), ENTRIES_16((b) + 48, __VA_ARGS__)
#define ENTRIES_256(...)                                                                       \
	ENTRIES_64(0, __VA_ARGS__), ENTRIES_64(64, __VA_ARGS__), ENTRIES_64(128, __VA_ARGS__), \
		ENTRIES_64(192, __VA_ARGS__)

static const u32 table[NR_TABLES][256] = {
	{ENTRIES_256(0xf26b8303, 0xe13b70f7, 0xc79a971f, 0x8ad958cf, 0x105ec76f, 0x20bd8ede,
		     0x417b1dbc, 0x82f63b78)},
	{ENTRIES_256(0x13a29877, 0x274530ee, 0x4e8a61dc, 0x9d14c3b8, 0x3fc5f181, 0x7f8be302,
		     0xff17c604, 0xfbc3faf9)},
	{ENTRIES_256(0xa541927e, 0x4f6f520d, 0x9edea41a, 0x38513ec5, 0x70a27d8a, 0xe144fb14,
		     0xc76580d9, 0x8b277743)},
	{ENTRIES_256(0xdd45aab8, 0xbf672381, 0x7b2231f3, 0xf64463e6, 0xe964b13d, 0xd725148b,
		     0xaba65fe7, 0x52a0c93f)},
	{ENTRIES_256(0x38116fac, 0x7022df58, 0xe045beb0, 0xc5670b91, 0x8f2261d3, 0x1ba8b557,
		     0x37516aae, 0x6ea2d55c)},
	{ENTRIES_256(0xef306b19, 0xdb8ca0c3, 0xb2f53777, 0x6006181f, 0xc00c303e, 0x85f4168d,
		     0x0e045beb, 0x1c08b7d6)},
	{ENTRIES_256(0x68032cc8, 0xd0065990, 0xa5e0c5d1, 0x4e2dfd53, 0x9c5bfaa6, 0x3d5b83bd,
		     0x7ab7077a, 0xf56e0ef4)},
	{ENTRIES_256(0x493c7d27, 0x9278fa4e, 0x211d826d, 0x423b04da, 0x847609b4, 0x0d006599,
		     0x1a00cb32, 0x34019664)},
};

static u32
byte_step(u32 crc, u8 byte)
{
	return table[0][(crc ^ byte) & 0xff] ^ crc >> 8;
}

/* The entry for the byte of x that begins at bit 2: so placed, it is the offset of its entry. */
static u32
entry_at(const u32 *entries, u64 x)
{
	return *(const u32 *)((const u8 *)entries + (x & 0xff * sizeof(u32)));
}

static u32
eight_step(u32 crc, u64 eight)
{
	u64 x = eight ^ crc;

	return entry_at(table[7], x << 2) ^ entry_at(table[6], x >> 6) ^
	       entry_at(table[5], x >> 14) ^ entry_at(table[4], x >> 22) ^
	       entry_at(table[3], x >> 30) ^ entry_at(table[2], x >> 38) ^
	       entry_at(table[1], x >> 46) ^ entry_at(table[0], x >> 54);
}

u32
crc32c(u32 crc, const void *data, size_t bytes)
{
	typedef u64 MAY_ALIAS word_t;
	const u8 *p = data;

	crc = ~crc;
	for (; bytes != 0 && !IS_ALIGNED((uintptr_t)p, sizeof(word_t)); bytes--)
		crc = byte_step(crc, *p++);
	for (; bytes >= sizeof(word_t); bytes -= sizeof(word_t)) {
		crc = eight_step(crc, *(const word_t *)p);
		p += sizeof(word_t);
	}
	for (; bytes != 0; bytes--)
		crc = byte_step(crc, *p++);
	return ~crc;
}
