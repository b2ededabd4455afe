#include "core/cpu.h"

#include "core/clock.h"
#include "riscv/sbi.h"

STATIC_ASSERT(offsetof(struct thread_info, flags) == TI_FLAGS);
STATIC_ASSERT(offsetof(struct thread_info, cpu_id) == TI_CPU_ID);
STATIC_ASSERT(offsetof(struct thread_info, kernel_sp) == TI_KERNEL_SP);
STATIC_ASSERT(offsetof(struct thread_info, trap_sp) == TI_TRAP_SP);
STATIC_ASSERT(offsetof(struct thread_info, trap_t0) == TI_TRAP_T0);
STATIC_ASSERT(offsetof(struct thread_info, cpu) == TI_CPU);

struct cpu cpus[NR_CPUS];
u32 nr_cpus = 1;

void
cpu_send_ipi(u32 cpu)
{
	sbi_send_ipi(cpus[cpu].hartid);
}

void
cpu_stop_others(void)
{
	u64 give_up = clock_now_ns() + 100 * NSEC_PER_MSEC;

	for (u32 i = 0; i < nr_cpus; i++) {
		if (i == cpu_id() || !cpus[i].online)
			continue;
		__atomic_store_n(&cpus[i].stop_requested, true, __ATOMIC_RELEASE);
		cpu_send_ipi(i);
	}
	for (u32 i = 0; i < nr_cpus; i++)
		while (i != cpu_id() && READ_ONCE(cpus[i].online) && clock_now_ns() < give_up)
			barrier();
}

enum cpu_pause { PAUSE_NONE, PAUSE_REQUESTED, PAUSE_HELD };

/*
 * A hart that waits with interrupts off for a lock that a held hart took with interrupts on never
 * comes: then it is better to let all go on.
 */
#define PAUSE_TIMEOUT_NS NSEC_PER_SEC

static u32 pausing; /* atomic: 1 from a successful cpu_pause_others() on */

bool
cpu_pause_others(void)
{
	u64 give_up = clock_now_ns() + PAUSE_TIMEOUT_NS;

	if (__atomic_exchange_n(&pausing, 1, __ATOMIC_ACQUIRE))
		return false;
	for (u32 i = 0; i < nr_cpus; i++) {
		if (i == cpu_id() || !cpus[i].online)
			continue;
		__atomic_store_n(&cpus[i].pause, PAUSE_REQUESTED, __ATOMIC_RELEASE);
		cpu_send_ipi(i);
	}
	for (u32 i = 0; i < nr_cpus; i++)
		while (__atomic_load_n(&cpus[i].pause, __ATOMIC_ACQUIRE) == PAUSE_REQUESTED) {
			if (clock_now_ns() < give_up)
				continue;
			cpu_resume_others();
			return false;
		}
	return true;
}

void
cpu_resume_others(void)
{
	for (u32 i = 0; i < nr_cpus; i++)
		__atomic_store_n(&cpus[i].pause, PAUSE_NONE, __ATOMIC_RELEASE);
	__atomic_store_n(&pausing, 0, __ATOMIC_RELEASE);
}

/* A next request ends this pause, too; its interrupt is taken right after. */
static void
pause_if_asked(struct cpu *cpu)
{
	if (likely(__atomic_load_n(&cpu->pause, __ATOMIC_ACQUIRE) != PAUSE_REQUESTED))
		return;
	cpu->paused = current_thread_info;
	__atomic_store_n(&cpu->pause, PAUSE_HELD, __ATOMIC_RELEASE);
	while (__atomic_load_n(&cpu->pause, __ATOMIC_ACQUIRE) == PAUSE_HELD &&
	       !READ_ONCE(cpu->stop_requested))
		barrier();
	cpu->paused = NULL;
}

void
cpu_stop_if_asked(void)
{
	struct cpu *cpu = this_cpu();

	pause_if_asked(cpu);
	if (likely(!__atomic_load_n(&cpu->stop_requested, __ATOMIC_ACQUIRE)))
		return;
	irq_disable();
	WRITE_ONCE(cpu->online, false);
	for (;;)
		asm volatile("wfi");
}
