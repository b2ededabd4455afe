/* A faulting address, decoded: what area it is in, how it is mapped, whose page it is. */

#include "mem/fault_report.h"

#include "core/image.h"
#include "core/panic.h"
#include "core/printk.h"
#include "lib/printf.h"
#include "mem/pgtable.h"
#include "mem/slab/cache.h"
#include "mem/vmalloc.h"
#include "riscv/trap_frame.h"

static void PRINTF(1, 2) report(const char *fmt, ...)
{
	char line[200];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vscnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	console_emergency_write(line, len);
}

static const char *
area_name(u64 va)
{
	if (va < PAGE_SIZE)
		return "the null page";
	if (va < USER_VA_END)
		return "user memory";
	if (va < KERNEL_VA_START)
		return "no address of Sv39";
	if (va < VMEMMAP_BASE)
		return "the direct map";
	if (va < VMEMMAP_BASE + VMEMMAP_SIZE)
		return "the array of struct page";
	if (va >= VMALLOC_BASE && va < VMALLOC_END)
		return kstack_guard_hit(va) ? "the guard of a kernel stack" : "vmalloc";
	if (va >= (u64)text_start && va < (u64)text_end)
		return "kernel text";
	if ((va >= (u64)init_text_start && va < (u64)init_text_end) ||
	    (va >= (u64)init_data_start && va < (u64)init_data_end))
		return "init memory, which was freed after the boot";
	if (va >= (u64)rodata_start && va < (u64)rodata_end)
		return "kernel constants";
	if (va >= (u64)data_start && va < (u64)kernel_end)
		return "kernel data";
	return "an unused part of the kernel's half";
}

static void
report_owner(u64 pfn)
{
	const struct page *page = pfn_to_online_page(pfn);

	if (!page)
		return;
	report("  page %lu: flags %#x, %d owners, mapped %d times", pfn, page->flags,
	       page_refcount(page), page_mapcount(page));
	if (page_test(page, PG_slab))
		report(", slab of %s", page->slab_cache->name);
	if (page_test(page, PG_buddy) || page_test(page, PG_pcp))
		report(", FREE");
	report("\n");
}

static void
report_address(const char *what, u64 va)
{
	const pte_t *table = pa_to_kva((csr_read(satp) & ((1UL << 44) - 1)) << PAGE_SHIFT);

	report("  %s %#lx is in %s\n", what, va, area_name(va));
	for (int level = 2; level >= 0; level--) {
		pte_t pte = table[pte_index(va, level)];

		report("    level %d, entry %3u: %016lx %c%c%c%c%c%c%c%c\n", level,
		       pte_index(va, level), pte.bits, pte.bits & PTE_D ? 'D' : '-',
		       pte.bits & PTE_A ? 'A' : '-', pte.bits & PTE_G ? 'G' : '-',
		       pte.bits & PTE_U ? 'U' : '-', pte.bits & PTE_X ? 'X' : '-',
		       pte.bits & PTE_W ? 'W' : '-', pte.bits & PTE_R ? 'R' : '-',
		       pte.bits & PTE_V ? 'V' : '-');
		if (!pte_present(pte))
			return;
		if (pte_is_leaf(pte)) {
			report_owner(
				pte_pfn(pte) +
				((va & ((1UL << (PAGE_SHIFT + 9 * level)) - 1)) >> PAGE_SHIFT));
			return;
		}
		table = pa_to_kva(pte_pa(pte));
	}
}

static void
report_fault(const struct trap_frame *tf)
{
	bool fetch = tf->cause == EXC_INST_PAGE_FAULT || tf->cause == EXC_INST_ACCESS;

	report_address(fetch ? "pc" : "address", fetch ? tf->pc : tf->tval);
}

void INIT
mem_fault_report_init(void)
{
	panic_fault_hook = report_fault;
}
