/*
 * Reclaim's walk over the page-table entries of a page of a file: it asks once, whatever the number of
 * entries, and unmaps all of them or none; and what leaves the cache at once is what nobody uses.
 */

#include "ktest/instant_file.h"
#include "ktest/ktest.h"
#include "vm/fault.h"
#include "vm/mmap.h"
#include "vm/pagecache.h"
#include "vm/pte_state.h"
#include "vm/rmap.h"

#define NR   4
#define BASE 0x10000000UL

static struct mapping file;

/* The file, seen in nr_areas areas, and each of its pages used through each of them. */
static struct mm *
mm_enter(unsigned nr_areas)
{
	struct mm *mm = mm_create();

	mapping_init(&file, &file_ops, NULL, NR * PAGE_SIZE);
	if (!mm)
		return NULL;
	mm_switch(mm);
	for (unsigned area = 0; area < nr_areas; area++) {
		u64 base = BASE + area * 2 * NR * PAGE_SIZE;

		if (vma_map(mm, base, NR * PAGE_SIZE, VM_READ | VM_MAYALL, &file, 0,
			    MAP_PLACE_FIXED) != (s64)base)
			return NULL;
		for (u64 i = 0; i < NR; i++)
			if (fault_handle(mm, base + i * PAGE_SIZE, FAULT_READ) != FAULT_OK)
				return NULL;
	}
	return mm;
}

static void
mm_leave(void)
{
	mm_put(mm_switch(NULL));
	mapping_destroy(&file);
}

struct question {
	bool answer;
	unsigned nr_asked;
	u32 found;
};

static bool
answer(struct page *page, u32 found, void *arg)
{
	struct question *question = arg;

	(void)page;
	question->nr_asked++;
	question->found = found;
	return question->answer;
}

/* => what rmap_unmap_if() says of page `index` */
static bool
unmap_if(u64 index, struct question *question)
{
	struct page *page = pagecache_find(&file, index);
	bool unmapped;

	page_lock(page);
	unmapped = rmap_unmap_if(page, answer, question, NULL);
	page_unlock(page);
	page_put(page);
	return unmapped;
}

static s32
mapcount(u64 index)
{
	struct page *page = pagecache_find(&file, index);
	s32 nr = page_mapcount(page);

	page_put(page);
	return nr;
}

static void
check_areas(unsigned nr_areas)
{
	struct mm *mm = mm_enter(nr_areas);
	struct question no = {.answer = false}, yes = {.answer = true};

	KTEST_REQUIRE(mm);
	KTEST_CHECK(mapcount(1) == (s32)nr_areas);
	KTEST_CHECK(!unmap_if(1, &no));
	KTEST_CHECK(no.nr_asked == 1 && !(no.found & RMAP_ACCESSED) == (nr_areas == 0));
	KTEST_CHECK(mapcount(1) == (s32)nr_areas);
	KTEST_CHECK(unmap_if(1, &yes));
	KTEST_CHECK(yes.nr_asked == 1 && !(yes.found & RMAP_ACCESSED));
	KTEST_CHECK(mapcount(1) == 0 && mapcount(2) == (s32)nr_areas);
	KTEST_CHECK(atomic64_read(&mm->rss_file) == (s64)((NR - 1) * nr_areas));
	mm_leave();
}

KTEST(rmap_unmap_if_asks_once)
{
	check_areas(1);
	check_areas(2);
	check_areas(3);
}

KTEST(pagecache_remove_leaves_what_is_used)
{
	struct page *pages[NR], *used[2];
	struct mm *mm = mm_enter(1);

	KTEST_REQUIRE(mm);
	mm_put(mm_switch(NULL));
	for (u64 i = 0; i < NR; i++) {
		pages[i] = pagecache_find(&file, i);
		page_lock(pages[i]);
	}
	used[0] = pages[0];
	used[1] = pages[2];
	page_get(used[0]);
	page_get(used[1]);
	KTEST_CHECK(pagecache_remove(pages, NR) == 2 && file.nr_pages == 2);
	for (u64 i = 0; i < NR; i++) {
		KTEST_CHECK(!pages[i]->mapping == (i < 2));
		KTEST_CHECK((pages[i] == used[0] || pages[i] == used[1]) == (i >= 2));
		page_unlock(pages[i]);
		page_put(pages[i]);
	}
	page_put(used[0]);
	page_put(used[1]);
	mapping_destroy(&file);
}
