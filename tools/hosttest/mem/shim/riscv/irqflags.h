/* The interrupt enable bit of the simulated hart. Where it is set, an interrupt may come at once. */
#pragma once

#include "lib/types.h"

extern bool host_irq_enabled;
/* The handler of that interrupt, if there is one; it is not interrupted itself. */
extern void (*host_irq_handler)(void);

static inline void
irq_enable(void)
{
	void (*handler)(void) = host_irq_handler;

	if (host_irq_enabled)
		return;
	if (handler) {
		host_irq_handler = NULL;
		handler();
		host_irq_handler = handler;
	}
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
	if (flags)
		irq_enable();
}

static inline bool
irq_enabled(void)
{
	return host_irq_enabled;
}
