/*
 * The state of a frame follows from its struct page, and for reserved frames from the list of
 * early reservations. A frame is described by at most one of KIND_FLAGS:
 *
 *	buddy pcp slab table kstack vmalloc anon zero reserved
 *
 * and without any by its mapping (file or shmem) or, for want of one, by its references (kernel).
 * Every state allows certain other flags and counts; what it does not allow is a bug somewhere,
 * and reported by frame number.
 *
 * Nothing is locked: frames change hands while we look. One look is consistent in itself, for
 * the flags are read before and after everything else; but a frame that is just between two
 * owners, such as one that has left a free list and has no reference yet, looks lost. So bad news
 * is only final when it is still true after a while, which callers who can sleep find out.
 */

#include "mem/frame_state.h"

#include "core/image.h"
#include "core/panic.h"
#include "core/printk.h"
#include "lib/bitops.h"
#include "lib/compiler.h"
#include "mem/page_alloc.h"
#include "mem/zone.h"

#define KIB(nr_pages) ((nr_pages) << (PAGE_SHIFT - 10))
#define FLAG(name)    (1U << PG_##name)

#define KIND_FLAGS                                                                           \
	(FLAG(buddy) | FLAG(pcp) | FLAG(slab) | FLAG(table) | FLAG(kstack) | FLAG(vmalloc) | \
	 FLAG(anon) | FLAG(zero) | FLAG(reserved) | FLAG(tail))

/* What may happen to a page of a program or a file. */
#define CACHE_FLAGS                                                                                \
	(FLAG(locked) | FLAG(referenced) | FLAG(uptodate) | FLAG(dirty) | FLAG(lru) |              \
	 FLAG(active) | FLAG(writeback) | FLAG(swapcache) | FLAG(swapbacked) | FLAG(unevictable) | \
	 FLAG(mlocked) | FLAG(workingset) | FLAG(error) | FLAG(readahead) | FLAG(waiters))

/* One look at a struct page. */
struct look {
	u32 flags;
	s32 refcount, mapcount;
	u64 owner, private;
	unsigned order;
};

/* What each state allows besides its own flag. */
static const struct rule {
	const char *name;
	u32 flags;
	bool free;     /* no references, else at least one */
	bool mappable; /* by programs */
} rules[NR_FRAME_STATES] = {
	[FRAME_BUDDY] = {"buddy", 0, true, false},
	[FRAME_PCP] = {"percpu", 0, true, false},
	[FRAME_SLAB] = {"slab", FLAG(head), false, false},
	[FRAME_TABLE] = {"pagetable", FLAG(head), false, false},
	[FRAME_KSTACK] = {"kernelstack", 0, false, false},
	[FRAME_VMALLOC] = {"vmalloc", 0, false, false},
	[FRAME_ANON] = {"anon", CACHE_FLAGS, false, true},
	[FRAME_FILE] = {"file", CACHE_FLAGS, false, true},
	[FRAME_SHMEM] = {"shmem", CACHE_FLAGS, false, true},
	[FRAME_ZERO] = {"zero", 0, false, false},
	[FRAME_KERNEL] = {"kernel", FLAG(head) | CACHE_FLAGS, false, false},
	[FRAME_RESERVED] = {"reserved", 0, false, false},
	[FRAME_LOST] = {"lost", 0, false, false},
	[FRAME_WRONG] = {"wrong", 0, false, false},
};

const char *
frame_state_name(enum frame_state state)
{
	if (state >= FRAME_RESERVED && state < FRAME_LOST)
		return early_kind_name(state - FRAME_RESERVED);
	return rules[state].name;
}

/* One consistent look, or the last of a few when the page does not stand still. */
static void
page_look(struct page *page, struct look *look)
{
	for (int i = 0; i < 8; i++) {
		u64 counts;

		look->flags = __atomic_load_n(&page->flags, __ATOMIC_ACQUIRE);
		counts = __atomic_load_n((u64 *)&page->refcount, __ATOMIC_ACQUIRE);
		look->refcount = (s32)counts;
		look->mapcount = (s32)(counts >> 32);
		look->owner = READ_ONCE(page->owner);
		look->private = READ_ONCE(page->private);
		look->order = READ_ONCE(page->order);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (READ_ONCE(page->flags) == look->flags)
			break;
	}
}

