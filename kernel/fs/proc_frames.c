/*
 * The files of /proc about single frames of RAM.
 *
 * kpagecount and kpageflags are arrays indexed by frame number, with Linux's bits. What Linux has no
 * bit for is in KPF_STATE_SHIFT and up: the state that the frame is counted as in pagestates, by
 * the number of its line there.
 */
#include "fs/proc_node.h"

#include "fs/frame_survey.h"
#include "lib/printf.h"
#include "mem/page_alloc.h"
#include "sched/sched.h"

#define KPF_BUDDY	  10
#define KPF_MMAP	  11
#define KPF_COMPOUND_HEAD 15
#define KPF_COMPOUND_TAIL 16
#define KPF_NOPAGE	  20
#define KPF_STATE_SHIFT	  52

#define CHUNK 64 /* words between two looks at whether another task should run */

/* Our flags that Linux has, too, under these numbers. */
static const struct {
	u8 flag, kpf;
} flag_bits[] = {
	{PG_locked, 0},	      {PG_error, 1}, {PG_referenced, 2}, {PG_uptodate, 3},
	{PG_dirty, 4},	      {PG_lru, 5},   {PG_active, 6},	 {PG_slab, 7},
	{PG_writeback, 8},    {PG_anon, 12}, {PG_swapcache, 13}, {PG_swapbacked, 14},
	{PG_unevictable, 18}, {PG_zero, 24}, {PG_table, 26},	 {PG_reserved, 32},
	{PG_mlocked, 33},
};

/*
 * Frames by use, one line each, their sum, and how many there are. A frame that is in no sound
 * state has a line of its own at the end.
 */
static int
show_pagestates(struct seq *seq)
{
	struct frame_survey survey;
	char label[32];
	u64 sum = 0;

	frame_survey(&survey);
	for (enum frame_state state = 0; state < NR_FRAME_STATES; state++) {
		snprintf(label, sizeof(label), "%s:", frame_state_name(state));
		seq_printf(seq, "%-16s %10lu\n", label, survey.nr[state]);
		sum += survey.nr[state];
	}
	seq_printf(seq, "%-16s %10lu\n%-16s %10lu\n", "sum:", sum, "RAM:", nr_ram_frames());
	for (unsigned i = 0; i < survey.nr_bad; i++)
		seq_printf(seq, "frame %#lx: %s\n", survey.bad[i].pfn,
			   frame_fault(survey.bad[i].pfn));
	return 0;
}

/* The last frame of RAM, plus one. */
static u64
pfn_end(void)
{
	const struct mem_region *last = &ram_regions[nr_ram_regions - 1];

	return (last->pa + last->size) >> PAGE_SHIFT;
}

static u64
flags_word(u64 pfn)
{
	const struct page *page = pfn_to_online_page(pfn);
	u32 flags = page ? READ_ONCE(page->flags) : 0;
	enum frame_state state;
	u64 word;

	if (!frame_state_get(pfn, &state))
		return BIT(KPF_NOPAGE);
	word = (u64)state << KPF_STATE_SHIFT;
	for (unsigned i = 0; i < ARRAY_SIZE(flag_bits); i++)
		word |= (u64)(flags >> flag_bits[i].flag & 1) << flag_bits[i].kpf;
	if (state == FRAME_BUDDY)
		word |= BIT(KPF_BUDDY);
	if (state == FRAME_SLAB)
		word |= BIT(7);
	if (state >= FRAME_RESERVED && state < FRAME_LOST)
		word |= BIT(32);
	if (page && flags & (1U << PG_head))
		word |= BIT(KPF_COMPOUND_HEAD);
	if (page && flags & (1U << PG_tail))
		word |= BIT(KPF_COMPOUND_TAIL);
	if (page && state < FRAME_RESERVED && page_mapcount(page) > 0)
		word |= BIT(KPF_MMAP);
	return word;
}

static u64
count_word(u64 pfn)
{
	const struct page *page = pfn_to_online_page(pfn);

	return page ? (u64)MAX(page_mapcount(page), 0) : 0;
}

/* => words, fewer than nr at the end of RAM */
static s64
fill_words(u64 first, u64 *words, u64 nr, u64 (*word)(u64 pfn))
{
	u64 end = pfn_end();

	if (first >= end)
		return 0;
	nr = MIN(nr, end - first);
	for (u64 i = 0; i < nr; i++) {
		words[i] = word(first + i);
		if (i % CHUNK == 0)
			cond_resched();
	}
	return nr;
}

static s64
read_kpageflags(u64 first, u64 *words, u64 nr)
{
	return fill_words(first, words, nr, flags_word);
}

static s64
read_kpagecount(u64 first, u64 *words, u64 nr)
{
	return fill_words(first, words, nr, count_word);
}

void INIT
proc_frames_init(void)
{
	procfs_register("pagestates", show_pagestates);
	procfs_register_words("kpageflags", read_kpageflags);
	procfs_register_words("kpagecount", read_kpagecount);
}
