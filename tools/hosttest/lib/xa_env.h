/* Nodes for the sparse array, from malloc: counted, and failing when told. */
#pragma once

#include "lib/xarray.h"

extern long xa_env_live; /* nodes allocated and not freed */
extern long
	xa_env_fail_countdown; /* this many succeed, the next fails (once); negative: none fails */
