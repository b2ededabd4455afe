#include "fs/ramfs_space.h"

#include "lib/errno.h"
#include "lib/parse.h"
#include "lib/string.h"
#include "mem/page_alloc.h"
#include "mem/vmstat.h"
#include "vm/commit.h"
#include "vm/pagecache.h"
#include "vm/swap.h"

#define DEFAULT_PERCENT 50

/* Without a limit: this part of all memory stays for others. */
#define RESERVE_SHARE 16

/* => the option's value when text begins with "name=", else NULL */
static const char *
option_value(const char *text, const char *name)
{
	size_t len = strlen(name);

	return strncmp(text, name, len) == 0 && text[len] == '=' ? text + len + 1 : NULL;
}

/* => 0, -EINVAL; *end is what follows */
static int
parse_size(const char *text, const char **end, u64 *pages)
{
	u64 value;

	if (memparse(text, end, &value) < 0)
		return -EINVAL;
	if (**end != '%') {
		*pages = value / PAGE_SIZE + (value % PAGE_SIZE != 0);
		return 0;
	}
	++*end;
	if (value > 100)
		return -EINVAL;
	*pages = nr_total_pages() * value / 100;
	return 0;
}

/* One option, up to the comma. => 0, -EINVAL */
static int
parse_option(struct ramfs_space *space, const char *text)
{
	const char *end = text + strcspn(text, ","), *value;
	int error = 0;

	if ((value = option_value(text, "size")))
		error = parse_size(value, &end, &space->max_pages);
	else if ((value = option_value(text, "nr_blocks")))
		error = memparse(value, &end, &space->max_pages);
	else if ((value = option_value(text, "nr_inodes")))
		error = memparse(value, &end, &space->max_inodes);
	return error || (*end && *end != ',') ? -EINVAL : 0;
}

int
ramfs_space_init(struct ramfs_space *space, const char *options)
{
	int error = 0;

	space->max_pages = nr_total_pages() * DEFAULT_PERCENT / 100;
	space->max_inodes = space->max_pages;
	while (options && *options && !error) {
		error = parse_option(space, options);
		options += strcspn(options, ",");
		options += *options == ',';
	}
	return error;
}

/* One more, but not beyond max. */
static bool
take_one(atomic64_t *nr, u64 max)
{
	if ((u64)atomic64_add(nr, 1) <= max || !max)
		return true;
	atomic64_add(nr, -1);
	return false;
}

bool
ramfs_space_take_inode(struct ramfs_space *space)
{
	return take_one(&space->nr_inodes, space->max_inodes);
}

void
ramfs_space_put_inode(struct ramfs_space *space)
{
	atomic64_add(&space->nr_inodes, -1);
}

/* What is free, or would be without the caches of files, or by swapping. */
static bool
memory_is_short(void)
{
	u64 nr_file = nr_pagecache_pages(), nr_kept = vmstat_get(NR_SHMEM) + nr_dirty_pages();
	u64 nr_slots = MAX(atomic64_read(&swap_nr_free), 0L);

	return nr_free_pages() + nr_file - MIN(nr_file, nr_kept) + nr_slots <
	       nr_total_pages() / RESERVE_SHARE;
}

int
ramfs_space_take_page(struct ramfs_space *space, struct page *page)
{
	if (page->private)
		return 0;
	if (!space->max_pages && memory_is_short())
		return -ENOSPC;
	if (!commit_allows(NULL, 1) || !take_one(&space->nr_pages, space->max_pages))
		return -ENOSPC;
	page->private = 1;
	vmstat_add(NR_COMMITTED, 1);
	return 0;
}

void
ramfs_space_put_swapped(struct ramfs_space *space)
{
	vmstat_add(NR_COMMITTED, -1);
	atomic64_add(&space->nr_pages, -1);
}

void
ramfs_space_put_page(struct ramfs_space *space, struct page *page)
{
	if (!page->private)
		return;
	page->private = 0;
	ramfs_space_put_swapped(space);
}
