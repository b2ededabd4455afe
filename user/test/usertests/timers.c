/* Timers of timer_create(2) and setitimer(2). */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

#define ABSOLUTE 1

enum { NOTIFY_SIGNAL, NOTIFY_NONE, NOTIFY_THREAD_ID = 4 };

struct event {
	uint64_t value;
	int signo, notify, tid;
	int rest[11];
};

struct times {
	struct timespec interval, value;
};

#define MS(n) ((struct timespec){(n) / 1000, (n) % 1000 * 1000000})

static long
create(int clock, const struct event *event, int *id)
{
	return raw_call(SYS_timer_create, clock, (uintptr_t)event, (uintptr_t)id, 0, 0, 0);
}

static long
settime(int id, int flags, struct timespec value, struct timespec interval)
{
	struct times times = {interval, value};

	return raw_call(SYS_timer_settime, id, flags, (uintptr_t)&times, 0, 0, 0);
}

static int64_t
left_us(int id)
{
	struct times times;

	CHECK_EQ(raw_call(SYS_timer_gettime, id, (uintptr_t)&times, 0, 0, 0, 0), 0);
	return times.value.tv_sec * 1000000 + times.value.tv_nsec / 1000;
}

static void
block(int sig)
{
	sigset_t set = 1ul << (sig - 1);

	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
}

/* Waits for one signal, two seconds at most. => its number, or -errno */
static long
take(int sig, siginfo_t *info, struct timespec limit)
{
	sigset_t set = 1ul << (sig - 1);

	return raw_call(SYS_rt_sigtimedwait, (uintptr_t)&set, (uintptr_t)info, (uintptr_t)&limit, 8,
			0, 0);
}

static void
timer_fires_once(void)
{
	struct event event = {.value = 77, .signo = SIGUSR1, .notify = NOTIFY_SIGNAL};
	int64_t start = now_us();
	siginfo_t info;
	int id;

	block(SIGUSR1);
	CHECK_EQ(create(CLOCK_MONOTONIC, &event, &id), 0);
	CHECK_EQ(left_us(id), 0);
	CHECK_EQ(settime(id, 0, MS(100000), MS(0)), 0);
	CHECK(left_us(id) > 0 && left_us(id) <= 100000000);
	CHECK_EQ(settime(id, 0, MS(100), MS(0)), 0);
	CHECK_EQ(take(SIGUSR1, &info, MS(5000)), SIGUSR1);
	CHECK(now_us() - start >= 100000);
	CHECK_EQ(info.si_code, SI_TIMER);
	CHECK_EQ(info.si_value.sival_int, 77);
	CHECK_EQ(raw_call(SYS_timer_getoverrun, id, 0, 0, 0, 0, 0), 0);
	CHECK_EQ(left_us(id), 0);
	CHECK_EQ(take(SIGUSR1, &info, MS(150)), -EAGAIN);
	CHECK_EQ(raw_call(SYS_timer_delete, id, 0, 0, 0, 0, 0), 0);
	CHECK_EQ(raw_call(SYS_timer_delete, id, 0, 0, 0, 0, 0), -EINVAL);
	CHECK_EQ(settime(id, 0, MS(10), MS(0)), -EINVAL);
}

/* A signal for each end that is taken in time; what comes before it is taken is counted. */
static void
timer_repeats(void)
{
	struct event event = {.value = 1, .signo = 40, .notify = NOTIFY_SIGNAL};
	siginfo_t info;
	int id;

	block(40);
	CHECK_EQ(create(CLOCK_REALTIME, &event, &id), 0);
	CHECK_EQ(settime(id, 0, MS(20), MS(20)), 0);
	for (int i = 0; i < 5; i++)
		CHECK_EQ(take(40, &info, MS(5000)), 40);
	sleep_ms(500);
	CHECK_EQ(take(40, &info, MS(5000)), 40);
	CHECK(raw_call(SYS_timer_getoverrun, id, 0, 0, 0, 0, 0) >= 20);
	CHECK(left_us(id) > 0 && left_us(id) <= 20000);
	/* However short, it does not take over the machine. */
	CHECK_EQ(settime(id, 0, MS(1), ((struct timespec){0, 1})), 0);
	sleep_ms(50);
	CHECK_EQ(take(40, &info, MS(5000)), 40);
	CHECK(raw_call(SYS_timer_getoverrun, id, 0, 0, 0, 0, 0) > 1000);
	CHECK_EQ(settime(id, 0, MS(0), MS(0)), 0);
	CHECK_EQ(left_us(id), 0);
	take(40, &info, MS(0));
	CHECK_EQ(take(40, &info, MS(50)), -EAGAIN);
}

