/* Waits with an end: futexes, poll, select. What a stop does to them, what they tell of the rest. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

#define FUTEX_WAIT	     0
#define FUTEX_WAKE	     1
#define FUTEX_REQUEUE	     3
#define FUTEX_CMP_REQUEUE    4
#define FUTEX_PRIVATE	     128
#define FUTEX_CLOCK_REALTIME 256

#define WAIT_MS 3000 /* far longer than what one does in between takes */

static uint32_t *words; /* shared by parents and children */
static long wait_ms;

static void
words_make(void)
{
	words = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(words != MAP_FAILED);
}

static long
futex(uint32_t *word, int op, uint32_t value, uint64_t timeout, uint32_t *word2, uint32_t value3)
{
	return raw_call(SYS_futex, (uintptr_t)word, op, value, timeout, (uintptr_t)word2, value3);
}

static long
wait_in_futex(void)
{
	struct timespec time = {wait_ms / 1000, wait_ms % 1000 * 1000000};

	return futex(&words[8], FUTEX_WAIT, 0, (uintptr_t)&time, NULL, 0) == -ETIMEDOUT;
}

static long
wait_in_sleep(void)
{
	struct timespec time = {wait_ms / 1000, wait_ms % 1000 * 1000000};

	return raw_call(SYS_nanosleep, (uintptr_t)&time, 0, 0, 0, 0, 0) == 0;
}

/* Waits, and says when it was done: first or second. */
static pid_t
waiter(long (*wait)(void), uint32_t *begun)
{
	pid_t child = fork_checked();

	if (child == 0) {
		*(volatile uint32_t *)begun = 1;
		if (!wait())
			_exit(9);
		_exit((int)__atomic_fetch_add(&words[0], 1, __ATOMIC_SEQ_CST));
	}
	return child;
}

/*
 * Who is stopped while it waits has waited when the time is over: it is done before another whose wait,
 * half as long, begins when it goes on.
 */
static void
stop_during(long (*wait)(void))
{
	pid_t stopped, other;
	int status;

	words_make();
	wait_ms = WAIT_MS;
	stopped = waiter(wait, &words[1]);
	while (!*(volatile uint32_t *)&words[1])
		sleep_ms(1);
	sleep_ms(20);
	CHECK_EQ(kill(stopped, SIGSTOP), 0);
	CHECK_EQ(waitpid(stopped, &status, WUNTRACED), stopped);
	CHECK(WIFSTOPPED(status));
	sleep_ms(WAIT_MS);
	CHECK_EQ(kill(stopped, SIGCONT), 0);
	wait_ms = WAIT_MS / 2;
	other = waiter(wait, &words[2]);
	CHECK_EQ(waitpid(stopped, &status, 0), stopped);
	CHECK_EQ(status, 0);
	CHECK_EQ(waitpid(other, &status, 0), other);
	CHECK_EQ(status, 1 << 8);
}

static void
futex_goes_on(void)
{
	stop_during(wait_in_futex);
}

static void
sleep_goes_on(void)
{
	stop_during(wait_in_sleep);
}

/* Who waits for another value than there is never was a waiter: it takes no wake-up. */
static void
futex_of_another_value(void)
{
	struct timespec time = {0, 1000000};
	pid_t child;

	words_make();
	child = fork_checked();
	if (child == 0) {
		while (!*(volatile uint32_t *)&words[1])
			if (futex(&words[8], FUTEX_WAIT, 1, (uintptr_t)&time, NULL, 0) != -EAGAIN)
				_exit(1);
		_exit(0);
	}
	for (int i = 0; i < 40000; i++)
		CHECK_EQ(futex(&words[8], FUTEX_WAKE, 1, 0, NULL, 0), 0);
	words[1] = 1;
	check_exit(child);
}

struct file_waiter {
	uint32_t *word;
	volatile int begun;
	int tid; /* 0: it has ended */
};

