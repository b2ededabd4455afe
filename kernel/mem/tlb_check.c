/*
 * The checker of translations, in debug builds. Real TLBs cannot be looked into, so this keeps what
 * each hart may hold at worst: everything that was ever true since the hart last forgot it.
 *
 * Every change of an entry that takes something away goes through pte_write() and its relatives
 * (mem/pgtable.h), and is noted here as pending with the harts that may hold the old entry: those
 * that ran the address space and have not forgotten it since. The table's struct page says whose
 * entry it is and of which address. A flush takes harts off; those that it does not tell owe a flush
 * before they run the address space again.
 *
 *	checked when		what must not be
 *	a frame is freed	a pending entry maps it
 *	a page is mapped	another was there a moment ago, and some hart may still use that
 *	a thread is done with	an entry pending that this thread changed, and that the page table
 *	what it was asked	still contradicts: it forgot to flush
 *	a hart enters an	the hart owes a flush; or its number (mem/asid.h) was another's, of
 *	address space		which the hart may still hold something
 *
 * The second allows that a flush comes much later than the change, as it does when several changes
 * share one, and that entries are put back as they were. Whoever only takes away A need not flush:
 * the worst is that the page looks unused.
 *
 * Tests drop a flush and count. When too much is pending, further changes are not noted.
 */

#include "mem/tlb_check.h"

#ifdef DEBUG
#include "core/ksyms.h"
#include "core/panic.h"
#include "core/spinlock.h"
#include "mem/asid.h"
#include "mem/page_alloc.h"
#include "mem/pgtable.h"
#include "mem/tlb.h"

#define NR_PENDING 512
#define NR_TAGS	   256
#define LEVEL_MASK 3UL

struct pending {
	struct tlb_context *ctx;
	const pte_t *ptep;
	u64 va;
	pte_t old;
	int level;
	cpumask_t harts; /* that may hold old */
	u64 number;	 /* orders changes and flushes */
	const struct thread_info *who;
	u64 site;
};

/* Whose translations a hart may hold under some number. */
struct tag {
	u64 asid, serial, since;
};

static struct spinlock check_lock = SPINLOCK_INIT("tlb_check", RANK_TLB_CHECK);
/* All under check_lock. */
static struct pending pending[NR_PENDING];
static unsigned nr_pending;
static u64 last_number, last_serial;
static u64 nr_forgotten[NR_CPUS]; /* + 1: what tlb_check.holds calls "this flush" */
static struct tag tags[NR_CPUS][NR_TAGS];

static const struct thread_info *tester;
static unsigned nr_to_drop;
static u64 nr_violations;

static const char *
site_name(u64 site)
{
	u64 offset;
	const char *name = ksyms_lookup(site, &offset);

	return name ? name : "?";
}

/* => check_lock was held and is no more, unless this is a test */
static void
violated(const char *how, const struct pending *p)
{
	struct pending copy = *p;

	if (tester) {
		nr_violations++;
		return;
	}
	spin_unlock(&check_lock);
	panic("stale translation: %s: %#lx was entry %#lx, is %#lx; changed in %s by %s, harts %#x "
	      "may "
	      "hold it",
	      how, copy.va, copy.old.bits, copy.ptep->bits, site_name(copy.site), copy.who->name,
	      copy.harts);
}

static u64
epoch(u32 cpu)
{
	return nr_forgotten[cpu] + 1;
}

static bool
hart_holds(const struct tlb_context *ctx, u32 cpu)
{
	return ctx->check.holds[cpu] == epoch(cpu);
}

static cpumask_t
holders(const struct tlb_context *ctx)
{
	cpumask_t harts = 0;

	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		if (hart_holds(ctx, cpu))
			harts |= 1U << cpu;
	return harts;
}

static void
pending_remove(struct pending *p)
{
	*p = pending[--nr_pending];
}

/* Does the page table contradict what the harts may hold? */
static bool
pending_stale(const struct pending *p)
{
	return p->harts && pte_loses(p->old, pte_read(p->ptep));
}

