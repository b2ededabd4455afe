#pragma once

#include "lib/types.h"

/* From boot/entry.S: hartid and FDT as the firmware gave them. Becomes hart 0's idle loop. */
void boot_main(u64 hartid, u64 fdt_pa);
