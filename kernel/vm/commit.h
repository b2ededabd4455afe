#pragma once

/*
 * Overcommit: may so much memory be promised? What may come to need a page of its own without asking
 * again is counted when it is mapped: private areas that may be written (VM_ACCOUNT), shared
 * anonymous memory, pages of tmpfs. The sum is Committed_AS of /proc/meminfo. Knobs, meaning and
 * defaults are Linux's:
 *
 *	overcommit_memory 0	only a single request beyond RAM and swap is refused
 *	                  1	nothing is
 *	                  2	what would bring the sum beyond CommitLimit is; MAP_NORESERVE is ignored
 *
 * The sum is looked at before it is added to, without a lock: harts that ask at the same instant may
 * go beyond the limit by what they ask for.
 */

#include "lib/types.h"

struct mm;

enum { OVERCOMMIT_GUESS, OVERCOMMIT_ALWAYS, OVERCOMMIT_NEVER };

/* /proc/sys/vm */
extern u32 overcommit_memory;
extern u32 overcommit_ratio;	/* per cent of RAM, beside swap */
extern u32 overcommit_kbytes;	/* instead of the ratio, when not 0 */
extern u32 user_reserve_kbytes; /* with 2: a large process leaves so much for a small one */

/* CommitLimit in pages. */
u64 commit_limit(void);

/* May nr_pages more be promised? mm: who asks, or NULL */
bool commit_allows(const struct mm *mm, u64 nr_pages);

/* vm_flags of a new area, with VM_ACCOUNT and VM_NORESERVE as they must be. */
u32 commit_flags(u32 vm_flags);

/* Once, at boot. */
void commit_init(void);
