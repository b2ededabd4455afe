/* Signals. The kernel supplies the return trampoline, so sigaction is the bare call. */
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

static int
signal_check(int sig)
{
	if (sig >= 1 && sig < NSIG)
		return 0;
	errno = EINVAL;
	return -1;
}

int
sigemptyset(sigset_t *set)
{
	*set = 0;
	return 0;
}

int
sigfillset(sigset_t *set)
{
	*set = ~0UL;
	return 0;
}

int
sigaddset(sigset_t *set, int sig)
{
	if (signal_check(sig) < 0)
		return -1;
	*set |= 1UL << (sig - 1);
	return 0;
}

int
sigdelset(sigset_t *set, int sig)
{
	if (signal_check(sig) < 0)
		return -1;
	*set &= ~(1UL << (sig - 1));
	return 0;
}

int
sigismember(const sigset_t *set, int sig)
{
	return signal_check(sig) < 0 ? -1 : (int)(*set >> (sig - 1) & 1);
}

int
sigaction(int sig, const struct sigaction *restrict act, struct sigaction *restrict old)
{
	return (int)syscall_result(sys_rt_sigaction(sig, act, old, sizeof(sigset_t)));
}

int
sigprocmask(int how, const sigset_t *restrict set, sigset_t *restrict old)
{
	return (int)syscall_result(sys_rt_sigprocmask(how, set, old, sizeof(sigset_t)));
}

int
sigpending(sigset_t *set)
{
	return (int)syscall_result(sys_rt_sigpending(set, sizeof(sigset_t)));
}

int
sigsuspend(const sigset_t *mask)
{
	return (int)syscall_result(sys_rt_sigsuspend(mask, sizeof(sigset_t)));
}

int
pause(void)
{
	sigset_t mask;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	return sigsuspend(&mask);
}

sighandler_t
signal(int sig, sighandler_t handler)
{
	struct sigaction act = {.sa_flags = SA_RESTART}, old;

	act.sa_handler = handler;
	return sigaction(sig, &act, &old) < 0 ? SIG_ERR : old.sa_handler;
}

int
kill(pid_t pid, int sig)
{
	return (int)syscall_result(sys_kill(pid, sig));
}

int
killpg(pid_t pgrp, int sig)
{
	if (pgrp < 0) {
		errno = EINVAL;
		return -1;
	}
	return kill(-pgrp, sig);
}

int
tgkill(pid_t tgid, pid_t tid, int sig)
{
	return (int)syscall_result(sys_tgkill(tgid, tid, sig));
}

int
raise(int sig)
{
	return tgkill(getpid(), gettid(), sig);
}
