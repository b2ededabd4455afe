#pragma once

/*
 * The platform-level interrupt controller. Source: RISC-V PLIC specification 1.0.
 *
 * Each source is enabled on one hart only, so that an interrupt wakes one and no claim is
 * lost to another: at first the hart that registered it, later the one that uses the device.
 */

#include "lib/types.h"
#include "riscv/layout.h"

/* Find the controller, mask everything. Boot hart, once. */
void plic_init(void);

/* Let this hart take external interrupts. Each hart, at its start. */
void plic_init_cpu(void);

/*
 * Call handler(arg) for source irq: interrupts off, on any hart, one at a time. name stays.
 * => -EINVAL for a bad number, -EBUSY when taken, -ENODEV without a controller
 */
int irq_register(u32 irq, const char *name, void (*handler)(void *arg), void *arg);

/*
 * The calling hart has given the device of source irq something to do, and would like to have the
 * interrupt; when it was the only one to say so for some time it gets it. irq has a handler.
 * => the driver's lock
 */
void irq_follow(u32 irq);

/* From trap/, on an external interrupt of this hart: serve one source. */
void plic_handle_irq(void);

/* For /proc/interrupts. => false when irq has no handler */
struct irq_stats {
	const char *name;
	u64 count[NR_CPUS]; /* by hart */
};
bool irq_stats_get(u32 irq, struct irq_stats *stats);
u32 irq_max(void); /* the largest source number */
