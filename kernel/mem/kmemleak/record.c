/*
 * One record for each allocation, in a tree by address: of slab caches and kmalloc by the watch
 * interface (mem/slab/watch.h), of vmalloc and kernel stacks by calls from there.
 *
 * Records lie in pages of their own, which are never given back, so that a record can be had where
 * the slab allocators are at work. A few are kept in stock for when a page cannot be had: fault
 * injection makes that happen. When the stock is used up all the same, the detector turns itself off.
 */

#include "mem/kmemleak/record.h"

#include "core/clock.h"
#include "core/machine.h"
#include "core/panic.h"
#include "core/printk.h"
#include "lib/string.h"
#include "mem/page_alloc.h"
#include "mem/slab/watch.h"

/* page->private of a page of the detector: no size, address or number is that. */
#define OWN_PAGE 0x6c65616b2d706167UL
#define STOCK	 64
/* Callers within the detector and the allocators. */
#define SKIP 3

struct spinlock kmemleak_lock = SPINLOCK_INIT("kmemleak", RANK_TIMER);
bool kmemleak_on;

static struct rb_root records;	    /* kmemleak_lock, like the next two */
static struct record *free_records; /* by gray_next */
static u32 nr_free_records;

void
frame_set_own(struct page *page)
{
	page->private = OWN_PAGE;
}

bool
frame_is_own(const struct page *page)
{
	return page->private == OWN_PAGE;
}

static void
stock_refill(void)
{
	struct page *page = page_alloc(GFP_ATOMIC | GFP_NOWARN);
	struct record *record;
	u64 flags;

	if (!page)
		return;
	frame_set_own(page);
	record = page_to_kva(page);
	flags = spin_lock_irqsave(&kmemleak_lock);
	for (unsigned i = 0; i < PAGE_SIZE / sizeof(*record); i++, record++) {
		record->gray_next = free_records;
		free_records = record;
		nr_free_records++;
	}
	spin_unlock_irqrestore(&kmemleak_lock, flags);
}

static struct record *
record_of(struct rb_node *node)
{
	return rb_entry_or_null(node, struct record, node);
}

struct record *
record_first(void)
{
	return record_of(rb_first(&records));
}

struct record *
record_next(struct record *record)
{
	return record_of(rb_next(&record->node));
}

struct record *
record_at(u64 address)
{
	struct rb_node *node = records.node;

	while (node) {
		struct record *record = rb_entry(node, struct record, node);

		if (address - record->start < record->size)
			return record;
		node = address < record->start ? node->left : node->right;
	}
	return NULL;
}

struct record *
record_above(u64 address)
{
	struct rb_node *node = records.node;
	struct record *found = NULL;

	while (node) {
		struct record *record = rb_entry(node, struct record, node);

		if (record->start > address) {
			found = record;
			node = node->left;
		} else {
			node = node->right;
		}
	}
	return found;
}

static int
record_compare(const struct rb_node *a, const struct rb_node *b)
{
	u64 first = rb_entry(a, struct record, node)->start;
	u64 second = rb_entry(b, struct record, node)->start;

	return first < second ? -1 : first > second;
}

static void
record_free_locked(struct record *record)
{
	rb_erase(&record->node, &records);
	record->gray_next = free_records;
	free_records = record;
	nr_free_records++;
}

/* => a record of its own, in no tree; NULL: there is none left, and the detector is off */
static struct record *
record_take_locked(void)
{
	struct record *record = free_records;

	if (!record) {
		WRITE_ONCE(kmemleak_on, false);
		return NULL;
	}
	free_records = record->gray_next;
	nr_free_records--;
	return record;
}

static void
record_fill(struct record *record, u64 start, u64 size, const char *kind)
{
	const struct thread_info *ti = current_thread_info;
	u64 callers[KMEMLEAK_CALLERS + SKIP];
	u32 nr = backtrace_save(callers, ARRAY_SIZE(callers));

	memset(record, 0, sizeof(*record));
	record->start = start;
	record->size = size;
	record->kind = kind;
	record->when_ns = clock_now_ns();
	record->pid = ti->pid;
	record->min_refs = 1;
	strlcpy(record->comm, ti->name ? ti->name : "?", sizeof(record->comm));
	for (u32 i = SKIP; i < nr; i++)
		record->callers[record->nr_callers++] = callers[i];
}

static void
note(const void *kva, u64 size, const char *kind, u8 min_refs, u32 record_flags)
{
	struct record *old, *record;
	u64 flags;

	if (!READ_ONCE(kmemleak_on))
		return;
	if (READ_ONCE(nr_free_records) < STOCK)
		stock_refill();
	flags = spin_lock_irqsave(&kmemleak_lock);
	old = record_at((u64)kva);
	if (old)
		record_free_locked(old);
	record = record_take_locked();
	if (record) {
		record_fill(record, (u64)kva, size, kind);
		record->min_refs = min_refs;
		record->flags = record_flags;
		rb_insert(&records, &record->node, record_compare);
	}
	spin_unlock_irqrestore(&kmemleak_lock, flags);
	if (!record)
		pr_warn("kmemleak: no memory for records: turned off");
}

void
kmemleak_note_gone(const void *kva)
{
	u64 flags = spin_lock_irqsave(&kmemleak_lock);
	struct record *record = record_at((u64)kva);

	if (record && record->start == (u64)kva)
		record_free_locked(record);
	spin_unlock_irqrestore(&kmemleak_lock, flags);
}

/* mem/vmalloc.c's own description of the area is one pointer to it; its user has another. */
void
kmemleak_note_vmalloc(const void *kva, size_t size)
{
	note(kva, size, "vmalloc", 2, 0);
}

void
kmemleak_note_stack(const void *base)
{
	note(base, KSTACK_SIZE, "stack", 1, RECORD_ROOT);
}

static void
object_allocated(struct kmem_cache *cache, void *object, size_t size, gfp_t gfp)
{
	(void)gfp;
	note(object, size, cache ? kmem_cache_name(cache) : "kmalloc", 1, 0);
}

static bool
object_freed(struct kmem_cache *cache, void *object)
{
	(void)cache;
	kmemleak_note_gone(object);
	return true;
}

static struct slab_watcher watcher = {.allocated = object_allocated, .freed = object_freed};

void INIT
kmemleak_init(void)
{
	char value[8];

	if (bootarg_get("kmemleak", value, sizeof(value)) < 0) {
		if (bootarg_flag("kmemleak"))
			pr_warn("kmemleak: want kmemleak=on or kmemleak=off");
		return;
	}
	if (strcmp(value, "off") == 0)
		return;
	if (strcmp(value, "on") != 0) {
		pr_warn("kmemleak=%s: want on or off", value);
		return;
	}
	kmemleak_on = true;
	stock_refill();
	slab_watch(&watcher);
}

void
kmemleak_off(void)
{
	static u32 is_off;

	if (!READ_ONCE(kmemleak_on) || __atomic_exchange_n(&is_off, 1, __ATOMIC_SEQ_CST))
		return;
	WRITE_ONCE(kmemleak_on, false);
	slab_unwatch(&watcher);
}
