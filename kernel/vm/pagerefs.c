/*
 * A page-reference string, recorded as it happens, and judged by the replacement policy of the
 * kernel in a memory that nothing else disturbs:
 *
 *	a range of anonymous memory of one program, any number of pages
 *	a number of frames for them
 *	lists of their own (lrus[LRU_PAGEREFS]), which kswapd and others never look at
 *
 * How is each reference seen? One page of the range can be used at a time: the last one. All others are
 * closed, their entries parked as if PROT_NONE hid them, though the pages are still there. So the
 * first use of any other page faults. It is noted, the last page closed and this one opened:
 *
 *	entry of the page	it is		then
 *	parked			in a frame	opened, its accessed bit set
 *	none or swap		in none		a fault of the policy: somebody has to go first, if
 *						all frames are taken
 *
 * Uses of one page in a row are one reference. For every policy here that makes no difference.
 *
 * Who goes? shrink_batch() is asked for one page, over and over until a frame is free: the policy's
 * refill() and judge(), the accessed bits of the page tables, the swap cache and the disk are those of
 * reclaim at large. But there are no batches, no thread that runs ahead and no other pages. What
 * happens depends on the string, the frames and the policy alone, and tools/refsim must come
 * to the same faults, one by one.
 *
 * A page that was brought in is on the lists of its zone until the next reference.
 *
 * An access that reaches over the edge of a page needs two of them, so that one stays open when the
 * same instruction faults within a few bytes of the last fault. A page that reclaim at large has in
 * its hands just when it comes into the range is a stray: it is in no frame.
 *
 * One recording at a time, of one thread. It ends when its pages are gone, by munmap or exit; its
 * record stays until the next. fork leaves the range out, mprotect and swapoff open its pages. munmap and
 * mremap may put other memory where the last page was: that is not closed, nor joins a list.
 *
 * Locking: mm->lock is held, at least for reading, wherever `set` is changed, and a recording has one
 * mm. `busy` keeps a second one from being started meanwhile.
 */

#include "vm/pagerefs.h"

#include "core/clock.h"
#include "lib/errno.h"
#include "mem/page_alloc.h"
#include "mem/vmalloc.h"
#include "sched/sched.h"
#include "vm/areas.h"
#include "vm/lru.h"
#include "vm/pte_state.h"
#include "vm/shrink.h"
#include "vm/swap.h"

/* In a word of the record, beside the number of the page. */
#define REF_FAULT (1U << 31)

/* An access is at most so long. */
#define ACCESS_BYTES 8

/* Looks for each frame before all policies are given up: `age` goes round 9 times at most. */
#define LOOKS_PER_FRAME 16

/* How long to wait for the disk for one page, in looks of a second: a recording fails rather than hang. */
#define LAUNDRY_LOOKS	60
#define LAUNDRY_LOOK_NS NSEC_PER_SEC

/* The page that can be used, and the one before it if an access needs both. */
#define NR_OPEN 2

#define NO_PAGE UINT64_MAX

static struct {
	const struct mm *mm; /* only compared: it may be gone */
	u64 first_index;     /* vma_index() of the first page */
	u64 open[NR_OPEN];   /* addresses, or NO_PAGE */
	u64 pc, address;     /* of the last access, if it was an instruction's */
	struct pagerefs_info info;
	u32 *refs;
} set;

static u32 busy;

void
pagerefs_info(struct pagerefs_info *info)
{
	*info = set.info;
	info->nr_refs = __atomic_load_n(&set.info.nr_refs, __ATOMIC_ACQUIRE);
}

u32
pagerefs_get(u64 n, bool *fault)
{
	*fault = set.refs[n] & REF_FAULT;
	return set.refs[n] & ~REF_FAULT;
}

static void
note(u64 page, bool fault)
{
	u64 n = set.info.nr_refs;

	if (n == PAGEREFS_MAX) {
		set.info.nr_lost++;
		return;
	}
	set.refs[n] = page | (fault ? REF_FAULT : 0);
	set.info.nr_faults += fault;
	__atomic_store_n(&set.info.nr_refs, n + 1, __ATOMIC_RELEASE);
}

/* --- opening and closing ------------------------------------------------------------------------ */

