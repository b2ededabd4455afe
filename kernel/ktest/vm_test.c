/*
 * Address spaces from inside: the test's thread takes one on, and uses it through usercopy and
 * uio, which fault pages in as a program would.
 */

#include "ktest/ktest.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"
#include "mem/tlb_check.h"
#include "sched/task.h"
#include "vm/fault.h"
#include "vm/mmap.h"
#include "vm/pagecache.h"
#include "vm/shmem.h"
#include "vm/uio.h"
#include "vm/usercopy.h"

#define VM_RW (VM_READ | VM_WRITE | VM_MAYALL)
#define BASE  0x10000000UL

static struct mm *
mm_enter(void)
{
	struct mm *mm = mm_create();

	if (mm)
		mm_switch(mm);
	return mm;
}

static void
mm_leave(void)
{
	mm_put(mm_switch(NULL));
}

static bool
map_anon(struct mm *mm, u64 nr_pages)
{
	return vma_map(mm, BASE, nr_pages * PAGE_SIZE, VM_RW, NULL, 0, MAP_PLACE_FIXED) == BASE;
}

KTEST(vm_anonymous_memory_comes_on_demand)
{
	struct mm *mm = mm_enter();
	u32 word = 1;

	KTEST_REQUIRE(mm && map_anon(mm, 4));
	KTEST_CHECK(mm_rss_pages(mm) == 0);
	KTEST_CHECK(get_user_u32(&word, BASE + PAGE_SIZE) == 0 && word == 0);
	KTEST_CHECK(mm_rss_pages(mm) == 0);
	KTEST_CHECK(put_user_u32(BASE + PAGE_SIZE, 7) == 0);
	KTEST_CHECK(get_user_u32(&word, BASE + PAGE_SIZE) == 0 && word == 7);
	KTEST_CHECK(get_user_u32(&word, BASE + PAGE_SIZE + 4) == 0 && word == 0);
	KTEST_CHECK(mm_rss_pages(mm) == 1);
	KTEST_CHECK(get_user_u32(&word, BASE + 4 * PAGE_SIZE) == -EFAULT);
	KTEST_CHECK(get_user_u32(&word, BASE - 4) == -EFAULT);
	KTEST_CHECK(get_user_u32(&word, DIRECTMAP_BASE) == -EFAULT);
	KTEST_CHECK(get_user_u32(&word, UINT64_MAX - 1) == -EFAULT);
	mm_leave();
}

KTEST(vm_copies_cross_pages)
{
	static char text[3 * PAGE_SIZE], back[3 * PAGE_SIZE];
	struct mm *mm = mm_enter();

	KTEST_REQUIRE(mm && map_anon(mm, 4));
	for (unsigned i = 0; i < sizeof(text); i++)
		text[i] = i * 7 + i / 256 + 1;
	KTEST_CHECK(copy_to_user(BASE + 100, text, sizeof(text)) == 0);
	KTEST_CHECK(copy_from_user(back, BASE + 100, sizeof(back)) == 0);
	KTEST_CHECK(memcmp(text, back, sizeof(text)) == 0);
	KTEST_CHECK(clear_user(BASE + 200, 2 * PAGE_SIZE) == 0);
	KTEST_CHECK(copy_from_user(back, BASE + 200, 2 * PAGE_SIZE) == 0);
	KTEST_CHECK(!memchr_inv(back, 0, 2 * PAGE_SIZE));
	KTEST_CHECK(copy_to_user(BASE + 2 * PAGE_SIZE, text, sizeof(text)) == -EFAULT);
	mm_leave();
}

/*
 * What a hart without hardware for it asks of software (Svade): a page fault at an entry that allows the
 * access, for want of A or D.
 */
