/*
 * A page fault is looked at once and served by one verb. The area decides whether the access is
 * allowed at all; then the page-table entry and the kind of area decide what to do:
 *
 *	entry        access  anonymous area       file, private         file, shared
 *	none         read    zero page            pages of the cache, as many as are there
 *	none         store   new page             copy of the cache's   page of the cache,
 *	                     (fault_anon)         (fault_copy_file)     marked dirty first
 *	swap	     any     page of the swap cache (fault_swap)
 *	read-only    store   one owner: allow stores; more owners:      (fault_store_shared)
 *	                     copy (fault_cow); zero page: new page
 *	allows it    any     somebody was faster, or this hart's TLB holds an old entry, or
 *	                     the hardware wants A or D set by software (fault_spurious)
 *
 * Who stores to pages of files faster than the disk can write them waits here, as a writer does, with no lock
 * held (dirty_throttle()).
 *
 * A page that must be read first, from a file or from swap: leave the area (mm->lock) alone, read it into the cache, and
 * start again from the top, for everything may have changed meanwhile. That makes the fault a major
 * one.
 *
 *	no area, but a stack not far above	extend it, start again
 *	beyond the end of the file, I/O error	FAULT_BUS
 *
 * Locking. mm->lock for reading keeps the area; several threads may fault on one address, so every
 * verb looks at the entry, prepares (and may sleep for memory), takes the page-table lock, and
 * gives up when the entry is no longer what it was: the access is then tried again. A page of the
 * cache is mapped with mapping->lock held: it cannot leave the cache then, and whoever has locked
 * it to truncate it looks at the page tables after us (vm/pagecache.h). The file's end is tested
 * under the page-table lock, which truncation takes after it changed the size.
 */

#include "vm/fault.h"

#include "core/panic.h"
#include "lib/errno.h"
#include "lib/err.h"
#include "mem/kmap.h"
#include "mem/page_alloc.h"
#include "vm/anon.h"
#include "vm/fault_file.h"
#include "vm/fault_swap.h"
#include "vm/mmap.h"
#include "vm/page_map.h"
#include "vm/pagecache.h"
#include "vm/pagerefs.h"
#include "vm/pte_state.h"
#include "vm/swap.h"

struct page *zero_page;
u64 zero_pfn;

static struct fault_stats fault_counts[NR_CPUS];

struct fault_stats *
fault_count(void)
{
	return &fault_counts[cpu_id()];
}

/* Does the area allow it? (Whoever may write or execute may not thereby read, except that
 * RISC-V has no write-only pages.) */
static bool
access_allowed(const struct vma *vma, enum fault_access access)
{
	switch (access) {
	case FAULT_WRITE:
		return vma->flags & VM_WRITE;
	case FAULT_EXEC:
		return vma->flags & VM_EXEC;
	case FAULT_READ:
	default:
		return vma->flags & (VM_READ | VM_WRITE);
	}
}

/* The same for a page-table entry. */
static bool
pte_allows(pte_t pte, enum fault_access access)
{
	static const u64 needed[] = {
		[FAULT_READ] = PTE_V | PTE_R,
		[FAULT_WRITE] = PTE_V | PTE_W,
		[FAULT_EXEC] = PTE_V | PTE_X,
	};

	return (pte.bits & needed[access]) == needed[access];
}

/* None, in an anonymous area, read: all of them may share one page of zeros. */
static enum fault_result
fault_zero_page(struct fault *f)
{
	struct mm *mm = f->vma->mm;

	spin_lock(&mm->pgt.lock);
	if (f->ptep->bits == f->pte.bits && !mm_is_unstable(mm))
		pte_write(f->ptep, pte_for(zero_pfn, f->vma->pte_flags & ~(PTE_W | PTE_OWNED)));
	spin_unlock(&mm->pgt.lock);
	fault_count()->nr_zero_page++;
	return FAULT_OK;
}

/* None, in an anonymous area, store: a new page. */
static enum fault_result
fault_anon(struct fault *f)
{
	struct mm *mm = f->vma->mm;
	struct page *page = anon_page_alloc(f->vma, f->uva);
	bool mapped = false;

	if (unlikely(!page))
		return FAULT_OOM;
	spin_lock(&mm->pgt.lock);
	if (likely(f->ptep->bits == f->pte.bits) && !mm_is_unstable(mm)) {
		anon_page_map(f->vma, f->ptep, page);
		mapped = true;
	}
	spin_unlock(&mm->pgt.lock);
	if (unlikely(!mapped))
		page_put(page);
	fault_count()->nr_anon_new++;
	return FAULT_OK;
}