static void
timer_absolute(void)
{
	struct event event = {.signo = SIGUSR1, .notify = NOTIFY_SIGNAL};
	struct timespec when;
	int64_t start = now_us();
	siginfo_t info;
	int id;

	block(SIGUSR1);
	CHECK_EQ(create(CLOCK_REALTIME, &event, &id), 0);
	CHECK_EQ(clock_gettime(CLOCK_REALTIME, &when), 0);
	when.tv_sec++;
	CHECK_EQ(settime(id, ABSOLUTE, when, MS(0)), 0);
	CHECK_EQ(take(SIGUSR1, &info, MS(9000)), SIGUSR1);
	CHECK(now_us() - start >= 999000);
	CHECK_EQ(settime(id, ABSOLUTE, ((struct timespec){1, 0}), MS(0)), 0); /* long ago */
	CHECK_EQ(take(SIGUSR1, &info, MS(5000)), SIGUSR1);
}

/* Without an event it is SIGALRM with the timer's number; with NONE it is to be looked at. */
static void
timer_notices(void)
{
	struct event none = {.notify = NOTIFY_NONE};
	struct event thread = {.signo = 40, .notify = NOTIFY_THREAD_ID, .tid = getpid()};
	siginfo_t info;
	int id;

	block(SIGALRM);
	block(40);
	CHECK_EQ(create(CLOCK_MONOTONIC, NULL, &id), 0);
	CHECK_EQ(settime(id, 0, MS(10), MS(0)), 0);
	CHECK_EQ(take(SIGALRM, &info, MS(5000)), SIGALRM);
	CHECK_EQ(info.si_value.sival_int, id);
	CHECK_EQ(create(CLOCK_MONOTONIC, &none, &id), 0);
	CHECK_EQ(settime(id, 0, MS(10), MS(1000000)), 0);
	sleep_ms(50);
	CHECK(left_us(id) > 100000000 && left_us(id) <= 999970000);
	CHECK_EQ(create(CLOCK_MONOTONIC, &thread, &id), 0);
	CHECK_EQ(settime(id, 0, MS(10), MS(0)), 0);
	CHECK_EQ(take(40, &info, MS(5000)), 40);
	thread.tid = getppid();
	CHECK_EQ(create(CLOCK_MONOTONIC, &thread, &id), -EINVAL);
}

/* However often a timer is set, one signal of it waits; one that is ignored meanwhile does not stop it. */
static void
timer_queues_one(void)
{
	siginfo_t info;
	int id, other, late;

	block(SIGALRM);
	CHECK_EQ(create(CLOCK_MONOTONIC, NULL, &id), 0);
	for (int i = 0; i < 50; i++)
		CHECK_EQ(settime(id, 0, (struct timespec){0, 1}, MS(0)), 0);
	CHECK_EQ(take(SIGALRM, &info, MS(5000)), SIGALRM);
	/* The hart that has the timer may be slow: then the last end comes after the first was taken. */
	late = take(SIGALRM, &info, MS(50));
	CHECK(late == SIGALRM || late == -EAGAIN);
	CHECK_EQ(take(SIGALRM, &info, MS(50)), -EAGAIN);
	for (int i = 0; i < 200; i++) {
		CHECK_EQ(create(CLOCK_MONOTONIC, NULL, &other), 0);
		CHECK_EQ(settime(other, 0, (struct timespec){0, 1}, (struct timespec){0, 1}), 0);
		CHECK_EQ(raw_call(SYS_timer_delete, other, 0, 0, 0, 0, 0), 0);
	}
	CHECK_EQ(settime(id, 0, MS(1), MS(10)), 0);
	sleep_ms(50);
	CHECK(signal(SIGALRM, SIG_IGN) != SIG_ERR);
	CHECK(signal(SIGALRM, SIG_DFL) != SIG_ERR);
	CHECK_EQ(take(SIGALRM, &info, MS(5000)), SIGALRM);
}

