#pragma once

/*
 * How much a file system in memory may hold. Its pages have no other home, so without a limit it could
 * use up all memory, and no process could be killed for that. Options and defaults are those of
 * Linux's tmpfs.
 */

#include "core/atomic.h"

struct page;

struct ramfs_space {
	u64 max_pages, max_inodes;	/* 0: no limit */
	atomic64_t nr_pages, nr_inodes; /* in use */
};

/*
 * "size=BYTES[kmg]|PERCENT%,nr_blocks=PAGES,nr_inodes=N", other options are passed over. Without
 * them half of all memory in pages, and as many inodes. => 0, -EINVAL
 */
int ramfs_space_init(struct ramfs_space *space, const char *options);

/* One inode more. => false: there are as many as may be */
bool ramfs_space_take_inode(struct ramfs_space *space);
void ramfs_space_put_inode(struct ramfs_space *space);

/*
 * The page, locked, is about to get contents: it counts until ramfs_space_put_page(), which is called
 * for every page that leaves. page->private says whether it does. One that leaves for swap counts on, until
 * it comes back with page->private as it was, or its place is given up. => 0, -ENOSPC
 */
int ramfs_space_take_page(struct ramfs_space *space, struct page *page);
void ramfs_space_put_page(struct ramfs_space *space, struct page *page);
void ramfs_space_put_swapped(struct ramfs_space *space);
