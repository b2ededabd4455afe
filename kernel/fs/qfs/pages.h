/* The pages of regular files: reserving blocks for them, and their I/O. */
#pragma once

#include "dev/block.h"
#include "fs/qfs/mount.h"
#include "vm/pagecache.h"

/*
 * The page, locked, is going to be dirty: reserve blocks for it if it has none. page->private counts
 * what is reserved. => 0, -ENOSPC, -EIO
 */
int qfs_page_reserve(struct qfs_node *node, struct page *page);

/*
 * undo.c. A write of data into blocks that the running transaction allocated ended with an error: keep the bio
 * until the commit. Any context; before qfs_data_end().
 */
void qfs_write_failed(struct qfs *fs, struct bio *bio);
bool qfs_has_write_failed(struct qfs *fs);
/* Take back the blocks of all of them, and end their pages' write-back. => exclusive barrier, no data under way */
void qfs_write_failed_undo_locked(struct qfs *fs);
/* The same for one page, in the operation that allocated its block; its write-back does not end. */
void qfs_page_undo(struct qfs_handle *h, struct page *page, u32 block);
void qfs_write_failed_init(struct qfs *fs);

/* Zeros from `offset` to the end of the page. */
void qfs_page_zero_from(struct page *page, u32 offset);
