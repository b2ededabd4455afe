/* Signals of a process with several threads: who gets them, who may send what. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "test.h"

#define RW (PROT_READ | PROT_WRITE)

static volatile sig_atomic_t handled;

static void
on_signal(int sig)
{
	(void)sig;
	handled = 1;
}

/* The thread that stays: it ends the process, well if the signal came within two seconds. */
static int
wait_for_signal(void *unused)
{
	struct timespec moment = {0, 10000000};

	(void)unused;
	for (int i = 0; i < 200 && !handled; i++)
		raw_call(SYS_nanosleep, (uintptr_t)&moment, 0, 0, 0, 0, 0);
	raw_call(SYS_exit_group, !handled, 0, 0, 0, 0, 0);
	return 0;
}

/* A page of a file that is not in memory, where there is a disk. */
static int *
page_on_disk(void)
{
	static const char zeros[PAGE];
	int *page, fd;

	file_make("file", zeros, PAGE);
	fd = open("file", O_RDWR);
	CHECK_EQ(fsync(fd), 0);
	page = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(page != MAP_FAILED);
	CHECK_EQ(*(volatile int *)page, 0); /* what nobody maps stays in the cache */
	CHECK_EQ(madvise(page, PAGE, MADV_PAGEOUT), 0);
	close(fd);
	return page;
}

/* The first thread ends, which takes long: the kernel has to read a page from the disk. */
static void
end_first_thread(volatile int *ending)
{
	int tid;

	signal(SIGUSR1, on_signal);
	raw_call(SYS_set_tid_address, (uintptr_t)page_on_disk(), 0, 0, 0, 0, 0);
	CHECK(thread_start(wait_for_signal, NULL, &tid) > 0);
	*ending = 1;
	raw_call(SYS_exit, 0, 0, 0, 0, 0, 0);
}

/* A signal that finds the first thread about to end is another's. */
static void
signal_finds_thread_that_stays(void)
{
	volatile int *ending = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	for (int i = 0; i < 20; i++) {
		pid_t child;

		*ending = 0;
		child = fork_checked();
		if (child == 0)
			end_first_thread(ending);
		while (!*ending)
			sched_yield();
		CHECK_EQ(kill(child, SIGUSR1), 0);
		check_exit(child);
	}
}

static siginfo_t
info_with_code(int code)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_signo = SIGUSR1;
	info.si_code = code;
	info.si_errno = 77;
	return info;
}

static long
queue_to_process(int code)
{
	siginfo_t info = info_with_code(code);

	return raw_call(SYS_rt_sigqueueinfo, getpid(), 0, (uintptr_t)&info, 0, 0, 0);
}

static long
queue_to_thread(int tid, int code)
{
	siginfo_t info = info_with_code(code);

	return raw_call(SYS_rt_tgsigqueueinfo, getpid(), tid, 0, (uintptr_t)&info, 0, 0);
}

static long forged[3];

static int
forge(void *first)
{
	forged[0] = queue_to_process(SI_USER);
	forged[1] = queue_to_thread((int)(intptr_t)first, SI_TKILL);
	forged[2] = queue_to_thread((int)raw_call(SYS_gettid, 0, 0, 0, 0, 0, 0), SI_TKILL);
	return 0;
}

/* What only the kernel says a thread may say to itself, and not to the other threads. */
static void
only_to_itself(void)
{
	volatile int tid;

	CHECK(thread_start(forge, (void *)(intptr_t)getpid(), (int *)&tid) > 0);
	while (tid)
		sched_yield();
	CHECK_EQ(forged[0], -EPERM);
	CHECK_EQ(forged[1], -EPERM);
	CHECK_EQ(forged[2], 0);
	CHECK_EQ(queue_to_process(SI_USER), 0);
	CHECK_EQ(queue_to_thread(getpid(), SI_USER), 0);
	CHECK_EQ(queue_to_thread(0, SI_TKILL), -EINVAL);
	CHECK_EQ(queue_to_thread(getpid() + 1, SI_TKILL), -EPERM);
}

static void
error_number_is_kept(void)
{
	siginfo_t info = info_with_code(SI_QUEUE);
	sigset_t set = 1ul << (SIGUSR1 - 1);
	siginfo_t got;

	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	CHECK_EQ(raw_call(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, (uintptr_t)&info, 0, 0, 0), 0);
	CHECK_EQ(raw_call(SYS_rt_sigtimedwait, (uintptr_t)&set, (uintptr_t)&got, 0, 8, 0, 0),
		 SIGUSR1);
	CHECK_EQ(got.si_errno, 77);
}

#define NOBODY	  2000000000
#define NO_SIGNAL 65
#define HANDMADE  info_with_code(SI_QUEUE)
#define NOT_HIS	  info_with_code(SI_USER)

static long
queue_info(int pid, int sig, siginfo_t info)
{
	return raw_call(SYS_rt_sigqueueinfo, pid, sig, (uintptr_t)&info, 0, 0, 0);
}

static long
queue_info_to(int tgid, int tid, int sig, siginfo_t info)
{
	return raw_call(SYS_rt_tgsigqueueinfo, tgid, tid, sig, (uintptr_t)&info, 0, 0);
}

