/* Job control: stopped and orphaned processes, and what a parent hears of its children. */
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#define ID_OF_PROCESS 1
#define ENDED	      4
#define DO_NOT_REAP   0x01000000

/* What processes tell each other. */
struct board {
	volatile int heard, went_on, may_end;
	volatile pid_t pid;
};

static struct board *board;

static void
board_make(void)
{
	board = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(board != MAP_FAILED);
}

static void
hear(int sig)
{
	(void)sig;
	board->heard++;
}

static void
listen_to(int sig)
{
	struct sigaction action = {.sa_handler = hear};

	CHECK_EQ(sigaction(sig, &action, NULL), 0);
}

static void
stop_by_key(void)
{
	CHECK_EQ(raise(SIGTSTP), 0);
	CHECK_EQ(raise(SIGTTIN), 0);
	CHECK_EQ(raise(SIGTTOU), 0);
	_exit(3);
}

/*
 * The signals of the terminal stop a group that somebody in its session, but outside, can let go on; an
 * orphaned group they leave alone.
 */
static void
orphans_do_not_stop(void)
{
	pid_t child = fork_checked();
	int status;

	if (child == 0) {
		CHECK_EQ(setpgid(0, 0), 0);
		stop_by_key();
	}
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
		CHECK(WIFSTOPPED(status));
		CHECK_EQ(WSTOPSIG(status), i == 0 ? SIGTSTP : i == 1 ? SIGTTIN : SIGTTOU);
		CHECK_EQ(kill(child, SIGCONT), 0);
	}
	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	CHECK_EQ(status, 3 << 8);
	child = fork_checked();
	if (child == 0) {
		CHECK_EQ(setsid(), getpid());
		stop_by_key();
	}
	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	CHECK_EQ(status, 3 << 8);
}

/* A parent of another session never kept the group from being an orphan: its end is no news to that. */
static void
other_session_stays_stopped(void)
{
	pid_t parent, child;
	int status;

	if (injecting)
		test_skip("what fails would leave a stopped process behind");
	board_make();
	parent = fork_checked();
	if (parent == 0) {
		child = fork_checked();
		if (child == 0) {
			listen_to(SIGHUP);
			CHECK_EQ(setsid(), getpid());
			raise(SIGSTOP);
			board->went_on = 1;
			_exit(0);
		}
		board->pid = child;
		CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
		CHECK(WIFSTOPPED(status));
		_exit(0);
	}
	check_exit(parent);
	CHECK_EQ(board->went_on, 0);
	CHECK_EQ(kill(board->pid, SIGCONT), 0);
	while (!board->went_on)
		sleep_ms(1);
	CHECK_EQ(board->heard, 0);
}

/* Who goes on tells its parent; a signal to go on for one who runs is no news. */
static void
going_on_is_told_once(void)
{
	pid_t child;
	int status;

	board_make();
	child = fork_checked();
	if (child == 0) {
		raise(SIGSTOP);
		while (!board->may_end)
			sleep_ms(1);
		_exit(0);
	}
	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	CHECK(WIFSTOPPED(status));
	listen_to(SIGCHLD);
	CHECK_EQ(kill(child, SIGCONT), 0);
	while (board->heard == 0)
		sleep_ms(1);
	CHECK_EQ(kill(child, SIGCONT), 0);
	CHECK_EQ(board->heard, 1);
	board->may_end = 1;
	while (board->heard < 2)
		sleep_ms(1);
	check_exit(child);
	CHECK_EQ(board->heard, 2);
}

/* Who ignores SIGCHLD has none pending, even when it is blocked. */
static void
ignored_children_say_nothing(void)
{
	sigset_t set = 1ul << (SIGCHLD - 1);
	pid_t child;

	signal(SIGCHLD, SIG_IGN);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	child = fork_checked();
	if (child == 0)
		_exit(0);
	CHECK_ERRNO(waitpid(child, NULL, 0), ECHILD);
	CHECK_EQ(sigpending(&set), 0);
	CHECK_EQ(set, 0);
}

/* A child whose end is told by another signal tells the same with it. */
static void
other_signal_has_status(void)
{
	sigset_t set = 1ul << (SIGUSR1 - 1);
	siginfo_t info;
	pid_t child;

	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	child = raw_call(SYS_clone, SIGUSR1, 0, 0, 0, 0, 0);
	if (child == 0)
		_exit(5);
	CHECK_EQ(raw_call(SYS_rt_sigtimedwait, (uintptr_t)&set, (uintptr_t)&info, 0, 8, 0, 0),
		 SIGUSR1);
	CHECK_EQ(info.si_code, CLD_EXITED);
	CHECK_EQ(info.si_pid, child);
	CHECK_EQ(info.si_status, 5);
	CHECK_EQ(waitpid(child, NULL, (int)0x80000000), child);
}

