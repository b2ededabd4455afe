/* mem/early.c against a model that knows of each page whether it is RAM, and what it is reserved for. */
#include "mem/early.h"

#include <string.h>

#include "hosttest.h"
#include "mem/env.h"

#define START	 0x80000UL
#define NR_PAGES 512UL
#define PA(page) ((START + (page)) << PAGE_SHIFT)
#define FREE	 (-1)

static bool model_ram[NR_PAGES];
static int model_kind[NR_PAGES];

/* RAM for all, of which the allocator knows nothing yet. */
static void
begin(void)
{
	env_ram_create(START, NR_PAGES);
	nr_ram_regions = 0;
	memset(model_ram, 0, sizeof(model_ram));
	for (u64 i = 0; i < NR_PAGES; i++)
		model_kind[i] = FREE;
}

static void
add_ram(u64 first, u64 nr)
{
	early_add_ram(PA(first), nr << PAGE_SHIFT);
	memset(model_ram + first, true, nr);
}

static void
reserve(u64 first, u64 nr, enum early_kind kind)
{
	early_reserve(PA(first), nr << PAGE_SHIFT, kind);
	for (u64 i = first; i < first + nr; i++)
		if (model_kind[i] == FREE)
			model_kind[i] = kind;
}

/* Sorted, none empty, none that touches its neighbour of the same kind. */
static void
check_sorted(const struct mem_region *regions, unsigned nr)
{
	CHECK(nr <= MEM_REGIONS_MAX);
	for (unsigned i = 0; i < nr; i++) {
		CHECK(regions[i].size > 0 && regions[i].pa % PAGE_SIZE == 0 &&
		      regions[i].size % PAGE_SIZE == 0);
		if (i == 0)
			continue;
		CHECK(regions[i].pa >= regions[i - 1].pa + regions[i - 1].size);
		CHECK(regions[i].kind != regions[i - 1].kind ||
		      regions[i].pa > regions[i - 1].pa + regions[i - 1].size);
	}
}

static bool
ram_has(u64 pa)
{
	for (unsigned i = 0; i < nr_ram_regions; i++)
		if (pa >= ram_regions[i].pa && pa < ram_regions[i].pa + ram_regions[i].size)
			return true;
	return false;
}

static void
check_model(void)
{
	u64 bytes[NR_EARLY_KINDS] = {};

	check_sorted(ram_regions, nr_ram_regions);
	check_sorted(reserved_regions, nr_reserved_regions);
	for (u64 i = 0; i < NR_PAGES; i++) {
		const struct mem_region *region = early_region_of(PA(i));

		CHECK_EQ(ram_has(PA(i)), model_ram[i]);
		CHECK_EQ(region ? (int)region->kind : FREE, model_kind[i]);
		if (model_ram[i] && model_kind[i] != FREE)
			bytes[model_kind[i]] += PAGE_SIZE;
	}
	for (int kind = 0; kind < NR_EARLY_KINDS; kind++)
		CHECK_EQ(early_bytes(kind), bytes[kind]);
}

/* Of those of RAM, and it is all of one region of it. => is [first, first + nr) free? */
static bool
model_fits(u64 first, u64 nr)
{
	for (u64 i = first; i < first + nr; i++)
		if (i >= NR_PAGES || !model_ram[i] || model_kind[i] != FREE)
			return false;
	return true;
}

static u64
region_start(u64 page)
{
	while (page > 0 && model_ram[page - 1])
		page--;
	return page;
}

/*
 * What early_alloc() should give, page by page: the highest place below `limit` of the lowest region that
 * has one; of the highest region for `high`. => NR_PAGES: none
 */
static u64
model_place(u64 nr, u64 align, u64 limit, bool high)
{
	u64 best = NR_PAGES;

	for (u64 i = 0; i + nr <= limit; i++) {
		if (PA(i) % (align << PAGE_SHIFT) || !model_fits(i, nr))
			continue;
		if (best == NR_PAGES || high || region_start(i) == region_start(best))
			best = i;
	}
	return best;
}

static void
some_ram(void)
{
	u64 page = rnd_below(8);

	while (page < NR_PAGES) {
		u64 nr = 1 + rnd_below(120);

		nr = nr < NR_PAGES - page ? nr : NR_PAGES - page;
		add_ram(page, nr);
		page += nr + rnd_below(20);
	}
}

