#pragma once

/*
 * One struct cpu for each hart that was started. Logical ids are dense from 0 (the
 * boot hart is 0); hart ids are whatever the firmware says. Per-hart data of other
 * layers are arrays [NR_CPUS] indexed by cpu_id().
 */

#include "core/thread_info.h"
#include "lib/compiler.h"
#include "riscv/irqflags.h"
#include "riscv/layout.h"

struct cpu {
	u32 id;
	u32 hartid;
	bool online;
	bool stop_requested;		  /* by a panic elsewhere */
	u32 pause;			  /* enum cpu_pause; cpu_pause_others() */
	const struct thread_info *paused; /* whom it had to interrupt for that */
	u32 irq_nesting;		  /* interrupt handlers on this hart's stack now */
	struct thread_info *idle;	  /* the thread that runs when nothing else can */
	u64 nr_interrupts, nr_timer_irqs, nr_ipis;
} ALIGNED(64);

extern struct cpu cpus[NR_CPUS];
extern u32 nr_cpus; /* cpus[0 .. nr_cpus-1] exist; set once, at boot */

/* The hart this runs on. Stable only while the caller cannot sleep (the kernel is not preempted). */
static inline u32
cpu_id(void)
{
	return current_thread_info->cpu_id;
}

static inline struct cpu *
this_cpu(void)
{
	return current_thread_info->cpu;
}

static inline bool
in_interrupt(void)
{
	return this_cpu()->irq_nesting != 0;
}

/* A set of harts by logical id. */
typedef u32 cpumask_t;

/* => asks one hart to look at its TIF_NEED_RESCHED and queues; any context */
void cpu_send_ipi(u32 cpu);

/* Stop every other hart, for a panic. Does not wait for ever. */
void cpu_stop_others(void);

/*
 * Hold every other hart in its IPI handler, with its registers on its stack: nobody holds a lock then
 * that is taken with interrupts off. => interrupts on, no spinning lock held; false, and nothing was
 * done: another hart is at it, or one did not come within a second
 */
bool cpu_pause_others(void);
void cpu_resume_others(void);

/* The other side of both, in the IPI handler: does not return when this hart is to stop. */
void cpu_stop_if_asked(void);
