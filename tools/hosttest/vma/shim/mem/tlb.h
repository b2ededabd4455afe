#pragma once

#include "mem/pgtable.h"

struct tlb_context {
	int unused;
};
