#pragma once

/* Pages of shared anonymous memory and tmpfs in swap; the theory is in vm/shmem_swap.c. */

#include "lib/types.h"

struct mapping;
struct page;

/*
 * Take a page that only its mapping and the caller have out of the mapping, in which its swap entry
 * stays, and into the swap cache, dirty. => page locked, in a swapbacked mapping, dirty, unmapped; 0;
 * -ENOSPC: no slot is free; -ENOMEM; -EBUSY: somebody else has the page. Sleeps not
 */
int shmem_swap_out(struct page *page);

/*
 * The page that mapping has in swap at index, back in the mapping, with a reference. Sleeps.
 * => NULL no memory; ERR_PTR(-ENOENT): nothing is there; ERR_PTR(-EAGAIN): there is a page now, or
 *    was: look again; ERR_PTR(-EIO)
 */
struct page *shmem_swap_in(struct mapping *mapping, u64 index);

/* Start to read what mapping has in swap of first .. last, if there are pages for it. */
void shmem_swap_read_ahead(struct mapping *mapping, u64 first, u64 last);

/* The entry at index goes, and its place in swap. => false: it is not there any more */
bool shmem_swap_forget(struct mapping *mapping, u64 index, const void *entry);

/* Is the page that mapping has at index in memory, though its entry is one of swap? */
bool shmem_swap_cached(struct mapping *mapping, u64 index);

/* The first entry at *index .. last; *index is where. => false: there is none */
bool shmem_swap_next(struct mapping *mapping, u64 *index, u64 last);

/* For swapoff: bring back all that mappings have in the area. => 0, -ENOMEM, -EIO, -EINTR */
int shmem_bring_back(unsigned type, int (*stop)(void));

/* The mapping ends. => it has no entry */
void shmem_swap_destroy(struct mapping *mapping);
