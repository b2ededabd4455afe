/*
 * Why did we come here, and who deals with it?
 *
 *	from user	system call	entry.S calls syscall_dispatch itself
 *			page fault	fault_handle(), else SIGSEGV or SIGBUS
 *			illegal		the thread's first FP instruction, else SIGILL
 *			other		a signal
 *			interrupt	handler; maybe a switch on the way back
 *	from kernel	interrupt	handler, and back to where it was: no switch
 *			anything else	a bug: panic
 */

#include "trap/trap.h"

#include "core/clock.h"
#include "core/cpu.h"
#include "core/panic.h"
#include "core/spinlock.h"
#include "dev/plic.h"
#include "mem/pcp.h"
#include "mem/slab.h"
#include "mem/tlb_check.h"
#include "proc/signal.h"
#include "riscv/csr.h"
#include "sched/rq.h"
#include "sched/sched.h"
#include "sched/timer.h"
#include "vm/fault.h"

/* Before a fault that found no memory is tried again. */
#define FAULT_RETRY_NS (10 * NSEC_PER_MSEC)

static void
handle_ipi(void)
{
	csr_clear(sip, SIE_SSIE);
	this_cpu()->nr_ipis++;
	cpu_stop_if_asked();
	slab_ipi();
	pcp_drain_if_asked();
	sched_ipi();
}

static void
handle_interrupt(u64 number, bool from_user)
{
	struct cpu *cpu = this_cpu();
#ifdef DEBUG
	u32 saved = lockcheck_irq_enter();
#endif

	cpu->irq_nesting++;
	cpu->nr_interrupts++;
	switch (number) {
	case IRQ_S_TIMER:
		cpu->nr_timer_irqs++;
		timer_interrupt(from_user);
		break;
	case IRQ_S_EXT:
		plic_handle_irq();
		break;
	case IRQ_S_SOFT:
		handle_ipi();
		break;
	default:
		panic("interrupt %lu, which nobody enabled", number);
	}
	cpu->irq_nesting--;
#ifdef DEBUG
	lockcheck_irq_exit(saved);
#endif
}

static const char *
exception_name(u64 cause)
{
	static const char *const names[] = {
		[EXC_INST_MISALIGNED] = "misaligned jump",
		[EXC_INST_ACCESS] = "instruction access fault",
		[EXC_INST_ILLEGAL] = "illegal instruction",
		[EXC_BREAKPOINT] = "breakpoint",
		[EXC_LOAD_MISALIGNED] = "misaligned load",
		[EXC_LOAD_ACCESS] = "load access fault",
		[EXC_STORE_MISALIGNED] = "misaligned store or atomic",
		[EXC_STORE_ACCESS] = "store access fault",
		[EXC_INST_PAGE_FAULT] = "instruction page fault",
		[EXC_LOAD_PAGE_FAULT] = "load page fault",
		[EXC_STORE_PAGE_FAULT] = "store page fault",
	};

	return cause < ARRAY_SIZE(names) && names[cause] ? names[cause] : "unknown exception";
}

static void
kernel_fault(const struct trap_frame *tf)
{
	const char *what = exception_name(tf->cause);

	if (tf->cause == EXC_INST_PAGE_FAULT || tf->cause == EXC_INST_ACCESS)
		panic_trap(tf, "wild jump to %#lx, from about %#lx", tf->pc, tf->ra);
	if (tf->cause < EXC_LOAD_MISALIGNED || tf->cause == EXC_ECALL_U)
		panic_trap(tf, "%s at %#lx", what, tf->pc);
	if (tf->tval < PAGE_SIZE)
		panic_trap(tf, "null dereference: %s at address %#lx", what, tf->tval);
	if (tf->tval < USER_VA_END)
		panic_trap(tf, "%s at user address %#lx, which the kernel never touches", what,
			   tf->tval);
	panic_trap(tf, "%s at address %#lx", what, tf->tval);
}

