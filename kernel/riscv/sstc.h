#pragma once

/* The Sstc extension: a timer that S-mode sets itself. Source: RISC-V "stimecmp/vstimecmp". */

#include "riscv/csr.h"

/* Does writing stimecmp work here? Interrupts off. The clock is left far in the future. */
bool sstc_probe(void);

static inline void
sstc_write(u64 ticks)
{
	csr_write(0x14d, ticks);
}
