#include "proc/signal.h"

#include "lib/compiler.h"
#include "lib/string.h"
#include "proc/exec.h"
#include "riscv/csr.h"
#include "riscv/fpu.h"
#include "vm/usercopy.h"

/*
 * What a handler finds on its stack, as Linux lays it out on riscv64:
 *
 *	sp -> siginfo_t          128 bytes            a1
 *	      ucontext_t         flags, link, stack   a2
 *	        signal mask      in 128 bytes
 *	        registers        pc, x1 .. x31
 *	        FP registers     f0 .. f31, fcsr, then zeros
 *
 * The handler returns into a page that every process has (proc/exec.h), whose two
 * instructions call rt_sigreturn with sp pointing to the same frame. The frame is the
 * program's own memory: whatever it says is taken for the user's registers, and for
 * nothing else.
 */

#define USER_REGS 32 /* pc and x1 .. x31: the head of struct trap_frame */

struct user_ucontext {
	u64 flags, link;
	struct user_stack stack;
	u64 sigmask;
	u64 unused[15];
	u64 pad; /* the registers are aligned to 16 bytes */
	u64 regs[USER_REGS];
	u64 f[32];
	u32 fcsr;
	u32 reserved[67]; /* the rest of a 128-bit FP state: zero */
};
STATIC_ASSERT(offsetof(struct user_ucontext, regs) == 176);
STATIC_ASSERT(sizeof(struct user_ucontext) == 960);

struct rt_sigframe {
	struct user_siginfo info;
	struct user_ucontext uc;
};
STATIC_ASSERT(sizeof(struct rt_sigframe) == 1088);
STATIC_ASSERT(offsetof(struct trap_frame, status) == USER_REGS * sizeof(u64));

bool
signal_has_address(const struct siginfo *info)
{
	switch (info->signo) {
	case SIGSEGV:
	case SIGBUS:
	case SIGILL:
	case SIGFPE:
	case SIGTRAP:
		return info->code > 0 && info->code != SI_KERNEL;
	default:
		return false;
	}
}

bool
signal_is_of_child(const struct siginfo *info)
{
	return info->code > 0 && info->code != SI_KERNEL && !signal_has_address(info);
}

void
signal_fill_siginfo(struct user_siginfo *user, const struct siginfo *info)
{
	memset(user, 0, sizeof(*user));
	user->signo = info->signo;
	user->err = info->err;
	user->code = info->code;
	if (signal_has_address(info)) {
		user->address = info->address;
		return;
	}
	if (signal_is_of_child(info)) {
		user->child.pid = info->pid;
		user->child.uid = info->uid;
		user->child.status = info->status;
		user->child.utime = info->utime;
		user->child.stime = info->stime;
		return;
	}
	user->sender.pid = info->pid;
	user->sender.uid = info->uid;
	user->sender.value = info->value;
}

void
task_fpu_sync(struct trap_frame *tf)
{
	if ((tf->status & SSTATUS_FS) != SSTATUS_FS_DIRTY)
		return;
	csr_set(sstatus, SSTATUS_FS);
	fpu_save(&current->fpu);
	current->fpu.used = true;
	tf->status = (tf->status & ~SSTATUS_FS) | SSTATUS_FS_CLEAN;
}

bool
altstack_contains(uva_t sp)
{
	const struct signal_stack *stack = &current->altstack;

	return stack->size && !(stack->flags & SS_AUTODISARM) && sp > stack->sp &&
	       sp - stack->sp <= stack->size;
}

static u32
altstack_flags(void)
{
	return current->altstack.size ? current->altstack.flags : SS_DISABLE;
}

void
altstack_get(uva_t sp, struct user_stack *stack)
{
	*stack = (struct user_stack){.sp = current->altstack.sp, .size = current->altstack.size};
	stack->flags = altstack_flags() & ~SS_ONSTACK;
	if (altstack_contains(sp))
		stack->flags |= SS_ONSTACK;
}

int
altstack_set(uva_t sp, const struct user_stack *stack)
{
	if (altstack_contains(sp))
		return -EPERM;
	switch (stack->flags & ~SS_AUTODISARM) {
	case SS_DISABLE:
		current->altstack = (struct signal_stack){};
		return 0;
	case SS_ONSTACK:
	case 0:
		if (stack->size < MINSIGSTKSZ)
			return -ENOMEM;
		current->altstack = (struct signal_stack){stack->sp, stack->size, stack->flags};
		return 0;
	default:
		return -EINVAL;
	}
}

/* => where the frame begins, or an address that nobody has: the alternate stack is full */
static uva_t
frame_address(uva_t sp, const struct sigaction *action)
{
	const struct signal_stack *stack = &current->altstack;

	if (altstack_contains(sp) && !altstack_contains(sp - sizeof(struct rt_sigframe)))
		return ~0UL;
	if ((action->flags & SA_ONSTACK) && stack->size && !altstack_contains(sp))
		sp = stack->sp + stack->size;
	return ALIGN_DOWN(sp - sizeof(struct rt_sigframe), 16);
}

static void
ucontext_fill(struct user_ucontext *uc, const struct trap_frame *tf, u64 saved_mask)
{
	memset(uc, 0, sizeof(*uc));
	uc->stack.sp = current->altstack.sp;
	uc->stack.size = current->altstack.size;
	uc->stack.flags = altstack_flags();
	uc->sigmask = saved_mask;
	memcpy(uc->regs, tf, sizeof(uc->regs));
	if (current->fpu.used) {
		memcpy(uc->f, current->fpu.f, sizeof(uc->f));
		uc->fcsr = current->fpu.fcsr;
	}
}

int
sigframe_push(struct trap_frame *tf, const struct siginfo *info, const struct sigaction *action,
	      u64 saved_mask)
{
	uva_t sp = frame_address(tf->sp, action);
	struct rt_sigframe frame;

	task_fpu_sync(tf);
	signal_fill_siginfo(&frame.info, info);
	ucontext_fill(&frame.uc, tf, saved_mask);
	if (copy_to_user(sp, &frame, sizeof(frame)) < 0)
		return -EFAULT;
	if (current->altstack.flags & SS_AUTODISARM)
		current->altstack = (struct signal_stack){};
	tf->ra = SIGRETURN_TRAMPOLINE;
	tf->sp = sp;
	tf->pc = action->handler;
	tf->a0 = info->signo;
	tf->a1 = sp + offsetof(struct rt_sigframe, info);
	tf->a2 = sp + offsetof(struct rt_sigframe, uc);
	return 0;
}

int
sigframe_pop(struct trap_frame *tf)
{
	struct user_ucontext uc;

	if ((tf->sp & 15) ||
	    copy_from_user(&uc, tf->sp + offsetof(struct rt_sigframe, uc), sizeof(uc)) < 0)
		return -EFAULT;
	memcpy(tf, uc.regs, sizeof(uc.regs));
	memcpy(current->fpu.f, uc.f, sizeof(uc.f));
	current->fpu.fcsr = uc.fcsr;
	current->fpu.used = true;
	tf->status &= ~SSTATUS_FS; /* the next FP instruction loads what the frame said */
	tf->cause = ~0UL;
	current->restart.kind = RESTART_NONE;
	signal_set_mask(uc.sigmask);
	altstack_set(tf->sp, &uc.stack); /* what the program made of it may be no stack: it stays */
	return 0;
}