void
trap_kernel(struct trap_frame *tf)
{
	if (tf->cause & SCAUSE_IRQ)
		handle_interrupt(tf->cause & ~SCAUSE_IRQ, false);
	else
		kernel_fault(tf);
}

void
trap_stack_overflow(struct trap_frame *tf)
{
	panic_trap(tf, "kernel stack overflow: sp %#lx is below %#lx, the stack of \"%s\"", tf->sp,
		   current_thread_info->kstack_base, current_thread_info->name);
}

/* init cannot be spared for ever, but others can free memory; so it tries again. */
static void
user_fault_without_memory(void)
{
	if (current->process == init_process)
		task_sleep_ns(FAULT_RETRY_NS, false);
	else
		signal_force(SIGKILL, SI_KERNEL, 0);
}

static void
user_page_fault(const struct trap_frame *tf)
{
	enum fault_access access = FAULT_READ;

	if (tf->cause == EXC_STORE_PAGE_FAULT)
		access = FAULT_WRITE;
	else if (tf->cause == EXC_INST_PAGE_FAULT)
		access = FAULT_EXEC;
	switch (fault_handle(current->mm, tf->tval, access)) {
	case FAULT_OK:
		break;
	case FAULT_ACCERR:
		signal_force(SIGSEGV, SEGV_ACCERR, tf->tval);
		break;
	case FAULT_BUS:
		signal_force(SIGBUS, BUS_ADRERR, tf->tval);
		break;
	case FAULT_OOM:
		user_fault_without_memory();
		break;
	default:
		signal_force(SIGSEGV, SEGV_MAPERR, tf->tval);
		break;
	}
}

/* The first FP instruction since the registers left the hart: load them. => false: they are there */
static bool
fpu_trap(struct trap_frame *tf)
{
	if ((tf->status & SSTATUS_FS) != SSTATUS_FS_OFF)
		return false;
	irq_disable();
	csr_set(sstatus, SSTATUS_FS_CLEAN);
	fpu_load(&current->fpu);
	csr_clear(sstatus, SSTATUS_FS);
	tf->status |= SSTATUS_FS_CLEAN;
	irq_enable();
	return true;
}

/*
 * With FS off, was it an FP instruction? Those that are not would trap again with FS on,
 * and then be SIGILL; one detour, taken once, is the price for not decoding them here.
 */
static void
user_illegal(struct trap_frame *tf)
{
	if (!fpu_trap(tf))
		signal_force(SIGILL, ILL_ILLOPC, tf->pc);
}

static void
user_exception(struct trap_frame *tf)
{
	switch (tf->cause) {
	case EXC_INST_PAGE_FAULT:
	case EXC_LOAD_PAGE_FAULT:
	case EXC_STORE_PAGE_FAULT:
		user_page_fault(tf);
		break;
	case EXC_INST_ILLEGAL:
		user_illegal(tf);
		break;
	case EXC_BREAKPOINT:
		signal_force(SIGTRAP, TRAP_BRKPT, tf->pc);
		break;
	case EXC_INST_MISALIGNED:
	case EXC_LOAD_MISALIGNED:
	case EXC_STORE_MISALIGNED:
		signal_force(SIGBUS, BUS_ADRALN, tf->tval);
		break;
	default:
		signal_force(SIGSEGV, SEGV_ACCERR, tf->tval);
		break;
	}
}

void
trap_user(struct trap_frame *tf)
{
	if (tf->cause & SCAUSE_IRQ) {
		handle_interrupt(tf->cause & ~SCAUSE_IRQ, true);
		return;
	}
	irq_enable();
	user_exception(tf);
	tlb_check_settled();
}

void
trap_return_work(struct trap_frame *tf)
{
	irq_enable();
	if (READ_ONCE(current->ti.flags) & TIF_NEED_RESCHED)
		schedule();
	if (READ_ONCE(current->ti.flags) & TIF_SIGPENDING)
		signal_deliver(tf);
}

void INIT
trap_init(void)
{
	task_enter_user_hook = trap_enter_user;
}
