/*
 * The early allocator: RAM minus what is taken, handed out from the top of the lowest
 * region that fits. What it gave is recorded as reserved, so that mem_init() gives the
 * buddy only the rest and every frame stays accounted for.
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

/*
 * Insert [start, end), which overlaps no region and lies before regions[at]. Regions of one kind
 * that touch become one.
 */
static void
region_insert(struct mem_region *regions, unsigned *nr, unsigned at, struct mem_region fresh)
{
	u64 end = fresh.pa + fresh.size;

	if (at < *nr && regions[at].pa == end && regions[at].kind == fresh.kind) {
		fresh.size += regions[at].size;
		memmove(&regions[at], &regions[at + 1], (--*nr - at) * sizeof(*regions));
	}
	if (at > 0 && regions[at - 1].pa + regions[at - 1].size == fresh.pa &&
	    regions[at - 1].kind == fresh.kind) {
		regions[at - 1].size += fresh.size;
		return;
	}
	assert(*nr < MEM_REGIONS_MAX);
	memmove(&regions[at + 1], &regions[at], ((*nr)++ - at) * sizeof(*regions));
	regions[at] = fresh;
}

/* Add to a sorted list what of [start, end) is in no region of it yet: the first kind stays. */
static void
region_add(struct mem_region *regions, unsigned *nr, u64 start, u64 end, enum early_kind kind)
{
	unsigned at = 0;

	while (start < end) {
		u64 taken = end, taken_end = end;

		while (at < *nr && regions[at].pa + regions[at].size <= start)
			at++;
		if (at < *nr) {
			taken = CLAMP(regions[at].pa, start, end);
			taken_end = regions[at].pa + regions[at].size;
		}
		if (start < taken)
			region_insert(regions, nr, at,
				      (struct mem_region){start, taken - start, kind});
		start = taken_end;
	}
}

void
early_add_ram(u64 pa, u64 size)
{
	u64 start = ALIGN_UP(pa, PAGE_SIZE);
	u64 end = MIN(ALIGN_DOWN(pa + size, PAGE_SIZE), (u64)DIRECTMAP_SIZE);

	if (start < end)
		region_add(ram_regions, &nr_ram_regions, start, end, 0);
}

void
early_reserve(u64 pa, u64 size, enum early_kind kind)
{
	if (size)
		region_add(reserved_regions, &nr_reserved_regions, ALIGN_DOWN(pa, PAGE_SIZE),
			   ALIGN_UP(pa + size, PAGE_SIZE), kind);
}

/* => the highest aligned start of a free stretch of `size` in [low, high), or 0 */
static u64
fit_below(u64 low, u64 high, u64 size, u64 align)
{
	unsigned i = nr_reserved_regions;

	while (high > low && high - low >= size) {
		u64 pa = ALIGN_DOWN(high - size, align);

		if (pa < low)
			return 0;
		while (i > 0 && reserved_regions[i - 1].pa >= pa + size)
			i--;
		if (i == 0 || reserved_regions[i - 1].pa + reserved_regions[i - 1].size <= pa)
			return pa;
		high = reserved_regions[i - 1].pa;
	}
	return 0;
}

u64
early_alloc(u64 size, u64 align, enum early_kind kind)
{
	assert(early_active);
	size = ALIGN_UP(size, PAGE_SIZE);
	align = MAX(align, (u64)PAGE_SIZE);
	for (unsigned i = 0; i < nr_ram_regions; i++) {
		u64 low = ram_regions[i].pa;
		u64 pa = fit_below(low, low + ram_regions[i].size, size, align);

		if (!pa)
			continue;
		early_reserve(pa, size, kind);
		memset(pa_to_kva(pa), 0, size);
		return pa;
	}
	panic("out of memory at boot: no room for %lu KiB", size >> 10);
}

/* Only RAM counts: firmware also reserves what is none. */
u64
early_bytes(enum early_kind kind)
{
	u64 bytes = 0;

	for (unsigned i = 0; i < nr_reserved_regions; i++) {
		const struct mem_region *taken = &reserved_regions[i];

		for (unsigned j = 0; j < nr_ram_regions && taken->kind == kind; j++) {
			const struct mem_region *ram = &ram_regions[j];
			u64 start = MAX(taken->pa, ram->pa);
			u64 end = MIN(taken->pa + taken->size, ram->pa + ram->size);

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
	};

	return names[kind];
}
