/* Signals: handlers, masks, restarts, stopping; sleeping and clocks. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

static volatile sig_atomic_t handled, depth, deepest;
static volatile siginfo_t last_info;

static void
on_signal(int sig)
{
	(void)sig;
	handled++;
}

static void
on_info(int sig, siginfo_t *info, void *context)
{
	(void)context;
	handled = sig;
	memcpy((void *)&last_info, info, sizeof(*info));
}

static void
handle(int sig, sighandler_t handler, unsigned long flags)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

	CHECK_EQ(sigaction(sig, &action, NULL), 0);
}

static void
signal_later(int sig, long milliseconds)
{
	pid_t parent = getpid();

	if (fork_checked() == 0) {
		sleep_ms(milliseconds);
		kill(parent, sig);
		_exit(0);
	}
}

static void
handler_runs(void)
{
	handle(SIGUSR1, on_signal, 0);
	for (int i = 1; i <= 100; i++) {
		CHECK_EQ(kill(getpid(), SIGUSR1), 0);
		CHECK_EQ(handled, i);
	}
}

static void
handler_info(void)
{
	struct sigaction action = {.sa_sigaction = on_info, .sa_flags = SA_SIGINFO};
	pid_t child;
	int fds[2];

	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	CHECK_EQ(sigaction(SIGPIPE, &action, NULL), 0);
	CHECK_EQ(sigaction(SIGCHLD, &action, NULL), 0);
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	CHECK_EQ(handled, SIGUSR1);
	CHECK_EQ(last_info.si_signo, SIGUSR1);
	CHECK_EQ(last_info.si_code, SI_USER);
	CHECK_EQ(last_info.si_pid, getpid());
	CHECK_EQ(pipe(fds), 0);
	close(fds[0]);
	last_info = (siginfo_t){0};
	CHECK_ERRNO(write(fds[1], "x", 1), EPIPE);
	CHECK_EQ(handled, SIGPIPE);
	CHECK_EQ(last_info.si_code, SI_USER);
	CHECK_EQ(last_info.si_pid, getpid());
	child = fork_checked();
	if (child == 0)
		_exit(7);
	while (handled != SIGCHLD)
		sleep_ms(1);
	CHECK_EQ(last_info.si_code, CLD_EXITED);
	CHECK_EQ(last_info.si_pid, child);
	CHECK_EQ(last_info.si_status, 7);
}

static char *fault_page;

static void
on_fault(int sig, siginfo_t *info, void *context)
{
	on_info(sig, info, context);
	mprotect(fault_page, PAGE, PROT_READ | PROT_WRITE);
}

/* A handler repairs the fault, and the store is done again. */
static void
handler_repairs_fault(void)
{
	struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};

	fault_page = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK_EQ(sigaction(SIGSEGV, &action, NULL), 0);
	*(volatile int *)(fault_page + 8) = 42;
	CHECK_EQ(*(int *)(fault_page + 8), 42);
	CHECK_EQ(last_info.si_code, SEGV_ACCERR);
	CHECK(last_info.si_addr == fault_page + 8);
}

static void
on_nested(int sig)
{
	depth++;
	if (depth > deepest)
		deepest = depth;
	if (deepest < 20)
		raise(sig == SIGUSR1 ? SIGUSR2 : SIGUSR1);
	depth--;
}

static void
handlers_nest(void)
{
	handle(SIGUSR1, on_nested, SA_NODEFER);
	handle(SIGUSR2, on_nested, SA_NODEFER);
	raise(SIGUSR1);
	CHECK_EQ(depth, 0);
	CHECK_EQ(deepest, 20);
}

static void
masks_hold_back(void)
{
	sigset_t set, old, pending;

	handle(SIGUSR1, on_signal, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGKILL);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, &old), 0);
	for (int i = 0; i < 3; i++)
		raise(SIGUSR1);
	CHECK_EQ(handled, 0);
	CHECK_EQ(sigpending(&pending), 0);
	CHECK(sigismember(&pending, SIGUSR1));
	CHECK_EQ(sigprocmask(SIG_SETMASK, NULL, &set), 0);
	CHECK(!sigismember(&set, SIGKILL));
	CHECK_EQ(sigprocmask(SIG_SETMASK, &old, NULL), 0);
	CHECK_EQ(handled, 1);
}