/* => the state that the kind of page claims */
static enum frame_state
look_state(const struct look *look)
{
	switch (look->flags & KIND_FLAGS) {
	case FLAG(buddy):
		return FRAME_BUDDY;
	case FLAG(pcp):
		return FRAME_PCP;
	case FLAG(slab):
		return FRAME_SLAB;
	case FLAG(table):
		return FRAME_TABLE;
	case FLAG(kstack):
		return FRAME_KSTACK;
	case FLAG(vmalloc):
		return FRAME_VMALLOC;
	case FLAG(anon):
		return FRAME_ANON;
	case FLAG(zero):
		return FRAME_ZERO;
	case FLAG(reserved):
		return FRAME_RESERVED;
	case 0:
		if (look->owner)
			return look->flags & FLAG(swapbacked) ? FRAME_SHMEM : FRAME_FILE;
		return look->refcount ? FRAME_KERNEL : FRAME_LOST;
	default:
		return FRAME_WRONG;
	}
}

/* => what is wrong with it, or NULL */
static const char *
look_fault(const struct look *look, enum frame_state state)
{
	const struct rule *rule = &rules[state];

	if (state == FRAME_LOST)
		return "neither free nor owned";
	if (state == FRAME_WRONG)
		return look->flags & FLAG(tail) ? "a tail without its head"
						: "of two kinds at once";
	if (look->flags & ~(rule->flags | KIND_FLAGS))
		return "a flag that its kind cannot have";
	if (look->flags & FLAG(active) && !(look->flags & FLAG(lru)))
		return "active, and on no list";
	if (rule->free ? look->refcount != 0 : look->refcount <= 0)
		return rule->free ? "free, and referenced" : "used, and not referenced";
	if (look->mapcount < 0 || (look->mapcount > 0 && !rule->mappable))
		return "mapped by programs";
	if (look->mapcount > look->refcount)
		return "mapped more often than referenced";
	if (state == FRAME_BUDDY && look->order > MAX_ORDER)
		return "a free block of an order that does not exist";
	return NULL;
}

/* The pages behind the head of an allocation, marked only with GFP_COMP. => what is wrong, or NULL */
static const char *
tails_fault(struct page *head, unsigned order)
{
	if (READ_ONCE(head[1].flags) == 0)
		return NULL;
	for (u64 i = 1; i < 1UL << order; i++)
		if (READ_ONCE(head[i].flags) != FLAG(tail) || READ_ONCE(head[i].private) != i)
			return "an allocation whose tail is another's";
	return NULL;
}

/* The state of a page that is no tail, and how many frames share it. */
static enum frame_state
head_state(struct page *page, u64 *nr, const char **fault)
{
	struct look look;
	enum frame_state state;

	*nr = 1;
	page_look(page, &look);
	state = look_state(&look);
	*fault = look_fault(&look, state);
	if (!*fault && look.flags & FLAG(head))
		*fault = tails_fault(page, look.order);
	if (*fault)
		return state == FRAME_LOST ? FRAME_LOST : FRAME_WRONG;
	if (state == FRAME_BUDDY || look.flags & FLAG(head))
		*nr = 1UL << look.order;
	return state;
}

/* The kind of a reserved frame. *at: a region that is not behind it. => false: in none */
static bool
reserved_kind(u64 pfn, unsigned *at, enum early_kind *kind)
{
	u64 pa = pfn << PAGE_SHIFT;

	while (*at < nr_reserved_regions &&
	       reserved_regions[*at].pa + reserved_regions[*at].size <= pa)
		(*at)++;
	if (*at == nr_reserved_regions || reserved_regions[*at].pa > pa)
		return false;
	*kind = reserved_regions[*at].kind;
	return true;
}

static enum frame_state
state_of(u64 pfn, unsigned *reserved, u64 *nr, const char **fault)
{
	enum early_kind kind = EARLY_FIRMWARE;
	bool taken;
	enum frame_state state;

	*nr = 1;
	*fault = NULL;
	if (pfn_deferred(pfn)) {
		*nr = MAX_ORDER_PAGES - pfn % MAX_ORDER_PAGES;
		return FRAME_BUDDY;
	}
	taken = reserved_kind(pfn, reserved, &kind);
	if (taken && kind == EARLY_STRUCT_PAGES)
		return FRAME_RESERVED + kind;
	state = head_state(pfn_to_page(pfn), nr, fault);
	if (state != FRAME_RESERVED)
		return state;
	if (taken)
		return FRAME_RESERVED + kind;
	*fault = "reserved by nobody";
	return FRAME_WRONG;
}

