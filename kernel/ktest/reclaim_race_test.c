/*
 * What others do to a page or its file in the middle of reclaim: each test does the other's part in a
 * call that reclaim makes, so it comes at the same place every time.
 */

#include "ktest/instant_file.h"
#include "ktest/ktest.h"
#include "ktest/read_kernel.h"
#include "mem/tlb_deferred.h"
#include "vm/fault.h"
#include "vm/mmap.h"
#include "vm/page_map.h"
#include "vm/pagecache.h"
#include "vm/pte_state.h"
#include "vm/rmap.h"

#define NR   4
#define BASE 0x10000000UL
#define LATE (BASE + 64 * PAGE_SIZE)

static struct mapping file;

static bool
file_map(struct mm *mm, u64 base)
{
	return vma_map(mm, base, NR * PAGE_SIZE, VM_READ | VM_MAYALL, &file, 0, MAP_PLACE_FIXED) ==
	       (s64)base;
}

/* A hart that saw the page unlocked, just before reclaim locked it, maps it now. */
static bool
map_late(struct page *page, u32 found, void *arg)
{
	struct mm *mm = arg;
	pte_t *ptep = pgtable_lookup(&mm->pgt, LATE + PAGE_SIZE);

	(void)found;
	KTEST_CHECK(ptep && pte_is_none(pte_read(ptep)));
	page_map_get(page);
	pte_write(ptep, pte_for(page_to_pfn(page), PTE_V | PTE_R | PTE_U));
	atomic64_add(&mm->rss_file, 1);
	return true;
}

/* Of an entry that is gone the flush is still to come, so the others must not stay. */
KTEST(reclaim_unmaps_what_was_mapped_meanwhile)
{
	struct mm *mm = mm_create();
	struct tlb_deferred deferred;
	struct page *page;

	KTEST_REQUIRE(mm);
	mapping_init(&file, &file_ops, NULL, NR * PAGE_SIZE);
	mm_switch(mm);
	KTEST_REQUIRE(file_map(mm, BASE) && file_map(mm, LATE)); /* in one page table */
	for (u64 i = 0; i < NR; i++)
		KTEST_CHECK(fault_handle(mm, BASE + i * PAGE_SIZE, FAULT_READ) == FAULT_OK);
	page = pagecache_find(&file, 1);
	KTEST_REQUIRE(page);
	tlb_deferred_init(&deferred);
	page_lock(page);
	KTEST_CHECK(page_mapcount(page) == 1);
	KTEST_CHECK(rmap_unmap_if(page, map_late, mm, &deferred));
	KTEST_CHECK(page_mapcount(page) == 0);
	tlb_deferred_flush(&deferred);
	page_unlock(page);
	page_put(page);
	mm_put(mm_switch(NULL));
	mapping_destroy(&file);
}

static unsigned nr_released;

/* A file without pages can be evicted, and its memory used again. */
static void
file_release_page(struct mapping *mapping, struct page *page)
{
	(void)page;
	nr_released++;
	KTEST_CHECK(mapping->nr_pages > 0);
}

static const struct mapping_ops release_ops = {.read_pages = file_read_pages,
					       .release_page = file_release_page};

/* When the last page has left the cache nothing keeps the file: it is not asked any more. */
KTEST(reclaim_asks_no_file_without_pages)
{
	struct page *pages[NR];
	u8 byte;

	nr_released = 0;
	mapping_init(&file, &release_ops, NULL, NR * PAGE_SIZE);
	for (u64 i = 0; i < NR; i++) {
		KTEST_CHECK(pagecache_read_kernel(&file, i * PAGE_SIZE, &byte, 1) == 1);
		pages[i] = pagecache_find(&file, i);
		KTEST_REQUIRE(pages[i]);
		page_lock(pages[i]);
	}
	KTEST_CHECK(pagecache_remove(pages, NR) == NR);
	KTEST_CHECK(nr_released == NR);
	for (u64 i = 0; i < NR; i++) {
		page_unlock(pages[i]);
		page_put(pages[i]);
	}
	mapping_destroy(&file);
}
