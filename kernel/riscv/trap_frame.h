#pragma once

/*
 * Registers as trap/entry.S saves them at the top of the kernel stack. The first
 * 32 words are Linux's `struct user_regs_struct`, which is also what a signal
 * frame carries.
 */

#define TF_PC	   0
#define TF_RA	   8
#define TF_SP	   16
#define TF_GP	   24
#define TF_TP	   32
#define TF_T0	   40
#define TF_S0	   64
#define TF_A0	   80
#define TF_A7	   136
#define TF_STATUS  256
#define TF_CAUSE   264
#define TF_TVAL	   272
#define TF_ORIG_A0 280
#define TF_SIZE	   288

#ifndef __ASSEMBLER__
#include "lib/compiler.h"
#include "lib/types.h"

struct trap_frame {
	u64 pc;
	u64 ra, sp, gp, tp;
	u64 t0, t1, t2;
	u64 s0, s1;
	u64 a0, a1, a2, a3, a4, a5, a6, a7;
	u64 s2, s3, s4, s5, s6, s7, s8, s9, s10, s11;
	u64 t3, t4, t5, t6;
	u64 status;  /* sstatus at the trap */
	u64 cause;   /* scause */
	u64 tval;    /* stval */
	u64 orig_a0; /* a0 before a system call overwrote it, for restarts */
};

STATIC_ASSERT(sizeof(struct trap_frame) == TF_SIZE);
#endif