bool
frame_walk_next(struct frame_walk *walk)
{
	const struct mem_region *ram = &ram_regions[walk->ram];
	const char *fault;
	u64 end;

	walk->pfn += walk->nr;
	if (walk->nr > 0 && walk->pfn >= (ram->pa + ram->size) >> PAGE_SHIFT) {
		walk->ram++;
		ram++;
	}
	if (walk->ram == nr_ram_regions)
		return false;
	walk->pfn = MAX(walk->pfn, ram->pa >> PAGE_SHIFT);
	walk->state = state_of(walk->pfn, &walk->reserved, &walk->nr, &fault);
	end = (ram->pa + ram->size) >> PAGE_SHIFT;
	walk->nr = MIN(walk->nr, end - walk->pfn);
	return true;
}

/* The first frame of the free block or allocation that the frame is in; else the frame. */
static u64
head_of(u64 pfn)
{
	struct page *page = pfn_to_online_page(pfn);
	u64 into;

	if (!page)
		return pfn;
	into = READ_ONCE(page->private);
	if (page_test(page, PG_tail))
		return into < 1UL << MAX_ORDER ? pfn - into : pfn;
	for (unsigned order = 0; order <= MAX_ORDER && !page->flags; order++) {
		u64 head = pfn & ~((1UL << order) - 1);

		if (!pfn_is_ram(head))
			break;
		if (pfn_to_page(head)->flags & (FLAG(buddy) | FLAG(head)) &&
		    READ_ONCE(pfn_to_page(head)->order) >= order)
			return head;
	}
	return pfn;
}

static enum frame_state
state_anywhere(u64 pfn, const char **fault)
{
	u64 head = head_of(pfn), nr;
	unsigned reserved = 0;
	enum frame_state state = state_of(head, &reserved, &nr, fault);

	if (pfn - head < nr)
		return state;
	return state_of(pfn, &reserved, &nr, fault);
}

bool
frame_state_get(u64 pfn, enum frame_state *state)
{
	const char *fault;

	if (!pfn_is_ram(pfn))
		return false;
	*state = state_anywhere(pfn, &fault);
	return true;
}

const char *
frame_fault(u64 pfn)
{
	const char *fault;

	state_anywhere(pfn, &fault);
	return fault ? fault : "nothing now";
}

#ifdef DEBUG
/* => false, and says so: the frames of the walk are not those that the zones and the reservations know */
static bool INIT
boot_walk_agrees(u64 nr_managed, u64 nr_reserved)
{
	u64 nr[NR_FRAME_STATES] = {0}, nr_free = 0, nr_taken = 0;
	struct frame_walk walk = {0};

	while (frame_walk_next(&walk)) {
		nr[walk.state] += walk.nr;
		if (walk.state >= FRAME_LOST)
			pr_err("frame %#lx: %s", walk.pfn, frame_fault(walk.pfn));
	}
	for (unsigned kind = 0; kind < NR_EARLY_KINDS; kind++)
		nr_taken += nr[FRAME_RESERVED + kind];
	for (enum frame_state state = 0; state < FRAME_RESERVED; state++)
		nr_free += nr[state];
	return nr_free == nr_managed && nr_taken == nr_reserved && !nr[FRAME_LOST] &&
	       !nr[FRAME_WRONG];
}
#endif

void INIT
frames_report_boot(void)
{
	u64 nr_managed = nr_total_pages(), nr_ram = 0, nr_taken = 0;

	for (unsigned i = 0; i < nr_ram_regions; i++)
		nr_ram += ram_regions[i].size >> PAGE_SHIFT;
	for (unsigned kind = 0; kind < NR_EARLY_KINDS; kind++)
		nr_taken += early_bytes(kind) >> PAGE_SHIFT;
	pr_info("Memory: %luK/%luK available (%luK kernel code, %luK rwdata, %luK rodata, %luK "
		"bss, "
		"%luK reserved: %luK firmware, %luK struct pages, %luK page tables)",
		KIB(nr_managed), KIB(nr_ram), (text_end - text_start) >> 10,
		(bss_start - data_start) >> 10, (rodata_end - rodata_start) >> 10,
		(bss_end - bss_start) >> 10, KIB(nr_taken), early_bytes(EARLY_FIRMWARE) >> 10,
		early_bytes(EARLY_STRUCT_PAGES) >> 10, early_bytes(EARLY_TABLES) >> 10);
	if (nr_managed + nr_taken != nr_ram)
		panic("%lu frames of RAM, but %lu free and %lu reserved", nr_ram, nr_managed,
		      nr_taken);
#ifdef DEBUG
	if (!boot_walk_agrees(nr_managed, nr_taken))
		panic("struct pages do not agree with what is free and reserved");
#endif
}