static int
wait_for_the_end(void *unused)
{
	(void)unused;
	while (!board->may_end)
		;
	return 0;
}

static void
threads_are_in_no_group(void)
{
	static int ended;
	int tid;

	board_make();
	tid = thread_start(wait_for_the_end, NULL, &ended);
	CHECK_ERRNO(setpgid(tid, 0), EINVAL);
	CHECK_ERRNO(setpgid(tid, -1), EINVAL);
	CHECK_ERRNO(setpgid(0x7fffff0, 0), ESRCH);
	board->may_end = 1;
	while (*(volatile int *)&ended)
		sleep_ms(1);
}

/* The number of a process stays that of its first thread until it is waited for. */
static void
zombies_have_a_thread(void)
{
	pid_t child = fork_checked();
	char info[128];

	if (child == 0)
		_exit(0);
	CHECK_EQ(syscall(SYS_waitid, ID_OF_PROCESS, child, info, ENDED | DO_NOT_REAP, NULL), 0);
	CHECK_EQ(raw_call(SYS_tgkill, child, child, SIGTERM, 0, 0, 0), 0);
	CHECK_EQ(raw_call(SYS_tgkill, child, child, 65, 0, 0, 0), -EINVAL);
	CHECK_EQ(raw_call(SYS_tkill, child, 0, 0, 0, 0, 0), 0);
	CHECK_EQ(raw_call(SYS_tgkill, getpid(), child, 0, 0, 0, 0), -ESRCH);
	check_exit(child);
	CHECK_EQ(raw_call(SYS_tgkill, child, child, 0, 0, 0, 0), -ESRCH);
}

/* A waitid that finds nobody says so in the siginfo, too. */
static void
nobody_is_told_as_zeros(void)
{
	siginfo_t info;

	memset(&info, 0xff, sizeof(info));
	CHECK_EQ(raw_call(SYS_waitid, ID_OF_PROCESS, getpid(), (uintptr_t)&info, ENDED, 0, 0),
		 -ECHILD);
	CHECK(info.si_signo == 0 && info.si_code == 0 && info.si_pid == 0 && info.si_status == 0);
	CHECK_EQ(raw_call(SYS_waitid, ID_OF_PROCESS, getpid(), 8, ENDED, 0, 0), -EFAULT);
	CHECK_EQ(raw_call(SYS_waitid, ID_OF_PROCESS, getpid(), 0, ENDED, 0, 0), -ECHILD);
}

/* Whom nobody asks about is nobody to wait for: zombies, when it is stops that are waited for. */
static void
zombies_do_not_stop(void)
{
	pid_t child;

	board_make();
	child = fork_checked();
	if (child == 0) {
		while (!board->went_on)
			sleep_ms(1);
		sleep_ms(50); /* the parent waits by now, most likely */
		_exit(0);
	}
	board->went_on = 1;
	CHECK_EQ(raw_call(SYS_waitid, ID_OF_PROCESS, child, 0, WUNTRACED, 0, 0), -ECHILD);
	CHECK_EQ(raw_call(SYS_waitid, ID_OF_PROCESS, child, 0, WUNTRACED | WNOHANG, 0, 0), -ECHILD);
	check_exit(child);
}

/* However soon it comes after the stop. */
static void
going_on_is_not_lost(void)
{
	pid_t child;

	board_make();
	child = fork_checked();
	if (child == 0) {
		while (!board->may_end) {
			board->went_on++;
			sched_yield();
		}
		_exit(0);
	}
	for (int i = 0; i < 4000; i++) {
		int before = board->went_on;

		CHECK_EQ(kill(child, SIGSTOP), 0);
		CHECK_EQ(kill(child, SIGCONT), 0);
		for (int j = 0; board->went_on == before; j++) {
			CHECK(j < 11000);
			if (j < 1000)
				sched_yield();
			else
				sleep_ms(1);
		}
	}
	board->may_end = 1;
	check_exit(child);
}

const struct test job_tests[] = {
	{"orphans_do_not_stop", orphans_do_not_stop, ANYWHERE},
	{"other_session_stays_stopped", other_session_stays_stopped, ANYWHERE},
	{"going_on_is_told_once", going_on_is_told_once, ANYWHERE},
	{"going_on_is_not_lost", going_on_is_not_lost, ANYWHERE},
	{"zombies_do_not_stop", zombies_do_not_stop, ANYWHERE},
	{"ignored_children_say_nothing", ignored_children_say_nothing, ANYWHERE},
	{"other_signal_has_status", other_signal_has_status, A_KERNEL},
	{"threads_are_in_no_group", threads_are_in_no_group, ANYWHERE},
	{"nobody_is_told_as_zeros", nobody_is_told_as_zeros, A_KERNEL},
	{"zombies_have_a_thread", zombies_have_a_thread, ANYWHERE},
	{NULL, NULL, ANYWHERE},
};
