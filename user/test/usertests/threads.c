/* What C libraries build locks and threads of: futexes, lists of robust locks. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

#define FUTEX_WAIT	  0
#define FUTEX_WAKE	  1
#define FUTEX_CMP_REQUEUE 4
#define FUTEX_WAKE_OP	  5

#define WAITERS	   0x80000000u
#define OWNER_DIED 0x40000000u

enum { OP_SET, OP_ADD, OP_OR, OP_ANDN, OP_XOR, OP_SHIFT = 8 };
enum { CMP_EQ, CMP_NE, CMP_LT, CMP_LE, CMP_GT, CMP_GE };

#define WAKE_OP(op, operand, comparison, compared)                                       \
	((uint32_t)(op) << 28 | (comparison) << 24 | ((uint32_t)(operand)&0xfff) << 12 | \
	 ((uint32_t)(compared)&0xfff))

struct robust_list {
	struct robust_list *next;
};

struct robust_lock {
	struct robust_list link;
	uint32_t word;
};

/* What the kernel is told, and some locks, in memory that parent and child share. */
struct robust_area {
	struct robust_list head;
	long offset;
	struct robust_list *pending;
	struct robust_lock locks[4];
};

static long
futex(uint32_t *word, int op, uint32_t value, uint64_t timeout, uint32_t *word2, uint32_t value3)
{
	return raw_call(SYS_futex, (uintptr_t)word, op, value, timeout, (uintptr_t)word2, value3);
}

/* Until somebody sleeps on the word: one is moved to a spare word, of the same value, and back. */
static void
await_sleeper(uint32_t *word, uint32_t *spare)
{
	*spare = *word;
	while (futex(word, FUTEX_CMP_REQUEUE, 0, 1, spare, *word) != 1)
		sleep_ms(1);
	CHECK_EQ(futex(spare, FUTEX_CMP_REQUEUE, 0, 1, word, *spare), 1);
}

static long
wake_op(uint32_t *word, uint32_t *word2, uint32_t op)
{
	return futex(word, FUTEX_WAKE_OP, 1, 1, word2, op);
}

static void
wake_op_changes_word(void)
{
	uint32_t words[2] = {7, 5};

	CHECK_EQ(wake_op(&words[0], &words[1], WAKE_OP(OP_ADD, -2, CMP_EQ, 0)), 0);
	CHECK_EQ(words[1], 3);
	CHECK_EQ(wake_op(&words[0], &words[1], WAKE_OP(OP_OR, 12, CMP_EQ, 0)), 0);
	CHECK_EQ(words[1], 15);
	CHECK_EQ(wake_op(&words[0], &words[1], WAKE_OP(OP_ANDN, 3, CMP_EQ, 0)), 0);
	CHECK_EQ(words[1], 12);
	CHECK_EQ(wake_op(&words[0], &words[1], WAKE_OP(OP_XOR | OP_SHIFT, 3, CMP_EQ, 0)), 0);
	CHECK_EQ(words[1], 4);
	CHECK_EQ(wake_op(&words[0], &words[1], WAKE_OP(OP_SET, -1, CMP_EQ, 0)), 0);
	CHECK_EQ(words[1], UINT32_MAX);
	CHECK_EQ(words[0], 7);
	CHECK_EQ(wake_op(&words[0], &words[1], WAKE_OP(5, 0, CMP_EQ, 0)), -ENOSYS);
	CHECK_EQ(words[1], UINT32_MAX);
}

/* Children sleep on two words; which of them wakes? */
static long
wakes_of_two(uint32_t *words, uint32_t op)
{
	pid_t children[2];
	long woken;

	for (int i = 0; i < 2; i++) {
		words[i] = 1;
		children[i] = fork_checked();
		if (children[i] == 0) {
			futex(&words[i], FUTEX_WAIT, 1, 0, NULL, 0);
			_exit(0);
		}
	}
	for (int i = 0; i < 2; i++)
		await_sleeper(&words[i], &words[2]);
	woken = wake_op(&words[0], &words[1], op);
	for (int i = 0; i < 2; i++) {
		words[i] = 0;
		futex(&words[i], FUTEX_WAKE, 1, 0, NULL, 0);
		check_exit(children[i]);
	}
	return woken;
}

static void
wake_op_compares(void)
{
	uint32_t *words =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(words != MAP_FAILED);
	CHECK_EQ(wakes_of_two(words, WAKE_OP(OP_SET, 1, CMP_EQ, 1)), 2);
	CHECK_EQ(wakes_of_two(words, WAKE_OP(OP_SET, 1, CMP_NE, 1)), 1);
	CHECK_EQ(wakes_of_two(words, WAKE_OP(OP_SET, 1, CMP_GT, -1)), 2);
	CHECK_EQ(wakes_of_two(words, WAKE_OP(OP_SET, 1, CMP_LT, 1)), 1);
	CHECK_EQ(wakes_of_two(words, WAKE_OP(OP_SET, 1, CMP_LE, 1)), 2);
	CHECK_EQ(wakes_of_two(words, WAKE_OP(OP_SET, 1, CMP_GE, 2)), 1);
}