/* Is the entry still the one that was classified, but for what hardware may have set? */
static bool
entry_unchanged(const struct fault *f)
{
	return (pte_read(f->ptep).bits | PTE_A | PTE_D) == (f->pte.bits | PTE_A | PTE_D);
}

/*
 * No hart uses the page any more. Only then may another take its place: harts that see that one, and what is stored
 * to it, must not meet harts that still see the old one. => page-table lock held
 */
static void
fault_withdraw(struct fault *f)
{
	pte_write(f->ptep, pte_none());
	tlb_flush_page(&f->vma->mm->tlb, f->uva);
}

/* Zero page, store: as if nothing had been there. */
static enum fault_result
fault_anon_over_zero_page(struct fault *f)
{
	struct mm *mm = f->vma->mm;

	spin_lock(&mm->pgt.lock);
	if (entry_unchanged(f))
		fault_withdraw(f);
	spin_unlock(&mm->pgt.lock);
	f->pte = pte_none();
	return fault_anon(f);
}

/*
 * With the page-table lock held a page can lose owners, but not win any by this entry or by a fork:
 * with one owner left it is ours to write. So it is if the entry owns it, whoever has a reference.
 */
static bool
cow_page_is_ours(struct fault *f, struct page *page)
{
	if (pte_is_owned(f->pte))
		return true;
	if (unlikely(page_test(page, PG_swapcache)))
		return swap_cache_try_claim(page, f->held == page);
	return anon_page_exclusive(page);
}

/* => true when it could be; page-table lock held */
static bool
cow_reuse_locked(struct fault *f)
{
	if (!cow_page_is_ours(f, pte_page(f->pte)))
		return false;
	pte_write(f->ptep, pte_for(pte_pfn(f->pte), f->vma->pte_flags | PTE_D));
	fault_count()->nr_cow_reused++;
	return true;
}

/* copy takes the place of the original, whose contents it gets now. */
static void
cow_replace_locked(struct fault *f, struct page *copy)
{
	page_copy_contents(copy, pte_page(f->pte));
	fault_withdraw(f);
	anon_page_replace(f->vma, f->ptep, pte_page(f->pte), copy);
	fault_count()->nr_cow_copied++;
}

/*
 * Store to a private page that is mapped read-only: write it if it is ours alone, else a copy. It
 * is copied with the page-table lock held, so that it cannot go away meanwhile.
 */
static enum fault_result
fault_cow(struct fault *f)
{
	struct mm *mm = f->vma->mm;
	struct page *original = pte_page(f->pte), *copy = NULL;
	bool done, replaced = false;

	if (!anon_page_exclusive(original) && !pte_is_owned(f->pte)) {
		copy = anon_page_alloc_raw(f->vma, f->uva);
		if (unlikely(!copy))
			return FAULT_OOM;
	}
	spin_lock(&mm->pgt.lock);
	done = unlikely(!entry_unchanged(f)) || cow_reuse_locked(f);
	if (!done && copy) {
		cow_replace_locked(f, copy);
		replaced = true;
	}
	spin_unlock(&mm->pgt.lock);
	if (replaced) {
		if (unlikely(page_test(original, PG_swapcache)))
			swap_cache_release(original);
		page_put(original);
	} else if (copy) {
		page_put(copy);
	}
	return FAULT_OK;
}

/* The entry allows the access already. */
static enum fault_result
fault_spurious(struct fault *f)
{
	struct mm *mm = f->vma->mm;
	u64 used = f->access == FAULT_WRITE ? PTE_A | PTE_D : PTE_A;

	spin_lock(&mm->pgt.lock);
	if (pte_allows(pte_read(f->ptep), f->access))
		__atomic_fetch_or(&f->ptep->bits, used, __ATOMIC_RELAXED);
	spin_unlock(&mm->pgt.lock);
	tlb_flush_page(&mm->tlb, f->uva);
	fault_count()->nr_spurious++;
	return FAULT_OK;
}

