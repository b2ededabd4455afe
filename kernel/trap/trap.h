#pragma once

/* Entry into the kernel and the way back; trap/entry.S saves and loads the registers. */

#include "riscv/trap_frame.h"

/* Boot hart, once. The trap vector itself is set by each hart in boot/entry.S. */
void trap_init(void);

/* The four places that trap/entry.S calls. Interrupts are off on entry. */
void trap_user(struct trap_frame *tf);
void trap_kernel(struct trap_frame *tf);
void trap_return_work(struct trap_frame *tf);
void trap_stack_overflow(struct trap_frame *tf);

/* Load the registers of a frame at the top of this kernel stack and go to user mode. */
void trap_enter_user(struct trap_frame *tf);