void
tlb_check_init(struct tlb_context *ctx, struct pgtable *pgt)
{
	ctx->check =
		(struct tlb_check){.serial = __atomic_add_fetch(&last_serial, 1, __ATOMIC_RELAXED)};
	pgt->ctx = ctx;
}

void
tlb_check_retire(struct tlb_context *ctx)
{
	ctx->check.retired = true;
}

void
tlb_check_table(struct page *page, struct pgtable *pgt, int level, u64 va)
{
	page->private = (u64)pgt | level;
	page->index = va;
}

/* Whose table is it that ptep lies in? => NULL: not one of a program's address space */
static struct page *
table_page(const pte_t *ptep)
{
	struct page *page;

	if ((u64)ptep < DIRECTMAP_BASE || (u64)ptep >= DIRECTMAP_BASE + DIRECTMAP_SIZE)
		return NULL;
	page = pfn_to_online_page(((u64)ptep - DIRECTMAP_BASE) >> PAGE_SHIFT);
	return page && page_test(page, PG_table) && page->private ? page : NULL;
}

/* => NULL: ptep is no entry of a program's address space that a hart may run */
static struct tlb_context *
entry_context(const pte_t *ptep)
{
	struct page *page = last_serial ? table_page(ptep) : NULL;
	struct tlb_context *ctx =
		page ? ((struct pgtable *)(page->private & ~LEVEL_MASK))->ctx : NULL;

	return ctx && !ctx->check.retired ? ctx : NULL;
}

void
tlb_check_changed(const pte_t *ptep, pte_t old)
{
	struct tlb_context *ctx = entry_context(ptep);
	u64 flags, site = (u64)__builtin_return_address(0);
	const struct page *page;
	cpumask_t harts;
	int level;

	if (!ctx)
		return;
	page = table_page(ptep);
	level = page->private & LEVEL_MASK;
	flags = spin_lock_irqsave(&check_lock);
	harts = holders(ctx);
	if (harts && nr_pending < NR_PENDING)
		pending[nr_pending++] = (struct pending){
			.ctx = ctx,
			.ptep = ptep,
			.va = page->index + (((u64)ptep & (PAGE_SIZE - 1)) / sizeof(pte_t)
					     << (PAGE_SHIFT + 9 * level)),
			.old = old,
			.level = level,
			.harts = harts,
			.number = ++last_number,
			.who = current_thread_info,
			.site = site};
	spin_unlock_irqrestore(&check_lock, flags);
}

void
tlb_check_installs(const pte_t *ptep, pte_t old, pte_t now)
{
	struct tlb_context *ctx = pte_present(now) ? entry_context(ptep) : NULL;
	u64 flags;

	if (!ctx)
		return;
	flags = spin_lock_irqsave(&check_lock);
	if (pte_present(old) && pte_pfn(old) != pte_pfn(now) && holders(ctx))
		violated("replaced without a moment of neither",
			 &(struct pending){.ptep = ptep,
					   .old = old,
					   .harts = holders(ctx),
					   .site = (u64)__builtin_return_address(0),
					   .who = current_thread_info});
	for (unsigned i = 0; i < nr_pending; i++) {
		struct pending *p = &pending[i];

		if (p->ctx != ctx || p->ptep != ptep || !p->harts ||
		    pte_pfn(p->old) == pte_pfn(now))
			continue;
		violated("another page is mapped", p);
		pending_remove(p);
		i--;
	}
	spin_unlock_irqrestore(&check_lock, flags);
}

void
tlb_check_free(const struct page *page, unsigned order)
{
	u64 pfn = page_to_pfn(page), flags;

	if (likely(!READ_ONCE(nr_pending)))
		return;
	flags = spin_lock_irqsave(&check_lock);
	for (unsigned i = 0; i < nr_pending; i++) {
		struct pending *p = &pending[i];

		if (pte_pfn(p->old) - pfn < 1UL << order && pending_stale(p)) {
			violated("a frame is freed", p);
			pending_remove(p);
			i--;
		}
	}
	spin_unlock_irqrestore(&check_lock, flags);
}