static void
suspend_waits(void)
{
	sigset_t set, old;

	handle(SIGUSR1, on_signal, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, &old), 0);
	signal_later(SIGUSR1, 30);
	CHECK_ERRNO(sigsuspend(&old), EINTR);
	CHECK_EQ(handled, 1);
	CHECK_EQ(sigprocmask(SIG_SETMASK, NULL, &set), 0);
	CHECK(sigismember(&set, SIGUSR1));
}

static void
read_is_interrupted(void)
{
	int fds[2];
	char byte;

	CHECK_EQ(pipe(fds), 0);
	handle(SIGUSR1, on_signal, 0);
	signal_later(SIGUSR1, 50);
	CHECK_ERRNO(read(fds[0], &byte, 1), EINTR);
	CHECK_EQ(handled, 1);
}

static void
read_is_restarted(void)
{
	pid_t parent = getpid();
	int fds[2];
	char byte = 'x';

	CHECK_EQ(pipe(fds), 0);
	handle(SIGUSR1, on_signal, SA_RESTART);
	if (fork_checked() == 0) {
		sleep_ms(50);
		kill(parent, SIGUSR1);
		sleep_ms(50);
		(void)!write(fds[1], &byte, 1);
		_exit(0);
	}
	CHECK_EQ(read(fds[0], &byte, 1), 1);
	CHECK_EQ(handled, 1);
}

static void
sleep_is_interrupted(void)
{
	struct timespec time = {30, 0}, rest = {0, 0};

	handle(SIGUSR1, on_signal, SA_RESTART);
	signal_later(SIGUSR1, 50);
	CHECK_ERRNO(nanosleep(&time, &rest), EINTR);
	CHECK(rest.tv_sec >= 20 && rest.tv_sec < 30);
}

/* What is left of a timer is a time at every moment: never a million microseconds. */
static void
timer_tells_times(void)
{
	pid_t child = fork_checked();

	for (int i = 0; child == 0 && i < 300; i++) {
		struct timeval timer[2] = {{0, 0}, {5, 30}};

		CHECK_EQ(raw_call(SYS_setitimer, 0, (uintptr_t)timer, 0, 0, 0, 0), 0);
		while (timer[1].tv_sec == 5) {
			CHECK_EQ(raw_call(SYS_getitimer, 0, (uintptr_t)timer, 0, 0, 0, 0), 0);
			CHECK(timer[1].tv_usec < 1000000);
		}
	}
	if (child == 0)
		_exit(0);
	check_exit(child);
}

static void
handler_resets(void)
{
	struct sigaction action;

	handle(SIGUSR1, on_signal, SA_RESETHAND);
	raise(SIGUSR1);
	CHECK_EQ(sigaction(SIGUSR1, NULL, &action), 0);
	CHECK(action.sa_handler == SIG_DFL);
	CHECK_ERRNO(sigaction(SIGKILL, &action, NULL), EINVAL);
	CHECK_ERRNO(sigaction(SIGSTOP, &action, NULL), EINVAL);
	CHECK_ERRNO(sigaction(65, &action, NULL), EINVAL);
}