KTEST(vm_fault_sets_accessed_and_dirty)
{
	struct mm *mm = mm_enter();
	pte_t *ptep;

	KTEST_REQUIRE(mm && map_anon(mm, 1) && put_user_u32(BASE, 1) == 0);
	ptep = pgtable_lookup(&mm->pgt, BASE);
	KTEST_REQUIRE(ptep);
	pte_clear_flags(ptep, PTE_A | PTE_D);
	tlb_flush_page(&mm->tlb, BASE);
	KTEST_CHECK(fault_handle(mm, BASE, FAULT_READ) == FAULT_OK);
	KTEST_CHECK((pte_read(ptep).bits & (PTE_A | PTE_D)) == PTE_A);
	KTEST_CHECK(fault_handle(mm, BASE, FAULT_WRITE) == FAULT_OK);
	KTEST_CHECK((pte_read(ptep).bits & (PTE_A | PTE_D)) == (PTE_A | PTE_D));
	KTEST_CHECK(fault_handle(mm, BASE, FAULT_EXEC) == FAULT_ACCERR);
	mm_leave();
}

KTEST(vm_strings_from_user)
{
	struct mm *mm = mm_enter();
	char buf[16];

	KTEST_REQUIRE(mm && map_anon(mm, 2));
	KTEST_CHECK(copy_to_user(BASE + PAGE_SIZE - 3, "hello", 6) == 0);
	KTEST_CHECK(strncpy_from_user(buf, BASE + PAGE_SIZE - 3, 16) == 5);
	KTEST_CHECK(strcmp(buf, "hello") == 0);
	KTEST_CHECK(strncpy_from_user(buf, BASE + PAGE_SIZE - 3, 6) == 5);
	KTEST_CHECK(strncpy_from_user(buf, BASE + PAGE_SIZE - 3, 5) == -ENAMETOOLONG);
	KTEST_CHECK(copy_to_user(BASE + 2 * PAGE_SIZE - 2, "ab", 2) == 0);
	KTEST_CHECK(strncpy_from_user(buf, BASE + 2 * PAGE_SIZE - 2, 16) == -EFAULT);
	mm_leave();
}

static u32
mm_word(struct mm *mm, uva_t uva)
{
	u32 word = 0xdead;

	mm_copy_from(mm, &word, uva, sizeof(word));
	return word;
}

static void
mm_set_word(struct mm *mm, uva_t uva, u32 word)
{
	KTEST_CHECK(mm_copy_to(mm, uva, &word, sizeof(word)) == 0);
}

KTEST(vm_fork_copies_on_write)
{
	struct mm *mm = mm_enter(), *child;
	struct fault_stats before, after;

	KTEST_REQUIRE(mm && map_anon(mm, 4));
	mm_set_word(mm, BASE, 1);
	mm_set_word(mm, BASE + PAGE_SIZE, 2);
	child = mm_fork(mm);
	KTEST_REQUIRE(!IS_ERR_OR_NULL(child));
	vma_check(child);
	KTEST_CHECK(mm_rss_pages(child) == 2);
	mm_set_word(mm, BASE, 10);
	KTEST_CHECK(mm_word(child, BASE) == 1);
	mm_set_word(child, BASE + PAGE_SIZE, 20);
	KTEST_CHECK(mm_word(mm, BASE + PAGE_SIZE) == 2);
	mm_set_word(child, BASE + 2 * PAGE_SIZE, 30);
	KTEST_CHECK(mm_word(mm, BASE + 2 * PAGE_SIZE) == 0);
	fault_stats_get(&before);
	mm_set_word(child, BASE, 11);
	fault_stats_get(&after);
	KTEST_CHECK(after.nr_cow_reused == before.nr_cow_reused + 1);
	KTEST_CHECK(mm_word(mm, BASE) == 10 && mm_word(child, BASE) == 11);
	mm_put(child);
	mm_set_word(mm, BASE + PAGE_SIZE, 3);
	KTEST_CHECK(mm_word(mm, BASE + PAGE_SIZE) == 3);
	mm_leave();
}

