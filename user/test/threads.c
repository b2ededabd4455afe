/*
 * Threads as a C library makes them, by clone and futex alone: one address space, one set of files,
 * a register for thread-local data, a word that is cleared at the end. The same program runs on Linux.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NR_THREADS  6
#define NR_ROUNDS   3000
#define NR_STOPS    300
#define STACK_BYTES 65536

#define THREAD_FLAGS                                                                        \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | \
	 CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)

#define FUTEX_WAIT	  0
#define FUTEX_WAKE	  1
#define FUTEX_CMP_REQUEUE 4

static int nr_failures;

#define CHECK(expr)                                                                           \
	do {                                                                                  \
		if (!(expr)) {                                                                \
			fprintf(stderr, "threads: line %d: %s (errno %d)\n", __LINE__, #expr, \
				errno);                                                       \
			nr_failures++;                                                        \
		}                                                                             \
	} while (0)

struct thread {
	void (*run)(struct thread *self);
	char *stack;
	int tid; /* set by the kernel at the start, cleared at the end */
	int number;
	unsigned long tp_seen;
	int tid_seen;
};

static struct thread threads[NR_THREADS];
static int lock, counter, gate, second_gate;

static long
futex(int *word, int op, int value, const void *timeout, int *word2, int value3)
{
	return syscall(SYS_futex, word, op, value, timeout, word2, value3);
}

