/*
 * Where things are in this kernel's memory, for who looks from outside: the grading harness
 * (grading/harness/kernel.py), and whoever reads a dump. An ELF note QUIRE of type 1, in the image
 * like any constant: pairs of a name and a number.
 *
 *	OFFSET(type.field)   of a field
 *	SIZE(type)
 *	NUMBER(name)	     of a constant; a page flag's is its bit
 *
 * Addresses of variables are in the symbol table.
 */
#include "core/cpu.h"
#include "core/machine.h"
#include "mem/early.h"
#include "mem/vmstat.h"
#include "mem/zone.h"
#include "proc/process.h"
#include "sched/task.h"
#include "vm/mm.h"
#include "vm/pagecache.h"
#include "vm/pte_state.h"

#define NOTE_LAYOUT   1
#define NOTE_NAME_MAX 40
#define NR_ENTRIES    128 /* those behind the last have no name */

struct layout_entry {
	char name[NOTE_NAME_MAX];
	u64 value;
};

#define OFFSET(type, field)                                                  \
	{                                                                    \
		"OFFSET(" #type "." #field ")", offsetof(struct type, field) \
	}
#define SIZE(type)                                     \
	{                                              \
		"SIZE(" #type ")", sizeof(struct type) \
	}
#define NUMBER(name)                      \
	{                                 \
		"NUMBER(" #name ")", name \
	}

struct layout_note {
	u32 owner_size, data_size, type;
	char owner[12]; /* as many as owner_size says, so that the entries are aligned */
	struct layout_entry entries[NR_ENTRIES];
};

static const struct layout_note note SECTION(".note.quire") USED = {
	sizeof(((struct layout_note *)0)->owner),
	NR_ENTRIES * sizeof(struct layout_entry),
	NOTE_LAYOUT,
	"QUIRE",
	{
		NUMBER(PAGE_SIZE),
		NUMBER(DIRECTMAP_BASE),
		NUMBER(VMEMMAP_BASE),
		NUMBER(KERNEL_VA_START),
		NUMBER(KERNEL_LINK_VA),
		NUMBER(KERNEL_LINK_PA),
		NUMBER(NR_CPUS),

		SIZE(page),
		OFFSET(page, flags),
		OFFSET(page, zone),
		OFFSET(page, order),
		OFFSET(page, refcount),
		OFFSET(page, mapcount),
		OFFSET(page, owner),
		OFFSET(page, index),
		OFFSET(page, lru),
		OFFSET(page, next_free),
		OFFSET(page, private),
		NUMBER(PG_locked),
		NUMBER(PG_referenced),
		NUMBER(PG_uptodate),
		NUMBER(PG_dirty),
		NUMBER(PG_lru),
		NUMBER(PG_active),
		NUMBER(PG_slab),
		NUMBER(PG_reserved),
		NUMBER(PG_writeback),
		NUMBER(PG_buddy),
		NUMBER(PG_table),
		NUMBER(PG_kstack),
		NUMBER(PG_head),
		NUMBER(PG_tail),
		NUMBER(PG_anon),
		NUMBER(PG_swapcache),
		NUMBER(PG_swapbacked),
		NUMBER(PG_pcp),
		NUMBER(PG_zero),
		NUMBER(PAGE_OWNER_ANON),
		NUMBER(PTE_PARKED),
		NUMBER(PTE_SWAP),
		NUMBER(SWAP_TYPE_BITS),

		SIZE(zone),
		NUMBER(NR_ZONES),
		NUMBER(ZONE_DMA),
		NUMBER(ZONE_NORMAL),
		NUMBER(ZONE_HIGHMEM),
		NUMBER(MAX_ORDER),
		OFFSET(zone, start_pfn),
		OFFSET(zone, end_pfn),
		OFFSET(zone, nr_present),
		OFFSET(zone, nr_managed),
		OFFSET(zone, nr_free),
		OFFSET(zone, nr_deferred),
		OFFSET(zone, areas),
		OFFSET(zone, pcp),
		SIZE(free_area),
		OFFSET(free_area, blocks),
		OFFSET(free_area, nr_blocks),
		SIZE(page_list_cpu),
		OFFSET(page_list_cpu, hot),
		OFFSET(page_list_cpu, cold),

		OFFSET(process, all_link),
		OFFSET(process, threads),
		OFFSET(process, pid),
		OFFSET(process, parent),
		OFFSET(process, state),
		OFFSET(task, thread_link),
		OFFSET(task, tid),
		OFFSET(task, process),
		NUMBER(TASK_NAME_MAX),
		OFFSET(task, name),
		OFFSET(task, mm),
		OFFSET(task, nr_switches),
		OFFSET(task, min_flt),
		OFFSET(task, maj_flt),
		OFFSET(task, cputime.user_units),
		OFFSET(mm, pgt),
		OFFSET(pgtable, root),
		SIZE(vm_counts),
	},
};
