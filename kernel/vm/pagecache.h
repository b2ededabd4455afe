#pragma once

/*
 * The page cache: one struct mapping for each inode (or other source of pages), index -> page.
 * read(2), write(2) and mmap all work on these pages.
 *
 * Life of a page       flags                 who
 *   added              locked                pagecache_get and friends
 *   being read         locked                ops->read_pages ... page_read_done
 *   clean              uptodate
 *   dirty              uptodate dirty        page_mark_dirty
 *   being written      uptodate writeback    ops->write_pages ... page_end_writeback
 *   gone               mapping is NULL       truncation or reclaim, with the page locked
 *
 * A page in the cache has one reference from the cache, one for each PTE that maps it, and one for
 * each pointer somebody got from a function here. It may be dropped only when locked, and only when
 * the first is all there is.
 *
 * Locks: PG_locked (page_lock.h) > mapping->lock > mapping->rmap_lock. The file system's INODE and
 * LOG locks are outside PG_locked; its block map (BMAP) is inside.
 */

#include "core/spinlock.h"
#include "lib/list.h"
#include "lib/xarray.h"
#include "mem/gfp.h"
#include "vm/page_lock.h"
#include "vm/swap_entry.h"

struct block_device;
struct mapping;
struct uio;

/* For /proc/<pid>/maps and pagecache statistics. */
struct mapping_identity {
	u32 dev;
	u64 ino;
};

struct mapping_ops {
	/*
	 * Read nr pages of consecutive index: all locked, none uptodate. Starts the I/O (or fills
	 * the pages at once: holes are zeros) and calls page_read_done() exactly once for each, now
	 * or later. They have a reference each until this returns. May sleep. Locks that may be
	 * held: all outside PAGE. NULL: swapbacked, where what is neither here nor in swap is zero.
	 */
	void (*read_pages)(struct mapping *mapping, struct page **pages, unsigned nr);

	/*
	 * Write nr pages of consecutive index: none locked, all PG_writeback and clean (stores by
	 * user programs will fault and dirty them again). Allocates the blocks that they lack, in
	 * a transaction of its own, starts the I/O, and calls page_end_writeback() exactly once for
	 * each. Bytes beyond mapping->size in the last page
	 * are zero already. NULL: memory alone (the pages never leave it).
	 */
	void (*write_pages)(struct mapping *mapping, struct page **pages, unsigned nr);

	/*
	 * A program is about to store into a page of a shared mapping: reserve a block for it if it
	 * has none (a counter; neither INODE nor LOG may be taken). page is locked and uptodate.
	 * May be NULL.
	 * => 0, or -errno (the program gets SIGBUS)
	 */
	int (*reserve_write)(struct mapping *mapping, struct page *page);

	/*
	 * A write is about to begin at pos, behind the end of the file: what will lie between must be
	 * zeros on the disk, too. INODE is held. May be NULL. => 0 or -errno
	 */
	int (*clean_tail)(struct mapping *mapping, u64 pos);

	/*
	 * A program stores into a page of a shared mapping, for the first time since that was clean
	 * or mapped: the file was modified now. The mm's lock is held. May be NULL.
	 */
	void (*stored)(struct mapping *mapping);

	/*
	 * May a program take pages out of it, which are zero then (MADV_REMOVE)? The mm's lock is held. May
	 * be NULL: always. => 0 or -errno
	 */
	int (*check_remove)(struct mapping *mapping);

	/*
	 * Attributes and block map, all that leads to the pages, are on the disk, whose cache is
	 * flushed: the rest of an fsync after the pages were written. May be NULL. => 0 or -errno
	 */
	int (*sync)(struct mapping *mapping);

	/*
	 * Where pages from index on are on a disk, for a swap file: *nr, at most as many as that says, in
	 * a row from *sector on. Nothing is dirty. NULL: it cannot be a swap file. => 0; -EINVAL for a
	 * hole; -errno
	 */
	int (*find_sectors)(struct mapping *mapping, u64 index, u64 *nr, u64 *sector,
			    struct block_device **bdev);

	/*
	 * page, locked, leaves the cache, or is clean and may leave it, with page->private whatever the file
	 * system put there, or 0: give back what was promised for a store to it. May be NULL.
	 */
	void (*release_page)(struct mapping *mapping, struct page *page);

	/*
	 * A page that counted in page->private is no more, and when it went only its place in swap was in
	 * the cache. For mappings that are swapbacked: their pages in swap all count. May be NULL.
	 */
	void (*release_swapped)(struct mapping *mapping);

	/*
	 * One reference more or less to what owns the mapping (an inode), for areas, the flusher
	 * and faults in flight. get does not sleep, and may take locks of rank FILES and inside;
	 * false: it is on its way out. put may sleep. Both NULL: the mapping lives for ever.
	 */
	bool (*get)(struct mapping *mapping);
	void (*put)(struct mapping *mapping);