KTEST(vm_fork_leaves_pinned_pages_alone)
{
	struct mm *mm = mm_enter(), *child;
	struct uio uio;
	u32 word = 5;

	KTEST_REQUIRE(mm && map_anon(mm, 1));
	mm_set_word(mm, BASE, 1);
	uio_init_user(&uio, UIO_TO_MEMORY, BASE, sizeof(word));
	KTEST_CHECK(uio_pin(&uio, sizeof(word)) == sizeof(word));
	child = mm_fork(mm);
	KTEST_REQUIRE(!IS_ERR_OR_NULL(child));
	mm_set_word(mm, BASE + 8, 9);
	uio_copy_to(&uio, &word, sizeof(word));
	uio_unpin(&uio);
	KTEST_CHECK(mm_word(mm, BASE) == 5 && mm_word(child, BASE) == 1);
	mm_put(child);
	mm_leave();
}

static void
protect_and_back(struct mm *mm, u32 vm_flags)
{
	KTEST_CHECK(vma_protect(mm, BASE, PAGE_SIZE, vm_flags) == 0);
	KTEST_CHECK(vma_protect(mm, BASE, PAGE_SIZE, VM_READ | VM_WRITE) == 0);
}

/* A page that is about to be stored to stays where it is; and it costs no fault that it could not be. */
KTEST(vm_protect_leaves_pinned_pages_alone)
{
	static const u32 between[] = {VM_READ, 0, VM_READ | VM_EXEC};
	struct mm *mm = mm_enter();
	struct fault_stats before, after;

	KTEST_REQUIRE(mm && map_anon(mm, 1));
	mm_set_word(mm, BASE, 1);
	fault_stats_get(&before);
	for (u32 i = 0; i < ARRAY_SIZE(between); i++) {
		u32 word = 5 + i;
		struct uio uio;

		uio_init_user(&uio, UIO_TO_MEMORY, BASE, sizeof(word));
		KTEST_CHECK(uio_pin(&uio, sizeof(word)) == sizeof(word));
		protect_and_back(mm, between[i]);
		mm_set_word(mm, BASE + 8, 9);
		uio_copy_to(&uio, &word, sizeof(word));
		uio_unpin(&uio);
		KTEST_CHECK(mm_word(mm, BASE) == word);
	}
	fault_stats_get(&after);
	KTEST_CHECK(after.nr_cow_reused == before.nr_cow_reused);
	KTEST_CHECK(after.nr_cow_copied == before.nr_cow_copied);
	mm_leave();
}

/* What a fork has made common stays so: it does not become writable with its area. */
KTEST(vm_protect_knows_common_pages)
{
	struct mm *mm = mm_enter(), *child;

	KTEST_REQUIRE(mm && map_anon(mm, 1));
	mm_set_word(mm, BASE, 1);
	KTEST_CHECK(vma_protect(mm, BASE, PAGE_SIZE, VM_READ) == 0);
	child = mm_fork(mm);
	KTEST_REQUIRE(!IS_ERR_OR_NULL(child));
	KTEST_CHECK(vma_protect(mm, BASE, PAGE_SIZE, VM_READ | VM_WRITE) == 0);
	KTEST_CHECK(vma_protect(child, BASE, PAGE_SIZE, VM_READ | VM_WRITE) == 0);
	mm_set_word(mm, BASE, 2);
	KTEST_CHECK(mm_word(child, BASE) == 1);
	mm_set_word(child, BASE, 3);
	protect_and_back(child, 0);
	KTEST_CHECK(mm_word(mm, BASE) == 2 && mm_word(child, BASE) == 3);
	mm_put(child);
	mm_leave();
}

