/*
 * The checker of translations (mem/tlb_check.c) finds each flush that is left out. Each test does what
 * a program may ask for while the flush that belongs to it is dropped, and counts what is reported.
 */

#include "mem/tlb_check.h"

#ifdef DEBUG
#include "ktest/ktest.h"
#include "lib/err.h"
#include "mem/asid.h"
#include "mem/tlb_deferred.h"
#include "vm/mmap.h"
#include "vm/mremap.h"
#include "vm/pagecache.h"
#include "vm/rmap.h"
#include "vm/shmem.h"
#include "vm/usercopy.h"
#include "vm/zap.h"

#define VM_RW (VM_READ | VM_WRITE | VM_MAYALL)
#define BASE  0x10000000UL
#define OTHER 0x20000000UL

/* The thread's own address space, with one page of anonymous memory, or of `mapping`, stored to. */
static struct mm *
enter(struct mapping *mapping)
{
	struct mm *mm = mm_create();
	u32 flags = mapping ? VM_RW | VM_SHARED : VM_RW;

	if (!mm)
		return NULL;
	mm_switch(mm);
	KTEST_CHECK(vma_map(mm, BASE, PAGE_SIZE, flags, mapping, 0, MAP_PLACE_FIXED) == BASE);
	KTEST_CHECK(put_user_u32(BASE, 7) == 0);
	return mm;
}

/* The end of a test: nothing old stays in this hart, and the address space goes. */
static u64
leave(struct mm *mm)
{
	u64 nr = tlb_check_test_end();

	tlb_flush_tables(&mm->tlb);
	tlb_flush_kernel(KERNEL_VA_START, UINT64_MAX);
	mm_put(mm_switch(NULL));
	return nr;
}

KTEST(tlb_check_zap)
{
	struct mm *mm = enter(NULL);

	KTEST_REQUIRE(mm);
	tlb_check_test_begin(1);
	KTEST_CHECK(vma_unmap(mm, BASE, PAGE_SIZE) == 0);
	KTEST_CHECK(leave(mm) == 1);
}

/* The pages had gone before; this is about the tables. */
KTEST(tlb_check_tables)
{
	struct mm *mm = enter(NULL);

	KTEST_REQUIRE(mm);
	zap_range(mm, BASE, BASE + PAGE_SIZE);
	tlb_check_test_begin(1);
	pgtable_free_range(&mm->pgt, &mm->tlb, BASE, BASE + (1UL << PMD_SHIFT));
	KTEST_CHECK(leave(mm) >= 1);
}

KTEST(tlb_check_protect)
{
	struct mm *mm = enter(NULL);

	KTEST_REQUIRE(mm);
	tlb_check_test_begin(1);
	KTEST_CHECK(vma_protect(mm, BASE, PAGE_SIZE, VM_READ) == 0);
	KTEST_CHECK(leave(mm) == 1);
}

KTEST(tlb_check_fork_and_copy_on_write)
{
	struct mm *mm = enter(NULL), *child;
	u64 nr;

	KTEST_REQUIRE(mm);
	tlb_check_test_begin(1);
	child = mm_fork(mm);
	KTEST_CHECK(child && !IS_ERR(child));
	tlb_check_settled();
	nr = tlb_check_test_end();
	KTEST_CHECK(nr == 1);
	tlb_check_test_begin(1);
	KTEST_CHECK(put_user_u32(BASE, 8) == 0);
	KTEST_CHECK(leave(mm) == 1);
	if (child && !IS_ERR(child))
		mm_put(child);
}

KTEST(tlb_check_zero_page)
{
	struct mm *mm = enter(NULL);
	u32 word;

	KTEST_REQUIRE(mm);
	zap_range(mm, BASE, BASE + PAGE_SIZE);
	KTEST_CHECK(get_user_u32(&word, BASE) == 0 && word == 0);
	tlb_check_test_begin(1);
	KTEST_CHECK(put_user_u32(BASE, 8) == 0);
	KTEST_CHECK(leave(mm) == 1);
}

static void
move(struct mm *mm)
{
	struct remap remap = {.old = BASE,
			      .old_bytes = PAGE_SIZE,
			      .new_bytes = PAGE_SIZE,
			      .new = OTHER,
			      .may_move = true,
			      .fixed = true};

	KTEST_CHECK(vma_remap(mm, remap) == OTHER);
}

KTEST(tlb_check_mremap)
{
	struct mm *mm = enter(NULL);

	KTEST_REQUIRE(mm);
	tlb_check_test_begin(1);
	move(mm);
	KTEST_CHECK(leave(mm) >= 1);
}

/* One page of shared memory: what the reverse map does to it without a flush. */
static u64
with_shared_page(void (*change)(struct page *page))
{
	struct mapping *mapping = shmem_create(PAGE_SIZE);
	struct mm *mm;
	struct page *page;

	if (!mapping || IS_ERR(mapping))
		return 0;
	mm = enter(mapping);
	page = pagecache_find(mapping, 0);
	mapping_put(mapping);
	if (!mm || !page)
		return 0;
	page_lock(page);
	tlb_check_test_begin(1);
	change(page);
	page_unlock(page);
	page_put(page);
	return leave(mm);
}

static void
unmap_page(struct page *page)
{
	KTEST_CHECK(rmap_unmap(page, NULL));
}

static void
protect_page(struct page *page)
{
	rmap_write_protect(page, NULL);
}

static void
unmap_deferred(struct page *page)
{
	struct tlb_deferred deferred;

	tlb_deferred_init(&deferred);
	KTEST_CHECK(rmap_unmap(page, &deferred));
	tlb_deferred_flush(&deferred);
}

