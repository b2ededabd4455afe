#pragma once

/* What the parts of KASAN share. None of them is instrumented. */

#include "lib/types.h"
#include "mem/kasan.h"
#include "riscv/layout.h"

#define GRANULE 8

/*
 * A byte of shadow: 0, all 8 bytes may be used; 1 to 7, so many of them; else none, and why. Those
 * of stacks and globals are gcc's.
 */
enum shadow_byte {
	SHADOW_ALLOCA_LEFT = 0xca,
	SHADOW_ALLOCA_RIGHT = 0xcb,
	SHADOW_STACK_LEFT = 0xf1,
	SHADOW_STACK_MID = 0xf2,
	SHADOW_STACK_RIGHT = 0xf3,
	SHADOW_STACK_PARTIAL = 0xf4,
	SHADOW_VMALLOC = 0xf6,
	SHADOW_SCOPE = 0xf8,
	SHADOW_GLOBAL = 0xf9,
	SHADOW_SLAB_FREE = 0xfb,
	SHADOW_SLAB_REDZONE = 0xfc,
	SHADOW_PAGE_REDZONE = 0xfe,
	SHADOW_PAGE_FREE = 0xff,
};

static inline u8 *
shadow_of(u64 address)
{
	return (u8 *)(KASAN_SHADOW_BASE + ((address - KERNEL_VA_START) >> 3));
}

/* Whole granules of [start, start + bytes). => multiples of GRANULE */
void shadow_set(u64 start, u64 bytes, enum shadow_byte value);

/* => the first byte of [start, start + bytes) that may not be used, 0 when there is none */
u64 shadow_first_bad(u64 start, u64 bytes);

/* Tell of a bad access and panic; returns while nothing is checked or another report goes on. */
void kasan_report(u64 address, u64 bytes, bool is_write, u64 caller);
/* The same about a free. */
void kasan_report_free(const void *object, const char *what, u64 caller);

/* The global variable whose memory or red zone has the address. => NULL: none */
struct asan_global;
const struct asan_global *kasan_global_find(u64 address);

/* What gcc tells of each global variable. */
struct asan_global {
	u64 start, bytes, bytes_with_redzone;
	const char *name, *module;
	u64 has_dynamic_init, location, odr_indicator;
};