KTEST(vm_areas_split_and_merge)
{
	struct mm *mm = mm_enter();

	KTEST_REQUIRE(mm && map_anon(mm, 10));
	mm_set_word(mm, BASE + 4 * PAGE_SIZE, 4);
	KTEST_CHECK(vma_protect(mm, BASE + 3 * PAGE_SIZE, 3 * PAGE_SIZE, VM_READ) == 0);
	vma_check(mm);
	KTEST_CHECK(mm->nr_vmas == 3);
	KTEST_CHECK(put_user_u32(BASE + 4 * PAGE_SIZE, 1) == -EFAULT);
	KTEST_CHECK(mm_word(mm, BASE + 4 * PAGE_SIZE) == 4);
	KTEST_CHECK(vma_protect(mm, BASE + 4 * PAGE_SIZE, PAGE_SIZE, 0) == 0);
	KTEST_CHECK(mm_word(mm, BASE + 4 * PAGE_SIZE) == 0xdead);
	KTEST_CHECK(mm->nr_vmas == 5);
	KTEST_CHECK(vma_protect(mm, BASE, 10 * PAGE_SIZE, VM_READ | VM_WRITE) == 0);
	vma_check(mm);
	KTEST_CHECK(mm->nr_vmas == 1 && mm_word(mm, BASE + 4 * PAGE_SIZE) == 4);
	mm_set_word(mm, BASE + 4 * PAGE_SIZE, 5);
	KTEST_CHECK(vma_unmap(mm, BASE + 4 * PAGE_SIZE, PAGE_SIZE) == 0);
	KTEST_CHECK(mm->nr_vmas == 2 && mm_rss_pages(mm) == 0);
	KTEST_CHECK(vma_protect(mm, BASE + 4 * PAGE_SIZE, 6 * PAGE_SIZE, VM_READ) == -ENOMEM);
	KTEST_CHECK(mm->nr_vmas == 2);
	KTEST_CHECK(vma_map(mm, BASE + 4 * PAGE_SIZE, PAGE_SIZE, VM_RW, NULL, 0,
			    MAP_PLACE_NOREPLACE) == (s64)(BASE + 4 * PAGE_SIZE));
	KTEST_CHECK(mm->nr_vmas == 1);
	vma_check(mm);
	mm_leave();
}

KTEST(vm_map_refuses_bad_arguments)
{
	struct mm *mm = mm_enter();
	s64 where;

	KTEST_REQUIRE(mm && map_anon(mm, 2));
	KTEST_CHECK(vma_map(mm, 0, 0, VM_RW, NULL, 0, MAP_PLACE_HINT) == -EINVAL);
	KTEST_CHECK(vma_map(mm, BASE + 1, 1, VM_RW, NULL, 0, MAP_PLACE_FIXED) == -EINVAL);
	KTEST_CHECK(vma_map(mm, 0, PAGE_SIZE, VM_RW, NULL, 0, MAP_PLACE_FIXED) == -EPERM);
	KTEST_CHECK(vma_map(mm, BASE, 1, VM_RW, NULL, 0, MAP_PLACE_NOREPLACE) == -EEXIST);
	KTEST_CHECK(vma_map(mm, 0, UINT64_MAX, VM_RW, NULL, 0, MAP_PLACE_HINT) == -ENOMEM);
	KTEST_CHECK(vma_map(mm, USER_VA_END, PAGE_SIZE, VM_RW, NULL, 0, MAP_PLACE_FIXED) ==
		    -ENOMEM);
	where = vma_map(mm, BASE, PAGE_SIZE, VM_RW, NULL, 0, MAP_PLACE_HINT);
	KTEST_CHECK(where > 0 && where != (s64)BASE && where < (s64)mm->mmap_base);
	KTEST_CHECK(vma_unmap(mm, BASE + 1, PAGE_SIZE) == -EINVAL);
	KTEST_CHECK(vma_unmap(mm, BASE, 0) == -EINVAL);
	KTEST_CHECK(vma_protect(mm, BASE + 1, PAGE_SIZE, 0) == -EINVAL);
	KTEST_CHECK(vma_protect(mm, BASE + 8 * PAGE_SIZE, PAGE_SIZE, 0) == -ENOMEM);
	mm->limit_as = 16 * PAGE_SIZE;
	KTEST_CHECK(vma_map(mm, 0, 14 * PAGE_SIZE, VM_RW, NULL, 0, MAP_PLACE_HINT) == -ENOMEM);
	KTEST_CHECK(vma_map(mm, 0, 13 * PAGE_SIZE, VM_RW, NULL, 0, MAP_PLACE_HINT) > 0);
	vma_check(mm);
	mm_leave();
}

