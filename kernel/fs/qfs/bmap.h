/* The block map of a file: from the index of a block to the block. */
#pragma once

#include "lib/types.h"

struct qfs_handle;
struct qfs_node;

#define QFS_MAP_MAX_NEW 3u /* blocks that one new data block may need, itself included */

/*
 * Where block `index` is, and how many blocks from it on lie side by side (or are holes), at most `max`.
 * => 0, *block 0 for a hole; -EIO, -EUCLEAN, -ENOMEM. map_lock held, shared is enough
 */
int qfs_map_find_locked(struct qfs_node *node, u32 index, u32 max, u32 *block, u32 *run);
int qfs_map_find(struct qfs_node *node, u32 index, u32 max, u32 *block, u32 *run);

/*
 * How many blocks an allocation for this index would take: 0 when it has its block, else up to
 * QFS_MAP_MAX_NEW. => or -errno. map_lock held
 */
int qfs_map_missing_locked(struct qfs_node *node, u32 index);

/*
 * The block of `index`, allocated if there is none yet. The caller stores the node afterwards.
 * => 0 or -errno, then nothing was changed. map_lock held exclusively
 */
int qfs_map_alloc_locked(struct qfs_handle *h, struct qfs_node *node, u32 index, u32 *block);

/*
 * The block of `index`, allocated in the transaction that is still running, is taken out of the map and
 * freed; reserve: it is promised to the caller again. The caller stores the node afterwards.
 * => 0; -EUCLEAN. map_lock held exclusively
 */
int qfs_map_undo_locked(struct qfs_handle *h, struct qfs_node *node, u32 index, u32 block,
			bool reserve);

/*
 * Free the blocks from index `first` on, the last ones first, as far as the operation's room in the log
 * goes. metadata: they are buffers (of a directory or symbolic link), not pages. The caller stores the node afterwards.
 * => 1 when there is more, 0 when done, -errno. map_lock held exclusively
 */
int qfs_map_free_locked(struct qfs_handle *h, struct qfs_node *node, u32 first, bool metadata);
