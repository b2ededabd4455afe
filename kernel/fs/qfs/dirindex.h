/*
 * An index of a large directory, in memory only: from the hash of a name to the blocks that may hold it.
 * It is made at the first search, from all names, and dropped when it gets full; so it can always be
 * done without, and a name that it does not lead to is not in the directory. What it says of names that
 * have gone stays until then.
 */
#pragma once

#include "fs/qfs/mount.h"

/* A directory of fewer blocks is searched from one end to the other. */
#define QFS_INDEX_MIN_BLOCKS 2u

struct qfs_dir_index {
	u32 nr_slots; /* a power of two */
	u32 nr_used;  /* never more than three quarters */
	u32 slot[]; /* 0: free; else a part of the hash, and the block's index + 1. Linear probing */
};

/* A search: what is left of it. */
struct qfs_index_probe {
	const struct qfs_dir_index *index;
	u32 at, tag;
};

/* The index of a directory whose lock is held, made if need be. => NULL: there is none */
const struct qfs_dir_index *qfs_index_get(struct qfs_node *dir);

void qfs_index_start(struct qfs_index_probe *probe, const struct qfs_dir_index *index,
		     const char *name, u32 len);
/* The next block that may hold the name. => false: no more */
bool qfs_index_next(struct qfs_index_probe *probe, u32 *block_index);

/* A name was added to the directory, whose lock is held exclusively. */
void qfs_index_add(struct qfs_node *dir, const char *name, u32 len, u32 block_index);

/* Forget it. => the directory's lock is held exclusively, or nobody uses it any more */
void qfs_index_drop(struct qfs_node *dir);