KTEST(vm_stack_grows_to_its_limit)
{
	struct mm *mm = mm_enter();
	u64 limit = 64 * PAGE_SIZE;

	KTEST_REQUIRE(mm);
	mm->limit_stack = limit;
	KTEST_REQUIRE(stack_map(mm, USER_STACK_TOP, 2 * PAGE_SIZE, false) == 0);
	KTEST_CHECK(put_user_u32(USER_STACK_TOP - 4, 1) == 0);
	KTEST_CHECK(put_user_u32(USER_STACK_TOP - 20 * PAGE_SIZE, 1) == 0);
	KTEST_CHECK(mm->stack_pages == 20 && mm_rss_pages(mm) == 2);
	KTEST_CHECK(put_user_u32(USER_STACK_TOP - limit, 1) == 0);
	KTEST_CHECK(put_user_u32(USER_STACK_TOP - limit - 4, 1) == -EFAULT);
	mm->limit_stack = 2 * limit + STACK_GUARD_BYTES;
	KTEST_CHECK(vma_map(mm, USER_STACK_TOP - 2 * limit - STACK_GUARD_BYTES, PAGE_SIZE, VM_RW,
			    NULL, 0, MAP_PLACE_FIXED) > 0);
	KTEST_CHECK(put_user_u32(USER_STACK_TOP - 2 * limit + PAGE_SIZE, 1) == 0);
	KTEST_CHECK(put_user_u32(USER_STACK_TOP - 2 * limit, 1) == -EFAULT);
	vma_check(mm);
	mm_leave();
}

/* What mprotect parted is one stack again, with one gap to keep; and so are two that meet. */
KTEST(vm_stack_is_one_area_again)
{
	struct mm *mm = mm_enter();
	const u64 bottom = USER_STACK_TOP - 8 * PAGE_SIZE, below = bottom - 4 * PAGE_SIZE;

	KTEST_REQUIRE(mm);
	KTEST_REQUIRE(stack_map(mm, USER_STACK_TOP, 8 * PAGE_SIZE, false) == 0);
	for (u64 at = 0; at < 8; at++)
		mm_set_word(mm, bottom + at * PAGE_SIZE, at);
	KTEST_CHECK(vma_protect(mm, bottom + 2 * PAGE_SIZE, PAGE_SIZE, VM_READ) == 0);
	KTEST_CHECK(mm->nr_vmas == 3);
	KTEST_CHECK(vma_protect(mm, bottom + 2 * PAGE_SIZE, PAGE_SIZE, VM_READ | VM_WRITE) == 0);
	KTEST_CHECK(mm->nr_vmas == 1 && mm->stack_pages == 8);
	KTEST_CHECK(vma_map(mm, below, PAGE_SIZE, VM_STACK, NULL, 0, MAP_PLACE_FIXED) > 0);
	KTEST_CHECK(vma_protect(mm, bottom, 8 * PAGE_SIZE, 0) == 0);
	KTEST_CHECK(vma_protect(mm, below, PAGE_SIZE, 0) == 0 && mm->nr_vmas == 2);
	KTEST_CHECK(put_user_u32(below + PAGE_SIZE, 1) == -EFAULT);
	KTEST_CHECK(mm->nr_vmas == 1 && mm->stack_pages == 12);
	vma_check(mm);
	KTEST_CHECK(vma_protect(mm, bottom, 8 * PAGE_SIZE, VM_READ | VM_WRITE) == 0);
	for (u64 at = 0; at < 8; at++)
		KTEST_CHECK(mm_word(mm, bottom + at * PAGE_SIZE) == at);
	mm_leave();
}