	/*
	 * Path as /proc shows it, with terminator, into buf[size]; and device and inode. Both may
	 * be NULL.
	 */
	void (*path)(struct mapping *mapping, char *buf, size_t size);
	void (*identify)(struct mapping *mapping, struct mapping_identity *identity);
};

/* The most pages in one call of read_pages or write_pages. */
#define MAPPING_BATCH_MAX 64

/* xarray marks */
#define PAGECACHE_DIRTY	    XA_MARK_0
#define PAGECACHE_WRITEBACK XA_MARK_1 /* set when written; cleared by whoever next finds it done */

/*
 * Sequential reading is recognised per reader (per open file), and the window read ahead grows from
 * 4 to 32 pages. All zero is a fresh reader.
 */
struct readahead {
	u64 next;   /* index that would continue the last read */
	u64 end;    /* first index not asked for yet */
	u32 window; /* pages of the last window */
	u32 advice; /* 0, or VM_SEQ_READ, VM_RAND_READ */
};

struct mapping {
	u64 id;			/* of all mappings that ever were */
	struct spinlock lock;	/* MAPPING: pages, counts */
	struct xarray pages;	/* L: index -> struct page, or a swap entry (vm/shmem_swap.h) */
	u64 nr_pages, nr_dirty; /* L */
	u64 nr_swapped;		/* L: entries */
	u64 size; /* bytes; read with mapping_size, changed by mapping_set_size/truncate */
	const struct mapping_ops *ops;
	void *host;		       /* the owner: a struct inode */
	u32 wb_errors;		       /* atomic: write errors so far; fsync compares */
	u32 wb_errors_told;	       /* L: of these, those that anybody was told of */
	int wb_error;		       /* the last of them */
	s32 nr_writers;		       /* atomic: who may write; negative: who runs it */
	bool swapfile;		       /* swap uses its blocks: it may not change (owner's lock) */
	bool swapbacked;	       /* no file on a disk: tmpfs, shared anonymous memory */
	struct readahead ra;	       /* of faults */
	struct swap_readahead swap_ra; /* of entries */
	struct list_head swapped_link; /* list of vm/shmem_swap.c */

	struct spinlock rmap_lock; /* RMAP: vmas */
	struct list_head vmas;	   /* areas that map it, private ones too */
	u32 nr_shared_writable;	   /* R: shared areas that may be written */

	struct list_head dirty_link; /* dirty-list lock */
	u64 dirtied_ns;		     /* when it came onto that list */
};

/* size: the file's length now. */
void mapping_init(struct mapping *mapping, const struct mapping_ops *ops, void *host, u64 size);

/*
 * Forget everything. => no area maps it, no page is dirty or written (truncate or write it back
 * first)
 */
void mapping_destroy(struct mapping *mapping);

static inline u64
mapping_size(const struct mapping *mapping)
{
	return READ_ONCE(mapping->size);
}

/*
 * A file has writers, or programs that run it, but not both. Each begin is undone by an end.
 * write_begin: it was opened for writing. run_begin: it is the program of an mm. => false: the
 * other side has it. write_more: once more, by one who knows that it is open for writing
 */
bool mapping_write_begin(struct mapping *mapping);
void mapping_write_more(struct mapping *mapping);
void mapping_write_end(struct mapping *mapping);
bool mapping_run_begin(struct mapping *mapping);
void mapping_run_end(struct mapping *mapping);

/* One reference to the owner; false when it is on its way out. */
bool mapping_get(struct mapping *mapping);
/* May sleep; no lock held that the owner's last put takes. */
void mapping_put(struct mapping *mapping);

/* --- finding and reading ------------------------------------------------------------------ */

/* The page with a reference, valid or not, or NULL: it is not in memory. */
struct page *pagecache_find(struct mapping *mapping, u64 index);

/*
 * The page, uptodate, with a reference: reads it, and those that will follow, if it is not there.
 * ra: the reader's state; NULL: read this page alone. Sleeps.
 * => NULL no memory; ERR_PTR(-EIO ...); ERR_PTR(-ENOENT): memory that has no disk, and a hole of it
 */
struct page *pagecache_get(struct mapping *mapping, u64 index, struct readahead *ra);

/*
 * A hole of memory that has no disk gets a page of zeros, for a program that maps it: it counts, and is
 * dirty, as if it had been stored to. Sleeps. => the page, uptodate, with a reference; NULL no memory;
 * ERR_PTR(-EIO): not within the file, or unreadable in swap; ERR_PTR(-ENOSPC): no more may count
 */
struct page *pagecache_fill_hole(struct mapping *mapping, u64 index);

/*
 * page was not given the room that a store to it takes: if memory is its only home, and it is new, it
 * leaves again. => page locked, in a mapping
 */
void pagecache_drop_unused(struct page *page);

/*
 * The page, locked, with a reference, for a write by the file system. Uptodate, except that when
 * overwrite_whole the contents may be anything: the caller fills all 4096 bytes and then calls
 * page_set_uptodate(). Sleeps.
 * => NULL no memory; ERR_PTR(-EIO ...)
 */
