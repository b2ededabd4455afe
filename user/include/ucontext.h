/* The machine state that a signal handler gets as its third argument. */
#pragma once

#include <signal.h>

#define REG_PC 0
#define REG_RA 1
#define REG_SP 2
#define REG_TP 4
#define REG_S0 8
#define REG_A0 10

typedef struct {
	unsigned long __gregs[32]; /* pc, then x1 to x31 */
	unsigned long fpregs[66] __attribute__((aligned(16)));
} mcontext_t;

typedef struct ucontext {
	unsigned long uc_flags;
	struct ucontext *uc_link;
	stack_t uc_stack;
	sigset_t uc_sigmask;
	char reserved[128 - sizeof(sigset_t)];
	mcontext_t uc_mcontext;
} ucontext_t;