KTEST(vm_brk_moves_the_heap_end)
{
	struct mm *mm = mm_enter();

	KTEST_REQUIRE(mm);
	mm->start_brk = mm->brk = BASE + 123;
	KTEST_CHECK(mm_brk(mm, 0) == BASE + 123);
	KTEST_CHECK(mm_brk(mm, BASE + 200) == BASE + 200 && mm->nr_vmas == 0);
	KTEST_CHECK(mm_brk(mm, BASE + 3 * PAGE_SIZE) == BASE + 3 * PAGE_SIZE);
	KTEST_CHECK(mm->nr_vmas == 1 && mm->total_pages == 2);
	mm_set_word(mm, BASE + 2 * PAGE_SIZE, 1);
	KTEST_CHECK(mm_brk(mm, BASE + 9 * PAGE_SIZE) == BASE + 9 * PAGE_SIZE);
	KTEST_CHECK(mm->nr_vmas == 1 && mm->total_pages == 8);
	KTEST_CHECK(mm_brk(mm, BASE + 2 * PAGE_SIZE) == BASE + 2 * PAGE_SIZE);
	KTEST_CHECK(mm->total_pages == 1 && mm_rss_pages(mm) == 0);
	KTEST_CHECK(vma_map(mm, BASE + 4 * PAGE_SIZE, 1, VM_RW, NULL, 0, MAP_PLACE_FIXED) > 0);
	KTEST_CHECK(mm_brk(mm, BASE + 5 * PAGE_SIZE) == BASE + 2 * PAGE_SIZE);
	KTEST_CHECK(mm_brk(mm, BASE + 4 * PAGE_SIZE) == BASE + 4 * PAGE_SIZE);
	vma_check(mm);
	mm_leave();
}

/* Its guard would begin below address 0, if it were not cut there. */
KTEST(vm_brk_stops_below_a_low_stack)
{
	const u64 heap = 0x80000, stack = 0xa0000;
	struct mm *mm = mm_enter();

	KTEST_REQUIRE(mm && stack < STACK_GUARD_BYTES);
	mm->start_brk = mm->brk = heap;
	KTEST_CHECK(vma_map(mm, stack, PAGE_SIZE, VM_RW | VM_GROWSDOWN, NULL, 0, MAP_PLACE_FIXED) ==
		    (s64)stack);
	KTEST_CHECK(mm_brk(mm, stack + PAGE_SIZE) == heap);
	KTEST_CHECK(mm_brk(mm, heap + 1) == heap);
	mm_leave();
}

KTEST(vm_shared_memory_is_shared)
{
	struct mapping *shmem = shmem_create(2 * PAGE_SIZE);
	struct mm *mm = mm_enter(), *child;

	KTEST_REQUIRE(mm && shmem);
	KTEST_CHECK(vma_map(mm, BASE, 2 * PAGE_SIZE, VM_RW | VM_SHARED, shmem, 0,
			    MAP_PLACE_FIXED) == (s64)BASE);
	mapping_put(shmem);
	mm_set_word(mm, BASE, 1);
	child = mm_fork(mm);
	KTEST_REQUIRE(!IS_ERR_OR_NULL(child));
	KTEST_CHECK(mm_word(child, BASE) == 1);
	mm_set_word(child, BASE + PAGE_SIZE, 2);
	mm_set_word(mm, BASE, 3);
	KTEST_CHECK(mm_word(child, BASE) == 3 && mm_word(mm, BASE + PAGE_SIZE) == 2);
	mm_leave();
	KTEST_CHECK(mm_word(child, BASE) == 3);
	mm_put(child);
}

/* A small generator of the test's own: the same numbers each time. */
static u64
random_next(u64 *state)
{
	*state = *state * 6364136223846793005UL + 1442695040888963407UL;
	return *state >> 33;
}

#define MODEL_PAGES 64

