#pragma once

/* The end of the road for kernel bugs: say what is known, then stop or leave QEMU. */

#include "lib/compiler.h"
#include "lib/types.h"

/* Status that QEMU exits with when `panic=exit` was given at boot. */
#define PANIC_EXIT_STATUS 101

void panic(const char *fmt, ...) NORETURN PRINTF(1, 2);

struct trap_frame;
/* A panic for a trap that the kernel itself cannot take: registers and fault are decoded. */
void panic_trap(const struct trap_frame *tf, const char *fmt, ...) NORETURN PRINTF(2, 3);

void assert_failed(const char *expression, const char *file, int line,
		   const char *function) NORETURN;

/* Kernel bugs only; never for what a user, a disk or a lack of memory can cause. */
#define assert(expression)                                                        \
	do {                                                                      \
		if (unlikely(!(expression)))                                      \
			assert_failed(#expression, __FILE__, __LINE__, __func__); \
	} while (0)

/* The same where it would cost a release build too much. */
#ifdef DEBUG
#define debug_assert(expression) assert(expression)
#else
#define debug_assert(expression) ((void)sizeof(!(expression)))
#endif

/* => some hart has begun to panic: the others stop, and locks may never be released again */
bool panic_in_progress(void);

/* Print the call chain from a frame pointer on, symbolised. */
void backtrace_print(u64 fp, u64 pc);
/* Fill up to max return addresses of the caller's chain. => how many */
unsigned backtrace_save(u64 *addresses, unsigned max);

/* Set from the boot arguments: panic=exit, panic=halt (default), panic=reboot. */
enum panic_action { PANIC_HALT, PANIC_EXIT, PANIC_REBOOT };
extern enum panic_action panic_action;

/* Hook: upper layers add a line or two to a panic (decoded user fault, current process). */
extern void (*panic_report_hook)(const struct trap_frame *tf);

/* Hook of mem/: say what the faulting address is and how it is mapped. */
extern void (*panic_fault_hook)(const struct trap_frame *tf);

/* Hook: end QEMU with this status by a device (sifive_test); returns where there is none. */
extern void (*machine_exit_hook)(int status);

/* End the machine: QEMU's status becomes `status` (sifive_test), or plain SRST shutdown. */
void machine_power_off(int status) NORETURN;
void machine_reboot(void) NORETURN;