static void
timer_errors(void)
{
	struct event event = {.signo = 65, .notify = NOTIFY_SIGNAL};
	struct times times = {{0, 0}, {0, 1000000000}};
	int id;

	CHECK_EQ(create(CLOCK_MONOTONIC, &event, &id), -EINVAL);
	event = (struct event){.signo = 0, .notify = NOTIFY_SIGNAL};
	CHECK_EQ(create(CLOCK_MONOTONIC, &event, &id), -EINVAL);
	event = (struct event){.signo = 10, .notify = 3};
	CHECK_EQ(create(CLOCK_MONOTONIC, &event, &id), -EINVAL);
	CHECK_EQ(create(99, NULL, &id), -EINVAL);
	CHECK_EQ(create(CLOCK_MONOTONIC, NULL, &id), 0);
	CHECK_EQ(raw_call(SYS_timer_settime, id, 0, (uintptr_t)&times, 0, 0, 0), -EINVAL);
	CHECK_EQ(raw_call(SYS_timer_settime, id, 0, 0, 0, 0, 0), -EINVAL);
	CHECK_EQ(raw_call(SYS_timer_getoverrun, id + 5, 0, 0, 0, 0, 0), -EINVAL);
}

/* A child has none of its parent's timers, and one whose signal ends the process does so. */
static void
timers_are_not_inherited(void)
{
	int status, id;
	pid_t child;

	CHECK_EQ(create(CLOCK_MONOTONIC, NULL, &id), 0);
	CHECK_EQ(settime(id, 0, MS(100000), MS(0)), 0);
	child = fork_checked();
	if (child == 0) {
		int own;

		CHECK_EQ(raw_call(SYS_timer_delete, id, 0, 0, 0, 0, 0), -EINVAL);
		CHECK_EQ(create(CLOCK_MONOTONIC, NULL, &own), 0);
		CHECK_EQ(settime(own, 0, MS(10), MS(10)), 0);
		sleep_ms(20000);
		_exit(0);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, SIGALRM);
	CHECK(left_us(id) > 0);
}

static volatile int cpu_alarms;

static void
on_cpu_alarm(int sig)
{
	(void)sig;
	cpu_alarms++;
}

static long
set_cpu_timer(int which, long first_us, long interval_us)
{
	long times[4] = {0, interval_us, 0, first_us};

	return raw_call(SYS_setitimer, which, (uintptr_t)times, 0, 0, 0, 0);
}

static int64_t
cpu_us(void)
{
	struct timespec now;

	CHECK_EQ(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now), 0);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Not a loop of calls: the tick would find the process in the kernel, and count that. */
static void
spend_user_time(void)
{
	for (volatile int i = 0; i < 20000; i++)
		;
}

/* Timers of processor time stand still while the process sleeps. */
static void
timers_of_processor_time(void)
{
	static const int signals[] = {[1] = SIGVTALRM, [2] = SIGPROF};

	for (int which = 1; which <= 2; which++) {
		int64_t start, cpu_start = cpu_us();
		long left[4];

		cpu_alarms = 0;
		signal(signals[which], on_cpu_alarm);
		CHECK_EQ(set_cpu_timer(which, 100000, 30000), 0);
		sleep_ms(300);
		CHECK(cpu_alarms == 0 || cpu_us() - cpu_start >= 90000);
		CHECK_EQ(raw_call(SYS_getitimer, which, (uintptr_t)left, 0, 0, 0, 0), 0);
		CHECK(left[3] > 0 && left[3] <= 130000);
		CHECK_EQ(left[1], 30000);
		start = now_us();
		while (cpu_alarms < 3) {
			spend_user_time();
			CHECK(now_us() - start < 20000000);
		}
		CHECK(cpu_us() - cpu_start >= 150000);
		CHECK_EQ(set_cpu_timer(which, 0, 0), 0);
	}
	CHECK_EQ(set_cpu_timer(3, 0, 0), -EINVAL);
	CHECK_EQ(set_cpu_timer(-1, 0, 0), -EINVAL);
}

