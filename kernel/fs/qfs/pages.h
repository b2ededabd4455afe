/* The pages of regular files: reserving blocks for them, and their I/O. */
#pragma once

#include "fs/qfs/mount.h"
#include "vm/pagecache.h"

/*
 * The page, locked, is going to be dirty: reserve blocks for it if it has none. page->private counts
 * what is reserved. => 0, -ENOSPC, -EIO
 */
int qfs_page_reserve(struct qfs_node *node, struct page *page);

/* Zeros from `offset` to the end of the page. */
void qfs_page_zero_from(struct page *page, u32 offset);