struct page *pagecache_get_for_write(struct mapping *mapping, u64 index, bool overwrite_whole);

/* The page, locked, with a reference; a new one is zero-filled and uptodate: for what lies beyond
 * any block (holes, shmem, a directory's new block). => NULL no memory; ERR_PTR(-EIO) */
struct page *pagecache_get_zeroed(struct mapping *mapping, u64 index);

/*
 * Start reading these pages unless they are there. Errors are ignored. Sleeps for memory and queues
 * only.
 */
void pagecache_readahead(struct mapping *mapping, u64 index, u64 nr_pages);

/*
 * Copy file contents from *pos on to the buffers until they are full or the file ends, advancing
 * *pos: the whole of read(2) for a file whose pages are here. No lock held. Checks mapping->size.
 * => bytes, or -errno when there were none
 */
s64 pagecache_read(struct mapping *mapping, u64 *pos, struct uio *uio, struct readahead *ra);

/* --- dirty pages ---------------------------------------------------------------------------- */

/* page, locked, is newer than the disk. => the caller has a reference; any sleeping context */
void page_mark_dirty(struct page *page);

/* The page is not dirty any more, without having been written. => page locked */
void page_cancel_dirty(struct page *page);

/*
 * Let writers wait while too many pages are dirty. Call after each page or so of a write, no lock
 * held.
 */
void dirty_throttle(void);

/*
 * Write the dirty pages in [start, end) bytes; end UINT64_MAX: all. wait: until they, and others
 * that were already under way there, are on the disk (its cache may still need a flush).
 * => 0, or the error of this write-back (-EIO, -ENOSPC, ...); no lock inside LOG held
 */
int mapping_writeback(struct mapping *mapping, u64 start, u64 end, bool wait);

/*
 * Whoever opens or maps the file is told of the errors since then, once; and of earlier ones that nobody
 * was told of: often who wrote has closed the file when its pages are written. What such a reader begins
 * with:
 */
static inline u32
mapping_sample_errors(const struct mapping *mapping)
{
	return READ_ONCE(mapping->wb_errors_told);
}

/* Errors that the reader was not told of; now it was. => 0 or the last error */
int mapping_check_error(struct mapping *mapping, u32 *since);

/* Pages of the cache: all, dirty, and being written, now. */
u64 nr_pagecache_pages(void);
u64 nr_dirty_pages(void);
u64 nr_writeback_pages(void);
/* Has one of its pages the mark? Takes its lock. */
bool mapping_is_marked(struct mapping *mapping, enum xa_mark mark);
/* Nodes of the caches' trees that harts keep for their next insertion. For leak checks. */
u64 nr_reserved_nodes(void);

/* --- shrinking -------------------------------------------------------------------------------- */

/*
 * What follows the end of the file in its last page, if that is in the cache, becomes zero, and dirty if it
 * was not: programs may store there through mappings, and it must not show when the file grows.
 * => caller holds INODE; no page lock, no transaction. 0; -ENOMEM, -EIO: the page is in swap
 */
int mapping_zero_tail(struct mapping *mapping);

/*
 * The file grew; if by more than a write that began at its end, then after mapping_zero_tail().
 * => caller holds the lock that protects its size (INODE)
 */
void mapping_set_size(struct mapping *mapping, u64 size);

/*
 * truncate(2): the file has `size` bytes now, which may be more or fewer than before. Pages beyond
 * are unmapped from every address space and dropped, dirty or not; the rest of the last page is
 * zeroed if it is in the cache (and marked dirty if so). Waits for write-back of these pages, for
 * which the file system may have to begin a transaction: so not inside one. => caller holds INODE; no page
 * lock; 0; -ENOMEM, -EIO: the last page is in swap, and nothing was changed (not with size 0)
 */
int mapping_truncate(struct mapping *mapping, u64 size);

/*
 * Pages first .. last leave memory and are zero from now on, for a mapping without a disk behind
 * it. => no page lock, no lock inside PAGE
 */
void mapping_remove_pages(struct mapping *mapping, u64 first, u64 last);

/*
 * Have each page locked once: who held a page's lock, and has decided to mark it dirty, has done so. => no
 * page lock, no lock inside PAGE
 */
void mapping_wait_stores(struct mapping *mapping);

/*
 * Those of nr pages of one mapping that nobody uses leave it; the cache's reference is put. => each locked,
 * not being written; the caller has a reference to it. How many left: they are first in pages[] now
 */
unsigned pagecache_remove(struct page **pages, unsigned nr);

/* Pages first .. last leave memory, if they are clean and nobody uses them. => no page lock, no lock inside PAGE */
void pagecache_drop_clean(struct mapping *mapping, u64 first, u64 last);

/* Like pagecache_remove, whoever else may have a reference (truncation). */
void pagecache_evict(struct page *page);
