/* What frames cost: ktest=bench. */

#include "ktest/bench.h"

#include "mem/kmap.h"
#include "mem/page_alloc.h"

void
bench_row(const char *name, u64 start_ns, u64 loop_ns, u64 rounds)
{
	u64 tenths = (clock_now_ns() - start_ns - loop_ns) * 10 / rounds;

	printk(LOG_ERR, "bench: %s %lu.%lu", name, tenths / 10, tenths % 10);
}

static void
alloc_and_free(unsigned order)
{
	struct page *page = pages_alloc(GFP_KERNEL, order);

	pages_free(page, order);
}

KTEST(bench_pages)
{
	enum { NR = 64 };
	static struct page *pages[NR];
	u64 start;

	BENCH("page_order0", page_put(page_alloc(GFP_KERNEL)));
	BENCH("page_order1", alloc_and_free(1));
	BENCH("page_order9", alloc_and_free(9));
	start = clock_now_ns();
	for (u64 i = 0; i < BENCH_ROUNDS / NR; i++) {
		KTEST_REQUIRE(pages_alloc_bulk(GFP_KERNEL, NR, pages) == NR);
		for (unsigned n = 0; n < NR; n++)
			page_put(pages[n]);
	}
	bench_row("page_bulk_of_64", start, 0, BENCH_ROUNDS / NR * NR);
}

KTEST(bench_kmap)
{
	struct page *low = page_alloc(GFP_KERNEL);
	struct page *high = page_alloc(GFP_HIGHUSER);

	KTEST_REQUIRE(low && high);
	BENCH("kmap_low", kunmap_local(kmap_local_page(low)));
	BENCH(page_in_directmap(high) ? "kmap_high_is_low" : "kmap_high",
	      kunmap_local(kmap_local_page(high)));
	page_put(low);
	page_put(high);
}