/* However short the interval of its alarms, which are ignored or taken, a program gets somewhere. */
static void
alarms_without_pause(void)
{
	for (int taken = 0; taken <= 1; taken++) {
		cpu_alarms = 0;
		signal(SIGALRM, taken ? on_cpu_alarm : SIG_IGN);
		CHECK_EQ(set_cpu_timer(0, 1, 1), 0);
		for (int round = 0; round < 100 || (taken && cpu_alarms < 5); round++)
			spend_user_time();
		CHECK_EQ(set_cpu_timer(0, 0, 0), 0);
		CHECK(taken || cpu_alarms == 0);
	}
}

static int64_t
clock_us(int clock)
{
	struct timespec now;

	CHECK_EQ(clock_gettime(clock, &now), 0);
	return now.tv_sec * 1000000L + now.tv_nsec / 1000;
}

static void
burn(int clock, int64_t us)
{
	int64_t end = clock_us(clock) + us;

	while (clock_us(clock) < end)
		;
}

/* It has been due for a while: the machine's clock may be late, on a host that is busy. => as take() */
static long
take_while_burning(int clock, siginfo_t *info)
{
	long got = take(SIGUSR1, info, MS(0));

	for (int n = 0; got == -EAGAIN && n < 200; n++) {
		burn(clock, 5000);
		got = take(SIGUSR1, info, MS(0));
	}
	return got;
}

/* They go while their process, or thread, runs; the signal tells the value. */
static void
timers_go_by_clocks_of_processor_time(void)
{
	struct event event = {.value = 7, .signo = SIGUSR1, .notify = NOTIFY_SIGNAL};
	siginfo_t info;
	int id;

	block(SIGUSR1);
	for (int clock = CLOCK_PROCESS_CPUTIME_ID; clock <= CLOCK_THREAD_CPUTIME_ID; clock++) {
		int64_t start = clock_us(clock);

		CHECK_EQ(create(clock, &event, &id), 0);
		CHECK_EQ(left_us(id), 0);
		CHECK_EQ(settime(id, 0, MS(100), MS(0)), 0);
		CHECK(left_us(id) > 50000 && left_us(id) <= 100000);
		CHECK_EQ(take(SIGUSR1, &info, MS(200)), -EAGAIN);
		CHECK(left_us(id) > 50000);
		burn(clock, 150000);
		CHECK_EQ(take_while_burning(clock, &info), SIGUSR1);
		CHECK(clock_us(clock) - start >= 100000);
		CHECK_EQ(info.si_code, SI_TIMER);
		CHECK_EQ(info.si_value.sival_int, 7);
		CHECK_EQ(left_us(id), 0);
		/* What is over when it is set is told at once. */
		CHECK_EQ(settime(id, ABSOLUTE, ((struct timespec){0, 1}), MS(0)), 0);
		CHECK_EQ(take(SIGUSR1, &info, MS(5000)), SIGUSR1);
		CHECK_EQ(raw_call(SYS_timer_delete, id, 0, 0, 0, 0, 0), 0);
	}
}

static void
timers_of_processor_time_repeat(void)
{
	struct event event = {.value = 7, .signo = SIGUSR1, .notify = NOTIFY_SIGNAL};
	siginfo_t info;
	int id;

	block(SIGUSR1);
	CHECK_EQ(create(CLOCK_PROCESS_CPUTIME_ID, &event, &id), 0);
	CHECK_EQ(settime(id, 0, MS(20), MS(20)), 0);
	burn(CLOCK_PROCESS_CPUTIME_ID, 300000);
	CHECK_EQ(take_while_burning(CLOCK_PROCESS_CPUTIME_ID, &info), SIGUSR1);
	CHECK(raw_call(SYS_timer_getoverrun, id, 0, 0, 0, 0, 0) >= 8);
	CHECK(left_us(id) > 0 && left_us(id) <= 20000);
	burn(CLOCK_PROCESS_CPUTIME_ID, 60000);
	CHECK_EQ(take_while_burning(CLOCK_PROCESS_CPUTIME_ID, &info), SIGUSR1);
	CHECK_EQ(settime(id, 0, MS(0), MS(0)), 0);
	burn(CLOCK_PROCESS_CPUTIME_ID, 60000);
	take(SIGUSR1, &info, MS(0));
	CHECK_EQ(take(SIGUSR1, &info, MS(0)), -EAGAIN);
}

