/*
 * Pages. The first byte chooses: the input is taken for a compressed page; or a page is made of it,
 * of single bytes and of copies from before, and has to come back as it was.
 */
#include "hosttest.h"
#include "lib/lzpage.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static struct lzpage_table table;

/* What may be anything. If it is a page, then what is made of that page is the same page. */
static void
fuzz_decompress(const uint8_t *data, size_t bytes, u8 *page)
{
	u8 *in = malloc(bytes + !bytes), *out = malloc(2 * LZPAGE_BYTES), *back;
	size_t nr;

	memcpy(in, data, bytes);
	if (lzpage_decompress(in, bytes, page) == 0) {
		nr = lzpage_compress(page, out, 2 * LZPAGE_BYTES, &table);
		CHECK(nr > 0);
		back = aligned_alloc(8, LZPAGE_BYTES);
		CHECK(lzpage_decompress(out, nr, back) == 0);
		CHECK(memcmp(page, back, LZPAGE_BYTES) == 0);
		free(back);
	}
	free(in);
	free(out);
}

/* Triples of bytes: how far back, and how much of that, or a byte that is new. */
static void
page_make(const uint8_t *data, size_t bytes, u8 *page)
{
	size_t at = 0;

	for (size_t i = 0; at < LZPAGE_BYTES; i += 3) {
		const uint8_t *op = data + i % (bytes - 2);
		size_t back = op[0] | (size_t)(op[1] & 15) << 8, nr = 1 + (op[1] >> 4) * op[2] / 4;

		if (back == 0 || back > at) {
			page[at++] = op[2];
			continue;
		}
		for (; nr > 0 && at < LZPAGE_BYTES; nr--, at++)
			page[at] = page[at - back];
	}
}

/* Room for max bytes: what is made of the page fits into that, and comes back. */
static void
fuzz_round_trip(const u8 *page, size_t max)
{
	u8 *out = malloc(max + !max), *back = aligned_alloc(8, LZPAGE_BYTES), *exact;
	size_t nr = lzpage_compress(page, out, max, &table);

	CHECK(nr <= max);
	if (nr > 0) {
		exact = malloc(nr);
		memcpy(exact, out, nr);
		CHECK(lzpage_decompress(exact, nr, back) == 0);
		CHECK(memcmp(page, back, LZPAGE_BYTES) == 0);
		free(exact);
	}
	free(out);
	free(back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	u8 *page;

	if (bytes < 4)
		return 0;
	page = aligned_alloc(8, LZPAGE_BYTES);
	if (data[0] & 1) {
		fuzz_decompress(data + 1, bytes - 1, page);
	} else {
		page_make(data + 1, bytes - 1, page);
		fuzz_round_trip(page, data[0] & 2 ? 2 * LZPAGE_BYTES : data[0] * 8UL);
	}
	free(page);
	return 0;
}
