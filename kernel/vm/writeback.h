#pragma once

/* What the parts of write-back share: counts, and the list of mappings that have dirty pages. */

#include "vm/pagecache.h"

/* A page stopped being written. Any context. */
void writeback_ended(void);
/* ... and one that the swap cache sends on its way. */
void writeback_began(void);

/* mapping has its first dirty page: put it on the list. */
void dirty_list_add(struct mapping *mapping);
/* mapping goes away. */
void dirty_list_remove(struct mapping *mapping);

/*
 * Take a mapping that was put on the list at or before dirtied_ns off it, with a reference to its
 * owner. => NULL when there is none; give it back with dirty_list_done
 */
struct mapping *dirty_list_take(u64 dirtied_ns);
void dirty_list_done(struct mapping *mapping);

/* When the oldest mapping on the list was put there; UINT64_MAX when it is empty. */
u64 dirty_list_oldest(void);

/* A page became dirty (delta 1) or clean (-1). */
void dirty_count_add(s64 delta);

/* Sleep until some page was written, at most ns. */
void writeback_wait_progress(u64 ns);

/* Between the two reclaim lets the caller wait for the disk; pages written while anybody does so are counted. */
void writeback_throttle_begin(void);
void writeback_throttle_end(void);
u64 nr_throttled_written(void);