/* The table of the theory comment. => a result; RETRY_MAJOR when f->mapping must be read first */
static enum fault_result
fault_dispatch(struct fault *f)
{
	struct vma *vma = f->vma;
	bool store = f->access == FAULT_WRITE;

	if (pte_is_none(f->pte)) {
		if (!vma->mapping)
			return store ? fault_anon(f) : fault_zero_page(f);
		if (!store)
			return fault_map_file(f);
		return vma->flags & VM_SHARED ? fault_store_shared(f) : fault_copy_file(f);
	}
	if (pte_allows(f->pte, f->access))
		return fault_spurious(f);
	if (pte_is_swap(f->pte))
		return fault_swap(f);
	if (!store || !pte_present(f->pte))
		return FAULT_OK;
	if (vma->flags & VM_SHARED)
		return fault_store_shared(f);
	return pte_is_zero_page(f->pte) ? fault_anon_over_zero_page(f) : fault_cow(f);
}

/* No area at uva: perhaps a stack can be extended to it. => mm->lock not held */
static enum fault_result
fault_grow_stack(struct mm *mm, uva_t uva)
{
	struct vma *vma;
	enum fault_result result = FAULT_MAPERR;

	rwsem_write_lock(&mm->lock);
	vma = vma_find(mm, uva);
	if (vma && vma->start <= uva)
		result = FAULT_OK;
	else if (vma && vma->flags & VM_GROWSDOWN && stack_grow(vma, uva) == 0)
		result = FAULT_OK;
	rwsem_write_unlock(&mm->lock);
	return result;
}

/* One look at the fault. => mm->lock held for reading */
static enum fault_result
fault_once(struct mm *mm, struct fault *f)
{
	if (mm_is_unstable(mm))
		return FAULT_OOM;
	f->vma = vma_at(mm, f->uva);
	if (unlikely(!f->vma))
		return FAULT_MAPERR;
	if (unlikely(!access_allowed(f->vma, f->access)))
		return FAULT_ACCERR;
	f->ptep = pgtable_lookup(&mm->pgt, f->uva);
	if (unlikely(!f->ptep)) {
		f->ptep = pgtable_ensure(&mm->pgt, f->uva, GFP_KERNEL);
		if (!f->ptep)
			return FAULT_OOM;
	}
	f->pte = pte_read(f->ptep);
	if (unlikely(f->vma->flags & VM_PAGEREFS)) {
		enum fault_result result = pagerefs_note(f);

		if (result != FAULT_OK)
			return result;
	}
	return fault_dispatch(f);
}

static bool
may_grow_stack(struct mm *mm, uva_t uva)
{
	struct vma *vma = vma_find(mm, uva);

	return vma && vma->flags & VM_GROWSDOWN;
}

enum fault_result
fault_handle(struct mm *mm, uva_t uva, enum fault_access access)
{
	struct fault f = {.uva = ALIGN_DOWN(uva, PAGE_SIZE), .access = access};
	enum fault_result result;
	bool grow;

	if (unlikely(uva < USER_VA_START || uva >= USER_VA_END))
		return FAULT_MAPERR;
	for (;;) {
		rwsem_read_lock(&mm->lock);
		result = fault_once(mm, &f);
		grow = unlikely(result == FAULT_MAPERR) && may_grow_stack(mm, uva);
		rwsem_read_unlock(&mm->lock);
		if (unlikely(f.read_mapping || f.swap_entry.val)) {
			result = f.read_mapping ? fault_read_page(&f) : fault_swap_read(&f, mm);
			if (result == FAULT_OK)
				continue;
		}
		if (likely(!grow))
			break;
		result = fault_grow_stack(mm, uva);
		if (result != FAULT_OK)
			break;
	}
	if (unlikely(f.held))
		page_put(f.held);
	if (unlikely(f.dirtied))
		dirty_throttle();
	if (likely(result == FAULT_OK)) {
		fault_count()->nr_faults++;
		if (f.major) {
			fault_count()->nr_major++;
			current->maj_flt++;
		} else {
			current->min_flt++;
		}
	}
	return result;
}

int
fault_errno(enum fault_result result)
{
	return result == FAULT_OOM ? -ENOMEM : -EFAULT;
}

void
fault_stats_get(struct fault_stats *stats)
{
	u64 *sum = (u64 *)stats;

	*stats = (struct fault_stats){0};
	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		for (unsigned i = 0; i < sizeof(*stats) / sizeof(u64); i++)
			sum[i] += ((const u64 *)&fault_counts[cpu])[i];
}

void INIT
fault_init(void)
{
	zero_page = page_alloc(GFP_KERNEL | GFP_ZERO);
	assert(zero_page);
	page_set(zero_page, PG_zero);
	zero_pfn = page_to_pfn(zero_page);
}
