/* What it costs to compress a page and to have it back, by kind of page: ktest=bench_lzpage. */

#include "ktest/bench.h"
#include "ktest/page_samples.h"

#include "lib/lzpage.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"

#define NR_PAGES 16
#define ROUNDS	 10

struct work {
	struct lzpage_table table;
	u8 out[NR_PAGES][2 * LZPAGE_BYTES];
	size_t bytes[NR_PAGES];
	u8 *pages[NR_PAGES], *back;
};

static bool
back_is_right(struct work *work, unsigned i)
{
	return work->bytes[i] > 0 &&
	       lzpage_decompress(work->out[i], work->bytes[i], work->back) == 0 &&
	       memcmp(work->pages[i], work->back, LZPAGE_BYTES) == 0;
}

static void
row(const char *what, const char *of, u64 start_ns)
{
	char name[40];

	snprintf(name, sizeof(name), "lzpage_%s_%s", what, of);
	bench_row(name, start_ns, 0, ROUNDS * NR_PAGES);
}

static void
bench_kind(struct work *work, enum page_sample kind)
{
	u64 start, sum = 0;

	for (unsigned i = 0; i < NR_PAGES; i++)
		page_sample_fill(work->pages[i], kind, i + 1);
	start = clock_now_ns();
	for (unsigned n = 0; n < ROUNDS * NR_PAGES; n++)
		work->bytes[n % NR_PAGES] =
			lzpage_compress(work->pages[n % NR_PAGES], work->out[n % NR_PAGES],
					sizeof(work->out[0]), &work->table);
	row("compress", page_sample_names[kind], start);
	start = clock_now_ns();
	for (unsigned n = 0; n < ROUNDS * NR_PAGES; n++)
		KTEST_CHECK(lzpage_decompress(work->out[n % NR_PAGES], work->bytes[n % NR_PAGES],
					      work->back) == 0);
	row("decompress", page_sample_names[kind], start);
	for (unsigned i = 0; i < NR_PAGES; i++) {
		KTEST_CHECK(back_is_right(work, i));
		sum += work->bytes[i];
	}
	printk(LOG_ERR, "bench: lzpage_bytes_%s %lu.0", page_sample_names[kind], sum / NR_PAGES);
}

KTEST(bench_lzpage)
{
	struct work *work = kzalloc(sizeof(*work), GFP_KERNEL);

	KTEST_REQUIRE(work);
	work->back = page_alloc_kva(GFP_KERNEL);
	KTEST_REQUIRE(work->back);
	for (unsigned i = 0; i < NR_PAGES; i++) {
		work->pages[i] = page_alloc_kva(GFP_KERNEL);
		KTEST_REQUIRE(work->pages[i]);
	}
	for (enum page_sample kind = 0; kind < NR_PAGE_SAMPLES; kind++)
		bench_kind(work, kind);
	for (unsigned i = 0; i < NR_PAGES; i++)
		page_free_kva(work->pages[i]);
	page_free_kva(work->back);
	kfree(work);
}
