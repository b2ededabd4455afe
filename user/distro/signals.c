/* Signals as glibc wraps them: handlers, masks, alternate stacks, timers, jumps out of handlers. */
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/time.h>

#include "distro.h"

#define PAGE	 4096UL
#define NR_PAGES 16

static char *arena;
static volatile int nr_faults;

static void
handler_set(int sig, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};

	CHECK(sigaction(sig, &action, NULL) == 0);
}

/* A pager in user mode: each page is made when it is first touched. */
static void
page_make(int sig, siginfo_t *info, void *context)
{
	char *page = (char *)((uintptr_t)info->si_addr & ~(PAGE - 1));

	(void)sig;
	(void)context;
	if (info->si_code != SEGV_ACCERR || mprotect(page, PAGE, PROT_READ | PROT_WRITE) < 0)
		_exit(2);
	memset(page, 'p', PAGE);
	nr_faults++;
}

static void
user_pager(void)
{
	arena = mmap(NULL, NR_PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(arena != MAP_FAILED);
	handler_set(SIGSEGV, page_make, 0);
	for (size_t i = 0; i < NR_PAGES * PAGE; i += 512)
		CHECK(((volatile char *)arena)[i] == 'p');
	CHECK(nr_faults == NR_PAGES);
}

static sigjmp_buf back;
static char *volatile handler_stack;

static void
jump_back(int sig, siginfo_t *info, void *context)
{
	char here;

	(void)info;
	(void)context;
	handler_stack = &here;
	siglongjmp(back, sig);
}

static long
recurse(long depth)
{
	volatile char room[1024];

	room[0] = (char)depth;
	return depth == 0 ? 0 : recurse(depth - 1) + room[0];
}

static void
overflow_on_altstack(void)
{
	stack_t stack = {.ss_sp = malloc(SIGSTKSZ), .ss_size = SIGSTKSZ};

	CHECK(stack.ss_sp && sigaltstack(&stack, NULL) == 0);
	handler_set(SIGSEGV, jump_back, SA_ONSTACK);
	if (sigsetjmp(back, 1) == 0)
		recurse(LONG_MAX);
	CHECK(handler_stack >= (char *)stack.ss_sp);
	CHECK(handler_stack < (char *)stack.ss_sp + stack.ss_size);
}

static volatile int nr_alarms;

static void
alarm_count(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context;
	nr_alarms++;
}

static void
interval_timer(void)
{
	struct itimerval timer = {{0, 2000}, {0, 2000}}, off = {{0, 0}, {0, 0}};
	sigset_t none;

	sigemptyset(&none);
	handler_set(SIGALRM, alarm_count, SA_RESTART);
	CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
	while (nr_alarms < 20)
		sigsuspend(&none);
	CHECK(setitimer(ITIMER_REAL, &off, NULL) == 0);
}

static void
waiting_for_signals(void)
{
	siginfo_t info;
	sigset_t set;
	pid_t child;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGUSR1);
	CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	CHECK(raise(SIGUSR1) == 0 && sigwaitinfo(&set, &info) == SIGUSR1);
	child = fork();
	if (child == 0)
		_exit(9);
	CHECK(sigwaitinfo(&set, &info) == SIGCHLD);
	CHECK(info.si_pid == child && info.si_status == 9 && info.si_code == CLD_EXITED);
	CHECK(sigtimedwait(&set, &info, &(struct timespec){0, 1000}) == -1 && errno == EAGAIN);
}

static __thread volatile int was_signalled;

static void
note_signal(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context;
	was_signalled = 1;
}

static void *
wait_for_signal(void *unused)
{
	while (!was_signalled)
		usleep(100);
	return unused;
}

static void
signal_to_a_thread(void)
{
	pthread_t thread;

	handler_set(SIGUSR2, note_signal, 0);
	CHECK(pthread_create(&thread, NULL, wait_for_signal, NULL) == 0);
	CHECK(pthread_kill(thread, SIGUSR2) == 0 && pthread_join(thread, NULL) == 0);
	CHECK(!was_signalled);
}

static void
abort_dies(void)
{
	int status;
	pid_t child = fork();

	if (child == 0)
		abort();
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static const struct distro_test tests[] = {
	{"user_pager", user_pager},
	{"overflow_on_altstack", overflow_on_altstack},
	{"interval_timer", interval_timer},
	{"waiting_for_signals", waiting_for_signals},
	{"signal_to_a_thread", signal_to_a_thread},
	{"abort_dies", abort_dies},
};

int
main(void)
{
	return tests_run(tests, COUNT(tests));
}
