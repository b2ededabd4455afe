#pragma once

#include "lib/types.h"

static inline bool
kill_pending(void)
{
	return false;
}

static inline void
cond_resched(void)
{
}
