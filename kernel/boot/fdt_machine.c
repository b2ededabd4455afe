#include "boot/fdt_machine.h"

#include "core/image.h"
#include "core/machine.h"
#include "core/panic.h"
#include "core/printk.h"
#include "lib/fdt.h"
#include "lib/string.h"
#include "mem/early.h"
#include "mem/page.h"
#include "riscv/csr.h"

#define FDT_MAX_BYTES (2UL << 20)

static struct fdt fdt;
static u32 plic_phandle;

static void INIT
read_memory(void)
{
	fdt_node_t node = -1;
	struct fdt_range range;

	while ((node = fdt_find_type(&fdt, node, "memory")) >= 0)
		for (u32 i = 0; fdt_reg(&fdt, node, i, &range) == 0; i++)
			early_add_ram(range.addr, range.bytes);
	if (nr_ram_regions == 0)
		panic("the device tree names no memory");
}

static void INIT
read_reserved(void)
{
	struct fdt_range range;
	fdt_node_t parent = fdt_find_path(&fdt, "/reserved-memory");
	fdt_node_t node;

	for (u32 i = 0; fdt_reserved(&fdt, i, &range) == 0; i++)
		early_reserve(range.addr, range.bytes, EARLY_FIRMWARE);
	if (parent < 0)
		return;
	fdt_for_each_child(node, &fdt, parent)
	{
		for (u32 i = 0; fdt_reg(&fdt, node, i, &range) == 0; i++)
			early_reserve(range.addr, range.bytes, EARLY_FIRMWARE);
	}
}

/* A hart counts when it is enabled and has an MMU (sifive_u's monitor hart has none). */
static bool INIT
hart_usable(fdt_node_t node, u32 *hartid)
{
	struct fdt_range range;
	const char *mmu = fdt_get_string(&fdt, node, "mmu-type");

	if (!fdt_is_enabled(&fdt, node) || !mmu || strcmp(mmu, "riscv,none") == 0)
		return false;
	if (fdt_reg(&fdt, node, 0, &range) < 0)
		return false;
	*hartid = range.addr;
	return true;
}

static void INIT
read_harts(void)
{
	fdt_node_t parent = fdt_find_path(&fdt, "/cpus");
	fdt_node_t node;
	u32 hartid, timebase = 0;

	machine.hartids[0] = machine.boot_hartid;
	machine.nr_harts = 1;
	if (parent < 0)
		return;
	if (fdt_get_u32(&fdt, parent, "timebase-frequency", &timebase) == 0)
		machine.timebase_hz = timebase;
	fdt_for_each_child(node, &fdt, parent)
	{
		if (!timebase && fdt_get_u32(&fdt, node, "timebase-frequency", &timebase) == 0)
			machine.timebase_hz = timebase;
		if (!hart_usable(node, &hartid) || hartid == machine.boot_hartid)
			continue;
		if (machine.nr_harts == NR_CPUS) {
			pr_warn("hart %u not used: this kernel is built for %d", hartid, NR_CPUS);
			continue;
		}
		machine.hartids[machine.nr_harts++] = hartid;
	}
}

/* An interrupt counts when our PLIC has it: in a machine of several sockets each has one of its own. */
static bool INIT
read_device(fdt_node_t node, struct mmio_device *device)
{
	struct fdt_range range;
	struct fdt_interrupt irq;

	if (node < 0 || fdt_reg(&fdt, node, 0, &range) < 0)
		return false;
	*device = (struct mmio_device){.pa = range.addr, .size = range.bytes};
	if (fdt_interrupt(&fdt, node, 0, &irq) == 0 && irq.phandle == plic_phandle)
		device->irq = irq.number;
	return true;
}

static fdt_node_t INIT
find_enabled(const char *const compatibles[])
{
	for (unsigned i = 0; compatibles[i]; i++) {
		fdt_node_t node = -1;

		while ((node = fdt_find_compatible(&fdt, node, compatibles[i])) >= 0)
			if (fdt_is_enabled(&fdt, node))
				return node;
	}
	return -1;
}

/* The hart whose local interrupt controller has this phandle; -1 for none that we run. */
static int INIT
cpu_of_intc(u32 phandle)
{
	fdt_node_t node = fdt_find_phandle(&fdt, phandle);
	fdt_node_t hart = node < 0 ? -1 : fdt_parent(&fdt, node);
	struct fdt_range range;

	if (hart < 0 || fdt_reg(&fdt, hart, 0, &range) < 0)
		return -1;
	for (u32 i = 0; i < machine.nr_harts; i++)
		if (machine.hartids[i] == range.addr)
			return i;
	return -1;
}

