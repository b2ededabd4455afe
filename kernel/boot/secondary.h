#pragma once

/* What a hart other than the boot hart finds when it comes to _start (boot/entry.S). */

#define SECONDARY_HARTID 0
#define SECONDARY_GO	 8
#define SECONDARY_STACK	 16
#define SECONDARY_TASK	 24
#define SECONDARY_SATP	 32
#define SECONDARY_ENTRY	 40
#define SECONDARY_SIZE	 48

/* Leaves of 2 MiB that the first page table gives to the image. */
#define EARLY_IMAGE_LEAVES 32

#ifndef __ASSEMBLER__
#include "lib/types.h"

struct secondary_hart {
	u64 hartid; /* -1 for an unused entry */
	u64 go;	    /* 1 when the rest is valid */
	u64 stack_top, task, satp, entry;
};

extern struct secondary_hart secondary_harts[];

/* Bring up every other hart of the machine description; returns when they are online. */
void secondary_start_all(void);
#endif
