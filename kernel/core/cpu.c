#include "core/cpu.h"

#include "core/clock.h"
#include "riscv/sbi.h"

STATIC_ASSERT(offsetof(struct thread_info, flags) == TI_FLAGS);
STATIC_ASSERT(offsetof(struct thread_info, cpu_id) == TI_CPU_ID);
STATIC_ASSERT(offsetof(struct thread_info, kernel_sp) == TI_KERNEL_SP);
STATIC_ASSERT(offsetof(struct thread_info, user_sp) == TI_USER_SP);
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

void
cpu_stop_if_asked(void)
{
	struct cpu *cpu = this_cpu();

	if (likely(!__atomic_load_n(&cpu->stop_requested, __ATOMIC_ACQUIRE)))
		return;
	irq_disable();
	WRITE_ONCE(cpu->online, false);
	for (;;)
		asm volatile("wfi");
}
