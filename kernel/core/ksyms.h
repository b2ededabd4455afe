#pragma once

/* The kernel's own symbols, in its image (tools/ksyms.py makes the tables). */

#include "lib/types.h"

/*
 * => the name of the function that contains address, and the distance from its
 *    start; NULL when address is not kernel text
 */
const char *ksyms_lookup(u64 address, u64 *offset);
