/*
 * Write-back while others look at the file: a page on its way to the disk always has a mark, and its size
 * is the one that programs which stored in it knew.
 */

#include "core/clock.h"
#include "ktest/instant_file.h"
#include "ktest/ktest.h"
#include "lib/err.h"
#include "mem/kmap.h"
#include "sched/sched.h"
#include "vm/mmap.h"
#include "vm/pagecache.h"
#include "vm/usercopy.h"

#define BASE	  0x10000000UL
#define NR_ROUNDS 20000

/* Long for a hart to go from one lock to the next. */
#define LONG_NS (5 * NSEC_PER_MSEC)

static struct mapping file;

/* Atomic: the round whose page is dirty or on its way to the disk; or 0. */
static u32 unwritten;
static unsigned nr_missed;

/* The helper is a thread on hart 1; the test is on hart 0. */
static bool helper_ready, helper_stop, helper_done;
static cpumask_t all_harts;

static void
test_write_pages(struct mapping *mapping, struct page **pages, unsigned nr)
{
	(void)mapping;
	__atomic_store_n(&unwritten, 0, __ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < nr; i++)
		page_end_writeback(pages[i], 0);
}

static const struct mapping_ops written_ops = {.read_pages = file_read_pages,
					       .write_pages = test_write_pages};

static void
file_init(u64 size)
{
	mapping_init(&file, &written_ops, NULL, size);
	unwritten = 0;
	nr_missed = 0;
	helper_ready = helper_stop = helper_done = false;
}

static void
helper_begin(void)
{
	sched_set_allowed(current, 1U << 1);
	__atomic_store_n(&helper_ready, true, __ATOMIC_RELEASE);
}

static void
helper_end(void)
{
	__atomic_store_n(&helper_done, true, __ATOMIC_RELEASE);
}

static bool
helper_start(void (*fn)(void *))
{
	all_harts = current->allowed;
	sched_set_allowed(current, 1U << 0);
	if (IS_ERR(kthread_start("helper", fn, NULL)))
		return false;
	while (!__atomic_load_n(&helper_ready, __ATOMIC_ACQUIRE))
		cond_resched();
	return true;
}

static void
helper_wait(void)
{
	while (!__atomic_load_n(&helper_done, __ATOMIC_ACQUIRE))
		cond_resched();
	sched_set_allowed(current, all_harts & sched_harts());
}

static u32
unwritten_round(void)
{
	return __atomic_load_n(&unwritten, __ATOMIC_SEQ_CST);
}

/* As fsync and sync look, over and over; but without the lock, which would keep the other from what it does. */
static void
look_for_marks(void *arg)
{
	(void)arg;
	helper_begin();
	while (!__atomic_load_n(&helper_stop, __ATOMIC_ACQUIRE)) {
		u32 round = unwritten_round();
		bool marked = xa_is_marked(&file.pages, PAGECACHE_DIRTY);

		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		marked |= xa_is_marked(&file.pages, PAGECACHE_WRITEBACK);
		if (!marked && round && unwritten_round() == round)
			nr_missed++;
	}
	helper_end();
}

static bool
page_dirty(u64 index)
{
	struct page *page = pagecache_get_for_write(&file, index, false);

	if (IS_ERR_OR_NULL(page))
		return false;
	page_mark_dirty(page);
	page_unlock(page);
	page_put(page);
	return true;
}

KTEST(writeback_page_taken_has_a_mark)
{
	KTEST_NEEDS(nr_cpus >= 2);
	file_init(PAGE_SIZE);
	KTEST_REQUIRE(helper_start(look_for_marks));
	for (u32 round = 1; round <= NR_ROUNDS; round++) {
		KTEST_CHECK(page_dirty(0));
		__atomic_store_n(&unwritten, round, __ATOMIC_SEQ_CST);
		KTEST_CHECK(mapping_writeback(&file, 0, UINT64_MAX, true) == 0);
	}
	__atomic_store_n(&helper_stop, true, __ATOMIC_RELEASE);
	helper_wait();
	KTEST_CHECK(nr_missed == 0);
	mapping_destroy(&file);
}

static void
write_when_locked(void *arg)
{
	(void)arg;
	helper_begin();
	while (!spin_is_locked(&file.rmap_lock))
		cond_resched();
	mapping_writeback(&file, 0, UINT64_MAX, true);
	helper_end();
}

/* Until write-back has locked the page, and waits for rmap_lock to protect it. */
static void
wait_for_writer(const struct page *page)
{
	u64 deadline = clock_now_ns() + NSEC_PER_SEC;

	while (!page_locked(page) && clock_now_ns() < deadline)
		;
	deadline = clock_now_ns() + LONG_NS;
	while (clock_now_ns() < deadline)
		;
}

/* The file grows, and what is stored behind its old end is the program's. */
static void
grow_and_store(struct page *page, u32 at, u32 word)
{
	u8 *kva = kmap_local_page(page);

	mapping_set_size(&file, 2 * PAGE_SIZE);
	*(volatile u32 *)(kva + at) = word;
	kunmap_local(kva);
}

KTEST(writeback_keeps_what_is_stored_while_the_file_grows)
{
	struct mm *mm;
	struct page *page;
	u32 word = 0;

	KTEST_NEEDS(nr_cpus >= 2);
	mm = mm_create();
	KTEST_REQUIRE(mm);
	file_init(100);
	mm_switch(mm);
	KTEST_REQUIRE(vma_map(mm, BASE, PAGE_SIZE, VM_READ | VM_WRITE | VM_SHARED | VM_MAYALL,
			      &file, 0, MAP_PLACE_FIXED) == (s64)BASE);
	KTEST_CHECK(put_user_u32(BASE, 1) == 0);
	page = pagecache_find(&file, 0);
	KTEST_REQUIRE(page && page_test(page, PG_dirty));
	KTEST_REQUIRE(helper_start(write_when_locked));
	spin_lock(&file.rmap_lock);
	wait_for_writer(page);
	grow_and_store(page, 100, 77);
	spin_unlock(&file.rmap_lock);
	helper_wait();
	KTEST_CHECK(!page_test(page, PG_dirty));
	KTEST_CHECK(get_user_u32(&word, BASE + 100) == 0 && word == 77);
	page_put(page);
	mm_put(mm_switch(NULL));
	mapping_destroy(&file);
}