KTEST(tlb_check_reverse_map)
{
	KTEST_CHECK(with_shared_page(unmap_page) == 1);
	KTEST_CHECK(with_shared_page(protect_page) == 1);
	KTEST_CHECK(with_shared_page(unmap_deferred) == 1);
}

/*
 * A page of shared memory, mapped privately when `private`, was unmapped by reclaim, which has yet to flush. What
 * others do there meanwhile must not leave that to reclaim. => how often it did
 */
static u64
with_late_flush(bool private, void (*act)(struct mm *mm))
{
	struct mapping *mapping = shmem_create(PAGE_SIZE);
	struct mm *mm = mapping && !IS_ERR(mapping) ? enter(mapping) : NULL;
	struct page *page = mm ? pagecache_find(mapping, 0) : NULL;
	struct tlb_deferred deferred;
	u32 word;
	u64 nr;

	KTEST_CHECK(page);
	if (!page)
		return UINT64_MAX;
	if (private) {
		KTEST_CHECK(vma_map(mm, BASE, PAGE_SIZE, VM_RW, mapping, 0, MAP_PLACE_FIXED) ==
			    BASE);
		KTEST_CHECK(get_user_u32(&word, BASE) == 0 && word == 7);
	}
	tlb_deferred_init(&deferred);
	tlb_check_test_begin(0);
	page_lock(page);
	KTEST_CHECK(rmap_unmap(page, &deferred));
	act(mm);
	nr = tlb_check_test_end();
	tlb_deferred_flush(&deferred);
	KTEST_CHECK(mm->tlb.nr_deferred == 0);
	page_unlock(page);
	page_put(page);
	mapping_put(mapping);
	tlb_check_test_begin(0);
	KTEST_CHECK(leave(mm) == 0);
	return nr;
}

static void
nothing(struct mm *mm)
{
	KTEST_CHECK(mm->tlb.nr_deferred == 1);
}

static void
store(struct mm *mm)
{
	(void)mm;
	KTEST_CHECK(put_user_u32(BASE, 8) == 0);
}

static void
unmap(struct mm *mm)
{
	KTEST_CHECK(vma_unmap(mm, BASE, PAGE_SIZE) == 0);
}

static void
protect(struct mm *mm)
{
	KTEST_CHECK(vma_protect(mm, BASE, PAGE_SIZE, VM_READ) == 0);
}

static void
copy(struct mm *mm)
{
	struct mm *child = mm_fork(mm);

	KTEST_CHECK(child && !IS_ERR(child));
	if (child && !IS_ERR(child))
		mm_put(child);
}

KTEST(tlb_check_deferred)
{
	KTEST_CHECK(with_late_flush(false, nothing) == 1);
	KTEST_CHECK(with_late_flush(true, store) == 0);
	KTEST_CHECK(with_late_flush(false, unmap) == 0);
	KTEST_CHECK(with_late_flush(false, protect) == 0);
	KTEST_CHECK(with_late_flush(false, move) == 0);
	KTEST_CHECK(with_late_flush(false, copy) == 0);
}

/* An entry that maps one page comes to map another without having been none, and flushed. */
KTEST(tlb_check_replaced)
{
	struct mm *mm = enter(NULL);
	pte_t *ptep, pte;

	KTEST_REQUIRE(mm);
	ptep = pgtable_lookup(&mm->pgt, BASE);
	pte = pte_read(ptep);
	tlb_check_test_begin(0);
	pte_write(ptep, (pte_t){pte.bits + (1UL << PTE_PFN_SHIFT)});
	pte_write(ptep, pte);
	KTEST_CHECK(tlb_check_test_end() >= 2);
	tlb_check_test_begin(0);
	pte_write(ptep, pte_none());
	pte_write(ptep, (pte_t){pte.bits + (1UL << PTE_PFN_SHIFT)});
	KTEST_CHECK(tlb_check_test_end() == 1);
	tlb_check_test_begin(0);
	pte_write(ptep, pte_none());
	tlb_flush_page(&mm->tlb, BASE);
	pte_write(ptep, pte);
	KTEST_CHECK(leave(mm) == 0);
}

/* The bit that says that this hart missed a flush gets lost. */
KTEST(tlb_check_missed_flush)
{
	struct mm *mm = enter(NULL), *other = mm_create();

	KTEST_REQUIRE(mm && other);
	mm_switch(other);
	if (asids.nr_numbers > 1024) {
		zap_range(mm, BASE, BASE + PAGE_SIZE);
		mm->tlb.stale = 0;
		tlb_check_test_begin(0);
		mm_switch(mm);
		KTEST_CHECK(tlb_check_test_end() == 1);
		mm_switch(other);
	}
	mm_switch(mm);
	tlb_check_test_begin(0);
	KTEST_CHECK(leave(mm) == 0);
	mm_put(other);
}

/* Two address spaces get one number. */
KTEST(tlb_check_number_twice)
{
	struct mm *mm = enter(NULL), *other = mm_create();

	KTEST_REQUIRE(mm && other);
	if (asids.nr_numbers > 1024) {
		other->tlb.asid = mm->tlb.asid;
		tlb_check_test_begin(0);
		mm_switch(other);
		KTEST_CHECK(tlb_check_test_end() == 1);
		tlb_flush_kernel(KERNEL_VA_START, UINT64_MAX);
		mm_switch(mm);
		other->tlb.asid = 0;
	}
	tlb_check_test_begin(0);
	KTEST_CHECK(leave(mm) == 0);
	mm_put(other);
}
#endif
