#include "fs/qfs/path.h"

#define DIND_SPAN ((u64)QFS_PTRS_PER_BLOCK * QFS_PTRS_PER_BLOCK)

void
qfs_path_of(u32 index, struct qfs_path *path)
{
	path->at[0] = path->at[1] = 0;
	if (index < QFS_NR_DIRECT) {
		path->depth = 1;
		path->slot = index;
		return;
	}
	index -= QFS_NR_DIRECT;
	if (index < QFS_PTRS_PER_BLOCK) {
		path->depth = 2;
		path->slot = QFS_IND_SLOT;
		path->at[0] = index;
		return;
	}
	index -= QFS_PTRS_PER_BLOCK;
	path->depth = 3;
	path->slot = QFS_DIND_SLOT + index / DIND_SPAN;
	index %= DIND_SPAN;
	path->at[0] = index / QFS_PTRS_PER_BLOCK;
	path->at[1] = index % QFS_PTRS_PER_BLOCK;
}

u64
qfs_slot_start(u32 slot)
{
	if (slot <= QFS_IND_SLOT)
		return slot;
	return QFS_NR_DIRECT + QFS_PTRS_PER_BLOCK + (slot - QFS_DIND_SLOT) * DIND_SPAN;
}

u32
qfs_path_max_meta(u32 count)
{
	/* Blocks that hold the numbers, one more for a start in the middle, and the IND2 of both ends. */
	return count / QFS_PTRS_PER_BLOCK + 2 + QFS_NR_DIND;
}
