#include "ktest/ktest.h"
#include "proc/futex.h"
#include "proc/process.h"
#include "proc/signal.h"

/* What of proc/ can be tested before there is a process: queues of signals, and the index by number. */

KTEST(signal_queue_keeps_a_standard_signal_once)
{
	struct signal_queue queue;
	struct siginfo info = {.code = SI_USER, .pid = 7}, taken;

	signal_queue_init(&queue);
	signal_queue_put(&queue, SIGUSR1, &info, RLIM_INFINITY);
	info.pid = 8;
	signal_queue_put(&queue, SIGUSR1, &info, RLIM_INFINITY);
	KTEST_CHECK(signal_queue_take(&queue, 0, &taken) == SIGUSR1);
	KTEST_CHECK(taken.signo == SIGUSR1 && taken.pid == 7);
	KTEST_CHECK(signal_queue_take(&queue, 0, &taken) == 0);
	KTEST_CHECK(queue.set == 0 && list_empty(&queue.infos));
}

KTEST(signal_queue_keeps_every_real_time_signal_in_order)
{
	struct signal_queue queue;
	struct siginfo info = {.code = SI_QUEUE}, taken;

	signal_queue_init(&queue);
	for (int i = 1; i <= 3; i++) {
		info.pid = i;
		signal_queue_put(&queue, SIGRTMIN + 2, &info, RLIM_INFINITY);
	}
	for (int i = 1; i <= 3; i++) {
		KTEST_CHECK(signal_queue_take(&queue, 0, &taken) == SIGRTMIN + 2);
		KTEST_CHECK(taken.pid == i);
	}
	KTEST_CHECK(signal_queue_take(&queue, 0, &taken) == 0);
}

KTEST(signal_queue_takes_faults_first_and_leaves_what_is_masked)
{
	struct signal_queue queue;
	struct siginfo info = {.code = SI_KERNEL}, taken;

	signal_queue_init(&queue);
	signal_queue_put(&queue, SIGHUP, &info, RLIM_INFINITY);
	signal_queue_put(&queue, SIGTERM, &info, RLIM_INFINITY);
	signal_queue_put(&queue, SIGSEGV, &info, RLIM_INFINITY);
	KTEST_CHECK(signal_queue_take(&queue, SIG_BIT(SIGHUP), &taken) == SIGSEGV);
	KTEST_CHECK(signal_queue_take(&queue, SIG_BIT(SIGHUP), &taken) == SIGTERM);
	KTEST_CHECK(signal_queue_take(&queue, SIG_BIT(SIGHUP), &taken) == 0);
	signal_queue_discard(&queue, SIG_BIT(SIGHUP));
	KTEST_CHECK(queue.set == 0 && list_empty(&queue.infos));
}

KTEST(process_index_finds_by_pid_group_and_session)
{
	struct process *a = process_alloc(NULL), *b = process_alloc(NULL);
	u64 flags;

	KTEST_REQUIRE(a && b);
	a->pid = a->pgid = a->sid = 30001;
	b->pid = 30001 + 256; /* the same chain */
	b->pgid = b->sid = 30001;
	flags = spin_lock_irqsave(&process_lock);
	process_index_insert(a);
	process_index_insert(b);
	KTEST_CHECK(process_find_locked(30001) == a && process_find_locked(30257) == b);
	KTEST_CHECK(!process_find_locked(30001 + 512));
	process_set_pgid(b, 30257);
	KTEST_CHECK(process_group_next(30001, NULL) == a && !process_group_next(30001, a));
	KTEST_CHECK(process_group_next(30257, NULL) == b);
	process_index_remove(a);
	KTEST_CHECK(!process_find_locked(30001));
	KTEST_CHECK(!process_number_is_free(30001)); /* b's session still has that number */
	process_index_remove(b);
	KTEST_CHECK(process_number_is_free(30001));
	spin_unlock_irqrestore(&process_lock, flags);
	process_put(a);
	process_put(b);
}

KTEST(futex_wake_without_waiters_wakes_nobody)
{
	struct futex_key key = {(uintptr_t)&key, 64}, to = {(uintptr_t)&key, 128};

	KTEST_CHECK(futex_wake(&key, ~0U, FUTEX_BITSET_ANY) == 0);
	KTEST_CHECK(futex_requeue(&key, &to, 1, ~0U) == 0);
}
