#pragma once

/* This hart's interrupt enable bit, sstatus.SIE. */

#include "riscv/csr.h"

static inline void
irq_enable(void)
{
	csr_set(sstatus, SSTATUS_SIE);
}

static inline void
irq_disable(void)
{
	csr_clear(sstatus, SSTATUS_SIE);
}

/* => returns the state to give to irq_restore() */
static inline u64
irq_save(void)
{
	return csr_read_clear(sstatus, SSTATUS_SIE) & SSTATUS_SIE;
}

static inline void
irq_restore(u64 flags)
{
	csr_set(sstatus, flags);
}

static inline bool
irq_enabled(void)
{
	return csr_read(sstatus) & SSTATUS_SIE;
}
