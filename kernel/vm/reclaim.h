#pragma once

/* Getting frames back: old page-cache pages, then whatever the shrinkers have. */

#include "mem/gfp.h"

/* Free about nr_pages frames. No spinning lock held. => frames freed */
u64 reclaim_pages(u64 nr_pages, gfp_t gfp);

/* Drop everything clean (drop_caches): pages and shrinkable objects. => pages freed */
u64 reclaim_drop_caches(void);

struct reclaim_stats {
	u64 nr_scanned, nr_freed, nr_direct, nr_unmapped;
};
void reclaim_stats_get(struct reclaim_stats *stats);

/* Once, at boot: sets mem/'s page_reclaim_hook. */
void reclaim_init(void);
