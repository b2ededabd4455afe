#pragma once

/*
 * The order of all locks, outermost first: a thread may only take a lock whose
 * rank is greater than that of every lock it holds. Debug builds check every
 * acquire (core/lockcheck.c). docs/locking.md explains each.
 */

enum lock_rank {
	/* Sleeping locks. */
	RANK_TTY = 10,	   /* who writes to the virtio console */
	RANK_FILEPOS = 12, /* the position of one open file */
	RANK_SWAPON = 17,  /* swapon and swapoff */
	RANK_MOUNT = 18,   /* the mount table */
	RANK_RENAME = 19,  /* moving directories within one file system */
	RANK_PIPE = 25,	   /* one pipe */
	RANK_INODE = 30,   /* parent directory */
	RANK_INODE2 = 31,  /* the second of several inodes; up to two more follow */
	RANK_LOG = 35,	   /* a transaction of the on-disk file system */
	RANK_MM = 40,	   /* an address space: its VMAs; a child of fork follows */
	RANK_PAGE = 50,	   /* the lock bit of a page */
	RANK_BMAP = 55,	   /* a file's block map */
	RANK_BUF = 60,	   /* a metadata block */
	RANK_FSALLOC = 65, /* bitmaps and counters of a file system */
	/* Spinning locks. */
	RANK_DIRTY = 95,      /* the list of mappings with dirty pages */
	RANK_SWAPPED = 96,    /* the list of mappings with pages in swap */
	RANK_FAULT_ATTR = 98, /* whether failures are injected (mem/fault_inject.c) */
	RANK_FILES = 100,     /* a descriptor table; dcache and inode hash */
	RANK_MAPPING = 110,
	RANK_RMAP = 120,
	RANK_ANON_GROUP = 122,	/* the areas of one anon group */
	RANK_ANON_GROUPS = 123, /* whether a group is still there */
	RANK_PAGETABLE = 130,
	RANK_SWAPOFF = 139, /* which area is being emptied */
	RANK_SWAP = 140,
	RANK_ZSWAP = 145, /* compressed pages (vm/zswap.c) */
	RANK_LRU = 150,
	RANK_FUTEX = 151,      /* who waits for which word (proc/futex.c) */
	RANK_TREE = 152,       /* the process tree (proc/process.h) */
	RANK_SIGNAL = 153,     /* signals of one process */
	RANK_ACTIONS = 154,    /* what processes do about signals (proc/signal_actions.h) */
	RANK_SLAB_WATCH = 155, /* who hears of allocations (mem/slab/watch.c) */
	RANK_VMALLOC = 156,
	RANK_SLAB = 160,
	RANK_ZONE = 170,
	RANK_DEVICE = 175, /* a device's queue or registers */
	RANK_WAITQ = 180,
	RANK_RUNQUEUE = 190,
	RANK_RUNQUEUE2 = 191, /* the second of two run queues, by hart id */
	RANK_TIMER = 195,
	RANK_ASID = 196,      /* numbers of address spaces (mem/asid.c) */
	RANK_TLB_CHECK = 197, /* what TLBs may hold, in debug builds (mem/tlb_check.c) */
	RANK_PRINTK = 200,
	RANK_CONSOLE = 210,
};
