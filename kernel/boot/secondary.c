/*
 * The other harts. Each gets an idle task and an entry in secondary_harts, and is asked of
 * the firmware. One that the firmware let loose before (boot/entry.S) is already waiting
 * for its entry; the request then fails, which is fine.
 */

#include "boot/secondary.h"

#include "core/clock.h"
#include "core/cpu.h"
#include "core/image.h"
#include "core/machine.h"
#include "core/panic.h"
#include "core/printk.h"
#include "dev/plic.h"
#include "lib/printf.h"
#include "mem/slab.h"
#include "mem/vmalloc.h"
#include "riscv/sbi.h"
#include "sched/rq.h"
#include "sched/sched.h"
#include "sched/timer.h"

#define START_TIMEOUT_NS (2 * NSEC_PER_SEC)

STATIC_ASSERT(sizeof(struct secondary_hart) == SECONDARY_SIZE);
STATIC_ASSERT(offsetof(struct secondary_hart, go) == SECONDARY_GO);
STATIC_ASSERT(offsetof(struct secondary_hart, stack_top) == SECONDARY_STACK);
STATIC_ASSERT(offsetof(struct secondary_hart, task) == SECONDARY_TASK);
STATIC_ASSERT(offsetof(struct secondary_hart, satp) == SECONDARY_SATP);
STATIC_ASSERT(offsetof(struct secondary_hart, entry) == SECONDARY_ENTRY);

extern char _start[];

/* First C code of another hart, on its idle task's stack. */
static void
secondary_main(void)
{
	struct task *idle = current;

	sched_init_cpu(idle);
	timer_init_cpu();
	plic_init_cpu();
	__atomic_store_n(&this_cpu()->online, true, __ATOMIC_RELEASE);
	irq_enable();
	sched_idle_loop();
}

static struct task INIT *
idle_task_create(u32 cpu)
{
	struct task *idle = kzalloc(sizeof(*idle), GFP_KERNEL);
	void *stack = kstack_alloc();

	if (!idle || !stack)
		panic("no memory for hart %u", machine.hartids[cpu]);
	idle->ti.cpu = &cpus[cpu];
	idle->ti.cpu_id = cpu;
	idle->ti.kstack_base = (u64)stack;
	idle->ti.kernel_sp = (u64)stack + KSTACK_SIZE;
	idle->ti.name = idle->name;
	idle->on_cpu = 1;
	refcount_set(&idle->refs, 1);
	snprintf(idle->name, sizeof(idle->name), "idle/%u", cpu);
	return idle;
}

static void INIT
secondary_start(u32 cpu)
{
	struct secondary_hart *entry = &secondary_harts[cpu];
	struct task *idle = idle_task_create(cpu);
	u64 give_up = clock_now_ns() + START_TIMEOUT_NS;

	cpus[cpu].id = cpu;
	cpus[cpu].hartid = machine.hartids[cpu];
	entry->stack_top = idle->ti.kernel_sp;
	entry->task = (u64)idle;
	entry->satp = csr_read(satp);
	entry->entry = (u64)secondary_main;
	entry->hartid = machine.hartids[cpu];
	__atomic_store_n(&entry->go, 1, __ATOMIC_RELEASE);
	sbi_hart_start(machine.hartids[cpu], image_to_pa(_start), 0);
	while (!__atomic_load_n(&cpus[cpu].online, __ATOMIC_ACQUIRE)) {
		if (clock_now_ns() > give_up) {
			pr_err("hart %u did not start", machine.hartids[cpu]);
			return;
		}
	}
}

void INIT
secondary_start_all(void)
{
	u32 nr_online = 1;

	nr_cpus = machine.nr_harts;
	cpus[0].hartid = machine.hartids[0];
	for (u32 cpu = 1; cpu < machine.nr_harts; cpu++)
		secondary_start(cpu);
	for (u32 cpu = 1; cpu < nr_cpus; cpu++)
		nr_online += cpus[cpu].online;
	if (nr_cpus > 1)
		pr_info("%u harts online", nr_online);
}
