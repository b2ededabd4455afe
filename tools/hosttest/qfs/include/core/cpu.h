#pragma once

#include "lib/types.h"

#define NR_CPUS 1

static inline u32
cpu_id(void)
{
	return 0;
}
