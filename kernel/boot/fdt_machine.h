#pragma once

/* From the flattened device tree that the firmware passes to `struct machine`. */

#include "lib/types.h"

/*
 * Read the FDT at fdt_pa: fill in `machine`, tell the early allocator about RAM and what of it
 * is taken. Panics, naming what is wrong, when the machine cannot run the kernel.
 */
void machine_read_fdt(u64 boot_hartid, u64 fdt_pa);
