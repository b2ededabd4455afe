#pragma once

/* The verbs of vm/fault.c for areas that show a file. */

#include "vm/fault.h"
#include "vm/swap_entry.h"

struct fault {
	struct vma *vma; /* valid while mm->lock is held */
	uva_t uva;	 /* of the page */
	enum fault_access access;
	pte_t *ptep;
	pte_t pte; /* as it was when the fault was classified */
	/* Set by a verb: page read_index must be in the cache before another try; a reference. */
	struct mapping *read_mapping;
	u64 read_index;
	u32 read_advice;	/* VM_SEQ_READ, VM_RAND_READ of its area */
	swp_entry_t swap_entry; /* or this one in the swap cache */
	struct page *held;	/* what was read last: a reference keeps it there */
	bool major;		/* had to read */
	bool dirtied;		/* made a page dirty that must be written to a file some day */
};

/* Of this hart. => caller does not sleep before it is done with it */
struct fault_stats *fault_count(void);

/*
 * Read or execution: map what the cache has around the address. => mm->lock held for reading (all)
 */
enum fault_result fault_map_file(struct fault *f);
/* Store to a private file page that is not mapped: map a copy. */
enum fault_result fault_copy_file(struct fault *f);
/* Store to a shared file page, mapped read-only or not at all. */
enum fault_result fault_store_shared(struct fault *f);

/* The caller's reference of a page that was read becomes the fault's. */
void fault_hold(struct fault *f, struct page *page);

/* Read the page that a verb asked for. => FAULT_OK: try again; mm->lock not held */
enum fault_result fault_read_page(struct fault *f);
