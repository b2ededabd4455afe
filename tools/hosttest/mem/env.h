/*
 * What stands in for the machine and for core/ when mem/ runs on the host: RAM and struct pages from
 * malloc, harts that the test switches between, panics that a test can expect.
 */
#pragma once

#include <setjmp.h>

#include "mem/zone.h"

/* Makes nr_pages frames of RAM from start_pfn on, and their struct pages; nothing is in a zone yet. */
void env_ram_create(u64 start_pfn, u64 nr_pages);

/*
 * Boots the page allocator on that RAM: zones[] as given by the first frames of NORMAL and HIGHMEM
 * (equal to the end: none), all frames free, watermarks and reserves 0.
 */
void env_zones_create(u64 start_pfn, u64 nr_pages, u64 normal_pfn, u64 highmem_pfn);

/* From now on the code runs on this hart, which first takes the IPI that was sent to it, if any. */
void env_set_cpu(u32 cpu);
extern bool env_ipi_pending[];
extern void (*env_ipi_handler)(void);

/* Between operations: interrupts are on, and no lock is held. */
void env_check_idle(void);
/* Makes it so. */
void env_release_locks(void);

/* Each look at the clock moves it on by this much. */
extern u64 env_clock_step_ns;

/* Frees what the per-CPU lists of all harts keep. */
void env_drain_all(void);

/* Fails unless the statement panics. Locks that it held are released afterwards. */
#define EXPECT_PANIC(statement)                                                     \
	do {                                                                        \
		env_expects_panic = true;                                           \
		if (setjmp(env_panic_jump) == 0) {                                  \
			statement;                                                  \
			hosttest_fail(__FILE__, __LINE__, "no panic: " #statement); \
		}                                                                   \
	} while (0)

/* Also see host_irq_handler in shim/riscv/irqflags.h: a test's own interrupts. */
extern bool env_expects_panic;
extern jmp_buf env_panic_jump;
