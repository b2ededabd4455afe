#include "dev/plic.h"

#include "core/cpu.h"
#include "core/machine.h"
#include "core/panic.h"
#include "core/printk.h"
#include "core/spinlock.h"
#include "lib/errno.h"
#include "mem/gfp.h"
#include "mem/slab.h"
#include "mem/vmalloc.h"
#include "riscv/csr.h"
#include "riscv/io.h"

/* Register map, PLIC specification 1.0, "Memory Map". */
#define PLIC_PRIORITY(irq)	  (4UL * (irq))
#define PLIC_ENABLE(context, irq) (0x2000UL + 0x80UL * (context) + (irq) / 32 * 4)
#define PLIC_THRESHOLD(context)	  (0x200000UL + 0x1000UL * (context))
#define PLIC_CLAIM(context)	  (0x200004UL + 0x1000UL * (context))

/* Moving costs four register accesses: it should pay soon, but not be for one request. */
#define IRQ_MOVE_AFTER 8

struct irq {
	const char *name;
	void (*handler)(void *arg);
	void *arg;
	u32 cpu;		   /* the one hart on which the source is enabled */
	u32 wanted_cpu, nr_wanted; /* irq_follow(): by which other hart, how often in a row */
	u64 count[NR_CPUS];
};

static char *regs;
static struct irq *irqs; /* by source number */
static u32 nr_irqs;
static bool cpu_ready[NR_CPUS];
/* Guards the enable registers, handlers while being registered, and irq->cpu. */
static struct spinlock plic_lock = SPINLOCK_INIT("plic", RANK_DEVICE);

void INIT
plic_init(void)
{
	if (machine.plic.size == 0) {
		pr_warn("plic: none, devices will be polled");
		return;
	}
	nr_irqs = machine.plic_nr_irqs + 1;
	irqs = kzalloc(nr_irqs * sizeof(*irqs), GFP_KERNEL);
	regs = ioremap(machine.plic.pa, machine.plic.size);
	assert(irqs && regs);
	for (u32 i = 1; i < nr_irqs; i++)
		writel(0, regs + PLIC_PRIORITY(i));
	for (u32 cpu = 0; cpu < machine.nr_harts; cpu++) {
		if (machine.plic_context[cpu] < 0)
			continue;
		for (u32 i = 0; i < nr_irqs; i += 32)
			writel(0, regs + PLIC_ENABLE(machine.plic_context[cpu], i));
	}
}

void
plic_init_cpu(void)
{
	u32 cpu = cpu_id();

	if (!regs || machine.plic_context[cpu] < 0)
		return;
	writel(0, regs + PLIC_THRESHOLD(machine.plic_context[cpu]));
	__atomic_store_n(&cpu_ready[cpu], true, __ATOMIC_RELEASE);
	csr_set(sie, SIE_SEIE);
}

/*
 * The priority is written last: an interrupt that already waits reaches a hart in QEMU 7 when its
 * priority changes or another one comes, not when its enable bit does.
 */
static void
irq_enable_locked(u32 irq, u32 cpu, bool enable)
{
	char *reg = regs + PLIC_ENABLE(machine.plic_context[cpu], irq);
	u32 bits = readl(reg);

	writel(enable ? bits | 1U << irq % 32 : bits & ~(1U << irq % 32), reg);
	if (enable)
		writel(1, regs + PLIC_PRIORITY(irq));
}

int
irq_register(u32 irq, const char *name, void (*handler)(void *arg), void *arg)
{
	u64 flags;

	if (!regs || machine.plic_context[cpu_id()] < 0)
		return -ENODEV;
	if (irq == 0 || irq >= nr_irqs)
		return -EINVAL;
	flags = spin_lock_irqsave(&plic_lock);
	if (irqs[irq].handler) {
		spin_unlock_irqrestore(&plic_lock, flags);
		return -EBUSY;
	}
	irqs[irq] = (struct irq){.name = name, .handler = handler, .arg = arg, .cpu = cpu_id()};
	irq_enable_locked(irq, irqs[irq].cpu, true);
	spin_unlock_irqrestore(&plic_lock, flags);
	return 0;
}

void
irq_follow(u32 irq_number)
{
	struct irq *irq = &irqs[irq_number];
	u32 cpu = cpu_id();

	if (cpu == READ_ONCE(irq->cpu)) {
		irq->nr_wanted = 0;
	} else if (cpu == irq->wanted_cpu) {
		irq->nr_wanted++;
	} else {
		irq->wanted_cpu = cpu;
		irq->nr_wanted = 1;
	}
}

/*
 * Only the hart on which a source is enabled may move it, and only while it does not serve it: a
 * completion by a hart for which the source is disabled is ignored, and no interrupt would ever
 * come again.
 */
static void
irq_move(u32 irq)
{
	u32 cpu = READ_ONCE(irqs[irq].wanted_cpu);

	irqs[irq].nr_wanted = 0;
	if (!__atomic_load_n(&cpu_ready[cpu], __ATOMIC_ACQUIRE))
		return;
	spin_lock(&plic_lock);
	irq_enable_locked(irq, irqs[irq].cpu, false);
	WRITE_ONCE(irqs[irq].cpu, cpu);
	irq_enable_locked(irq, cpu, true);
	spin_unlock(&plic_lock);
}

/* One source for each trap: if a second one waits, the trap comes again at once. */
void
plic_handle_irq(void)
{
	u32 cpu = cpu_id();
	char *claim = regs + PLIC_CLAIM(machine.plic_context[cpu]);
	u32 irq = readl(claim);

	if (irq == 0 || irq >= nr_irqs)
		return;
	irqs[irq].count[cpu]++;
	if (irqs[irq].handler)
		irqs[irq].handler(irqs[irq].arg);
	writel(irq, claim);
	if (unlikely(READ_ONCE(irqs[irq].nr_wanted) >= IRQ_MOVE_AFTER))
		irq_move(irq);
}

bool
irq_stats_get(u32 irq, struct irq_stats *stats)
{
	if (irq >= nr_irqs || !irqs[irq].handler)
		return false;
	stats->name = irqs[irq].name;
	for (u32 cpu = 0; cpu < NR_CPUS; cpu++)
		stats->count[cpu] = irqs[irq].count[cpu];
	return true;
}

u32
irq_max(void)
{
	return nr_irqs == 0 ? 0 : nr_irqs - 1;
}