static void INIT
read_plic(void)
{
	static const char *const compatibles[] = {"riscv,plic0", "sifive,plic-1.0.0", NULL};
	fdt_node_t node = find_enabled(compatibles);
	struct fdt_interrupt irq;
	u32 nr_irqs = 0;

	for (u32 i = 0; i < NR_CPUS; i++)
		machine.plic_context[i] = -1;
	if (!read_device(node, &machine.plic))
		return;
	if (fdt_get_u32(&fdt, node, "riscv,ndev", &nr_irqs) == 0)
		machine.plic_nr_irqs = nr_irqs;
	fdt_get_u32(&fdt, node, "phandle", &plic_phandle);
	for (u32 context = 0; fdt_interrupt(&fdt, node, context, &irq) == 0; context++) {
		int cpu = irq.number == IRQ_S_EXT ? cpu_of_intc(irq.phandle) : -1;

		if (cpu >= 0)
			machine.plic_context[cpu] = context;
	}
}

static void INIT
read_uart(void)
{
	static const char *const compatibles[] = {"ns16550a", "ns16550", "snps,dw-apb-uart", NULL};
	fdt_node_t node = find_enabled(compatibles);

	if (!read_device(node, &machine.uart))
		return;
	fdt_get_u32(&fdt, node, "reg-shift", &machine.uart_reg_shift);
	fdt_get_u32(&fdt, node, "clock-frequency", &machine.uart_clock_hz);
}

static void INIT
read_virtio(void)
{
	fdt_node_t node = -1;
	struct mmio_device device;

	while ((node = fdt_find_compatible(&fdt, node, "virtio,mmio")) >= 0) {
		unsigned at = machine.nr_virtio;

		if (!fdt_is_enabled(&fdt, node) || !read_device(node, &device) ||
		    at == VIRTIO_SLOTS_MAX)
			continue;
		for (; at > 0 && machine.virtio[at - 1].pa > device.pa; at--)
			machine.virtio[at] = machine.virtio[at - 1];
		machine.virtio[at] = device;
		machine.nr_virtio++;
	}
}

static void INIT
read_misc_devices(void)
{
	static const char *const tests[] = {"sifive,test0", "sifive,test1", NULL};
	static const char *const rtcs[] = {"google,goldfish-rtc", NULL};

	read_device(find_enabled(tests), &machine.test);
	read_device(find_enabled(rtcs), &machine.rtc);
}

static void INIT
read_chosen(void)
{
	fdt_node_t node = fdt_find_path(&fdt, "/chosen");
	struct fdt_prop seed;
	const char *args;
	u64 start = 0, end = 0;

	if (node < 0)
		return;
	args = fdt_get_string(&fdt, node, "bootargs");
	if (args && strscpy(machine.bootargs, args, sizeof(machine.bootargs)) < 0)
		pr_warn("boot arguments cut to %zu characters", sizeof(machine.bootargs) - 1);
	if (fdt_get_u64(&fdt, node, "linux,initrd-start", &start) == 0 &&
	    fdt_get_u64(&fdt, node, "linux,initrd-end", &end) == 0 && end > start) {
		machine.initrd_pa = start;
		machine.initrd_size = end - start;
		early_reserve(start, end - start, EARLY_INITRD);
	}
	if (fdt_prop(&fdt, node, "rng-seed", &seed) == 0) {
		machine.rng_seed_len = MIN(seed.bytes, (u32)sizeof(machine.rng_seed));
		memcpy(machine.rng_seed, seed.data, machine.rng_seed_len);
	}
}

void INIT
machine_read_fdt(u64 boot_hartid, u64 fdt_pa)
{
	const char *model;

	machine.boot_hartid = boot_hartid;
	machine.fdt_pa = fdt_pa;
	if (fdt_pa & 7 || fdt_open(&fdt, pa_to_kva(fdt_pa), FDT_MAX_BYTES) < 0)
		panic("no device tree at %#lx (a1 at entry)", fdt_pa);
	machine.fdt_size = fdt.blob_bytes;
	model = fdt_get_string(&fdt, fdt_root(&fdt), "model");
	strscpy(machine.model, model ? model : "unknown", sizeof(machine.model));
	read_memory();
	read_reserved();
	early_reserve(fdt_pa, fdt.blob_bytes, EARLY_FDT);
	early_reserve(image_to_pa(kernel_start), kernel_end - kernel_start, EARLY_IMAGE);
	read_harts();
	read_plic();
	read_uart();
	read_virtio();
	read_misc_devices();
	read_chosen();
}
