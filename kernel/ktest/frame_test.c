/* What each frame of RAM is used for, and that bad ones are found. */

#include "core/image.h"
#include "fs/frame_survey.h"
#include "ktest/ktest.h"
#include "lib/string.h"
#include "mem/page_alloc.h"
#include "mem/pgtable.h"
#include "mem/slab.h"
#include "mem/vmalloc.h"
#include "mem/zone.h"
#include "sched/sched.h"

static enum frame_state
state_of_page(const struct page *page)
{
	enum frame_state state;

	return frame_state_get(page_to_pfn(page), &state) ? state : NR_FRAME_STATES;
}

KTEST(frames_add_up)
{
	struct frame_survey survey;
	u64 sum = 0;

	frame_survey(&survey);
	for (enum frame_state state = 0; state < NR_FRAME_STATES; state++)
		sum += survey.nr[state];
	KTEST_CHECK(sum == nr_ram_frames());
	KTEST_CHECK(survey.nr_bad == 0);
	for (unsigned kind = 0; kind < NR_EARLY_KINDS; kind++)
		KTEST_CHECK(survey.nr[FRAME_RESERVED + kind] == early_bytes(kind) >> PAGE_SHIFT);
}

/* The walk and the allocator's own counters, once nothing else runs. */
KTEST(frames_agree_with_zones)
{
	struct frame_survey survey;
	bool agree = false;

	for (int i = 0; i < 100 && !agree; i++) {
		u64 nr_buddy = 0, nr_free = nr_free_pages();

		frame_survey(&survey);
		for (int zone = 0; zone < NR_ZONES; zone++)
			nr_buddy += zones[zone].nr_free;
		agree = survey.nr[FRAME_BUDDY] == nr_buddy &&
			survey.nr[FRAME_BUDDY] + survey.nr[FRAME_PCP] == nr_free;
		if (!agree)
			task_sleep_ns(10 * 1000000, false);
	}
	KTEST_CHECK(agree);
}

KTEST(frames_have_the_state_of_their_use)
{
	struct page *page = pages_alloc(GFP_KERNEL, 3);
	char *object = kmalloc(100, GFP_KERNEL);
	enum frame_state state;

	KTEST_REQUIRE(page && object);
	for (int i = 0; i < 8; i++)
		KTEST_CHECK(state_of_page(page + i) == FRAME_KERNEL);
	KTEST_CHECK(state_of_page(kva_to_page(object)) == FRAME_SLAB);
	pages_free(page, 3);
	kfree(object);
	KTEST_CHECK(!frame_state_get(0, &state));
}

/* Every frame of a large free block is free, not only its first. Somebody may take the block. */
KTEST(frames_within_free_blocks)
{
	struct frame_walk walk = {0};
	bool agree = false;

	while (frame_walk_next(&walk) && !agree)
		if (walk.state == FRAME_BUDDY && walk.nr >= 16)
			agree = state_of_page(pfn_to_page(walk.pfn + 1)) == FRAME_BUDDY &&
				state_of_page(pfn_to_page(walk.pfn + walk.nr - 1)) == FRAME_BUDDY;
	KTEST_CHECK(agree);
}

/* What only the boot needed is ordinary memory now, and nowhere else than in the direct map. */
KTEST(frames_of_init_are_free)
{
	const char *start = init_text_start;
	struct page *page = pa_to_page(image_to_pa(start));
	int level;

	KTEST_REQUIRE((u64)init_text_end > (u64)init_text_start);
	KTEST_CHECK(pte_is_none(kernel_lookup((u64)start, &level)));
	KTEST_CHECK(pte_is_none(kernel_lookup((u64)init_text_end - PAGE_SIZE, &level)));
	KTEST_CHECK(kernel_lookup((u64)page_to_kva(page), &level).bits & PTE_W);
	KTEST_CHECK(!(kernel_lookup((u64)page_to_kva(page), &level).bits & PTE_X));
	KTEST_CHECK(!page_test(page, PG_reserved));
	KTEST_CHECK(state_of_page(page) != FRAME_RESERVED + EARLY_IMAGE);
}

KTEST(frames_of_vmalloc_and_stacks)
{
	struct frame_survey before, after;
	void *area, *stack;

	kstack_drain();
	frame_survey(&before);
	area = vmalloc(300 * PAGE_SIZE, GFP_KERNEL);
	stack = kstack_alloc();
	KTEST_REQUIRE(area && stack);
	frame_survey(&after);
	KTEST_CHECK(after.nr[FRAME_VMALLOC] == before.nr[FRAME_VMALLOC] + 300);
	KTEST_CHECK(after.nr[FRAME_KSTACK] > before.nr[FRAME_KSTACK]);
	vfree(area);
	kstack_free(stack);
	vmalloc_purge();
	frame_survey(&after);
	KTEST_CHECK(after.nr[FRAME_VMALLOC] == before.nr[FRAME_VMALLOC]);
}

/* Each kind of damage to a struct page is found and named. */
KTEST(frames_that_are_wrong_are_named)
{
	struct page *page = page_alloc(GFP_KERNEL);
	u64 pfn;

	KTEST_REQUIRE(page);
	pfn = page_to_pfn(page);
	atomic_set(&page->refcount, 0);
	KTEST_CHECK(state_of_page(page) == FRAME_LOST);
	atomic_set(&page->refcount, 1);
	page->flags = 1U << PG_slab | 1U << PG_table;
	KTEST_CHECK(state_of_page(page) == FRAME_WRONG);
	KTEST_CHECK(strcmp(frame_fault(pfn), "of two kinds at once") == 0);
	page->flags = 1U << PG_table | 1U << PG_dirty;
	KTEST_CHECK(strcmp(frame_fault(pfn), "a flag that its kind cannot have") == 0);
	page->flags = 1U << PG_pcp;
	KTEST_CHECK(strcmp(frame_fault(pfn), "free, and referenced") == 0);
	page->flags = 1U << PG_tail;
	page->private = 0;
	KTEST_CHECK(strcmp(frame_fault(pfn), "a tail without its head") == 0);
	page->flags = 1U << PG_anon;
	page->mapcount = (atomic_t)ATOMIC_INIT(2);
	KTEST_CHECK(strcmp(frame_fault(pfn), "mapped more often than referenced") == 0);
	page->mapcount = (atomic_t)ATOMIC_INIT(0);
	page->flags = 0;
	KTEST_CHECK(state_of_page(page) == FRAME_KERNEL);
	page_put(page);
}