/* The bits that tell a page in use from a parked one; all others stay. => page-table lock held */
static void
entry_switch(struct mm *mm, u64 va, bool open)
{
	pte_t *ptep = pgtable_lookup(&mm->pgt, va);
	pte_t old = ptep ? pte_read(ptep) : pte_none();

	if (!pte_has_page(old) || pte_present(old) == open)
		return;
	old = pte_exchange(ptep, pte_none());
	if (open)
		old.bits = (old.bits & ~PTE_PARKED) | PTE_V | PTE_A;
	else
		old.bits = (old.bits & ~PTE_V) | PTE_PARKED;
	pte_write(ptep, old);
	tlb_flush_page(&mm->tlb, va);
}

/* uva is used now: close those used before, but for the last if it is needed still. */
static void
open_next(struct mm *mm, u64 uva, bool keep_last)
{
	for (unsigned i = keep_last; i < NR_OPEN; i++)
		if (set.open[i] != NO_PAGE)
			entry_switch(mm, set.open[i], false);
	set.open[1] = keep_last ? set.open[0] : NO_PAGE;
	set.open[0] = uva;
}

/* Does this fault come from the same access as the last, which lies in two pages? */
static bool
access_goes_on(u64 uva)
{
	const struct trap_frame *tf = task_trap_frame(current);
	u64 pc = set.pc, address = set.address;

	if (ALIGN_DOWN(tf->tval, PAGE_SIZE) != uva) {
		set.pc = 0;
		return false;
	}
	set.pc = tf->pc;
	set.address = tf->tval;
	return pc == tf->pc && MAX(address, tf->tval) - MIN(address, tf->tval) < ACCESS_BYTES;
}

static bool
is_open(u64 uva)
{
	return set.open[0] == uva || set.open[1] == uva;
}

/* --- frames ------------------------------------------------------------------------------------- */

static u64
nr_resident(const struct lru *lru)
{
	return READ_ONCE(lru->nr[LRU_INACTIVE_ANON]) + READ_ONCE(lru->nr[LRU_ACTIVE_ANON]);
}

/* What was given to the disk is written, and free, before the next reference: as if there were no disk. */
static void
laundry_empty(struct lru *lru, struct reclaim_run *run)
{
	for (unsigned looks = LAUNDRY_LOOKS; looks > 0 && READ_ONCE(lru->nr_laundry) > 0; looks--) {
		lru_laundry_wait(lru, clock_now_ns() + LAUNDRY_LOOK_NS);
		shrink_laundry(lru, run);
	}
}

/* One page less than there are frames, so that the next has one. */
static enum fault_result
make_room(void)
{
	struct lru *lru = &lrus[LRU_PAGEREFS];
	struct reclaim_run run = {.gfp = GFP_KERNEL};
	u64 looks = LOOKS_PER_FRAME * set.info.nr_frames;

	current->reclaim_depth++;
	for (; looks > 0 && nr_resident(lru) >= set.info.nr_frames; looks--) {
		shrink_batch(lru, LRU_ANON, 1, &run);
		laundry_empty(lru, &run);
	}
	current->reclaim_depth--;
	return looks > 0 ? FAULT_OK : FAULT_OOM;
}

/* The page that was brought in last joins the lists of the recording, as the youngest. */
static void
join(struct mm *mm, u64 va)
{
	struct page *page = NULL;
	pte_t *ptep, pte;

	spin_lock(&mm->pgt.lock);
	ptep = pgtable_lookup(&mm->pgt, va);
	pte = ptep ? pte_read(ptep) : pte_none();
	if (pte_has_page(pte)) {
		page = pte_page(pte);
		page_get(page);
	}
	spin_unlock(&mm->pgt.lock);
	if (!page)
		return;
	if (page->lru_home != LRU_PAGEREFS && !lru_move_home(page, &lrus[LRU_PAGEREFS]))
		set.info.nr_strays++;
	page_put(page);
}

/* Is what lies at an open page's address recorded no more? => forget it; mm->lock held */
static void
open_forget_unmapped(struct mm *mm)
{
	for (unsigned i = 0; i < NR_OPEN; i++) {
		struct vma *vma = set.open[i] != NO_PAGE ? vma_at(mm, set.open[i]) : NULL;

		if (!vma || !(vma->flags & VM_PAGEREFS))
			set.open[i] = NO_PAGE;
	}
}

