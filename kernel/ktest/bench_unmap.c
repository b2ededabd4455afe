/*
 * What it costs to reclaim a clean page of a file, in steps of 32 pages as an allocation does:
 * ktest=bench_reclaim. Read by a call and mapped by nobody; and mapped once, but not used lately.
 */

#include "ktest/bench.h"

#include "ktest/instant_file.h"
#include "ktest/read_kernel.h"
#include "mem/page_alloc.h"
#include "vm/fault.h"
#include "vm/lru.h"
#include "vm/mmap.h"
#include "vm/page_lock.h"
#include "vm/pagecache.h"
#include "vm/pte_state.h"
#include "vm/drop_caches.h"
#include "vm/reclaim.h"
#include "vm/rmap.h"

#define NR_PAGES 4096
#define STEP	 32
#define BASE	 0x40000000UL

static struct mapping file;

static void
file_open(void)
{
	u8 byte;

	drop_pagecache();
	mapping_init(&file, &file_ops, NULL, NR_PAGES * PAGE_SIZE);
	for (u64 i = 0; i < NR_PAGES; i++)
		KTEST_CHECK(pagecache_read_kernel(&file, i * PAGE_SIZE, &byte, 1) == 1);
	lru_flush();
	KTEST_CHECK(file.nr_pages == NR_PAGES);
}

/* Half of the pages go, so that there are always enough. Shrinkers may free pages of others besides. */
static void
reclaim_half(const char *name)
{
	u64 before = file.nr_pages, start = clock_now_ns();

	while (file.nr_pages > before / 2)
		if (reclaim_pages(STEP, GFP_HIGHUSER) == 0)
			break;
	bench_row(name, start, 0, MAX(before - file.nr_pages, 1UL));
	KTEST_CHECK(file.nr_pages <= before / 2);
}

/* => the pages were used when they were mapped, but never since */
static void
pages_age(struct mm *mm)
{
	for (u64 i = 0; i < NR_PAGES; i++) {
		pte_t *ptep = pgtable_lookup(&mm->pgt, BASE + i * PAGE_SIZE);
		struct page *page;

		KTEST_REQUIRE(ptep && pte_has_page(pte_read(ptep)));
		page = pte_page(pte_read(ptep));
		page_lock(page);
		rmap_test_and_clear_accessed(page, NULL);
		page_unlock(page);
	}
}

KTEST(bench_reclaim)
{
	struct mm *mm;

	file_open();
	reclaim_half("reclaim_clean_unmapped");
	mapping_destroy(&file);

	mm = mm_create();
	KTEST_REQUIRE(mm);
	mm_switch(mm);
	file_open();
	KTEST_CHECK(vma_map(mm, BASE, NR_PAGES * PAGE_SIZE, VM_READ | VM_MAYALL, &file, 0,
			    MAP_PLACE_FIXED) == BASE);
	for (u64 i = 0; i < NR_PAGES; i++)
		KTEST_CHECK(fault_handle(mm, BASE + i * PAGE_SIZE, FAULT_READ) == FAULT_OK);
	pages_age(mm);
	reclaim_half("reclaim_clean_mapped_once");
	mm_put(mm_switch(NULL));
	mapping_destroy(&file);
}
