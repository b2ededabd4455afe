/*
 * Which allocated memory can still be reached? Everything that might be a pointer is taken for one:
 *
 *	roots			white: nr_refs < min_refs	black
 *	.data, .bss	------>	object	--- found --->	gray ---> looked into
 *	kernel stacks		  ^                                   |
 *	struct pages		  '---------- words in it ------------'
 *
 * A pointer may lead into the middle of an object (lists, trees) and have marks in its low bits
 * (xarray, page owners); a pointer to a struct page leads to its frame. What stays white was lost.
 *
 * The other harts are held meanwhile, so no pointer moves from a place not yet looked at to one that
 * was: registers of a held hart lie on its stack, those of a sleeping thread in its struct task.
 * Wrong pointers (numbers, remains on stacks) hide a leak at worst; the scan after may see it. Since
 * only a mistake here could accuse memory in use, two scans must agree.
 */

#include "core/cpu.h"
#include "core/image.h"
#include "core/printk.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/frame_state.h"
#include "mem/kmemleak/record.h"
#include "mem/page_alloc.h"

void (*kmemleak_task_hook)(const void *task, u64 *base, u64 *sp);

static struct record *gray; /* kmemleak_lock */

static void
reach_address(u64 address)
{
	struct record *record = record_at(address);

	if (!record) {
		if (address - DIRECTMAP_BASE < DIRECTMAP_SIZE)
			frames_reach((address - DIRECTMAP_BASE) >> PAGE_SHIFT);
		return;
	}
	if (record->nr_refs >= record->min_refs || ++record->nr_refs < record->min_refs)
		return;
	record->gray_next = gray;
	gray = record;
}

static void
reach_word(u64 word)
{
	if (word < KERNEL_VA_START)
		return;
	if (word - VMEMMAP_BASE < VMEMMAP_SIZE)
		word = DIRECTMAP_BASE + ((word - VMEMMAP_BASE) / sizeof(struct page) << PAGE_SHIFT);
	if (word - DIRECTMAP_BASE < DIRECTMAP_SIZE ||
	    word - VMALLOC_BASE < VMALLOC_END - VMALLOC_BASE)
		reach_address(word);
}

/* Red zones of stacks and objects are read, too. */
static void
scan_words(u64 start, u64 end)
{
	for (u64 at = ALIGN_UP(start, sizeof(u64)); at + sizeof(u64) <= end; at += sizeof(u64))
		reach_word(*(const u64 *)at);
}

static void
scan_gray(void)
{
	u64 pfn, nr;

	for (;;) {
		while (gray) {
			struct record *record = gray;

			gray = record->gray_next;
			scan_words(record->scan_from, record->start + record->size);
		}
		if (!frames_take_gray(&pfn, &nr))
			return;
		scan_words((u64)pa_to_kva(pfn << PAGE_SHIFT),
			   (u64)pa_to_kva(pfn << PAGE_SHIFT) + nr * PAGE_SIZE);
		reach_word(pfn_to_page(pfn)->private);
	}
}

/* What pages of programs and files belong to. */
static void
scan_struct_pages(void)
{
	struct frame_walk walk = {0};

	while (frame_walk_next(&walk)) {
		const struct page *page = pfn_to_page(walk.pfn);

		if (walk.state != FRAME_ANON && walk.state != FRAME_FILE &&
		    walk.state != FRAME_SHMEM)
			continue;
		reach_word(page->owner);
		reach_word(page->private);
	}
}

static void
records_begin(void)
{
	gray = NULL;
	for (struct record *record = record_first(); record; record = record_next(record)) {
		record->nr_refs = 0;
		record->scan_from = record->start;
		if (!(record->flags & (RECORD_ROOT | RECORD_CLEARED)))
			continue;
		record->nr_refs = record->min_refs;
		record->gray_next = gray;
		gray = record;
	}
}

/* What a sleeping thread has left below its stack pointer are no pointers any more. */
static void
stacks_begin(void)
{
	for (struct record *record = record_first(); record; record = record_next(record)) {
		struct record *stack;
		u64 base, sp;

		if (strcmp(record->kind, KMEMLEAK_TASK_CACHE) != 0)
			continue;
		kmemleak_task_hook((void *)record->start, &base, &sp);
		stack = record_at(base);
		if (stack && sp - base < stack->size)
			stack->scan_from = sp;
	}
}

/* => how many are missing for the second time just now */
static u64
records_end(void)
{
	u64 nr_new = 0;

	for (struct record *record = record_first(); record; record = record_next(record)) {
		if (record->nr_refs >= record->min_refs)
			record->nr_misses = 0;
		else if (record->nr_misses < MISSES_REPORTED)
			nr_new += ++record->nr_misses == MISSES_REPORTED;
	}
	return nr_new;
}

/* This hart's registers are saved on its stack, which is a root like all others. */
static u64 NOINLINE
scan_locked(void)
{
	asm volatile("" ::
			     : "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11",
			       "memory");
	records_begin();
	stacks_begin();
	frames_begin();
	scan_words((u64)data_start, (u64)bss_end);
	scan_struct_pages();
	scan_gray();
	return records_end() + frames_end();
}

/* Off, the detector does not hear what is freed: records may be of stacks that are unmapped. */
static int
scan_if_on(u64 *nr_new)
{
	u64 flags = spin_lock_irqsave(&kmemleak_lock);
	bool on = READ_ONCE(kmemleak_on);

	if (on)
		*nr_new = scan_locked();
	spin_unlock_irqrestore(&kmemleak_lock, flags);
	return on ? 0 : -EOPNOTSUPP;
}

int
kmemleak_scan(void)
{
	u64 nr_new = 0;
	int error;

	if (!READ_ONCE(kmemleak_on))
		return -EOPNOTSUPP;
	error = frames_prepare();
	if (error)
		return error;
	if (!cpu_pause_others())
		return -EBUSY;
	error = scan_if_on(&nr_new);
	cpu_resume_others();
	if (nr_new)
		pr_warn("kmemleak: %lu new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
			nr_new);
	return error;
}

static void
leak_fill(struct kmemleak_leak *leak, const struct record *record)
{
	leak->start = record->start;
	leak->size = record->size;
	leak->kind = record->kind;
	leak->when_ns = record->when_ns;
	leak->pid = record->pid;
	memcpy(leak->comm, record->comm, sizeof(leak->comm));
	leak->nr_callers = record->nr_callers;
	memcpy(leak->callers, record->callers, sizeof(leak->callers));
}

static bool
record_is_leak(const struct record *record)
{
	return record->nr_misses == MISSES_REPORTED && !(record->flags & RECORD_CLEARED);
}

bool
kmemleak_next(u64 after, struct kmemleak_leak *leak)
{
	u64 flags = spin_lock_irqsave(&kmemleak_lock);
	struct record *record = record_above(after);
	bool found = frames_next_leak(after, leak);

	while (record && !record_is_leak(record))
		record = record_next(record);
	if (record && (!found || record->start < leak->start)) {
		leak_fill(leak, record);
		found = true;
	}
	spin_unlock_irqrestore(&kmemleak_lock, flags);
	return found;
}

void
kmemleak_clear(void)
{
	u64 flags = spin_lock_irqsave(&kmemleak_lock);

	for (struct record *record = record_first(); record; record = record_next(record))
		if (record_is_leak(record))
			record->flags |= RECORD_CLEARED;
	frames_clear();
	spin_unlock_irqrestore(&kmemleak_lock, flags);
}