/* A page other than the last is used. => f->pte is as it was when the fault was classified */
static enum fault_result
reference(struct fault *f)
{
	struct mm *mm = f->vma->mm;
	bool fault = !pte_has_page(f->pte);

	open_forget_unmapped(mm);
	if (set.open[0] != NO_PAGE)
		join(mm, set.open[0]);
	note(vma_index(f->vma, f->uva) - set.first_index, fault);
	spin_lock(&mm->pgt.lock);
	open_next(mm, f->uva, access_goes_on(f->uva));
	spin_unlock(&mm->pgt.lock);
	return fault ? make_room() : FAULT_OK;
}

enum fault_result
pagerefs_note(struct fault *f)
{
	struct mm *mm = f->vma->mm;
	enum fault_result result = FAULT_OK;

	if (set.mm == mm && !is_open(f->uva))
		result = reference(f);
	spin_lock(&mm->pgt.lock);
	entry_switch(mm, f->uva, true);
	f->pte = pte_read(f->ptep);
	spin_unlock(&mm->pgt.lock);
	/* Not the page of zeros, which is no frame. */
	if (pte_is_none(f->pte))
		f->access = FAULT_WRITE;
	return result;
}

/* --- start -------------------------------------------------------------------------------------- */

/* Has the range any page, or entry in swap? => mm->lock held */
static bool
range_is_touched(struct mm *mm, u64 start, u64 end)
{
	bool touched = false;
	unsigned nr;
	pte_t *ptep;

	spin_lock(&mm->pgt.lock);
	for (u64 va = start; !touched; va += nr * PAGE_SIZE) {
		ptep = pgtable_next(&mm->pgt, &va, end, &nr);
		if (!ptep)
			break;
		for (unsigned i = 0; i < nr; i++)
			touched |= !pte_is_none(pte_read(ptep + i));
	}
	spin_unlock(&mm->pgt.lock);
	return touched;
}

/*
 * Has an earlier recording any page? Its last is on no list of its own yet, so one of this program's that
 * has a single page is known by that. => mm->lock held
 */
static bool
recording_has_pages(struct mm *mm)
{
	if (set.mm == mm)
		open_forget_unmapped(mm);
	return nr_resident(&lrus[LRU_PAGEREFS]) > 0 || (set.mm == mm && set.open[0] != NO_PAGE);
}

/* => 0 or -errno; mm->lock held for writing */
static int
start_locked(struct mm *mm, u64 start, u64 end, u64 nr_frames)
{
	struct vma *vma = vma_at(mm, start);

	if (!vma || vma->mapping || vma->flags & VM_SHARED || vma->end < end)
		return -EINVAL;
	if (recording_has_pages(mm) || range_is_touched(mm, start, end))
		return -EBUSY;
	if (areas_split(mm, start, end, max_map_count) < 0)
		return -ENOMEM;
	areas_change_flags(mm, start, end, VM_PAGEREFS | VM_DONTCOPY, 0);
	set.mm = mm;
	set.first_index = vma_index(vma_at(mm, start), start);
	set.open[0] = set.open[1] = NO_PAGE;
	set.pc = 0;
	set.info = (struct pagerefs_info){
		.nr_frames = nr_frames,
		.nr_pages = (end - start) >> PAGE_SHIFT,
	};
	return 0;
}

int
pagerefs_start(uva_t start, u64 bytes, u64 nr_frames)
{
	struct mm *mm = current->mm;
	int error = -ENOMEM;

	if (!range_valid(start, bytes) || start % PAGE_SIZE || bytes % PAGE_SIZE || bytes == 0)
		return -EINVAL;
	if (nr_frames < NR_OPEN || nr_frames > nr_total_pages() / PAGEREFS_SHARE)
		return -EINVAL;
	if (!swap_available())
		return -ENOSPC;
	if (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
		return -EBUSY;
	if (!set.refs)
		set.refs = vmalloc(PAGEREFS_MAX * sizeof(*set.refs), GFP_KERNEL);
	if (set.refs) {
		rwsem_write_lock(&mm->lock);
		error = start_locked(mm, start, start + bytes, nr_frames);
		rwsem_write_unlock(&mm->lock);
	}
	__atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
	return error;
}