HOSTTEST(early_regions_like_a_map_of_pages)
{
	for (int round = 0; round < 200; round++) {
		begin();
		for (int i = 0; i < 12; i++) {
			u64 first = rnd_below(NR_PAGES), nr = rnd_below(NR_PAGES - first + 1);

			if (rnd_one_in(2))
				add_ram(first, nr);
			else
				reserve(first, nr % 64, rnd_below(NR_EARLY_KINDS));
			check_model();
		}
	}
}

/* The firmware's numbers are no pages: of RAM whole pages count, of what is taken each that is touched. */
HOSTTEST(early_regions_of_odd_bytes)
{
	begin();
	early_add_ram(PA(1) + 1, 3 * PAGE_SIZE);
	CHECK(nr_ram_regions == 1 && ram_regions[0].pa == PA(2) &&
	      ram_regions[0].size == 2 * PAGE_SIZE);
	early_add_ram(PA(8) + 1, PAGE_SIZE);
	early_add_ram(PA(9), 0);
	CHECK_EQ(nr_ram_regions, 1);
	early_reserve(PA(3) + 5, 1, EARLY_FDT);
	early_reserve(PA(4), 0, EARLY_FDT);
	CHECK(nr_reserved_regions == 1 && reserved_regions[0].pa == PA(3));
	CHECK_EQ(reserved_regions[0].size, PAGE_SIZE);
	CHECK(early_bytes(EARLY_FDT) == PAGE_SIZE && early_bytes(EARLY_IMAGE) == 0);
}

/* RAM beyond what can ever be mapped is none. */
HOSTTEST(early_ram_ends_with_the_direct_map)
{
	begin();
	early_add_ram(DIRECTMAP_SIZE - 2 * PAGE_SIZE, 8 * PAGE_SIZE);
	early_add_ram(2 * DIRECTMAP_SIZE, PAGE_SIZE);
	CHECK(nr_ram_regions == 1 && ram_regions[0].size == 2 * PAGE_SIZE);
}

HOSTTEST(early_alloc_where_the_model_says)
{
	for (int round = 0; round < 100; round++) {
		u64 limit = NR_PAGES - rnd_below(200);

		begin();
		some_ram();
		directmap_end_page = pfn_to_page(START + limit);
		for (int i = 0; i < 12; i++) {
			u64 nr = 1 + rnd_below(24), align = 1UL << rnd_below(6), place, pa;
			bool high = rnd_one_in(3);
			enum early_kind kind = rnd_below(NR_EARLY_KINDS);

			place = model_place(nr, align, high ? NR_PAGES : limit, high);
			if (place == NR_PAGES)
				continue;
			pa = high ? early_alloc_high((nr << PAGE_SHIFT) - 1, align << PAGE_SHIFT,
						     kind)
				  : early_alloc((nr << PAGE_SHIFT) - 1, align << PAGE_SHIFT, kind);
			CHECK_EQ(pa, PA(place));
			for (u64 page = place; page < place + nr; page++)
				model_kind[page] = kind;
			for (u64 at = 0; !high && at < nr << PAGE_SHIFT; at++)
				CHECK(((char *)pa_to_kva(pa))[at] == 0);
			check_model();
		}
	}
}

HOSTTEST(early_alloc_panics_without_room)
{
	begin();
	add_ram(0, 8);
	add_ram(16, 8);
	EXPECT_PANIC(early_alloc(9 * PAGE_SIZE, PAGE_SIZE, EARLY_TABLES));
	EXPECT_PANIC(early_alloc_high(9 * PAGE_SIZE, PAGE_SIZE, EARLY_TABLES));
	check_model();
	early_alloc(8 * PAGE_SIZE, PAGE_SIZE, EARLY_TABLES);
	early_alloc(8 * PAGE_SIZE, PAGE_SIZE, EARLY_TABLES);
	EXPECT_PANIC(early_alloc(1, PAGE_SIZE, EARLY_TABLES));
}

/* From the middle of what was one region; nothing else changes. */
HOSTTEST(early_release_leaves_two_ends)
{
	begin();
	add_ram(0, NR_PAGES);
	reserve(10, 10, EARLY_IMAGE);
	reserve(30, 1, EARLY_FDT);
	early_release(PA(12), 3 * PAGE_SIZE);
	for (u64 i = 12; i < 15; i++)
		model_kind[i] = FREE;
	check_model();
	CHECK_EQ(nr_reserved_regions, 3);
	EXPECT_PANIC(early_release(PA(15), PAGE_SIZE));
	EXPECT_PANIC(early_release(PA(17), 3 * PAGE_SIZE));
	EXPECT_PANIC(early_release(PA(100), PAGE_SIZE));
	check_model();
}
