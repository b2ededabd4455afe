/*
 * The life of an address space.
 *
 *	mm_create, mm_fork	users 1			tlb.refs 1 + each hart that has it loaded
 *	last mm_put		areas and pages go	tlb.refs 0 + harts
 *	last hart leaves	root table and struct mm go (mm_release, from the scheduler)
 */

#include "vm/mm.h"

#include "core/panic.h"
#include "lib/string.h"
#include "mem/asid.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"
#include "riscv/irqflags.h"
#include "vm/oom.h"
#include "vm/pagecache.h"
#include "vm/pageout.h"
#include "vm/zap.h"

static struct kmem_cache *mm_cache;

static struct spinlock mm_list_lock = SPINLOCK_INIT("mm_list", RANK_FILES);
static LIST_HEAD(mm_list);

/* What a hart has loaded that left a dying address space: the kernel half alone. */
static struct tlb_context kernel_tlb;

/* The last reference to the hardware side is gone: no hart has the root table loaded. */
static void
mm_release(struct tlb_context *ctx)
{
	struct mm *mm = container_of(ctx, struct mm, tlb);

	assert(refcount_read(&mm->users) == 0);
	pgtable_destroy(&mm->pgt);
	kmem_cache_free(mm_cache, mm);
}

struct mm *
mm_create(void)
{
	struct mm *mm = kmem_cache_alloc(mm_cache, GFP_KERNEL | GFP_ZERO);

	if (!mm)
		return NULL;
	if (pgtable_init(&mm->pgt) < 0) {
		kmem_cache_free(mm_cache, mm);
		return NULL;
	}
	tlb_context_init(&mm->tlb, &mm->pgt, mm_release);
	refcount_set(&mm->users, 1);
	rwsem_init(&mm->lock, "mm", RANK_MM);
	list_init(&mm->vma_list);
	mm_set_mmap_base(mm, USER_STACK_TOP - STACK_LIMIT_DEFAULT - STACK_GUARD_BYTES);
	mm->limit_stack = STACK_LIMIT_DEFAULT;
	mm->limit_as = LIMIT_INFINITY;
	mm->limit_data = LIMIT_INFINITY;
	mm->limit_memlock = LIMIT_INFINITY;
	spin_lock(&mm_list_lock);
	list_add_tail(&mm->all_link, &mm_list);
	spin_unlock(&mm_list_lock);
	return mm;
}

struct mm *
mm_next(struct mm *prev)
{
	struct list_head *link;
	struct mm *found = NULL;

	spin_lock(&mm_list_lock);
	link = prev ? prev->all_link.next : mm_list.next;
	for (; link != &mm_list && !found; link = link->next) {
		struct mm *mm = list_entry(link, struct mm, all_link);

		if (mm_try_get(mm))
			found = mm;
	}
	spin_unlock(&mm_list_lock);
	if (prev)
		mm_put(prev);
	return found;
}

/* => nobody else uses the memory: no lock is needed but against truncation and reclaim */
static void
mm_unmap_all(struct mm *mm)
{
	struct vma *vma, *next;

	if (mm_is_unstable(mm))
		oom_exit_begin(mm);
	list_for_each_entry(vma, &mm->vma_list, link)
		vma_unlock_pages(vma);
	zap_all(mm);
	if (mm_is_unstable(mm))
		oom_exit_tables(mm);
	list_for_each_entry_safe(vma, next, &mm->vma_list, link) {
		vma_remove(vma);
		vma_free(vma);
	}
	if (mm_is_unstable(mm))
		oom_exit_end(mm);
	assert(atomic64_read(&mm->rss_anon) == 0 && atomic64_read(&mm->rss_file) == 0);
	assert(atomic64_read(&mm->nr_swap) == 0);
}

void
mm_put(struct mm *mm)
{
	if (!refcount_dec_and_test(&mm->users))
		return;
	might_sleep();
	mm_unmap_all(mm);
	spin_lock(&mm_list_lock);
	list_del(&mm->all_link);
	spin_unlock(&mm_list_lock);
	mm_set_exe(mm, NULL);
	tlb_context_put(&mm->tlb);
}

struct mm *
mm_switch(struct mm *mm)
{
	u64 flags = irq_save();
	struct mm *old = current->mm;

	current->mm = mm;
	current->tlb = mm ? &mm->tlb : NULL;
	tlb_switch(mm ? &mm->tlb : &kernel_tlb);
	tlb_put_left();
	irq_restore(flags);
	return old;
}

void
mm_set_mmap_base(struct mm *mm, uva_t base)
{
	assert(mm->nr_vmas == 0);
	mm->mmap_base = mm->hole_hint = base;
}

int
mm_set_exe(struct mm *mm, struct mapping *exe)
{
	struct mapping *old;

	if (exe && !mapping_get(exe))
		exe = NULL;
	if (exe && !mapping_run_begin(exe)) {
		mapping_put(exe);
		return -ETXTBSY;
	}
	old = __atomic_exchange_n(&mm->exe, exe, __ATOMIC_ACQ_REL);
	if (old) {
		mapping_run_end(old);
		mapping_put(old);
	}
	return 0;
}

void
mm_update_peak(struct mm *mm)
{
	u64 rss = mm_rss_pages(mm), peak = READ_ONCE(mm->peak_rss);

	while (rss > peak && !__atomic_compare_exchange_n(&mm->peak_rss, &peak, rss, false,
							  __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

u64
mm_peak_pages(struct mm *mm)
{
	mm_update_peak(mm);
	return READ_ONCE(mm->peak_rss);
}

void
mm_for_each_vma(struct mm *mm, bool (*visit)(struct vma *vma, void *arg), void *arg)
{
	struct vma *vma;

	rwsem_read_lock(&mm->lock);
	list_for_each_entry(vma, &mm->vma_list, link)
		if (!visit(vma, arg))
			break;
	rwsem_read_unlock(&mm->lock);
}

void INIT
mm_init(void)
{
	mm_cache = kmem_cache_create("mm_struct", sizeof(struct mm), 0, 0, NULL);
	assert(mm_cache);
	asid_init();
	tlb_context_init(&kernel_tlb, &kernel_pgtable, NULL);
}