static struct robust_area *
robust_area(void)
{
	struct robust_area *area =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(area != MAP_FAILED);
	area->head.next = &area->head;
	area->offset = offsetof(struct robust_lock, word) - offsetof(struct robust_lock, link);
	return area;
}

/* The caller holds the lock, and its list says so. */
static void
robust_take(struct robust_area *area, struct robust_lock *lock)
{
	CHECK_EQ(raw_call(SYS_set_robust_list, (uintptr_t)area, 24, 0, 0, 0, 0), 0);
	lock->word |= (uint32_t)raw_call(SYS_gettid, 0, 0, 0, 0, 0, 0);
	lock->link.next = area->head.next;
	area->head.next = &lock->link;
}

static void
robust_locks_outlive_owner(void)
{
	struct robust_area *area = robust_area();
	pid_t child = fork_checked();

	if (child == 0) {
		robust_take(area, &area->locks[0]);
		area->locks[1].word = 12345; /* another's */
		area->locks[1].link.next = area->head.next;
		area->head.next = &area->locks[1].link;
		robust_take(area, &area->locks[2]);
		area->locks[3].word = WAITERS | (uint32_t)getpid();
		area->pending = &area->locks[3].link;
		_exit(0);
	}
	check_exit(child);
	CHECK_EQ(area->locks[0].word, OWNER_DIED);
	CHECK_EQ(area->locks[1].word, 12345);
	CHECK_EQ(area->locks[2].word, OWNER_DIED);
	CHECK_EQ(area->locks[3].word, OWNER_DIED | WAITERS);
}

/* Somebody waits for the lock of one who is killed: the wait ends. */
static void
robust_waiter_wakes(void)
{
	struct timespec limit = {20, 0};
	struct robust_area *area = robust_area();
	pid_t child = fork_checked();
	uint32_t *word = &area->locks[0].word;

	if (child == 0) {
		*word = WAITERS;
		robust_take(area, &area->locks[0]);
		await_sleeper(word, &area->locks[1].word);
		kill(getpid(), SIGKILL);
	}
	while (*(volatile uint32_t *)word != (WAITERS | (uint32_t)child))
		sleep_ms(1);
	CHECK_EQ(futex(word, FUTEX_WAIT, WAITERS | child, (uintptr_t)&limit, NULL, 0), 0);
	CHECK_EQ(*word, OWNER_DIED | WAITERS);
	CHECK_EQ(waitpid(child, NULL, 0), child);
}

/* The heir of a dead owner dies before it has the lock: the next waiter is woken in its place. */
static void
robust_heir_dies(void)
{
	struct timespec limit = {20, 0};
	struct robust_area *area = robust_area();
	uint32_t *word = &area->locks[0].word;
	pid_t child;

	*word = WAITERS | OWNER_DIED;
	child = fork_checked();
	if (child == 0) {
		await_sleeper(word, &area->locks[1].word);
		area->pending = &area->locks[0].link;
		CHECK_EQ(raw_call(SYS_set_robust_list, (uintptr_t)area, 24, 0, 0, 0, 0), 0);
		_exit(0);
	}
	CHECK_EQ(futex(word, FUTEX_WAIT, WAITERS | OWNER_DIED, (uintptr_t)&limit, NULL, 0), 0);
	check_exit(child);
}

