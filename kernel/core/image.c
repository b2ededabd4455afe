#include "core/image.h"

#include "lib/compiler.h"

/* In .data: boot/entry.S writes it before .bss is in use, and late harts read it at any time. */
u64 kernel_image_offset SECTION(".data");
