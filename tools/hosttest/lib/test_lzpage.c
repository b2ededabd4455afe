/* Compression of pages: round trips, bounds of both buffers, and inputs that are no pages. */
#include "hosttest.h"
#include "ktest/page_samples.h"
#include "lib/compiler.h"
#include "lib/errno.h"
#include "lib/lzpage.h"

#include <stdlib.h>
#include <string.h>

static struct lzpage_table table;

/*
 * Both buffers end where a page that faults begins, and so does the copy of what was compressed.
 * => bytes, 0 when it does not fit
 */
static size_t
round_trip(const u8 *page, size_t max)
{
	u8 *source = guarded_alloc(LZPAGE_BYTES, true), *out = guarded_alloc(max, true);
	u8 *back = guarded_alloc(LZPAGE_BYTES, true), *exact;
	size_t bytes;

	memcpy(source, page, LZPAGE_BYTES);
	bytes = lzpage_compress(source, out, max, &table);
	CHECK(bytes <= max);
	CHECK(memcmp(source, page, LZPAGE_BYTES) == 0);
	if (bytes == 0)
		return 0;
	exact = guarded_alloc(bytes, true);
	memcpy(exact, out, bytes);
	CHECK_EQ(lzpage_decompress(exact, bytes, back), 0);
	CHECK(memcmp(back, page, LZPAGE_BYTES) == 0);
	return bytes;
}

HOSTTEST(lzpage_samples)
{
	static const size_t most[NR_PAGE_SAMPLES] = {2300, 1800, 400, 4200};
	u64 page[LZPAGE_BYTES / sizeof(u64)];

	for (unsigned kind = 0; kind < NR_PAGE_SAMPLES; kind++) {
		for (u64 seed = 1; seed <= 20; seed++) {
			page_sample_fill(page, kind, seed);
			size_t bytes = round_trip((u8 *)page, 2 * LZPAGE_BYTES);
			CHECK_MSG(bytes > 0 && bytes <= most[kind], "%s has %zu bytes",
				  page_sample_names[kind], bytes);
		}
	}
	page_sample_fill(page, SAMPLE_RANDOM, 1);
	CHECK_EQ(round_trip((u8 *)page, LZPAGE_BYTES - 1), 0);
}

/* One byte over and over: the longest match there can be. */
HOSTTEST(lzpage_one_byte)
{
	u64 page[LZPAGE_BYTES / sizeof(u64)];

	for (int byte = 0; byte < 256; byte += 51) {
		memset(page, byte, sizeof(page));
		CHECK_EQ(round_trip((u8 *)page, 4096), 2 + 2 + (4095 - 11) / 255 + 1);
	}
}

/* Each number of bytes of room: either it fits exactly as before, or it does not fit. */
HOSTTEST(lzpage_every_room)
{
	u64 page[LZPAGE_BYTES / sizeof(u64)];
	size_t bytes;

	page_sample_fill(page, SAMPLE_POINTERS, 7);
	bytes = round_trip((u8 *)page, 4096);
	for (size_t max = 1; max < bytes; max += 1 + max / 40)
		CHECK_EQ(round_trip((u8 *)page, max), 0);
	CHECK_EQ(round_trip((u8 *)page, bytes - 1), 0);
	CHECK_EQ(round_trip((u8 *)page, bytes), bytes);
}

/* Periods of all lengths, so matches of all distances, and runs of all lengths between noise. */
HOSTTEST(lzpage_periods_and_runs)
{
	u8 page[LZPAGE_BYTES] __attribute__((aligned(8)));

	for (unsigned period = 1; period < LZPAGE_BYTES; period += 1 + period / 16) {
		for (unsigned i = 0; i < LZPAGE_BYTES; i++)
			page[i] = i < period ? rnd() : page[i - period];
		round_trip(page, 2 * LZPAGE_BYTES);
	}
	for (int n = 0; n < 300; n++) {
		unsigned at = 0;

		while (at < LZPAGE_BYTES) {
			unsigned end = MIN(at + 1 + rnd_below(n + 1), (u64)LZPAGE_BYTES);
			u8 byte = rnd_below(4);

			for (; at < end; at++)
				page[at] = n & 1 ? byte : rnd_one_in(8) ? rnd() : byte;
		}
		round_trip(page, 2 * LZPAGE_BYTES);
	}
}

/* The example at the top of lib/lzpage.c, and a page by hand of what the compressor never makes. */
HOSTTEST(lzpage_format)
{
	static const u8 start[] = {0x02, 'a', 'b', 'c', 0xd0, 0x02, 0x00, 'X'};
	u8 in[sizeof(start) + 20] = {0}, page[LZPAGE_BYTES];
	size_t nr = sizeof(start);

	memcpy(in, start, nr);
	in[nr++] = 0xf0; /* 11 + 15 * 255 + 247 = 4083 bytes, each that before it */
	in[nr++] = 0x00;
	for (int i = 0; i < 15; i++)
		in[nr++] = 255;
	in[nr++] = 247;
	CHECK_EQ(lzpage_decompress(in, nr, page), 0);
	CHECK(memcmp(page, "abcabcabcabcXXX", 15) == 0 && page[LZPAGE_BYTES - 1] == 'X');
	in[nr - 1] = 246;
	CHECK_EQ(lzpage_decompress(in, nr, page), -EINVAL);
	in[nr - 1] = 248;
	CHECK_EQ(lzpage_decompress(in, nr, page), -EINVAL);
	in[nr - 1] = 255;
	CHECK_EQ(lzpage_decompress(in, nr, page), -EINVAL);
}

/* Every prefix, and every single byte changed: no access outside, and a page only if it is one. */
HOSTTEST(lzpage_damaged)
{
	u64 page[LZPAGE_BYTES / sizeof(u64)];
	u8 out[LZPAGE_BYTES], *back = guarded_alloc(LZPAGE_BYTES, true);
	size_t bytes;

	page_sample_fill(page, SAMPLE_POINTERS, 3);
	bytes = lzpage_compress(page, out, sizeof(out), &table);
	for (size_t nr = 0; nr < bytes; nr++) {
		u8 *part = guarded_alloc(MAX(nr, 1UL), true);

		memcpy(part, out, nr);
		CHECK_EQ(lzpage_decompress(part, nr, back), -EINVAL);
	}
	for (int n = 0; n < 5000; n++) {
		u8 *bad = malloc(bytes);

		memcpy(bad, out, bytes);
		bad[rnd_below(bytes)] ^= 1 << rnd_below(8);
		bad[rnd_below(bytes)] = rnd();
		lzpage_decompress(bad, bytes, back);
		free(bad);
	}
}
