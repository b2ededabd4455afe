/* Blocks of metadata to and from the disk. */
#pragma once

#include "dev/block.h"
#include "fs/qfs/format.h"

#define QFS_SECTORS_PER_BLOCK (QFS_BLOCK_SIZE / SECTOR_SIZE)

/* One block, a page in the direct map. Sleeps. => 0 or -errno */
int qfs_block_read(struct block_device *bdev, u32 block, void *data);
int qfs_block_write(struct block_device *bdev, u32 block, const void *data);

/*
 * Many writes at once: add blocks in any order (neighbours go in one request), then wait for all. The
 * data stay unchanged until then. Never fails for lack of memory.
 */
struct qfs_batch {
	struct block_device *bdev;
	struct bio *bio; /* being filled, or NULL */
	u32 next_block;	 /* the block that would continue it */
	u32 nr_inflight; /* atomic */
	int error;	 /* atomic: the first */
	struct block_plug plug;
};

void qfs_batch_start(struct qfs_batch *batch, struct block_device *bdev);
void qfs_batch_write(struct qfs_batch *batch, u32 block, const void *data);
/* => 0 or the first error */
int qfs_batch_finish(struct qfs_batch *batch);
