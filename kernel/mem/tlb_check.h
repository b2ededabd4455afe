#pragma once

/*
 * Debug builds: does a hart hold a translation that is no longer true? mem/tlb_check.c has the
 * theory. Release builds: nothing.
 */

#include "core/cpu.h"
#include "riscv/pte.h"

struct page;
struct pgtable;
struct tlb_context;

/* What the checker knows of an address space; embedded in struct tlb_context. */
struct tlb_check {
#ifdef DEBUG
	u64 serial; /* never given twice */
	u64 holds
		[NR_CPUS]; /* the hart has held translations since this flush of its TLB; 0: none */
	cpumask_t owes;	   /* were not told of a change: must flush before they run it */
	bool retired;	   /* nobody will run it again */
#endif
};

#ifdef DEBUG
void tlb_check_init(struct tlb_context *ctx, struct pgtable *pgt);
/* Nobody runs ctx now or ever again, so its entries may go without a flush. */
void tlb_check_retire(struct tlb_context *ctx);

/* page is a table of pgt: level, and the first address that it translates. */
void tlb_check_table(struct page *page, struct pgtable *pgt, int level, u64 va);
/* An entry of a table allows less than before, or another page. */
void tlb_check_changed(const pte_t *ptep, pte_t old);
/* An entry is about to become `now`. => panics if a hart may still use another page there */
void tlb_check_installs(const pte_t *ptep, pte_t old, pte_t now);
/* The frames of a block are about to be free. => panics if a hart may still use them */
void tlb_check_free(const struct page *page, unsigned order);

/* A flush begins: what changed until now is covered by it. => for tlb_check_flushed() */
u64 tlb_check_flush_begins(void);
/* These harts have flushed [start, end) of ctx; `tables`: entries that point to tables, too. */
void tlb_check_flushed(struct tlb_context *ctx, cpumask_t harts, u64 start, u64 end, bool tables,
		       u64 begun);
/* This hart has forgotten all of ctx, or, for NULL, everything. */
void tlb_check_forgotten(struct tlb_context *ctx);
/* This hart runs ctx from now on. => panics if it may use what is not true */
void tlb_check_entered(const struct tlb_context *ctx);

/*
 * The thread has finished something: a system call, a fault, a round of its loop. => panics if it
 * changed an entry and has not flushed
 */
void tlb_check_settled(void);

/*
 * For tests of the checker. From now on violations are counted, not fatal, and the next nr_dropped
 * flushes by this thread are not done. tlb_check_test_end() => how many violations there were
 */
void tlb_check_test_begin(unsigned nr_dropped);
u64 tlb_check_test_end(void);
/* => true: this flush is one of those */
bool tlb_check_drops(void);
#else
#define tlb_check_init(ctx, pgt)			      ((void)0)
#define tlb_check_retire(ctx)				      ((void)0)
#define tlb_check_table(page, pgt, level, va)		      ((void)(level), (void)(va))
#define tlb_check_free(page, order)			      ((void)0)
#define tlb_check_flush_begins()			      0UL
#define tlb_check_flushed(ctx, harts, start, end, all, begun) ((void)(begun))
#define tlb_check_forgotten(ctx)			      ((void)0)
#define tlb_check_entered(ctx)				      ((void)0)
#define tlb_check_settled()				      ((void)0)
#define tlb_check_drops()				      false
#endif

/* Does the new entry take away what a hart that holds the old one might do? */
static inline bool
pte_loses(pte_t old, pte_t now)
{
	if (!pte_present(old))
		return false;
	return pte_pfn(old) != pte_pfn(now) ||
	       (old.bits & ~now.bits & (PTE_V | PTE_R | PTE_W | PTE_X | PTE_U | PTE_D));
}