static int
wait_at_file(void *argument)
{
	struct file_waiter *waiter = argument;

	waiter->begun = 1;
	futex(waiter->word, FUTEX_WAIT, 0, 0, NULL, 0);
	return 0;
}

/* A thread that waits at the same place of a new file. */
static void
file_waiter_start(struct file_waiter *waiter)
{
	int fd = memfd_create("words", 0);

	CHECK(fd >= 0);
	CHECK_EQ(ftruncate(fd, PAGE), 0);
	waiter->word = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(waiter->word != MAP_FAILED);
	close(fd);
	thread_start(wait_at_file, waiter, &waiter->tid);
	while (!waiter->begun)
		sleep_ms(1);
	while (futex(waiter->word, FUTEX_CMP_REQUEUE, 0, 1, waiter->word, 0) != 1)
		sleep_ms(1);
}

/* Who waits at a file that is gone since is not woken for another that has its place in memory. */
static void
futex_of_a_file_that_is_gone(void)
{
	static struct file_waiter first, second;

	file_waiter_start(&first);
	CHECK_EQ(munmap(first.word, PAGE), 0);
	file_waiter_start(&second);
	CHECK_EQ(futex(second.word, FUTEX_WAKE, 1, 0, NULL, 0), 1);
	while (*(volatile int *)&second.tid)
		sleep_ms(1);
	CHECK(*(volatile int *)&first.tid != 0);
}

/* What is left of the time is told, of a poll that waited to the end and of one that did not. */
static void
rest_is_told(void)
{
	struct timespec time = {0, 1000000};
	struct pollfd ready = {.events = POLLOUT};
	int fds[2];
	uint64_t set;

	CHECK_EQ(pipe(fds), 0);
	ready.fd = fds[1];
	CHECK_EQ(raw_call(SYS_ppoll, 0, 0, (uintptr_t)&time, 0, 8, 0), 0);
	CHECK(time.tv_sec == 0 && time.tv_nsec == 0);
	time.tv_sec = 1000;
	CHECK_EQ(raw_call(SYS_ppoll, (uintptr_t)&ready, 1, (uintptr_t)&time, 0, 8, 0), 1);
	CHECK(time.tv_sec < 1000);
	time.tv_sec = 1000;
	time.tv_nsec = 0;
	set = 1ul << fds[1];
	CHECK_EQ(raw_call(SYS_pselect6, fds[1] + 1, 0, (uintptr_t)&set, 0, (uintptr_t)&time, 0), 1);
	CHECK(time.tv_sec < 1000);
	CHECK_EQ(set, 1ul << fds[1]);
}

static void
futex_clocks(void)
{
	uint32_t word = 1;

	CHECK_EQ(futex(&word, FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 0, 0, NULL, 0), -ENOSYS);
	CHECK_EQ(futex(&word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, 0, NULL, 0), -ENOSYS);
	CHECK_EQ(futex(&word, FUTEX_WAIT, 0, 0, NULL, 0), -EAGAIN);
}

/* A word that nobody can write is none to wait for, if others might wake who does. */
static void
futex_for_ever_the_same(void)
{
	struct timespec time = {0, 1000000};
	uint32_t *word = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(word != MAP_FAILED);
	CHECK_EQ(futex(word, FUTEX_WAIT, 0, (uintptr_t)&time, NULL, 0), -EFAULT);
	CHECK_EQ(futex(word, FUTEX_WAKE, 1, 0, NULL, 0), -EFAULT);
	CHECK_EQ(futex(word, FUTEX_WAKE | FUTEX_PRIVATE, 1, 0, NULL, 0), 0);
	word = mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(word != MAP_FAILED);
	CHECK_EQ(futex(word, FUTEX_WAIT, 0, (uintptr_t)&time, NULL, 0), -ETIMEDOUT);
	CHECK_EQ(futex(word, FUTEX_WAKE, 1, 0, NULL, 0), 0);
}

