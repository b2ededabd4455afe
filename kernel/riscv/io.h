#pragma once

/*
 * Device registers, and ordering between the harts and devices that read memory.
 *
 * A register access is ordered with everything the CPU does around it that a device can see:
 * a write comes after all earlier memory accesses, a read before all later ones. So a driver
 * may fill a buffer and then ring a bell, or read "done" and then the buffer, without fences
 * of its own. Rings in plain memory that a device polls need the dma_ fences below.
 *
 * Source: RISC-V unprivileged specification, "FENCE": i, o are device input and output,
 * r, w memory reads and writes.
 */

#include "lib/types.h"

#define IO_READ(name, type, instruction)                              \
	static inline type name(const volatile void *reg)             \
	{                                                             \
		u64 value;                                            \
                                                                      \
		asm volatile(instruction " %0, 0(%1)\n\tfence i, ior" \
			     : "=r"(value)                            \
			     : "r"(reg)                               \
			     : "memory");                             \
		return (type)value;                                   \
	}

#define IO_WRITE(name, type, instruction)                                 \
	static inline void name(type value, volatile void *reg)           \
	{                                                                 \
		asm volatile("fence iorw, o\n\t" instruction " %0, 0(%1)" \
			     :                                            \
			     : "r"((u64)value), "r"(reg)                  \
			     : "memory");                                 \
	}

/* clang-format off */
IO_READ(readb, u8, "lbu")
IO_READ(readw, u16, "lhu")
IO_READ(readl, u32, "lwu")
IO_READ(readq, u64, "ld")
IO_WRITE(writeb, u8, "sb")
IO_WRITE(writew, u16, "sh")
IO_WRITE(writel, u32, "sw")
IO_WRITE(writeq, u64, "sd")
/* clang-format on */

#undef IO_READ
#undef IO_WRITE

/* Between accesses to memory that a device reads and writes as well (coherent on RISC-V). */
static inline void
dma_mb(void)
{
	asm volatile("fence rw, rw" ::: "memory");
}

/* Earlier reads before later reads and writes. */
static inline void
dma_rmb(void)
{
	asm volatile("fence r, rw" ::: "memory");
}

/* Earlier reads and writes before later writes. */
static inline void
dma_wmb(void)
{
	asm volatile("fence rw, w" ::: "memory");
}
