#pragma once

/*
 * Floating-point registers. They belong to user programs; the kernel never uses them.
 * A thread starts with FS = Off; its first FP instruction traps, gets its registers
 * loaded and FS = Clean. Only when FS is Dirty at a switch are they saved.
 */

#include "lib/types.h"

struct fpu_state {
	u64 f[32];
	u32 fcsr;
	bool used; /* f and fcsr were saved here since exec; until then they are 0 */
};

/* => sstatus.FS is not Off */
void fpu_save(struct fpu_state *fpu);
void fpu_load(const struct fpu_state *fpu);
