#include "mem/env.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/cpu.h"
#include "core/machine.h"
#include "core/printk.h"
#include "hosttest.h"
#include "mem/early.h"
#include "mem/fault_inject.h"
#include "mem/kmap.h"
#include "mem/pcp.h"

u64 host_directmap_base;
struct page *host_vmemmap;
struct page *directmap_end_page;
bool host_irq_enabled = true;
void (*host_irq_handler)(void);

/* So that the sanitizer sees who owns them: host_vmemmap points elsewhere. */
static struct page *host_pages;
static struct thread_info threads[NR_CPUS];
struct cpu cpus[NR_CPUS];
u32 nr_cpus = NR_CPUS;
struct thread_info *current_thread_info asm("tp");

/* Nothing is injected here: a test fails allocations by taking the frames. */
struct fault_attr fail_page_alloc;

bool
fault_page_alloc_slow(gfp_t gfp, unsigned order)
{
	(void)gfp;
	(void)order;
	return false;
}

u64 env_clock_step_ns = 1000;

bool env_ipi_pending[NR_CPUS];
void (*env_ipi_handler)(void);

bool env_expects_panic;
jmp_buf env_panic_jump;

static NORETURN void
panic_jump(void)
{
	env_expects_panic = false;
	env_release_locks();
	longjmp(env_panic_jump, 1);
}

void
panic(const char *fmt, ...)
{
	char text[256];
	va_list args;

	if (env_expects_panic)
		panic_jump();
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	hosttest_fail("kernel", 0, "panic: %s", text);
}

void
assert_failed(const char *expression, const char *file, int line, const char *function)
{
	if (env_expects_panic)
		panic_jump();
	hosttest_fail(file, line, "%s: assertion: %s", function, expression);
}

u64
clock_now_ns(void)
{
	static u64 now;

	return now += env_clock_step_ns;
}

void
printk(enum log_level level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
}

bool
panic_in_progress(void)
{
	return false;
}

/* Only zones[ZONE_HIGHMEM] lies beyond the direct map, and on the host it has addresses all the same. */
void *
kmap_window_map(struct page *page)
{
	return (void *)(page_to_pa(page) + DIRECTMAP_BASE);
}

void
kmap_window_unmap(const void *kva)
{
	(void)kva;
}

/* Who asks for pages waits for them, so the other hart gives them at once; slabs can wait. */
void
cpu_send_ipi(u32 cpu)
{
	u32 now = current_thread_info->cpu_id;

	env_ipi_pending[cpu] = env_ipi_handler != NULL;
	current_thread_info = &threads[cpu];
	pcp_drain_if_asked();
	current_thread_info = &threads[now];
}

void
env_set_cpu(u32 cpu)
{
	threads[cpu].cpu_id = cpu;
	threads[cpu].cpu = &cpus[cpu];
	threads[cpu].name = "test";
	cpus[cpu].id = cpu;
	cpus[cpu].online = true;
	current_thread_info = &threads[cpu];
	if (env_ipi_pending[cpu] && host_irq_enabled) {
		env_ipi_pending[cpu] = false;
		env_ipi_handler();
	}
}

void
env_ram_create(u64 start_pfn, u64 nr_pages)
{
	static u64 nr_ram_pages;
	static char *ram;

	/* From malloc, so that the sanitizer sees an access beyond the last struct page. */
	free(host_pages);
	host_pages = aligned_alloc(64, nr_pages * sizeof(struct page));
	memset(host_pages, 0, nr_pages * sizeof(struct page));
	host_vmemmap = host_pages - start_pfn;
	directmap_end_page = host_pages + nr_pages;
	nr_ram_regions = 0;
	nr_reserved_regions = 0;
	early_active = true;
	early_add_ram(start_pfn << PAGE_SHIFT, nr_pages << PAGE_SHIFT);
	if (nr_pages > nr_ram_pages) {
		nr_ram_pages = nr_pages;
		ram = guarded_alloc(nr_pages * PAGE_SIZE, false);
	}
	memset(ram, 0x5c, nr_pages * PAGE_SIZE);
	host_directmap_base = (u64)ram - (start_pfn << PAGE_SHIFT);
	for (u32 cpu = NR_CPUS; cpu-- != 0;)
		env_set_cpu(cpu);
}

void
env_zones_create(u64 start_pfn, u64 nr_pages, u64 normal_pfn, u64 highmem_pfn)
{
	u64 bounds[NR_ZONES + 1] = {start_pfn, normal_pfn, highmem_pfn, start_pfn + nr_pages};
	static const char *const names[NR_ZONES] = {"DMA", "Normal", "HighMem"};

	env_ram_create(start_pfn, nr_pages);
	for (unsigned i = 0; i < NR_ZONES; i++) {
		zone_init(&zones[i], names[i], (u8)i, bounds[i], bounds[i + 1]);
		for (u64 pfn = bounds[i]; pfn < bounds[i + 1]; pfn++)
			page_init(pfn_to_page(pfn), (u8)i, 0, 0);
		zones[i].nr_present = bounds[i + 1] - bounds[i];
		if (zones[i].nr_present != 0)
			zone_add_range(&zones[i], bounds[i], bounds[i + 1]);
	}
	if (bounds[ZONE_HIGHMEM] < bounds[NR_ZONES])
		directmap_end_page = pfn_to_page(bounds[ZONE_HIGHMEM]);
	zones_set_up();
	for (unsigned i = 0; i < NR_ZONES; i++) {
		zones[i].watermark_min = zones[i].watermark_low = zones[i].watermark_high = 0;
		memset(zones[i].lowmem_reserve, 0, sizeof(zones[i].lowmem_reserve));
	}
}

void
env_drain_all(void)
{
	u32 now = current_thread_info->cpu_id;

	for (u32 cpu = 0; cpu < NR_CPUS; cpu++) {
		env_set_cpu(cpu);
		for (int i = 0; i < NR_ZONES; i++)
			pcp_drain(&zones[i]);
	}
	env_set_cpu(now);
}

/* There are no boot arguments. */
u64
bootarg_u64(const char *key, u64 fallback)
{
	(void)key;
	return fallback;
}