u64
tlb_check_flush_begins(void)
{
	u64 flags = spin_lock_irqsave(&check_lock);
	u64 number = last_number;

	spin_unlock_irqrestore(&check_lock, flags);
	return number;
}

static bool
flush_covers(const struct pending *p, u64 start, u64 end, bool tables)
{
	return p->level ? tables : p->va >= start && p->va < end;
}

void
tlb_check_flushed(struct tlb_context *ctx, cpumask_t harts, u64 start, u64 end, bool tables,
		  u64 begun)
{
	u64 flags = spin_lock_irqsave(&check_lock);

	for (unsigned i = 0; i < nr_pending; i++) {
		struct pending *p = &pending[i];

		if (p->ctx != ctx || p->number > begun || !flush_covers(p, start, end, tables))
			continue;
		ctx->check.owes |= p->harts & ~harts;
		pending_remove(p);
		i--;
	}
	spin_unlock_irqrestore(&check_lock, flags);
}

void
tlb_check_forgotten(struct tlb_context *ctx)
{
	u64 flags = spin_lock_irqsave(&check_lock);
	u32 cpu = cpu_id();

	if (ctx) {
		ctx->check.holds[cpu] = 0;
		ctx->check.owes &= ~(1U << cpu);
	} else {
		nr_forgotten[cpu]++;
	}
	for (unsigned i = 0; i < nr_pending; i++)
		if (!ctx || pending[i].ctx == ctx)
			pending[i].harts &= ~(1U << cpu);
	spin_unlock_irqrestore(&check_lock, flags);
}

/* What the hart may hold under the number of ctx was ctx's. => check_lock held */
static void
tag_check(const struct tlb_context *ctx, u32 cpu)
{
	u64 number = asid_number(ctx->asid);
	struct tag *tag = &tags[cpu][number % NR_TAGS];

	if (tag->asid == number && tag->since == epoch(cpu) && tag->serial != ctx->check.serial)
		violated("a number means another address space",
			 &(struct pending){
				 .ptep = &(pte_t){0}, .who = current_thread_info, .va = number});
	*tag = (struct tag){.asid = number, .serial = ctx->check.serial, .since = epoch(cpu)};
}

void
tlb_check_entered(const struct tlb_context *ctx)
{
	struct tlb_check *check = (struct tlb_check *)&ctx->check;
	u64 flags = spin_lock_irqsave(&check_lock);
	u32 cpu = cpu_id();

	if (check->retired || (hart_holds(ctx, cpu) && check->owes & (1U << cpu)))
		violated("entered without the flush that is owed",
			 &(struct pending){.ptep = &(pte_t){0}, .who = current_thread_info});
	check->owes &= ~(1U << cpu);
	check->holds[cpu] = epoch(cpu);
	if (asids.nr_numbers)
		tag_check(ctx, cpu);
	spin_unlock_irqrestore(&check_lock, flags);
}

void
tlb_check_settled(void)
{
	u64 flags;

	if (likely(!READ_ONCE(nr_pending)))
		return;
	flags = spin_lock_irqsave(&check_lock);
	for (unsigned i = 0; i < nr_pending; i++) {
		struct pending *p = &pending[i];

		if (p->who != current_thread_info)
			continue;
		if (pending_stale(p))
			violated("not flushed", p);
		pending_remove(p);
		i--;
	}
	spin_unlock_irqrestore(&check_lock, flags);
}

void
tlb_check_test_begin(unsigned nr_dropped)
{
	tlb_check_settled();
	nr_violations = 0;
	nr_to_drop = nr_dropped;
	WRITE_ONCE(tester, current_thread_info);
}

u64
tlb_check_test_end(void)
{
	tlb_check_settled();
	WRITE_ONCE(tester, NULL);
	nr_to_drop = 0;
	return nr_violations;
}

bool
tlb_check_drops(void)
{
	if (likely(!nr_to_drop) || tester != current_thread_info)
		return false;
	nr_to_drop--;
	return true;
}
#endif
