#pragma once

/*
 * What each frame of RAM is used for. Every frame that the FDT names is in exactly one of these
 * states, the reserved ones included.
 */

#include "lib/types.h"
#include "mem/early.h"

enum frame_state {
	FRAME_BUDDY,	/* free, in a block of its zone's buddy */
	FRAME_PCP,	/* free, kept back by a hart */
	FRAME_SLAB,	/* objects of kmem_cache_alloc and kmalloc */
	FRAME_TABLE,	/* page table */
	FRAME_KSTACK,	/* kernel stack */
	FRAME_VMALLOC,	/* of vmalloc, other than stacks */
	FRAME_ANON,	/* private memory of a process */
	FRAME_FILE,	/* cache of a file or disk */
	FRAME_SHMEM,	/* file without a disk: tmpfs, shared anonymous memory */
	FRAME_ZERO,	/* the shared page of zeros */
	FRAME_KERNEL,	/* any other page of the kernel's */
	FRAME_RESERVED, /* + enum early_kind: never given to the buddy */
	FRAME_LOST = FRAME_RESERVED + NR_EARLY_KINDS, /* neither free nor owned by anyone */
	FRAME_WRONG,				      /* flags and counts contradict each other */
	NR_FRAME_STATES,
};

/* In lower case, as /proc/pagestates shows it. */
const char *frame_state_name(enum frame_state state);

/*
 * The state of one frame; of a frame within a free block or an allocation that of the whole.
 * => false: no RAM there. LOST and WRONG may pass while the frame changes hands: look again later
 */
bool frame_state_get(u64 pfn, enum frame_state *state);

/* What contradicts what, for a frame that is LOST or WRONG. */
const char *frame_fault(u64 pfn);

/*
 * All of RAM in the order of addresses, without locks: stretches of frames of one state. Each
 * frame is in exactly one stretch.
 *
 *	struct frame_walk walk = {0};
 *	while (frame_walk_next(&walk)) ... walk.pfn, walk.nr, walk.state
 */
struct frame_walk {
	u64 pfn, nr;
	enum frame_state state;
	unsigned ram;	   /* index into ram_regions */
	unsigned reserved; /* ... reserved_regions: none before it ends beyond pfn */
};

bool frame_walk_next(struct frame_walk *walk);

/*
 * Says how much memory there is, and that the parts add up to what the FDT gave. In a debug build
 * every frame is looked at. Once, at the end of mem_init().
 */
void frames_report_boot(void);
