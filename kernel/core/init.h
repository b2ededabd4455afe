#pragma once

/*
 * Code of a layer that boot/ does not know, run once when all of the kernel is up and before
 * the root file system is mounted, in the "init" thread. ktest/ comes in this way.
 */

#include "lib/compiler.h"

typedef void (*late_init_fn)(void);

#define LATE_INIT(fn) static const late_init_fn late_init_##fn SECTION(".late_init") USED = fn

/* Call all of them, in no particular order. */
void late_init_run(void);
