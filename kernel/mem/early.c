/*
 * The early allocator: RAM minus what is taken, handed out from the top of the lowest
 * region that fits (or of the highest, for what needs no kernel address). What it gave is recorded
 * as reserved, and why, so that mem_init() gives the buddy only the rest and every frame stays
 * accounted for.
 */

#include "mem/early.h"

#include "core/panic.h"
#include "lib/compiler.h"
#include "lib/string.h"
#include "mem/page.h"
#include "riscv/layout.h"

struct mem_region ram_regions[MEM_REGIONS_MAX];
unsigned nr_ram_regions;
struct mem_region reserved_regions[MEM_REGIONS_MAX];
unsigned nr_reserved_regions;
bool early_active = true;

static u64
region_end(const struct mem_region *region)
{
	return region->pa + region->size;
}

/* [start, end) lies between regions i - 1 and i; it becomes one with a neighbour of its kind. */
static void INIT
region_insert(struct mem_region *regions, unsigned *nr, unsigned i, struct mem_region new)
{
	bool joins_below =
		i > 0 && region_end(&regions[i - 1]) == new.pa &&regions[i - 1].kind == new.kind;
	bool joins_above =
		i < *nr && region_end(&new) == regions[i].pa && regions[i].kind == new.kind;

	if (joins_below && joins_above) {
		regions[i - 1].size += new.size + regions[i].size;
		(*nr)--;
		memmove(&regions[i], &regions[i + 1], (*nr - i) * sizeof(*regions));
	} else if (joins_below) {
		regions[i - 1].size += new.size;
	} else if (joins_above) {
		regions[i].pa = new.pa;
		regions[i].size += new.size;
	} else {
		assert(*nr < MEM_REGIONS_MAX);
		memmove(&regions[i + 1], &regions[i], (*nr - i) * sizeof(*regions));
		regions[i] = new;
		(*nr)++;
	}
}

/* Add what of [start, end) is in no region yet. */
static void INIT
region_add(struct mem_region *regions, unsigned *nr, u64 start, u64 end, enum early_kind kind)
{
	while (start < end) {
		unsigned i = 0;
		u64 stop;

		while (i < *nr && region_end(&regions[i]) <= start)
			i++;
		if (i < *nr && regions[i].pa <= start) {
			start = region_end(&regions[i]);
			continue;
		}
		stop = i < *nr ? MIN(end, regions[i].pa) : end;
		region_insert(regions, nr, i, (struct mem_region){start, stop - start, kind});
		start = stop;
	}
}

void INIT
early_add_ram(u64 pa, u64 size)
{
	u64 start = ALIGN_UP(pa, PAGE_SIZE);
	u64 end = MIN(ALIGN_DOWN(pa + size, PAGE_SIZE), (u64)DIRECTMAP_SIZE);

	region_add(ram_regions, &nr_ram_regions, start, end, 0);
}

void INIT
early_reserve(u64 pa, u64 size, enum early_kind kind)
{
	if (size)
		region_add(reserved_regions, &nr_reserved_regions, ALIGN_DOWN(pa, PAGE_SIZE),
			   ALIGN_UP(pa + size, PAGE_SIZE), kind);
}

static struct mem_region *
region_find(u64 pa)
{
	for (unsigned i = 0; i < nr_reserved_regions; i++)
		if (pa >= reserved_regions[i].pa && pa < region_end(&reserved_regions[i]))
			return &reserved_regions[i];
	return NULL;
}

void
early_release(u64 pa, u64 size)
{
	struct mem_region *region = region_find(pa);
	struct mem_region behind;

	assert(region && pa > region->pa && pa + size < region_end(region));
	assert(nr_reserved_regions < MEM_REGIONS_MAX);
	behind = (struct mem_region){pa + size, region_end(region) - pa - size, region->kind};
	region->size = pa - region->pa;
	memmove(region + 2, region + 1,
		(&reserved_regions[nr_reserved_regions] - (region + 1)) * sizeof(*region));
	region[1] = behind;
	nr_reserved_regions++;
}

/* => the highest aligned start of a free stretch of `size` in [low, high), or 0 */
static u64 INIT
fit_below(u64 low, u64 high, u64 size, u64 align)
{
	unsigned i = nr_reserved_regions;

	while (high > low && high - low >= size) {
		u64 pa = ALIGN_DOWN(high - size, align);

		if (pa < low)
			return 0;
		while (i > 0 && reserved_regions[i - 1].pa >= pa + size)
			i--;
		if (i == 0 || region_end(&reserved_regions[i - 1]) <= pa)
			return pa;
		high = reserved_regions[i - 1].pa;
	}
	return 0;
}

/* A free stretch of region n below `limit`, reserved. => its address, or 0 */
static u64 INIT
region_take(unsigned n, u64 size, u64 align, u64 limit, enum early_kind kind)
{
	u64 pa = fit_below(ram_regions[n].pa, MIN(region_end(&ram_regions[n]), limit), size, align);

	if (pa)
		early_reserve(pa, size, kind);
	return pa;
}

u64 INIT
early_alloc(u64 size, u64 align, enum early_kind kind)
{
	u64 limit = page_to_pa(directmap_end_page);
	u64 pa = 0;

	assert(early_active);
	size = ALIGN_UP(size, PAGE_SIZE);
	for (unsigned i = 0; i < nr_ram_regions && !pa; i++)
		pa = region_take(i, size, MAX(align, (u64)PAGE_SIZE), limit, kind);
	if (!pa)
		panic("out of memory at boot: no room for %lu KiB", size >> 10);
	memset(pa_to_kva(pa), 0, size);
	return pa;
}

u64 INIT
early_alloc_high(u64 size, u64 align, enum early_kind kind)
{
	u64 pa = 0;

	assert(early_active);
	size = ALIGN_UP(size, PAGE_SIZE);
	for (unsigned i = nr_ram_regions; i-- > 0 && !pa;)
		pa = region_take(i, size, MAX(align, (u64)PAGE_SIZE), ~0UL, kind);
	if (!pa)
		panic("out of memory at boot: no room for %lu KiB", size >> 10);
	return pa;
}

/* Only RAM counts: firmware also reserves what is none. */
u64
early_bytes(enum early_kind kind)
{
	u64 bytes = 0;

	for (unsigned i = 0; i < nr_reserved_regions; i++) {
		const struct mem_region *taken = &reserved_regions[i];

		for (unsigned j = 0; j < nr_ram_regions && taken->kind == kind; j++) {
			u64 start = MAX(taken->pa, ram_regions[j].pa);
			u64 end = MIN(region_end(taken), region_end(&ram_regions[j]));

			bytes += start < end ? end - start : 0;
		}
	}
	return bytes;
}

const char *
early_kind_name(enum early_kind kind)
{
	static const char *const names[NR_EARLY_KINDS] = {
		[EARLY_FIRMWARE] = "firmware",	[EARLY_IMAGE] = "kernel image",
		[EARLY_FDT] = "device tree",	[EARLY_INITRD] = "initrd",
		[EARLY_TABLES] = "page tables", [EARLY_STRUCT_PAGES] = "struct pages",
		[EARLY_KASAN] = "shadow",
	};

	return names[kind];
}

const struct mem_region *
early_region_of(u64 pa)
{
	return region_find(pa);
}
