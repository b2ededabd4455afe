#pragma once

/* Where the parts of a new program go: at random, so that an attacker cannot know. */

#include "lib/types.h"

#define EXEC_RANDOM_BYTES 16

struct exec_layout {
	uva_t stack_top;	      /* the stack ends here */
	uva_t mmap_base;	      /* mmap looks for room below */
	uva_t pie_base;		      /* of a position-independent program */
	bool stack_exec;	      /* is what is on the stack code, too? */
	u64 brk_gap;		      /* bytes from the program's end to its heap */
	u8 random[EXEC_RANDOM_BYTES]; /* for the program itself: AT_RANDOM */
};

/* All but stack_exec, which is the program's to say; page-aligned. With the boot argument norandmaps the addresses are the same each time. */
void exec_layout_choose(struct exec_layout *layout);

/* Once, at boot: reads that argument. */
void exec_layout_init(void);