/* A thread that has begun to exit is dead already for whoever sends a signal. */
static void
exit_status_is_settled(void)
{
	struct robust_area *area = robust_area();
	int status;
	pid_t child = fork_checked();

	if (child == 0) {
		char *large = mmap(NULL, 32 * MIB, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

		CHECK(large != MAP_FAILED);
		robust_take(area, &area->locks[0]);
		raw_call(SYS_exit, 5, 0, 0, 0, 0, 0);
	}
	while (*(volatile uint32_t *)&area->locks[0].word != OWNER_DIED)
		sched_yield();
	CHECK_EQ(kill(child, SIGTERM), 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 5 << 8);
}

static int
robust_thread(void *argument)
{
	struct robust_area *area = argument;
	uint64_t head = 0, length = 0;

	robust_take(area, &area->locks[0]);
	raw_call(SYS_get_robust_list, 0, (uintptr_t)&head, (uintptr_t)&length, 0, 0, 0);
	area->locks[1].word = head == (uintptr_t)area && length == 24;
	return 0;
}

/* Each thread has a list of its own, and a child of fork has none. */
static void
robust_lists_are_of_threads(void)
{
	struct robust_area *area = robust_area();
	uint64_t head = 1, length;
	volatile int tid;
	pid_t child;

	thread_start(robust_thread, area, (int *)&tid);
	while (tid)
		sleep_ms(1);
	CHECK_EQ(area->locks[0].word, OWNER_DIED);
	CHECK_EQ(area->locks[1].word, 1);
	CHECK_EQ(raw_call(SYS_set_robust_list, (uintptr_t)area, 23, 0, 0, 0, 0), -EINVAL);
	CHECK_EQ(raw_call(SYS_set_robust_list, (uintptr_t)area, 24, 0, 0, 0, 0), 0);
	child = fork_checked();
	if (child == 0) {
		CHECK_EQ(raw_call(SYS_get_robust_list, 0, (uintptr_t)&head, (uintptr_t)&length, 0,
				  0, 0),
			 0);
		CHECK_EQ(head, 0);
		CHECK_EQ(raw_call(SYS_get_robust_list, getppid(), (uintptr_t)&head,
				  (uintptr_t)&length, 0, 0, 0),
			 0);
		CHECK_EQ(head, (uintptr_t)area);
		_exit(0);
	}
	check_exit(child);
}

/* Lists that a hostile program makes: rings without an end, entries nowhere, offsets that wrap. */
static void
robust_lists_are_not_believed(void)
{
	struct robust_area *area = robust_area();

	for (int i = 0; i < 4; i++) {
		pid_t child = fork_checked();

		if (child == 0) {
			robust_take(area, &area->locks[0]);
			robust_take(area, &area->locks[1]);
			area->locks[0].link.next = &area->locks[1].link;
			if (i == 1)
				area->head.next = (void *)0xffffffff80200000;
			if (i == 2)
				area->offset = INT64_MIN;
			if (i == 3)
				area->pending = (void *)1;
			_exit(0);
		}
		check_exit(child);
		area->head.next = &area->head;
		area->offset = offsetof(struct robust_lock, word);
	}
}

static uint64_t
affinity_of(pid_t tid)
{
	uint64_t mask[16] = {0};

	CHECK(raw_call(SYS_sched_getaffinity, tid, sizeof(mask), (uintptr_t)mask, 0, 0, 0) >= 8);
	return mask[0];
}

static long
set_affinity(pid_t tid, uint64_t mask)
{
	return raw_call(SYS_sched_setaffinity, tid, sizeof(mask), (uintptr_t)&mask, 0, 0, 0);
}

/* Each hart in turn, for the process and for its children. */
static void
affinity_is_kept(void)
{
	uint64_t all = affinity_of(0);

	CHECK(all);
	CHECK_EQ(set_affinity(0, 0), -EINVAL);
	CHECK_EQ(set_affinity(-5, all), -ESRCH);
	CHECK_EQ(raw_call(SYS_sched_getaffinity, 0, 7, (uintptr_t)&all, 0, 0, 0), -EINVAL);
	for (int round = 0; round < 20; round++) {
		for (uint64_t left = all; left; left &= left - 1) {
			uint64_t one = left & -left;
			pid_t child;

			CHECK_EQ(set_affinity(0, one), 0);
			CHECK_EQ(affinity_of(getpid()), one);
			child = fork_checked();
			if (child == 0)
				_exit(affinity_of(0) != one);
			check_exit(child);
		}
	}
	CHECK_EQ(set_affinity(0, all), 0);
}

/* Children that compute are sent from hart to hart, and each keeps getting on. */
static void
affinity_of_others(void)
{
	volatile uint64_t *counts =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t all = affinity_of(0);
	pid_t children[4];

	for (int i = 0; i < 4; i++) {
		children[i] = fork_checked();
		while (children[i] == 0)
			counts[i]++;
	}
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 4; i++) {
			uint64_t one = round % 2 ? all & -all : 1ull << (63 - __builtin_clzll(all));
			uint64_t before = counts[i];

			CHECK_EQ(set_affinity(children[i], one), 0);
			CHECK_EQ(affinity_of(children[i]), one);
			for (int n = 0; counts[i] == before; n++) {
				CHECK(n < 1000);
				sleep_ms(10);
			}
		}
	}
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(kill(children[i], SIGKILL), 0);
		CHECK_EQ(waitpid(children[i], NULL, 0), children[i]);
	}
}

const struct test thread_tests[] = {
	{"wake_op_changes_word", wake_op_changes_word, ANYWHERE},
	{"wake_op_compares", wake_op_compares, ANYWHERE},
	{"robust_locks_outlive_owner", robust_locks_outlive_owner, A_KERNEL},
	{"robust_waiter_wakes", robust_waiter_wakes, A_KERNEL},
	{"robust_heir_dies", robust_heir_dies, A_KERNEL},
	{"exit_status_is_settled", exit_status_is_settled, A_KERNEL},
	{"robust_lists_are_of_threads", robust_lists_are_of_threads, A_KERNEL},
	{"robust_lists_are_not_believed", robust_lists_are_not_believed, A_KERNEL},
	{"affinity_is_kept", affinity_is_kept, ANYWHERE},
	{"affinity_of_others", affinity_of_others, ANYWHERE},
	{NULL, NULL, ANYWHERE},
};