static void
stop_and_continue(void)
{
	int status;
	pid_t child = fork_checked();

	if (child == 0)
		for (;;)
			sleep_ms(10);
	CHECK_EQ(kill(child, SIGSTOP), 0);
	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	CHECK_EQ(waitpid(child, &status, WUNTRACED | WNOHANG), 0);
	CHECK_EQ(kill(child, SIGCONT), 0);
	CHECK_EQ(waitpid(child, &status, WCONTINUED), child);
	CHECK(WIFCONTINUED(status));
	CHECK_EQ(kill(child, SIGSTOP), 0);
	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	CHECK_EQ(kill(child, SIGKILL), 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* All but SIGKILL wait until it goes on. */
static void
stopped_keeps_signals(void)
{
	int status;
	pid_t child = fork_checked();

	if (child == 0)
		for (;;)
			sleep_ms(10);
	CHECK_EQ(kill(child, SIGSTOP), 0);
	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	CHECK_EQ(kill(child, SIGTERM), 0);
	sleep_ms(20);
	CHECK_EQ(waitpid(child, &status, WNOHANG), 0);
	CHECK_EQ(kill(child, SIGCONT), 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

/* Our headers have no sigaltstack(), so its call is made by number. */
struct alternate_stack {
	void *base;
	int flags;
	size_t bytes;
};

static char stacks[2][16384];

static void
on_signal_other_stack(int sig)
{
	struct alternate_stack other = {stacks[1], 0, sizeof(stacks[1])};

	(void)sig;
	handled = syscall(SYS_sigaltstack, &other, NULL) == 0;
}

static void
handler_leaves_altstack(void)
{
	struct alternate_stack stack = {stacks[0], 0, sizeof(stacks[0])}, now;

	CHECK_EQ(syscall(SYS_sigaltstack, &stack, NULL), 0);
	handled = 0;
	CHECK(signal(SIGUSR1, on_signal_other_stack) != SIG_ERR);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(handled, 1);
	CHECK_EQ(syscall(SYS_sigaltstack, NULL, &now), 0);
	CHECK(now.base == stacks[0]);
}

/* Each signal pushes a frame, until the alternate stack has no room. */
static void
on_signal_again(int sig)
{
	handled++;
	raise(sig);
}

static void
overflow_altstack(void *unused)
{
	char *area =
		mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct alternate_stack stack = {area + 60 * PAGE, 0, 4 * PAGE};

	(void)unused;
	CHECK(area != MAP_FAILED);
	CHECK_EQ(syscall(SYS_sigaltstack, &stack, NULL), 0);
	handle(SIGUSR1, on_signal_again, SA_ONSTACK | SA_NODEFER);
	raise(SIGUSR1);
}

/* What lies below the alternate stack is not overwritten: the process ends. */
static void
altstack_overflows(void)
{
	check_killed(overflow_altstack, NULL, SIGSEGV);
}

#define SS_AUTODISARM (1 << 31)

static struct alternate_stack seen_in_handler;

static void
on_signal_look(int sig)
{
	(void)sig;
	syscall(SYS_sigaltstack, NULL, &seen_in_handler);
	handled = (char *)&sig >= stacks[0] && (char *)&sig < stacks[0] + sizeof(stacks[0]);
}

/* A stack that disarms itself is not there while a handler runs on it, and then is back. */
static void
altstack_disarms(void)
{
	struct alternate_stack stack = {stacks[0], SS_AUTODISARM, sizeof(stacks[0])}, now;

	CHECK_EQ(syscall(SYS_sigaltstack, &stack, NULL), 0);
	handle(SIGUSR1, on_signal_look, SA_ONSTACK);
	for (int i = 0; i < 2; i++) {
		handled = 0;
		CHECK_EQ(raise(SIGUSR1), 0);
		CHECK_EQ(handled, 1);
		CHECK_EQ(seen_in_handler.flags, SS_DISABLE);
		CHECK_EQ(syscall(SYS_sigaltstack, NULL, &now), 0);
		CHECK(now.base == stacks[0] && now.bytes == sizeof(stacks[0]));
		CHECK_EQ(now.flags, SS_AUTODISARM);
	}
	stack.flags = 4;
	CHECK_ERRNO(syscall(SYS_sigaltstack, &stack, NULL), EINVAL);
	stack.flags = SS_DISABLE | SS_ONSTACK;
	CHECK_ERRNO(syscall(SYS_sigaltstack, &stack, NULL), EINVAL);
}

#define SIGPENDING_LIMIT 11 /* Linux's RLIMIT_SIGPENDING */

/* Those that kill(2) sends arrive, but once. */
static void
queue_has_a_limit(void)
{
	struct rlimit none = {0, 0};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, 40);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	CHECK_EQ(syscall(SYS_tkill, getpid(), 40), 0);
	CHECK_EQ(setrlimit(SIGPENDING_LIMIT, &none), 0);
	CHECK_ERRNO(syscall(SYS_tkill, getpid(), 40), EAGAIN);
	CHECK_EQ(kill(getpid(), 40), 0);
	CHECK_EQ(syscall(SYS_tkill, getpid(), SIGCHLD), 0);
}

/* The next of the blocked signals in the set, and what is known of it. */
static siginfo_t
take_signal(sigset_t set)
{
	siginfo_t info;
	int sig = (int)raw_call(SYS_rt_sigtimedwait, (uintptr_t)&set, (uintptr_t)&info, 0, 8, 0, 0);

	CHECK_EQ(sig, info.si_signo);
	return info;
}

#define TICK_US 10000

/* => when the timer's signal comes next, as exactly as the clock can be read beside it */
static int64_t
timer_due_us(void)
{
	struct itimerval timer;
	int64_t before, after;

	do {
		before = now_us();
		CHECK_EQ(getitimer(ITIMER_REAL, &timer), 0);
		after = now_us();
	} while (after - before > TICK_US / 40);
	return before + timer.it_value.tv_sec * 1000000 + timer.it_value.tv_usec;
}

/* Each signal is late by some microseconds, but the next is not due so much later. */
static void
timer_does_not_drift(void)
{
	struct itimerval timer = {{0, TICK_US}, {0, TICK_US}};
	sigset_t set = 1ul << (SIGALRM - 1);
	int64_t first;

	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	CHECK_EQ(setitimer(ITIMER_REAL, &timer, NULL), 0);
	first = timer_due_us();
	for (int i = 0; i < 100; i++)
		CHECK_EQ(take_signal(set).si_signo, SIGALRM);
	first = (timer_due_us() - first) % TICK_US;
	CHECK(first < TICK_US / 20 || first > TICK_US - TICK_US / 20);
}

static long
queue_signal(pid_t pid, int sig, int code, int value)
{
	siginfo_t info = {.si_code = code};

	info.si_pid = getpid();
	info.si_value = (union sigval){.sival_int = value};
	return raw_call(SYS_rt_sigqueueinfo, pid, sig, (uintptr_t)&info, 0, 0, 0);
}

/* Real-time signals come in order, each with its value; a standard one once, with the first. */
static void
signals_carry_values(void)
{
	sigset_t set = 1ul << (40 - 1) | 1ul << (SIGUSR1 - 1) | 1ul << (SIGCHLD - 1);
	siginfo_t info;

	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	for (int i = 1; i <= 3; i++) {
		CHECK_EQ(queue_signal(getpid(), 40, SI_QUEUE, i), 0);
		CHECK_EQ(queue_signal(getpid(), SIGUSR1, SI_QUEUE, 10 * i), 0);
	}
	CHECK_EQ(queue_signal(getpid(), SIGCHLD, SI_QUEUE, 7), 0);
	info = take_signal(set);
	CHECK_EQ(info.si_signo, SIGUSR1);
	CHECK_EQ(info.si_value.sival_int, 10);
	info = take_signal(set);
	CHECK_EQ(info.si_signo, SIGCHLD);
	CHECK_EQ(info.si_value.sival_int, 7);
	for (int i = 1; i <= 3; i++) {
		info = take_signal(set);
		CHECK_EQ(info.si_signo, 40);
		CHECK_EQ(info.si_code, SI_QUEUE);
		CHECK_EQ(info.si_pid, getpid());
		CHECK_EQ(info.si_value.sival_int, i);
	}
}

static void
signals_with_values_refused(void)
{
	pid_t child = fork_checked();

	if (child == 0) {
		CHECK_EQ(queue_signal(getppid(), 0, SI_USER, 0), -EPERM);
		CHECK_EQ(queue_signal(getppid(), 0, SI_TKILL, 0), -EPERM);
		CHECK_EQ(queue_signal(getppid(), 0, SI_KERNEL, 0), -EPERM);
		CHECK_EQ(queue_signal(getppid(), 0, SI_QUEUE, 0), 0);
		CHECK_EQ(queue_signal(getppid(), 65, SI_QUEUE, 0), -EINVAL);
		_exit(0);
	}
	check_exit(child);
	CHECK_EQ(queue_signal(child, 40, SI_QUEUE, 0), -ESRCH);
	CHECK_EQ(queue_signal(getpid(), 0, SI_KERNEL, 0), 0);
}

/* SIGCHLD tells how much of the processor the child had. */
static void
handler_info_has_times(void)
{
	sigset_t set = 1ul << (SIGCHLD - 1);
	pid_t child;
	siginfo_t info;

	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	child = fork_checked();
	if (child == 0) {
		struct timespec used = {0, 0};

		while (used.tv_sec == 0 && used.tv_nsec < 100000000)
			clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
		_exit(0);
	}
	info = take_signal(set);
	CHECK_EQ(info.si_pid, child);
	CHECK(info.si_utime + info.si_stime >= 9);
	CHECK(info.si_utime + info.si_stime < 10000); /* in ticks, however busy the host is */
	check_exit(child);
}

static void
die_by(void *sig)
{
	raise((int)(intptr_t)sig);
}

static void
default_actions(void)
{
	static const int deadly[] = {SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGALRM, SIGKILL, SIGABRT};

	for (size_t i = 0; i < COUNT(deadly); i++)
		check_killed(die_by, (void *)(intptr_t)deadly[i], deadly[i]);
	CHECK_EQ(child_status(die_by, (void *)SIGCHLD), 0);
	CHECK_EQ(child_status(die_by, (void *)SIGURG), 0);
	CHECK_EQ(child_status(die_by, (void *)SIGWINCH), 0);
}

static void
children_are_not_kept(void)
{
	signal(SIGCHLD, SIG_IGN);
	for (int i = 0; i < 10; i++)
		if (fork_checked() == 0)
			_exit(0);
	CHECK_ERRNO(wait(NULL), ECHILD);
}

static void
sleep_is_long_enough(void)
{
	struct timespec time = {0, 0}, bad = {0, 1000000000};

	for (long ms = 1; ms < 200; ms *= 5) {
		int64_t start = now_us();

		time.tv_nsec = ms * 1000000;
		CHECK_EQ(nanosleep(&time, NULL), 0);
		CHECK(now_us() - start >= ms * 1000);
	}
	CHECK_ERRNO(nanosleep(&bad, NULL), EINVAL);
	bad.tv_sec = -1;
	bad.tv_nsec = 0;
	CHECK_ERRNO(nanosleep(&bad, NULL), EINVAL);
}

/* The clock never runs back, whichever hart asks. */
static void
clock_is_monotonic(void)
{
	int64_t *last = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t children[4];

	for (int i = 0; i < 4; i++) {
		children[i] = fork_checked();
		if (children[i] == 0) {
			for (int n = 0; n < 3000; n++) {
				int64_t seen = __atomic_load_n(last, __ATOMIC_SEQ_CST);
				int64_t now = now_us();

				CHECK(now >= seen);
				__atomic_store_n(last, now, __ATOMIC_SEQ_CST);
			}
			_exit(0);
		}
	}
	for (int i = 0; i < 4; i++)
		check_exit(children[i]);
}

const struct test signal_tests[] = {
	{"handler_runs", handler_runs, ANYWHERE},
	{"handler_info", handler_info, ANYWHERE},
	{"handler_repairs_fault", handler_repairs_fault, ANYWHERE},
	{"handlers_nest", handlers_nest, ANYWHERE},
	{"masks_hold_back", masks_hold_back, ANYWHERE},
	{"suspend_waits", suspend_waits, ANYWHERE},
	{"read_is_interrupted", read_is_interrupted, ANYWHERE},
	{"read_is_restarted", read_is_restarted, ANYWHERE},
	{"sleep_is_interrupted", sleep_is_interrupted, ANYWHERE},
	{"timer_tells_times", timer_tells_times, ANYWHERE},
	{"timer_does_not_drift", timer_does_not_drift, ANYWHERE},
	{"handler_resets", handler_resets, ANYWHERE},
	{"stop_and_continue", stop_and_continue, ANYWHERE},
	{"stopped_keeps_signals", stopped_keeps_signals, ANYWHERE},
	{"handler_leaves_altstack", handler_leaves_altstack, ANYWHERE},
	{"altstack_overflows", altstack_overflows, A_KERNEL},
	{"altstack_disarms", altstack_disarms, A_KERNEL},
	{"queue_has_a_limit", queue_has_a_limit, ANYWHERE},
	{"default_actions", default_actions, ANYWHERE},
	{"children_are_not_kept", children_are_not_kept, ANYWHERE},
	{"sleep_is_long_enough", sleep_is_long_enough, ANYWHERE},
	{"clock_is_monotonic", clock_is_monotonic, ANYWHERE},
	{"signals_carry_values", signals_carry_values, ANYWHERE},
	{"signals_with_values_refused", signals_with_values_refused, ANYWHERE},
	{"handler_info_has_times", handler_info_has_times, A_KERNEL},
	{NULL, NULL, ANYWHERE},
};