static volatile int stop_burning;

static int
burn_until_told(void *unused)
{
	(void)unused;
	while (!stop_burning)
		;
	return 0;
}

/* What other threads run counts for the process alone. */
static void
timer_of_one_thread(void)
{
	struct event event = {.signo = SIGUSR1, .notify = NOTIFY_SIGNAL};
	struct event other = {.signo = SIGUSR2, .notify = NOTIFY_SIGNAL};
	volatile int tid;
	siginfo_t info;
	int id;

	block(SIGUSR1);
	block(SIGUSR2);
	CHECK_EQ(create(CLOCK_THREAD_CPUTIME_ID, &event, &id), 0);
	CHECK_EQ(settime(id, 0, MS(300), MS(0)), 0);
	CHECK_EQ(create(CLOCK_PROCESS_CPUTIME_ID, &other, &id), 0);
	CHECK_EQ(settime(id, 0, MS(300), MS(0)), 0);
	CHECK(thread_start(burn_until_told, NULL, (int *)&tid) > 0);
	CHECK_EQ(take(SIGUSR2, &info, MS(30000)), SIGUSR2);
	stop_burning = 1;
	while (tid)
		sleep_ms(1);
	CHECK_EQ(take(SIGUSR1, &info, MS(0)), -EAGAIN);
}

static long
sleep_by(int clock, int flags, struct timespec time, struct timespec *left)
{
	return raw_call(SYS_clock_nanosleep, clock, flags, (uintptr_t)&time, (uintptr_t)left, 0, 0);
}

/* A sleep by the processor time of the process ends when the other thread has used so much. */
static void
sleep_while_others_run(void)
{
	int clock = CLOCK_PROCESS_CPUTIME_ID;
	int64_t start = clock_us(clock);
	struct timespec until = MS(start / 1000 + 400), left;
	volatile int tid;
	int id;

	CHECK(thread_start(burn_until_told, NULL, (int *)&tid) > 0);
	CHECK_EQ(sleep_by(clock, 0, MS(200), NULL), 0);
	CHECK(clock_us(clock) - start >= 200000);
	CHECK_EQ(sleep_by(clock, ABSOLUTE, until, NULL), 0);
	CHECK(clock_us(clock) - start >= 400000 - 1000);
	CHECK_EQ(sleep_by(clock, ABSOLUTE, MS(1), NULL), 0);
	stop_burning = 1;
	while (tid)
		sleep_ms(1);
	signal(SIGALRM, on_cpu_alarm);
	CHECK_EQ(create(CLOCK_MONOTONIC, NULL, &id), 0);
	CHECK_EQ(settime(id, 0, MS(500), MS(0)), 0);
	CHECK_EQ(sleep_by(clock, 0, MS(10000), &left), -EINTR);
	CHECK(left.tv_sec == 9);
	CHECK_EQ(sleep_by(CLOCK_THREAD_CPUTIME_ID, 0, MS(1), NULL), -EOPNOTSUPP);
	CHECK_EQ(sleep_by(CLOCK_MONOTONIC_RAW, 0, MS(1), NULL), -EOPNOTSUPP);
	CHECK_EQ(sleep_by(1000, 0, MS(1), NULL), -EINVAL);
}

/* The clocks of others are negative: whose, of a process or a thread, which part of the time. */
enum { TICKS, USER_TICKS, ALL_TIME, OF_A_DEVICE, OF_A_THREAD };

static int
clock_of(pid_t number, int part)
{
	return (int)(~(unsigned)number << 3) | part;
}

static long
clock_ns(int clock)
{
	struct timespec now;
	long error = raw_call(SYS_clock_gettime, clock, (uintptr_t)&now, 0, 0, 0, 0);

	return error ? error : now.tv_sec * 1000000000 + now.tv_nsec;
}