/* Sleepers that are moved to where they are count as moved. */
static void
requeue_to_itself(void)
{
	pid_t child;

	words_make();
	child = fork_checked();
	if (child == 0) {
		futex(&words[3], FUTEX_WAIT, 0, 0, NULL, 0);
		_exit(0);
	}
	while (futex(&words[3], FUTEX_REQUEUE, 0, 1, &words[4], 0) != 1)
		sleep_ms(1);
	CHECK_EQ(futex(&words[4], FUTEX_REQUEUE, 0, 5, &words[4], 0), 1);
	CHECK_EQ(futex(&words[4], FUTEX_CMP_REQUEUE, 0, 5, &words[4], 1), -EAGAIN);
	CHECK_EQ(futex(&words[4], FUTEX_CMP_REQUEUE, 0, 5, &words[4], 0), 1);
	CHECK_EQ(futex(&words[4], FUTEX_CMP_REQUEUE, 1, 5, &words[3], 0), 1);
	check_exit(child);
	CHECK_EQ(futex((uint32_t *)4096, FUTEX_CMP_REQUEUE, 1, 5, &words[3], 0), -EFAULT);
}

static void
nothing_to_restart(void)
{
	CHECK_EQ(raw_call(SYS_restart_syscall, 0, 0, 0, 0, 0, 0), -EINTR);
}

static void
exit_by_code(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	_exit(info->si_code);
}

static void
return_from_no_handler(void *unused)
{
	static char stack[16384];
	uint64_t alternate[3] = {(uintptr_t)stack, 0, sizeof(stack)};
	struct sigaction action = {.sa_sigaction = exit_by_code,
				   .sa_flags = SA_SIGINFO | SA_ONSTACK};

	(void)unused;
	CHECK_EQ(raw_call(SYS_sigaltstack, (uintptr_t)alternate, 0, 0, 0, 0, 0), 0);
	CHECK_EQ(sigaction(SIGSEGV, &action, NULL), 0);
	__asm__ volatile("li sp, 0x1000\n"
			 "li a7, 139\n"
			 "ecall\n" ::
				 : "memory");
}

/* A frame that is not there is told as the kernel's own finding: no access was made to an address. */
static void
bad_frame_is_told(void)
{
	CHECK_EQ(child_status(return_from_no_handler, NULL), SI_KERNEL << 8);
}

/* Flags that the kernel does not know do not come back: so a program finds out what it knows. */
static void
unknown_flags_are_dropped(void)
{
	struct sigaction action = {.sa_handler = SIG_DFL, .sa_flags = SA_RESTART | 0x400}, old;

	CHECK_EQ(raw_call(SYS_rt_sigaction, SIGUSR1, (uintptr_t)&action, 0, 8, 0, 0), 0);
	CHECK_EQ(raw_call(SYS_rt_sigaction, SIGUSR1, 0, (uintptr_t)&old, 8, 0, 0), 0);
	CHECK_EQ(old.sa_flags, SA_RESTART);
}

const struct test wait_tests[] = {
	{"futex_goes_on", futex_goes_on, ANYWHERE},
	{"futex_of_another_value", futex_of_another_value, ANYWHERE},
	{"futex_of_a_file_that_is_gone", futex_of_a_file_that_is_gone, ANYWHERE},
	{"sleep_goes_on", sleep_goes_on, ANYWHERE},
	{"rest_is_told", rest_is_told, ANYWHERE},
	{"futex_clocks", futex_clocks, ANYWHERE},
	{"futex_for_ever_the_same", futex_for_ever_the_same, ANYWHERE},
	{"requeue_to_itself", requeue_to_itself, ANYWHERE},
	{"nothing_to_restart", nothing_to_restart, A_KERNEL},
	{"bad_frame_is_told", bad_frame_is_told, ANYWHERE},
	{"unknown_flags_are_dropped", unknown_flags_are_dropped, A_KERNEL},
	{NULL, NULL, ANYWHERE},
};
