#pragma once

/*
 * Page tables. `struct pgtable` is the user half of one address space plus the kernel
 * half that all share; kernel_pgtable has the kernel half alone.
 */

#include "core/spinlock.h"
#include "mem/gfp.h"
#include "mem/page.h"
#include "mem/tlb_check.h"
#include "riscv/pte.h"

struct pgtable {
	pte_t *root;
	struct spinlock lock;	 /* PAGETABLE: every PTE of the user half, and what follows */
	struct list_head tables; /* pages of tables below the root, by page->lru */
	u64 nr_tables;
#ifdef DEBUG
	struct tlb_context *ctx; /* for mem/tlb_check.c */
#endif
};

extern struct pgtable kernel_pgtable;

/* => -ENOMEM */
int pgtable_init(struct pgtable *pgt);

/* Frees the tables of the user half that are left, then the root. => no leaf is present */
void pgtable_destroy(struct pgtable *pgt);

/*
 * The level-0 entry for va, making tables as needed (GFP_ZERO pages, gfp says how).
 * Takes and drops pgt->lock to hang a new table in, so the caller must not hold it.
 * A table once there stays until pgtable_free_range or pgtable_destroy.
 * => NULL when there is no memory
 */
pte_t *pgtable_ensure(struct pgtable *pgt, u64 va, gfp_t gfp);

/*
 * Walk over level-0 tables of [start, end): each call returns the entry for *va or of the next
 * address above that has a table, with *va moved to it, and in *nr how many consecutive entries
 * from there lie in the same table below end. The caller advances *va by nr pages.
 * => NULL at the end
 */
pte_t *pgtable_next(struct pgtable *pgt, u64 *va, u64 end, unsigned *nr);

struct tlb_context;

/*
 * Free tables that lie wholly inside [start, end) and in which every entry is none. Unhooks them,
 * flushes ctx where the table is loaded, and frees then. => mm->lock held for writing, pgt->lock not
 */
void pgtable_free_range(struct pgtable *pgt, struct tlb_context *ctx, u64 start, u64 end);

/*
 * Kernel half: map [va, va+size) to pa with flags, by the largest leaves that fit.
 * At boot before the buddy too. Tables that are missing are allocated without sleeping, so who may
 * sleep prepares.
 * => -ENOMEM; -EEXIST when something is mapped there
 */
int kernel_map(u64 va, u64 pa, u64 size, u64 flags);
/* The tables that 4 KiB leaves for [va, va+size) need; they stay. Context as gfp says. => -ENOMEM */
int kernel_map_prepare(u64 va, u64 size, gfp_t gfp);
/* 4 KiB leaves only. The caller flushes (tlb_flush_kernel). */
void kernel_unmap(u64 va, u64 size);
/* Change the flags of existing leaves, splitting big ones. => -ENOMEM */
int kernel_protect(u64 va, u64 size, u64 flags);
/* The level-0 entry for va, with the tables above it. => NULL when there is no memory */
pte_t *kernel_pte(u64 va);
/* => the leaf that maps va and its level, or pte_none */
pte_t kernel_lookup(u64 va, int *level);

/* pte_t accessors that race with hardware A/D updates: use these for user leaves. */
static inline pte_t
pte_read(const pte_t *ptep)
{
	return (pte_t){__atomic_load_n(&ptep->bits, __ATOMIC_RELAXED)};
}

/* Debug builds: does the change need a flush? */
static ALWAYS_INLINE void
pte_note_change(pte_t *ptep, pte_t old, pte_t now)
{
#ifdef DEBUG
	if (pte_loses(old, now))
		tlb_check_changed(ptep, old);
#else
	(void)ptep;
	(void)old;
	(void)now;
#endif
}

static inline void
pte_write(pte_t *ptep, pte_t pte)
{
#ifdef DEBUG
	pte_t old = pte_read(ptep);

	tlb_check_installs(ptep, old, pte);
#else
	pte_t old = pte_none();
#endif
	__atomic_store_n(&ptep->bits, pte.bits, __ATOMIC_RELEASE);
	pte_note_change(ptep, old, pte);
}

/* => the entry as it was, with the A and D bits of the last instant */
static inline pte_t
pte_exchange(pte_t *ptep, pte_t pte)
{
	pte_t old = {__atomic_exchange_n(&ptep->bits, pte.bits, __ATOMIC_ACQ_REL)};

	pte_note_change(ptep, old, pte);
	return old;
}

/* The table that a present non-leaf entry points to. */
static inline pte_t *
pgtable_table(pte_t pte)
{
	return pa_to_kva(pte_pa(pte));
}

/* The level-0 entry for va, or NULL when there is no table for it. Takes no lock. */
static inline pte_t *
pgtable_lookup(struct pgtable *pgt, u64 va)
{
	pte_t pte = pte_read(&pgt->root[pte_index(va, 2)]);

	if (unlikely(!pte_present(pte)))
		return NULL;
	pte = pte_read(&pgtable_table(pte)[pte_index(va, 1)]);
	if (unlikely(!pte_present(pte)))
		return NULL;
	return &pgtable_table(pte)[pte_index(va, 0)];
}

/* Clear flag bits atomically. => the entry as it was */
static inline pte_t
pte_clear_flags(pte_t *ptep, u64 flags)
{
	pte_t old = {__atomic_fetch_and(&ptep->bits, ~flags, __ATOMIC_ACQ_REL)};

	pte_note_change(ptep, old, (pte_t){old.bits & ~flags});
	return old;
}

/* Change flag bits to what they were not, atomically. => the entry as it was */
static inline pte_t
pte_flip_flags(pte_t *ptep, u64 flags)
{
	pte_t old = {__atomic_fetch_xor(&ptep->bits, flags, __ATOMIC_ACQ_REL)};

	pte_note_change(ptep, old, (pte_t){old.bits ^ flags});
	return old;
}
