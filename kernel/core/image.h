#pragma once

/* Where the parts of the kernel's image lie (boot/kernel.ld). */

#include "lib/types.h"

extern char kernel_start[], kernel_end[];
extern char text_start[], text_end[];
/* For the boot alone (lib/compiler.h): unmapped, and others' memory, after init_memory_free(). */
extern char init_text_start[], init_text_end[];
extern char init_data_start[], init_data_end[];
extern char rodata_start[], rodata_end[];
extern char data_start[];
extern char bss_start[], bss_end[];

/* The image's own distance: pa = va - kernel_image_offset. Set by boot/entry.S. */
extern u64 kernel_image_offset;

static inline u64
image_to_pa(const void *va)
{
	return (u64)va - kernel_image_offset;
}