/* Who is not there is told first, then what is no signal. */
static void
errors_of_kill(void)
{
	int self = getpid();

	CHECK_ERRNO(kill(NOBODY, NO_SIGNAL), ESRCH);
	CHECK_ERRNO(kill(-NOBODY, NO_SIGNAL), ESRCH);
	CHECK_ERRNO(kill(self, NO_SIGNAL), EINVAL);
	CHECK_ERRNO(kill(self, -1), EINVAL);
	CHECK_ERRNO(kill(0, NO_SIGNAL), EINVAL);
	CHECK_EQ(raw_call(SYS_tkill, NOBODY, NO_SIGNAL, 0, 0, 0, 0), -ESRCH);
	CHECK_EQ(raw_call(SYS_tkill, self, NO_SIGNAL, 0, 0, 0, 0), -EINVAL);
	CHECK_EQ(raw_call(SYS_tkill, 0, NO_SIGNAL, 0, 0, 0, 0), -EINVAL);
	CHECK_EQ(raw_call(SYS_tgkill, self, NOBODY, NO_SIGNAL, 0, 0, 0), -ESRCH);
	CHECK_EQ(raw_call(SYS_tgkill, NOBODY, self, NO_SIGNAL, 0, 0, 0), -ESRCH);
	CHECK_EQ(raw_call(SYS_tgkill, self, self, NO_SIGNAL, 0, 0, 0), -EINVAL);
	CHECK_EQ(queue_info(NOBODY, NO_SIGNAL, HANDMADE), -ESRCH);
	CHECK_EQ(queue_info(NOBODY, NO_SIGNAL, NOT_HIS), -EPERM);
	CHECK_EQ(queue_info(-1, SIGUSR1, HANDMADE), -ESRCH);
	CHECK_EQ(queue_info(self, NO_SIGNAL, HANDMADE), -EINVAL);
	CHECK_EQ(queue_info_to(self, NOBODY, NO_SIGNAL, HANDMADE), -ESRCH);
	CHECK_EQ(queue_info_to(self, self, NO_SIGNAL, HANDMADE), -EINVAL);
	CHECK_EQ(queue_info_to(self, 0, NO_SIGNAL, NOT_HIS), -EINVAL);
}

/* Who is not there is told before what is wrong with the limit, and both after the address. */
static void
errors_of_prlimit(void)
{
	struct rlimit crossed = {2, 1};
	uintptr_t wrong = (uintptr_t)&crossed;

	CHECK_EQ(raw_call(SYS_prlimit64, NOBODY, 99, 8, 0, 0, 0), -EFAULT);
	CHECK_EQ(raw_call(SYS_prlimit64, NOBODY, 99, 0, 0, 0, 0), -ESRCH);
	CHECK_EQ(raw_call(SYS_prlimit64, NOBODY, RLIMIT_NOFILE, wrong, 0, 0, 0), -ESRCH);
	CHECK_EQ(raw_call(SYS_prlimit64, -1, RLIMIT_NOFILE, 0, 0, 0, 0), -ESRCH);
	CHECK_EQ(raw_call(SYS_prlimit64, 0, RLIMIT_NOFILE, wrong, 0, 0, 0), -EINVAL);
	CHECK_EQ(raw_call(SYS_prlimit64, 0, 99, 0, 0, 0, 0), -EINVAL);
	CHECK_ERRNO(setpgid(-1, -5), EINVAL);
	CHECK_ERRNO(setpgid(-1, 0), EINVAL);
	CHECK_ERRNO(setpgid(-1, 5), ESRCH);
}

static long own[6];

static int
signal_own_process(void *unused)
{
	int tid = (int)raw_call(SYS_gettid, 0, 0, 0, 0, 0, 0);

	(void)unused;
	own[0] = queue_info(getpid(), SIGUSR1, HANDMADE);
	own[1] = queue_info(tid, SIGUSR2, NOT_HIS);
	own[2] = raw_call(SYS_kill, tid, SIGHUP, 0, 0, 0, 0);
	own[3] = raw_call(SYS_getpgid, tid, 0, 0, 0, 0, 0) - getpgid(0);
	own[4] = raw_call(SYS_getsid, tid, 0, 0, 0, 0, 0) - getsid(0);
	own[5] = raw_call(SYS_prlimit64, tid, RLIMIT_NOFILE, 0, 0, 0, 0);
	return 0;
}

/* The number of any of its threads stands for a process. */
static void
threads_stand_for_process(void)
{
	sigset_t set = 1ul << (SIGUSR1 - 1) | 1ul << (SIGUSR2 - 1) | 1ul << (SIGHUP - 1);
	sigset_t pending;
	volatile int tid;

	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	CHECK(thread_start(signal_own_process, NULL, (int *)&tid) > 0);
	while (tid)
		sched_yield();
	for (size_t i = 0; i < COUNT(own); i++)
		CHECK_EQ(own[i], 0);
	CHECK_EQ(sigpending(&pending), 0);
	CHECK_EQ(pending & set, set);
}

const struct test thread_signal_tests[] = {
	{"errors_of_kill", errors_of_kill, ANYWHERE},
	{"errors_of_prlimit", errors_of_prlimit, ANYWHERE},
	{"threads_stand_for_process", threads_stand_for_process, ANYWHERE},
	{"signal_finds_thread_that_stays", signal_finds_thread_that_stays, A_KERNEL},
	{"only_to_itself", only_to_itself, ANYWHERE},
	{"error_number_is_kept", error_number_is_kept, A_KERNEL},
	{NULL, NULL, ANYWHERE},
};
