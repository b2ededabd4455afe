/* A bad access in words: what kind, by whom, and what lies at the address. */

#include "mem/kasan/shadow.h"

#include "core/cpu.h"
#include "core/image.h"
#include "core/ksyms.h"
#include "core/panic.h"
#include "core/printk.h"
#include "core/stack_trace.h"
#include "lib/string.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"

#define ROW_GRANULES  16
#define NEAR_GRANULES 16
#define MAX_GRANULES  8192

static const char *
kind_of_shadow(u8 shadow)
{
	switch (shadow) {
	case SHADOW_SLAB_FREE:
		return "slab-use-after-free";
	case SHADOW_SLAB_REDZONE:
	case SHADOW_PAGE_REDZONE:
		return "slab-out-of-bounds";
	case SHADOW_PAGE_FREE:
		return "use-after-free";
	case SHADOW_GLOBAL:
		return "global-out-of-bounds";
	case SHADOW_VMALLOC:
		return "vmalloc-out-of-bounds";
	case SHADOW_SCOPE:
		return "stack-use-after-scope";
	case SHADOW_ALLOCA_LEFT:
	case SHADOW_ALLOCA_RIGHT:
		return "alloca-out-of-bounds";
	default:
		return "stack-out-of-bounds";
	}
}

/* The kind is in the first byte of shadow that is no number of usable bytes. */
static const char *
kind_of(u64 bad)
{
	u8 shadow = *shadow_of(bad);

	return kind_of_shadow(shadow < GRANULE ? shadow_of(bad)[1] : shadow);
}

static void
describe_page(u64 address)
{
	const struct page *page = kva_to_page((void *)address);

	pr_err("  the page: pfn %#lx, flags %#x, %d owners", page_to_pfn(page), page->flags,
	       page_refcount(page));
}

/* Frames that were free since boot may have no struct page, with which all other questions begin. */
static void
describe_frame(u64 address)
{
	u64 pfn = kva_to_pa((void *)address) >> PAGE_SHIFT;

	if (!pfn_to_online_page(pfn))
		pr_err("  the frame: pfn %#lx, never used", pfn);
	else if (!slab_describe((void *)address))
		describe_page(address);
}

static void
describe_global(u64 address)
{
	const struct asan_global *global = kasan_global_find(address);

	if (global)
		pr_err("  %ld bytes from global variable '%s' of %s, which has %lu bytes",
		       (long)(address - global->start), global->name, global->module,
		       global->bytes);
}

static void
describe_address(u64 address)
{
	u64 ram_end = DIRECTMAP_BASE + DIRECTMAP_SIZE;

	if (address >= (u64)kernel_start && address < (u64)kernel_end)
		describe_global(address);
	else if (address >= DIRECTMAP_BASE && address < ram_end)
		describe_frame(address);
}

/* => does memory of this kind lie between bytes that may not be used? Pages are side by side. */
static bool
has_red_zones(const char *kind, u64 bad)
{
	return strcmp(kind, "vmalloc-out-of-bounds") == 0 ||
	       (strcmp(kind, "slab-out-of-bounds") == 0 &&
		page_test(kva_to_page((void *)bad), PG_slab));
}

static bool
granule_usable(u64 granule)
{
	return *shadow_of(granule) < GRANULE;
}

/* Where the bytes that were asked for are, by their shadow, if they begin or end near `bad`. */
static void
describe_region(u64 bad)
{
	u64 granule = ALIGN_DOWN(bad, GRANULE), start, end, step = 0;

	while (step < NEAR_GRANULES && !granule_usable(granule - step * GRANULE) &&
	       !granule_usable(granule + step * GRANULE))
		step++;
	if (step == NEAR_GRANULES)
		return;
	start = end = granule_usable(granule - step * GRANULE) ? granule - step * GRANULE
							       : granule + step * GRANULE;
	for (u64 n = 0; n < MAX_GRANULES && *shadow_of(start - GRANULE) == 0; n++)
		start -= GRANULE;
	for (u64 n = 0; n < MAX_GRANULES && *shadow_of(end) == 0; n++)
		end += GRANULE;
	end += granule_usable(end) ? *shadow_of(end) : 0;
	if (bad < start)
		pr_err("  %lu bytes before a region of %lu bytes", start - bad, end - start);
	else
		pr_err("  %lu bytes after the end of a region of %lu bytes", bad - end,
		       end - start);
}

/* The shadow around it, 128 bytes of memory in a line. */
static void
print_shadow(u64 address)
{
	u64 middle = ALIGN_DOWN(address, ROW_GRANULES * GRANULE);

	for (int row = -1; row <= 1; row++) {
		u64 at = middle + row * ROW_GRANULES * GRANULE;
		const u8 *s = shadow_of(at);

		pr_err("  %c%016lx: %02x %02x %02x %02x %02x %02x %02x %02x  "
		       "%02x %02x %02x %02x %02x %02x %02x %02x",
		       row ? ' ' : '>', at, s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8],
		       s[9], s[10], s[11], s[12], s[13], s[14], s[15]);
	}
}

static const char *
name_of(u64 caller)
{
	u64 offset;
	const char *name = ksyms_lookup(caller - 1, &offset);

	return name ? name : "?";
}

/* => false when another report is on its way to the panic */
static bool
report_begin(void)
{
	static u32 reporting;

	if (panic_in_progress() || __atomic_exchange_n(&reporting, 1, __ATOMIC_SEQ_CST))
		return false;
	kasan_stop();
	return true;
}

void
kasan_report(u64 address, u64 bytes, bool is_write, u64 caller)
{
	u64 bad = shadow_first_bad(address, bytes);
	const char *kind;

	if (!bad || !report_begin())
		return;
	kind = kind_of(bad);
	pr_err("KASAN: %s in %s: %s of %lu bytes at %#lx by task %s (pid %u) on cpu %u", kind,
	       name_of(caller), is_write ? "write" : "read", bytes, address,
	       current_thread_info->name, current_thread_info->pid, cpu_id());
	describe_address(bad);
	if (has_red_zones(kind, bad))
		describe_region(bad);
	print_shadow(bad);
	panic("KASAN: %s in %s: %s of %lu bytes at %#lx", kind, name_of(caller),
	      is_write ? "write" : "read", bytes, address);
}

void
kasan_report_free(const void *object, const char *what, u64 caller)
{
	if (!report_begin())
		return;
	pr_err("KASAN: %s in %s: %p by task %s (pid %u)", what, name_of(caller), object,
	       current_thread_info->name, current_thread_info->pid);
	describe_address((u64)object);
	print_shadow((u64)object);
	panic("KASAN: %s in %s: %p", what, name_of(caller), object);
}
