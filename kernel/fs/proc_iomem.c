/* /proc/iomem: physical addresses, of devices and of RAM, and what lies where in RAM since the boot. */
#include "fs/proc_node.h"

#include "core/image.h"
#include "core/machine.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mem/early.h"
#include "mem/slab.h"

#define RESOURCES_MAX (2 * MEM_REGIONS_MAX + VIRTIO_SLOTS_MAX + 16)

struct resource {
	u64 start, end; /* end belongs to it */
	u32 depth;
	const char *name;
};

struct resources {
	struct resource list[RESOURCES_MAX];
	unsigned nr;
};

/* Sorted by address, what contains another before it. */
static void
resource_add(struct resources *all, u64 pa, u64 size, u32 depth, const char *name)
{
	unsigned at = all->nr;

	if (size == 0 || all->nr == RESOURCES_MAX)
		return;
	for (; at > 0; at--) {
		const struct resource *other = &all->list[at - 1];

		if (other->start < pa || (other->start == pa && other->depth < depth))
			break;
		all->list[at] = *other;
	}
	all->list[at] = (struct resource){pa, pa + size - 1, depth, name};
	all->nr++;
}

static void
add_devices(struct resources *all)
{
	resource_add(all, machine.uart.pa, machine.uart.size, 0, "serial");
	resource_add(all, machine.plic.pa, machine.plic.size, 0, "interrupt-controller");
	resource_add(all, machine.rtc.pa, machine.rtc.size, 0, "rtc");
	resource_add(all, machine.test.pa, machine.test.size, 0, "test");
	for (unsigned i = 0; i < machine.nr_virtio; i++)
		resource_add(all, machine.virtio[i].pa, machine.virtio[i].size, 0, "virtio_mmio");
}

static void
add_image(struct resources *all)
{
	resource_add(all, image_to_pa(text_start), text_end - text_start, 2, "Kernel code");
	resource_add(all, image_to_pa(rodata_start), rodata_end - rodata_start, 2, "Kernel rodata");
	resource_add(all, image_to_pa(data_start), bss_start - data_start, 2, "Kernel data");
	resource_add(all, image_to_pa(bss_start), bss_end - bss_start, 2, "Kernel bss");
}

static void
add_memory(struct resources *all)
{
	for (unsigned i = 0; i < nr_ram_regions; i++)
		resource_add(all, ram_regions[i].pa, ram_regions[i].size, 0, "System RAM");
	for (unsigned i = 0; i < nr_reserved_regions; i++) {
		const struct mem_region *region = &reserved_regions[i];

		resource_add(all, region->pa, region->size, 1, early_kind_name(region->kind));
	}
}

static int
show_iomem(struct seq *seq)
{
	struct resources *all = kzalloc(sizeof(*all), GFP_KERNEL);

	if (!all)
		return -ENOMEM;
	add_devices(all);
	add_memory(all);
	add_image(all);
	for (unsigned i = 0; i < all->nr; i++) {
		const struct resource *r = &all->list[i];

		seq_printf(seq, "%*s%08lx-%08lx : %s\n", (int)r->depth * 2, "", r->start, r->end,
			   r->name);
	}
	kfree(all);
	return 0;
}

void INIT
proc_iomem_init(void)
{
	procfs_register("iomem", show_iomem);
}
