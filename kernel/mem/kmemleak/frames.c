/*
 * Pages that the kernel took from the buddy for itself: nobody records their allocation. Each scan
 * finds them by their state (mem/frame_state.h), and one that neither a kernel address nor a pointer
 * to its struct page leads to is lost. Bit n of each bitmap is the n-th frame from the first of RAM.
 */

#include "core/panic.h"
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "mem/early.h"
#include "mem/frame_state.h"
#include "mem/kmemleak/record.h"
#include "mem/page_alloc.h"

enum map {
	MAP_FRAMES,  /* in such a block */
	MAP_HEADS,   /* ... the first of it */
	MAP_REACHED, /* heads: a pointer was found */
	MAP_GRAY,    /* ... and the block is to be looked into */
	MAP_MISSING, /* heads: none was found in the last scan */
	MAP_LOST,    /* ... nor in the one before it */
	MAP_CLEARED, /* heads: not to be reported */
	NR_MAPS,
};

/* kmemleak_lock, like the next line: all of them are there, and stay, or none. */
static u64 *maps[NR_MAPS];
static u64 first_pfn, nr_frames;

/* => false: somebody else's are there already */
static bool
maps_publish(u64 *bits, u64 nr)
{
	u64 flags = spin_lock_irqsave(&kmemleak_lock);
	bool first = !maps[0];

	if (first) {
		first_pfn = ram_regions[0].pa >> PAGE_SHIFT;
		nr_frames = nr;
		for (unsigned i = 0; i < NR_MAPS; i++)
			maps[i] = bits + i * BITMAP_WORDS(nr);
	}
	spin_unlock_irqrestore(&kmemleak_lock, flags);
	return first;
}

int
frames_prepare(void)
{
	const struct mem_region *last = &ram_regions[nr_ram_regions - 1];
	u64 nr = (last->pa + last->size - ram_regions[0].pa) >> PAGE_SHIFT;
	u64 nr_pages = DIV_ROUND_UP(BITMAP_WORDS(nr) * NR_MAPS * sizeof(u64), PAGE_SIZE);
	struct page *pages;

	if (READ_ONCE(maps[0]))
		return 0;
	pages = pages_alloc_contig(GFP_KERNEL | GFP_ZERO, nr_pages, 1);
	if (!pages)
		return -ENOMEM;
	if (!maps_publish(page_to_kva(pages), nr)) {
		pages_free_exact(pages, nr_pages);
		return 0;
	}
	for (u64 i = 0; i < nr_pages; i++)
		frame_set_own(&pages[i]);
	return 0;
}

/* An object that fills pages need not begin with them: a debugged one has a red zone before it. */
static bool
block_has_record(u64 start, u64 bytes)
{
	const struct record *above = record_above(start);

	return record_at(start) || (above && above->start - start < bytes);
}

/* A page of KASAN's shadow is known to the page table alone, so there none is looked for. */
static bool
block_counts(const struct frame_walk *walk)
{
#ifdef KASAN
	return false;
#endif
	if (walk->state != FRAME_KERNEL || !page_in_directmap(pfn_to_page(walk->pfn)))
		return false;
	return !frame_is_own(pfn_to_page(walk->pfn)) &&
	       !block_has_record((u64)pa_to_kva(walk->pfn << PAGE_SHIFT), walk->nr * PAGE_SIZE);
}

void
frames_begin(void)
{
	struct frame_walk walk = {0};

	bitmap_zero(maps[MAP_FRAMES], nr_frames);
	bitmap_zero(maps[MAP_HEADS], nr_frames);
	bitmap_zero(maps[MAP_REACHED], nr_frames);
	bitmap_zero(maps[MAP_GRAY], nr_frames);
	while (frame_walk_next(&walk)) {
		if (!block_counts(&walk))
			continue;
		bitmap_set_range(maps[MAP_FRAMES], walk.pfn - first_pfn, walk.nr);
		bitmap_set(maps[MAP_HEADS], walk.pfn - first_pfn);
	}
}

void
frames_reach(u64 pfn)
{
	u64 at = pfn - first_pfn;

	if (at >= nr_frames || !bitmap_test(maps[MAP_FRAMES], at))
		return;
	while (!bitmap_test(maps[MAP_HEADS], at))
		at--;
	if (bitmap_test(maps[MAP_REACHED], at))
		return;
	bitmap_set(maps[MAP_REACHED], at);
	bitmap_set(maps[MAP_GRAY], at);
}

/* Frames of the block that begins here. */
static u64
block_length(u64 head)
{
	u64 end = bitmap_find_next_set(maps[MAP_HEADS], nr_frames, head + 1);

	return MIN(end, bitmap_find_next_zero(maps[MAP_FRAMES], nr_frames, head)) - head;
}

bool
frames_take_gray(u64 *pfn, u64 *nr)
{
	u64 head = bitmap_find_next_set(maps[MAP_GRAY], nr_frames, 0);

	if (head == nr_frames)
		return false;
	bitmap_clear(maps[MAP_GRAY], head);
	*pfn = first_pfn + head;
	*nr = block_length(head);
	return true;
}

u64
frames_end(void)
{
	u64 nr_new = 0;

	for (u64 i = 0; i < BITMAP_WORDS(nr_frames); i++) {
		u64 now = maps[MAP_HEADS][i] & ~maps[MAP_REACHED][i];
		u64 lost = now & maps[MAP_MISSING][i] & ~maps[MAP_CLEARED][i];
		u64 new = lost & ~maps[MAP_LOST][i];

		maps[MAP_CLEARED][i] &= now;
		maps[MAP_MISSING][i] = now;
		maps[MAP_LOST][i] = lost;
		nr_new += bitmap_weight(&new, BITMAP_WORD_BITS);
	}
	return nr_new;
}

bool
frames_next_leak(u64 after, struct kmemleak_leak *leak)
{
	u64 from = 0, at, first_kva;

	if (!maps[0])
		return false;
	first_kva = (first_pfn << PAGE_SHIFT) + DIRECTMAP_BASE;
	if (after >= first_kva)
		from = ((after - first_kva) >> PAGE_SHIFT) + 1;
	if (from >= nr_frames)
		return false;
	at = bitmap_find_next_set(maps[MAP_LOST], nr_frames, from);
	if (at == nr_frames)
		return false;
	*leak = (struct kmemleak_leak){
		.start = first_kva + (at << PAGE_SHIFT),
		.size = block_length(at) << PAGE_SHIFT,
		.kind = "page",
	};
	return true;
}

void
frames_clear(void)
{
	if (!maps[0])
		return;
	for (u64 i = 0; i < BITMAP_WORDS(nr_frames); i++) {
		maps[MAP_CLEARED][i] |= maps[MAP_LOST][i];
		maps[MAP_LOST][i] = 0;
	}
}