static long
resolution(int clock)
{
	struct timespec step = {};
	long error = raw_call(SYS_clock_getres, clock, (uintptr_t)&step, 0, 0, 0, 0);

	return error ? error : step.tv_sec * 1000000000 + step.tv_nsec;
}

static pid_t
spinner(void)
{
	pid_t child = fork_checked();

	while (child == 0)
		;
	return child;
}

static void
own_clocks_by_number(void)
{
	long before = clock_ns(CLOCK_PROCESS_CPUTIME_ID), process, thread;

	process = clock_ns(clock_of(getpid(), ALL_TIME));
	CHECK(process >= before && process <= clock_ns(CLOCK_PROCESS_CPUTIME_ID));
	CHECK(clock_ns(clock_of(0, ALL_TIME)) >= process);
	before = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	thread = clock_ns(clock_of(gettid(), ALL_TIME | OF_A_THREAD));
	CHECK(thread >= before && thread <= clock_ns(CLOCK_THREAD_CPUTIME_ID));
	CHECK(clock_ns(clock_of(0, ALL_TIME | OF_A_THREAD)) >= thread);
	CHECK(clock_ns(clock_of(0, USER_TICKS)) <= clock_ns(clock_of(0, TICKS)));
	CHECK_EQ(resolution(clock_of(0, ALL_TIME)), 1);
	CHECK(resolution(clock_of(0, TICKS)) >= 1000000);
}

static void
clocks_of_nobody(void)
{
	pid_t parent = getpid(), child;

	CHECK_EQ(clock_ns(clock_of(0, OF_A_DEVICE)), -EINVAL);
	CHECK_EQ(clock_ns(clock_of(0, OF_A_DEVICE | OF_A_THREAD)), -EINVAL);
	CHECK_EQ(clock_ns(clock_of(0x7fffff0, ALL_TIME)), -EINVAL);
	CHECK_EQ(resolution(clock_of(0x7fffff0, ALL_TIME)), -EINVAL);
	CHECK_EQ(sleep_by(clock_of(0x7fffff0, ALL_TIME), 0, MS(1), NULL), -EINVAL);
	CHECK_EQ(sleep_by(clock_of(0, OF_A_DEVICE), 0, MS(1), NULL), -EOPNOTSUPP);
	CHECK_EQ(sleep_by(clock_of(0, ALL_TIME | OF_A_THREAD), 0, MS(1), NULL), -EINVAL);
	CHECK_EQ(sleep_by(clock_of(gettid(), ALL_TIME | OF_A_THREAD), 0, MS(1), NULL), -EINVAL);
	CHECK_EQ(sleep_by(CLOCK_THREAD_CPUTIME_ID, 0, MS(1), NULL), -EOPNOTSUPP);
	child = fork_checked();
	if (child == 0) {
		CHECK(clock_ns(clock_of(parent, ALL_TIME)) > 0);
		CHECK_EQ(clock_ns(clock_of(parent, ALL_TIME | OF_A_THREAD)), -EINVAL);
		_exit(0);
	}
	check_exit(child);
	CHECK_EQ(clock_ns(clock_of(child, ALL_TIME)), -EINVAL);
}

static void
clock_of_a_child(void)
{
	pid_t child = spinner();
	int clock = clock_of(child, ALL_TIME);
	long before = clock_ns(clock), then;

	CHECK(before >= 0);
	CHECK_EQ(sleep_by(clock, 0, MS(30), NULL), 0);
	then = clock_ns(clock);
	CHECK(then >= before + 30000000);
	CHECK(clock_ns(clock_of(child, USER_TICKS)) >= 0);
	CHECK_EQ(kill(child, SIGKILL), 0);
	CHECK_EQ(waitpid(child, NULL, 0), child);
	CHECK_EQ(clock_ns(clock), -EINVAL);
}

