/* From the index of a block in a file to the way through the blocks of numbers. Pure arithmetic. */
#pragma once

#include "fs/qfs/format.h"

/*
 * How to reach a block: ptr[slot] of the inode, then at[0] in the block found there (if depth > 1
 * this is an IND1 or an IND2), then at[1] (if depth is 3).
 */
struct qfs_path {
	u8 depth; /* 1 direct, 2 single indirect, 3 double indirect */
	u8 slot;
	u16 at[2];
};

/* The path of block `index`, which is below QFS_MAX_FILE_BLOCKS. */
void qfs_path_of(u32 index, struct qfs_path *path);

/* The index of the first block that slot `slot` covers; QFS_NR_PTRS gives the end of the last. */
u64 qfs_slot_start(u32 slot);

/* The kind of the block of numbers in which step `level` (0 or 1) of a path of `depth` looks. */
static inline u32
qfs_path_kind(u32 depth, u32 level)
{
	return depth - level == 3 ? QFS_KIND_DIND : QFS_KIND_IND;
}

/*
 * An upper bound on the blocks of numbers that an allocation of `count` blocks in a row can touch: used
 * to reserve space in the log.
 */
u32 qfs_path_max_meta(u32 count);
