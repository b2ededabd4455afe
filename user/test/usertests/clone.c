/* What clone(2) shares, and which flags it takes. */
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#define CLONE_PTRACE   0x00002000
#define CLONE_NEWNS    0x00020000
#define CLONE_DETACHED 0x00400000
#define CLONE_UNTRACED 0x00800000
#define CLONE_IO       0x80000000

#define WCLONE 0x80000000u

#define STACK_BYTES (16 * KIB)

static char *
stack_make(void)
{
	char *stack =
		mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(stack != MAP_FAILED);
	return stack + STACK_BYTES;
}

static long
clone_flags(uint64_t flags)
{
	long child = raw_call(SYS_clone, flags, 0, 0, 0, 0, 0);

	if (child == 0)
		_exit(7);
	return child;
}

static void
clone_refuses(void)
{
	CHECK_EQ(clone_flags(CLONE_SIGHAND | SIGCHLD), -EINVAL);
	CHECK_EQ(clone_flags(CLONE_THREAD | SIGCHLD), -EINVAL);
	CHECK_EQ(clone_flags(CLONE_VM | CLONE_THREAD | SIGCHLD), -EINVAL);
	CHECK_EQ(clone_flags(CLONE_SIGHAND | CLONE_THREAD | SIGCHLD), -EINVAL);
	CHECK_EQ(clone_flags(CLONE_VFORK | CLONE_SIGHAND | SIGCHLD), -EINVAL);
	CHECK_EQ(clone_flags(CLONE_NEWNS | CLONE_FS | SIGCHLD), -EINVAL);
}

/* What concerns tracers that there are none of, or nothing any more, and what is in no flag's place. */
static void
clone_lets_pass(void)
{
	static const uint64_t flags[] = {CLONE_PTRACE, CLONE_DETACHED, CLONE_UNTRACED, CLONE_IO,
					 1ul << 40};

	for (size_t i = 0; i < COUNT(flags); i++) {
		long child = clone_flags(flags[i] | SIGCHLD);
		int status;

		CHECK(child > 0);
		CHECK_EQ(waitpid((pid_t)child, &status, 0), child);
		CHECK_EQ(status, 7 << 8);
	}
}

/* A number that is no signal's is as good as none. */
static void
clone_without_signal(void)
{
	long child = clone_flags(255);
	int status;

	CHECK(child > 0);
	CHECK_EQ(waitpid((pid_t)child, &status, (int)WCLONE), child);
	CHECK_EQ(status, 7 << 8);
}

static void
ignore(int sig)
{
	(void)sig;
}

static long
set_action(int sig, sighandler_t handler, sighandler_t *old)
{
	struct sigaction action = {.sa_handler = handler}, before;
	long result =
		raw_call(SYS_rt_sigaction, sig, (uintptr_t)&action, (uintptr_t)&before, 8, 0, 0);

	*old = before.sa_handler;
	return result;
}

static int
change_actions(void *argument)
{
	int *failed = argument;
	sighandler_t old;

	*failed = set_action(SIGUSR1, SIG_IGN, &old) != 0 || old != ignore;
	*failed |= set_action(SIGUSR2, ignore, &old) != 0 || old != SIG_DFL;
	*failed |=
		raw_call(SYS_getpid, 0, 0, 0, 0, 0, 0) == raw_call(SYS_getppid, 0, 0, 0, 0, 0, 0);
	raw_call(SYS_exit, 0, 0, 0, 0, 0, 0);
	return 0;
}

/* Two processes with the same actions of signals: what one sets holds for the other. */
static void
actions_are_shared(void)
{
	int failed = 1;
	sighandler_t old;
	pid_t child;

	CHECK_EQ(set_action(SIGUSR1, ignore, &old), 0);
	child = clone(change_actions, stack_make(), CLONE_VM | CLONE_SIGHAND | SIGCHLD, &failed,
		      NULL, NULL, NULL);
	CHECK(child > 0);
	check_exit(child);
	CHECK_EQ(failed, 0);
	CHECK_EQ(set_action(SIGUSR2, SIG_DFL, &old), 0);
	CHECK(old == ignore);
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
}

static int
exec_status(void *unused)
{
	const char *const arguments[] = {"usertests", "-x", "status", "0", NULL};

	(void)unused;
	raw_call(SYS_execve, (uintptr_t)test_program, (uintptr_t)arguments, 0, 0, 0, 0);
	raw_call(SYS_exit, 1, 0, 0, 0, 0, 0);
	return 0;
}

/* The other's exec has default actions from then on, and leaves ours alone. */
static void
actions_end_with_exec(void)
{
	sighandler_t old;
	pid_t child;

	CHECK_EQ(set_action(SIGUSR1, ignore, &old), 0);
	child = clone(exec_status, stack_make(), CLONE_VM | CLONE_SIGHAND | SIGCHLD, NULL, NULL,
		      NULL, NULL);
	CHECK(child > 0);
	check_exit(child);
	CHECK_EQ(set_action(SIGUSR1, SIG_DFL, &old), 0);
	CHECK(old == ignore);
}

static int
end_late(void *argument)
{
	struct timespec time = {0, 20000000};

	raw_call(SYS_nanosleep, (uintptr_t)&time, 0, 0, 0, 0, 0);
	__atomic_store_n((int *)argument, 1, __ATOMIC_RELAXED);
	raw_call(SYS_exit, 0, 0, 0, 0, 0, 0);
	return 0;
}

/* Whoever makes a thread with CLONE_VFORK goes on when that has ended. */
static void
thread_is_waited_for(void)
{
	int ended = 0;
	pid_t thread = clone(end_late, stack_make(),
			     CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_FS | CLONE_FILES |
				     CLONE_VFORK,
			     &ended, NULL, NULL, NULL);

	CHECK(thread > 0);
	CHECK_EQ(__atomic_load_n(&ended, __ATOMIC_RELAXED), 1);
}

static void
exec_from_thread(void *unused)
{
	(void)unused;
	clone(exec_status, stack_make(),
	      CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_FS | CLONE_FILES | CLONE_VFORK, NULL,
	      NULL, NULL, NULL);
	_exit(1);
}

/* ... and does not go on when it execs: then he is one of the threads that end. */
static void
waited_for_thread_execs(void)
{
	CHECK_EQ(child_status(exec_from_thread, NULL), 0);
}

const struct test clone_tests[] = {
	{"clone_refuses", clone_refuses, ANYWHERE},
	{"clone_lets_pass", clone_lets_pass, A_KERNEL},
	{"clone_without_signal", clone_without_signal, A_KERNEL},
	{"actions_are_shared", actions_are_shared, A_KERNEL},
	{"actions_end_with_exec", actions_end_with_exec, A_KERNEL},
	{"thread_is_waited_for", thread_is_waited_for, A_KERNEL},
	{"waited_for_thread_execs", waited_for_thread_execs, A_KERNEL},
	{NULL, NULL, ANYWHERE},
};