/* Each page's area flags as they should be, 0 for unmapped. Promised: writable ones, or that were. */
static void
model_check(struct mm *mm, const u32 *model)
{
	for (u64 i = 0; i < MODEL_PAGES; i++) {
		struct vma *vma = vma_at(mm, BASE + i * PAGE_SIZE);
		u32 flags = vma ? vma->flags : 0;

		KTEST_CHECK((flags & ~VM_ACCOUNT) == model[i]);
		KTEST_CHECK(flags & VM_ACCOUNT || !(flags & VM_WRITE));
	}
	vma_check(mm);
}

static void
model_step(struct mm *mm, u32 *model, u64 *state)
{
	u64 first = random_next(state) % MODEL_PAGES;
	u64 nr = 1 + random_next(state) % MIN(16UL, MODEL_PAGES - first);
	u64 addr = BASE + first * PAGE_SIZE, bytes = nr * PAGE_SIZE;
	u32 access = random_next(state) & VM_ACCESS;
	bool hole = false;

	switch (random_next(state) % 4) {
	case 0:
		KTEST_CHECK(vma_unmap(mm, addr, bytes) == 0);
		for (u64 i = first; i < first + nr; i++)
			model[i] = 0;
		break;
	case 1:
		for (u64 i = first; i < first + nr; i++)
			hole |= model[i] == 0;
		KTEST_CHECK(vma_protect(mm, addr, bytes, access) == (hole ? -ENOMEM : 0));
		for (u64 i = first; i < first + nr && model[i]; i++)
			model[i] = VM_MAYALL | access;
		break;
	case 2:
		KTEST_CHECK(vma_map(mm, addr, bytes, VM_MAYALL | access, NULL, 0,
				    MAP_PLACE_FIXED) == (s64)addr);
		for (u64 i = first; i < first + nr; i++)
			model[i] = VM_MAYALL | access;
		break;
	default:
		for (u64 i = first; i < first + nr; i++)
			KTEST_CHECK((put_user_u32(BASE + i * PAGE_SIZE, i) == 0) ==
				    !!(model[i] & VM_WRITE));
	}
}

KTEST(vm_random_operations_keep_areas_right)
{
	static u32 model[MODEL_PAGES];
	struct mm *mm = mm_enter();
	u64 state = 1;

	KTEST_REQUIRE(mm);
	memset(model, 0, sizeof(model));
	for (int i = 0; i < 2000; i++) {
		model_step(mm, model, &state);
		if (i % 16 == 0)
			model_check(mm, model);
	}
	mm_leave();
}

/* A hart may hold old instructions of a frame that gets new contents: it owes a fence.i. */
KTEST(vm_executable_contents_reach_every_hart)
{
	const u64 other = BASE + 16 * PAGE_SIZE;
	struct mm *mm = mm_enter(), *child;

	KTEST_REQUIRE(mm && map_anon(mm, 2));
	KTEST_REQUIRE(vma_map(mm, other, PAGE_SIZE, VM_RW | VM_EXEC, NULL, 0, MAP_PLACE_FIXED) ==
		      other);
	mm->tlb.icache_stale = 0;
	KTEST_CHECK(put_user_u32(BASE, 7) == 0);
	KTEST_CHECK(mm->tlb.icache_stale == 0);
	KTEST_CHECK(put_user_u32(other, 7) == 0);
	KTEST_CHECK(mm->tlb.icache_stale != 0);
	child = mm_fork(mm);
	KTEST_REQUIRE(!IS_ERR_OR_NULL(child));
	KTEST_CHECK(child->tlb.icache_stale == ~0U);
	mm->tlb.icache_stale = 0;
	KTEST_CHECK(put_user_u32(other, 8) == 0); /* a copy */
	KTEST_CHECK(mm->tlb.icache_stale != 0);
	mm->tlb.icache_stale = 0;
	KTEST_CHECK(vma_protect(mm, BASE, 2 * PAGE_SIZE, VM_READ | VM_EXEC) == 0);
	tlb_check_settled(); /* as at the end of a system call */
	KTEST_CHECK(mm->tlb.icache_stale != 0);
	mm_put(child);
	mm_leave();
}
