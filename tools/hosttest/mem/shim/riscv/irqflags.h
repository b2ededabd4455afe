/* The interrupt enable bit of the simulated hart. */
#pragma once

#include "lib/types.h"

extern bool host_irq_enabled;

static inline void
irq_enable(void)
{
	host_irq_enabled = true;
}

static inline void
irq_disable(void)
{
	host_irq_enabled = false;
}

static inline u64
irq_save(void)
{
	u64 flags = host_irq_enabled;

	host_irq_enabled = false;
	return flags;
}

static inline void
irq_restore(u64 flags)
{
	host_irq_enabled = host_irq_enabled || flags;
}

static inline bool
irq_enabled(void)
{
	return host_irq_enabled;
}
