#pragma once

/* What a switch between kernel threads saves; riscv/switch.S knows the layout. */

#include "lib/types.h"

struct context {
	u64 ra, sp;
	u64 s[12];
};

struct thread_info;

/*
 * Save the callee-saved registers in prev, load those of next, set tp and sscratch to
 * next_ti.
 * => in the thread that now runs: what switch_to's caller gave as prev_ti
 */
struct thread_info *context_switch(struct context *prev, struct context *next,
				   struct thread_info *prev_ti, struct thread_info *next_ti);
