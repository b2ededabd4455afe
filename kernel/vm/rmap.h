#pragma once

/* From a page to the PTEs that map it. */

#include "lib/types.h"

struct mapping;
struct page;
struct tlb_deferred;

/* What the areas that map a page say of it. */
#define RMAP_ACCESSED (1U << 0) /* a program used it since the last call */
#define RMAP_LOCKED   (1U << 1) /* a program locked it: it must stay */
#define RMAP_EXEC     (1U << 2) /* a program executes it, or may */

/*
 * Each change of an entry is flushed at once, or, if the caller gives a `deferred`, when he flushes that
 * (mem/tlb_deferred.h).
 */

/* => RMAP_*; clears the accessed bits. The page has a reference, and one of a file is locked: it keeps its mapping */
u32 rmap_test_and_clear_accessed(struct page *page, struct tlb_deferred *deferred);

/* Entries that map the page, found one by one. For tests. => the page has a reference */
s32 rmap_count(struct page *page);

/*
 * Take a page out of all page tables; one of the swap cache leaves its entry there, and is dirty
 * afterwards if a program had stored to it. => page locked, the caller has a reference. Returns true when nothing maps it now
 */
bool rmap_unmap(struct page *page, struct tlb_deferred *deferred);

/* Knowing what rmap_test_and_clear_accessed() found: may the page be unmapped? Spinlocks are held */
typedef bool (*rmap_may_unmap_fn)(struct page *page, u32 found, void *arg);

/*
 * Look at the page's entries and ask, once; if the answer is yes, rmap_unmap(). One walk does both
 * where there is one entry only. => page locked, of a file. Returns true when nothing maps it now
 */
bool rmap_unmap_if(struct page *page, rmap_may_unmap_fn may_unmap, void *arg,
		   struct tlb_deferred *deferred);

/* Make all shared PTEs of a file page read-only, so that the next store faults. => page locked */
void rmap_write_protect(struct page *page, struct tlb_deferred *deferred);

/* Take pages first .. last of mapping (and private copies made of them) out of all page tables. */
void rmap_unmap_range(struct mapping *mapping, u64 first, u64 last);