/* A timer of ours goes by the time that a child uses, as long as that is there. */
static void
timer_by_clock_of_a_child(void)
{
	struct event event = {.value = 5, .signo = SIGUSR1, .notify = NOTIFY_SIGNAL};
	pid_t child = spinner();
	int clock = clock_of(child, ALL_TIME);
	long start;
	siginfo_t info;
	int id;

	block(SIGUSR1);
	CHECK_EQ(create(clock_of(0x7fffff0, ALL_TIME), &event, &id), -EINVAL);
	CHECK_EQ(create(clock_of(0, OF_A_DEVICE), &event, &id), -EOPNOTSUPP);
	CHECK_EQ(create(clock, &event, &id), 0);
	start = clock_ns(clock);
	CHECK_EQ(settime(id, 0, MS(50), MS(20)), 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(take(SIGUSR1, &info, MS(100000)), SIGUSR1);
	CHECK(clock_ns(clock) - start >= 90000000);
	CHECK_EQ(kill(child, SIGKILL), 0);
	CHECK_EQ(waitpid(child, NULL, 0), child);
	take(SIGUSR1, &info, MS(0));
	CHECK_EQ(left_us(id), 0);
	CHECK_EQ(settime(id, 0, MS(50), MS(20)), -ESRCH);
	CHECK_EQ(raw_call(SYS_timer_delete, id, 0, 0, 0, 0, 0), 0);
}

struct sibling {
	int tid;
	volatile int stop;
};

static int
spin_until_told(void *argument)
{
	struct sibling *sibling = argument;

	while (!sibling->stop)
		;
	return 0;
}

/* Of another thread of the process: its clock, a sleep and a timer by it. */
static void
clock_of_a_thread(void)
{
	struct event event = {.signo = SIGUSR1, .notify = NOTIFY_SIGNAL};
	struct sibling sibling = {};
	siginfo_t info;
	int clock, id;
	long before;

	block(SIGUSR1);
	clock = clock_of(thread_start(spin_until_told, &sibling, &sibling.tid),
			 ALL_TIME | OF_A_THREAD);
	before = clock_ns(clock);
	CHECK(before >= 0);
	CHECK_EQ(sleep_by(clock, 0, MS(30), NULL), 0);
	CHECK(clock_ns(clock) >= before + 30000000);
	CHECK_EQ(create(clock, &event, &id), 0);
	CHECK_EQ(settime(id, 0, MS(30), MS(0)), 0);
	CHECK_EQ(take(SIGUSR1, &info, MS(100000)), SIGUSR1);
	CHECK(clock_ns(clock) >= before + 60000000);
	sibling.stop = 1;
	while (*(volatile int *)&sibling.tid)
		sleep_ms(1);
	while (clock_ns(clock) >= 0)
		sleep_ms(1);
	CHECK_EQ(clock_ns(clock), -EINVAL);
	CHECK_EQ(settime(id, 0, MS(30), MS(0)), -ESRCH);
}

const struct test timer_tests[] = {
	{"own_clocks_by_number", own_clocks_by_number, ANYWHERE},
	{"clocks_of_nobody", clocks_of_nobody, ANYWHERE},
	{"clock_of_a_child", clock_of_a_child, ANYWHERE},
	{"timer_by_clock_of_a_child", timer_by_clock_of_a_child, ANYWHERE},
	{"clock_of_a_thread", clock_of_a_thread, ANYWHERE},
	{"timers_go_by_clocks_of_processor_time", timers_go_by_clocks_of_processor_time, ANYWHERE},
	{"timers_of_processor_time_repeat", timers_of_processor_time_repeat, ANYWHERE},
	{"timer_of_one_thread", timer_of_one_thread, ANYWHERE},
	{"sleep_while_others_run", sleep_while_others_run, ANYWHERE},
	{"timer_fires_once", timer_fires_once, ANYWHERE},
	{"timer_repeats", timer_repeats, ANYWHERE},
	{"timer_absolute", timer_absolute, ANYWHERE},
	{"timer_notices", timer_notices, A_KERNEL},
	{"timer_queues_one", timer_queues_one, A_KERNEL},
	{"timer_errors", timer_errors, ANYWHERE},
	{"timers_are_not_inherited", timers_are_not_inherited, ANYWHERE},
	{"alarms_without_pause", alarms_without_pause, A_KERNEL},
	{"timers_of_processor_time", timers_of_processor_time, A_KERNEL},
	{NULL, NULL, ANYWHERE},
};
