#pragma once

/*
 * Asking another hart to give up what only it may touch. It happens when that hart takes the
 * interrupt; nobody waits for it.
 */

#include "lib/types.h"

/* => interrupts off; cpu will call cache_ipi() for every cache. Any lock. */
void slab_ipi_request(u32 cpu);
