#include "core/panic.h"

#include <stdarg.h>

#include "core/cpu.h"
#include "core/image.h"
#include "core/ksyms.h"
#include "core/machine.h"
#include "core/printk.h"
#include "lib/printf.h"
#include "riscv/sbi.h"
#include "riscv/trap_frame.h"

#define BACKTRACE_MAX 24

enum panic_action panic_action = PANIC_HALT;
void (*panic_report_hook)(const struct trap_frame *tf);
void (*panic_fault_hook)(const struct trap_frame *tf);
void (*machine_exit_hook)(int status);

static u32 panicking; /* atomic: set by the first hart that panics */

/* Straight to the console and past the ring's lock, which the dying code may hold. */
static void PRINTF(1, 2) panic_line(const char *fmt, ...)
{
	char line[400];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vscnprintf(line, sizeof(line) - 1, fmt, args);
	va_end(args);
	line[len++] = '\n';
	console_emergency_write(line, len);
}

static void
panic_address(const char *what, u64 address)
{
	u64 offset;
	const char *name = ksyms_lookup(address, &offset);

	if (name)
		panic_line("  %s[%016lx] %s+%#lx", what, address, name, offset);
	else
		panic_line("  %s[%016lx]", what, address);
}

/* A frame pointer is good when it lies in the current stack's upper part of its slot. */
static bool
frame_pointer_valid(u64 fp, u64 previous)
{
	return fp >= KERNEL_VA_START && (fp & 7) == 0 && fp > previous &&
	       fp - previous < KSTACK_SIZE && (((fp - 16) >> KSTACK_SHIFT) & 1);
}

void
backtrace_print(u64 fp, u64 pc)
{
	u64 previous = fp - 1;

	panic_address("", pc);
	for (int i = 0; i < BACKTRACE_MAX && frame_pointer_valid(fp, previous); i++) {
		u64 ra = ((u64 *)fp)[-1];

		if (ra == 0)
			return;
		panic_address("", ra - 1);
		previous = fp;
		fp = ((u64 *)fp)[-2];
	}
}

/*
 * From a trap on: pc first. After a wild jump, and in a function that calls nothing and so
 * did not save ra (its frame then has the caller's frame pointer where ra would be), the
 * caller is in ra.
 */
static void
backtrace_print_trap(const struct trap_frame *tf)
{
	u64 fp = tf->s0, offset;

	if (ksyms_lookup(tf->pc, &offset)) {
		bool valid = frame_pointer_valid(fp, fp - 1);

		if (!valid || ksyms_lookup(((u64 *)fp)[-1], &offset)) {
			backtrace_print(fp, tf->pc);
			return;
		}
		fp = ((u64 *)fp)[-1];
	}
	panic_address("", tf->pc);
	backtrace_print(fp, tf->ra - 1);
}

unsigned
backtrace_save(u64 *addresses, unsigned max)
{
	u64 fp = (u64)__builtin_frame_address(0);
	u64 previous = fp - 1;
	unsigned n = 0;

	/* A function that calls nothing would not save ra, and its frame would look different. */
	asm volatile("" ::: "ra");
	while (n < max && frame_pointer_valid(fp, previous)) {
		u64 ra = ((u64 *)fp)[-1];

		if (ra == 0)
			break;
		addresses[n++] = ra;
		previous = fp;
		fp = ((u64 *)fp)[-2];
	}
	return n;
}

static void
panic_registers(const struct trap_frame *tf)
{
	panic_line("  pc %016lx  ra %016lx  sp %016lx  tp %016lx", tf->pc, tf->ra, tf->sp, tf->tp);
	panic_line("  a0 %016lx  a1 %016lx  a2 %016lx  a3 %016lx", tf->a0, tf->a1, tf->a2, tf->a3);
	panic_line("  a4 %016lx  a5 %016lx  a6 %016lx  a7 %016lx", tf->a4, tf->a5, tf->a6, tf->a7);
	panic_line("  t0 %016lx  t1 %016lx  t2 %016lx  t3 %016lx", tf->t0, tf->t1, tf->t2, tf->t3);
	panic_line("  s0 %016lx  s1 %016lx  s2 %016lx  s3 %016lx", tf->s0, tf->s1, tf->s2, tf->s3);
	panic_line("  cause %ld  tval %016lx  status %016lx", tf->cause, tf->tval, tf->status);
}

static void NORETURN
panic_end(void)
{
	panic_line("---[ end of panic ]---");
	if (panic_action == PANIC_EXIT)
		machine_power_off(PANIC_EXIT_STATUS);
	if (panic_action == PANIC_REBOOT)
		machine_reboot();
	for (;;)
		asm volatile("wfi");
}

bool
panic_in_progress(void)
{
	return unlikely(__atomic_load_n(&panicking, __ATOMIC_RELAXED) != 0);
}

/* Only one hart reports; a panic inside the report ends it. */
static void
panic_begin(void)
{
	irq_disable();
	switch (__atomic_fetch_add(&panicking, 1, __ATOMIC_SEQ_CST)) {
	case 0:
		cpu_stop_others();
		return;
	case 1:
		panic_line("panic inside a panic");
		panic_end();
	default:
		for (;;)
			asm volatile("wfi");
	}
}

static void
panic_headline(const char *fmt, va_list args)
{
	const struct thread_info *ti = current_thread_info;
	char text[320];

	vscnprintf(text, sizeof(text), fmt, args);
	panic_line("\n---[ kernel panic: %s ]---", text);
	panic_line("  in thread \"%s\" (pid %u) on hart %u (cpu %u)", ti->name, ti->pid,
		   ti->cpu->hartid, ti->cpu_id);
}

void
panic(const char *fmt, ...)
{
	va_list args;

	panic_begin();
	va_start(args, fmt);
	panic_headline(fmt, args);
	va_end(args);
	panic_line("backtrace:");
	backtrace_print(((u64 *)__builtin_frame_address(0))[-2],
			(u64)__builtin_return_address(0) - 1);
	if (panic_report_hook)
		panic_report_hook(NULL);
	panic_end();
}

void
panic_trap(const struct trap_frame *tf, const char *fmt, ...)
{
	va_list args;

	panic_begin();
	va_start(args, fmt);
	panic_headline(fmt, args);
	va_end(args);
	panic_registers(tf);
	if (panic_fault_hook)
		panic_fault_hook(tf);
	panic_line("backtrace:");
	backtrace_print_trap(tf);
	if (panic_report_hook)
		panic_report_hook(tf);
	panic_end();
}

void
assert_failed(const char *expression, const char *file, int line, const char *function)
{
	panic("assertion failed: %s, in %s() at %s:%d", expression, function, file, line);
}

void
machine_power_off(int status)
{
	irq_disable();
	if (machine_exit_hook)
		machine_exit_hook(status);
	sbi_shutdown();
	for (;;)
		asm volatile("wfi");
}

void
machine_reboot(void)
{
	irq_disable();
	sbi_reboot();
	machine_power_off(0);
}
