#pragma once

/*
 * Signals as user programs see them on Linux riscv64: numbers, sigaction, siginfo
 * codes. proc/signal.h sends and delivers them.
 */

#include "lib/compiler.h"

#define NSIG 64

#define SIGHUP	  1
#define SIGINT	  2
#define SIGQUIT	  3
#define SIGILL	  4
#define SIGTRAP	  5
#define SIGABRT	  6
#define SIGBUS	  7
#define SIGFPE	  8
#define SIGKILL	  9
#define SIGUSR1	  10
#define SIGSEGV	  11
#define SIGUSR2	  12
#define SIGPIPE	  13
#define SIGALRM	  14
#define SIGTERM	  15
#define SIGSTKFLT 16
#define SIGCHLD	  17
#define SIGCONT	  18
#define SIGSTOP	  19
#define SIGTSTP	  20
#define SIGTTIN	  21
#define SIGTTOU	  22
#define SIGURG	  23
#define SIGXCPU	  24
#define SIGXFSZ	  25
#define SIGVTALRM 26
#define SIGPROF	  27
#define SIGWINCH  28
#define SIGIO	  29
#define SIGPWR	  30
#define SIGSYS	  31
#define SIGRTMIN  32

#define SIG_BIT(sig) (1UL << ((sig)-1))
/* These can be neither blocked, caught nor ignored. */
#define SIG_UNSTOPPABLE (SIG_BIT(SIGKILL) | SIG_BIT(SIGSTOP))
#define SIG_JOB_STOP	(SIG_BIT(SIGTSTP) | SIG_BIT(SIGTTIN) | SIG_BIT(SIGTTOU))
#define SIG_ALL_STOP	(SIG_JOB_STOP | SIG_BIT(SIGSTOP))

#define SIG_DFL 0UL
#define SIG_IGN 1UL

#define SA_NOCLDSTOP 0x00000001UL
#define SA_NOCLDWAIT 0x00000002UL
#define SA_SIGINFO   0x00000004UL
#define SA_ONSTACK   0x08000000UL
#define SA_RESTART   0x10000000UL
#define SA_NODEFER   0x40000000UL
#define SA_RESETHAND 0x80000000UL
#define SA_TAGBITS   0x00000800UL /* addresses have no tags to show */
#define SA_KNOWN                                                                           \
	(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER | \
	 SA_RESETHAND | SA_TAGBITS)

struct sigaction {
	uva_t handler; /* or SIG_DFL, SIG_IGN */
	u64 flags;     /* SA_* */
	u64 mask;
};

#define SS_ONSTACK    1
#define SS_DISABLE    2
#define SS_AUTODISARM 0x80000000U /* there is none while a handler runs */
#define MINSIGSTKSZ   2048

#define SIG_BLOCK   0
#define SIG_UNBLOCK 1
#define SIG_SETMASK 2

/* siginfo.code: who or what. */
#define SI_USER	  0
#define SI_KERNEL 0x80
#define SI_QUEUE  (-1)
#define SI_TIMER  (-2)
#define SI_TKILL  (-6)

#define ILL_ILLOPC    1
#define FPE_INTDIV    1
#define SEGV_MAPERR   1
#define SEGV_ACCERR   2
#define BUS_ADRALN    1
#define BUS_ADRERR    2
#define BUS_OBJERR    3
#define TRAP_BRKPT    1
#define CLD_EXITED    1
#define CLD_KILLED    2
#define CLD_DUMPED    3
#define CLD_STOPPED   5
#define CLD_CONTINUED 6

/* What is known about one signal; sigframe.c turns it into the 128 bytes of siginfo_t. */
struct siginfo {
	s32 signo, code;
	s32 err; /* what a program that sends it says; else 0 */
	union {
		struct {
			s32 pid;
			u32 uid;
			s32 status;	  /* of a child */
			u64 utime, stime; /* of a child, in clock ticks */
			u64 value;	  /* SI_QUEUE */
		};
		uva_t address; /* SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP */
	};
	u32 timer;	      /* of timer_create(2), its number + 1; 0: no timer sent it */
	u32 timer_generation; /* proc/posix_timers.c */
};

/* siginfo_t */
struct user_siginfo {
	s32 signo, err, code, pad;
	union {
		struct {
			s32 pid;
			u32 uid;
			s32 status;
			s32 pad;
			u64 utime, stime;
		} child;
		struct {
			s32 pid;
			u32 uid;
			u64 value;
		} sender;
		u64 address;
		u64 words[14];
	};
};
STATIC_ASSERT(sizeof(struct user_siginfo) == 128);