static void
mutex_lock(int *word)
{
	int found = 0;

	if (__atomic_compare_exchange_n(word, &found, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	while (__atomic_exchange_n(word, 2, __ATOMIC_ACQUIRE) != 0)
		futex(word, FUTEX_WAIT, 2, NULL, NULL, 0);
}

static void
mutex_unlock(int *word)
{
	if (__atomic_exchange_n(word, 0, __ATOMIC_RELEASE) == 2)
		futex(word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static long
bare_call(long number, long a, long b, long c)
{
	register long a0 asm("a0") = a;
	register long a1 asm("a1") = b;
	register long a2 asm("a2") = c;
	register long a3 asm("a3") = 0;
	register long a7 asm("a7") = number;

	asm volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a7) : "memory");
	return a0;
}

/* On the new thread: the C library's data lie behind another tp, so that only bare_call() is left. */
static int
thread_main(void *arg)
{
	struct thread *self = arg;

	self->run(self);
	return 0;
}

static void
thread_start(struct thread *thread, int number, void (*run)(struct thread *self))
{
	thread->run = run;
	thread->number = number;
	thread->stack =
		mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(thread->stack != MAP_FAILED);
	thread->tid = 1;
	CHECK(clone(thread_main, thread->stack + STACK_BYTES, THREAD_FLAGS, thread, &thread->tid,
		    thread, &thread->tid) > 0);
}

static void
thread_join(struct thread *thread)
{
	int tid;

	while ((tid = __atomic_load_n(&thread->tid, __ATOMIC_ACQUIRE)) != 0)
		futex(&thread->tid, FUTEX_WAIT, tid, NULL, NULL, 0);
	munmap(thread->stack, STACK_BYTES);
}

static unsigned long
read_tp(void)
{
	unsigned long tp;

	asm volatile("mv %0, tp" : "=r"(tp));
	return tp;
}

/* A futex wait without the C library's errno. */
static void
bare_lock(int *word)
{
	int found = 0;

	if (__atomic_compare_exchange_n(word, &found, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	while (__atomic_exchange_n(word, 2, __ATOMIC_ACQUIRE) != 0)
		bare_call(SYS_futex, (long)word, FUTEX_WAIT, 2);
}

static void
bare_unlock(int *word)
{
	if (__atomic_exchange_n(word, 0, __ATOMIC_RELEASE) == 2)
		bare_call(SYS_futex, (long)word, FUTEX_WAKE, 1);
}

static void
run_counter(struct thread *self)
{
	self->tp_seen = read_tp();
	self->tid_seen = (int)bare_call(SYS_gettid, 0, 0, 0);
	for (int i = 0; i < NR_ROUNDS; i++) {
		bare_lock(&lock);
		counter++;
		bare_unlock(&lock);
	}
}

static void
test_counter(void)
{
	counter = 0;
	for (int i = 0; i < NR_THREADS; i++)
		thread_start(&threads[i], i, run_counter);
	for (int i = 0; i < NR_ROUNDS; i++) {
		mutex_lock(&lock);
		counter++;
		mutex_unlock(&lock);
	}
	for (int i = 0; i < NR_THREADS; i++)
		thread_join(&threads[i]);
	CHECK(counter == NR_ROUNDS * (NR_THREADS + 1));
	for (int i = 0; i < NR_THREADS; i++) {
		CHECK(threads[i].tp_seen == (unsigned long)&threads[i]);
		CHECK(threads[i].tid_seen > 0 && threads[i].tid_seen != getpid());
	}
}

static void
run_wait_at_gate(struct thread *self)
{
	(void)self;
	while (__atomic_load_n(&gate, __ATOMIC_ACQUIRE) == 0)
		bare_call(SYS_futex, (long)&gate, FUTEX_WAIT, 0);
	__atomic_add_fetch(&counter, 1, __ATOMIC_SEQ_CST);
}

/* Waiters that are moved to another word are woken there and nowhere else. */
static void
test_requeue(void)
{
	struct timespec pause = {0, 30000000};
	long moved;

	gate = second_gate = counter = 0;
	for (int i = 0; i < NR_THREADS; i++)
		thread_start(&threads[i], i, run_wait_at_gate);
	nanosleep(&pause, NULL);
	CHECK(futex(&gate, FUTEX_CMP_REQUEUE, 0, (void *)100L, &second_gate, 1) == -1);
	CHECK(errno == EAGAIN);
	moved = futex(&gate, FUTEX_CMP_REQUEUE, 0, (void *)100L, &second_gate, 0);
	CHECK(moved == NR_THREADS);
	__atomic_store_n(&gate, 1, __ATOMIC_RELEASE);
	CHECK(futex(&gate, FUTEX_WAKE, 100, NULL, NULL, 0) == 0);
	CHECK(counter == 0);
	CHECK(futex(&second_gate, FUTEX_WAKE, 100, NULL, NULL, 0) == NR_THREADS);
	for (int i = 0; i < NR_THREADS; i++)
		thread_join(&threads[i]);
	CHECK(counter == NR_THREADS);
}

static void
test_futex_errors(void)
{
	struct timespec soon = {0, 10000000}, bad = {0, 1000000000};
	int words[2] = {5, 5};

	CHECK(futex(words, FUTEX_WAIT, 4, NULL, NULL, 0) == -1 && errno == EAGAIN);
	CHECK(futex(words, FUTEX_WAIT, 5, &soon, NULL, 0) == -1 && errno == ETIMEDOUT);
	CHECK(futex(words, FUTEX_WAIT, 5, &bad, NULL, 0) == -1 && errno == EINVAL);
	CHECK(futex((int *)((char *)words + 1), FUTEX_WAIT, 5, NULL, NULL, 0) == -1 &&
	      errno == EINVAL);
	CHECK(futex((int *)64, FUTEX_WAIT, 5, NULL, NULL, 0) == -1 && errno == EFAULT);
	CHECK(futex(words, FUTEX_WAKE, 1, NULL, NULL, 0) == 0);
	CHECK(syscall(SYS_clone, CLONE_THREAD, 0, 0, 0, 0) == -1 && errno == EINVAL);
	CHECK(syscall(SYS_clone, CLONE_SIGHAND, 0, 0, 0, 0) == -1 && errno == EINVAL);
}

static void
run_for_ever(struct thread *self)
{
	(void)self;
	for (;;)
		;
}

/* exit ends all threads, so does a signal; exec leaves one. */
static void
test_the_end_of_all(const char *program)
{
	char *const argv[] = {(char *)program, "exit", NULL};
	int status;

	for (int way = 0; way < 3; way++) {
		pid_t pid = fork();

		if (pid == 0) {
			for (int i = 0; i < 3; i++)
				thread_start(&threads[i], i, run_for_ever);
			if (way == 0)
				exit(9);
			if (way == 1)
				kill(getpid(), SIGTERM);
			else if (execv(program, argv) < 0 && errno == ENOEXEC)
				_exit(9); /* QEMU's user mode cannot run the guest's programs */
			sleep(10);
			_exit(1);
		}
		CHECK(waitpid(pid, &status, 0) == pid);
		if (way == 1)
			CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
		else
			CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 9);
	}
}

static void
sleep_for_ever(struct thread *self)
{
	static const long second[2] = {0, 1000000};

	(void)self;
	for (;;)
		bare_call(SYS_nanosleep, (long)second, 0, 0);
}

/* Each stop of a process of many threads is told, however soon it follows the last one's end. */
static void
test_stops(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		for (int i = 0; i < NR_THREADS; i++)
			thread_start(&threads[i], i, i % 2 ? run_for_ever : sleep_for_ever);
		for (;;)
			pause();
	}
	for (int i = 0; i < NR_STOPS && !nr_failures; i++) {
		CHECK(kill(pid, SIGSTOP) == 0);
		CHECK(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
		CHECK(kill(pid, SIGCONT) == 0);
		CHECK(waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status));
	}
	CHECK(kill(pid, SIGKILL) == 0);
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
}

int
main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return 9;
	test_counter();
	test_requeue();
	test_futex_errors();
	test_the_end_of_all("/proc/self/exe");
	test_stops();
	return nr_failures != 0;
}
