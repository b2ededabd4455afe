/* pthreads: every kind of lock, waiting with and without time limits, thread-local storage. */
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <time.h>

#include "distro.h"

#define NR_THREADS 8
#define NR_ROUNDS  2000

static pthread_t threads[NR_THREADS];

static void
threads_start(void *(*run)(void *))
{
	for (uintptr_t i = 0; i < NR_THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, run, (void *)i) == 0);
}

static void
threads_join(void)
{
	for (uintptr_t i = 0; i < NR_THREADS; i++) {
		void *result;

		CHECK(pthread_join(threads[i], &result) == 0 && result == (void *)i);
	}
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_spinlock_t spinlock;
static long under_mutex, under_spinlock;

static void *
count_up(void *number)
{
	for (int i = 0; i < NR_ROUNDS; i++) {
		pthread_mutex_lock(&mutex);
		under_mutex++;
		pthread_mutex_unlock(&mutex);
		pthread_spin_lock(&spinlock);
		under_spinlock++;
		pthread_spin_unlock(&spinlock);
	}
	return number;
}

static void
mutexes(void)
{
	pthread_spin_init(&spinlock, 0);
	threads_start(count_up);
	threads_join();
	CHECK(under_mutex == NR_THREADS * NR_ROUNDS && under_spinlock == under_mutex);
}

static pthread_cond_t turn_changed = PTHREAD_COND_INITIALIZER;
static long turn;

static void *
take_turns(void *number)
{
	pthread_mutex_lock(&mutex);
	for (int i = 0; i < 100; i++) {
		while (turn % NR_THREADS != (long)number)
			pthread_cond_wait(&turn_changed, &mutex);
		turn++;
		pthread_cond_broadcast(&turn_changed);
	}
	pthread_mutex_unlock(&mutex);
	return number;
}

static void
conditions(void)
{
	struct timespec past = {1, 0};

	threads_start(take_turns);
	threads_join();
	CHECK(turn == 100 * NR_THREADS);
	pthread_mutex_lock(&mutex);
	CHECK(pthread_cond_timedwait(&turn_changed, &mutex, &past) == ETIMEDOUT);
	pthread_mutex_unlock(&mutex);
}

static pthread_barrier_t barrier;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static long generation;

static void *
go_together(void *number)
{
	for (long i = 0; i < 50; i++) {
		pthread_rwlock_rdlock(&rwlock);
		CHECK(generation == i);
		pthread_rwlock_unlock(&rwlock);
		if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) {
			pthread_rwlock_wrlock(&rwlock);
			generation++;
			pthread_rwlock_unlock(&rwlock);
		}
		pthread_barrier_wait(&barrier);
	}
	return number;
}

static void
barriers(void)
{
	pthread_barrier_init(&barrier, NULL, NR_THREADS);
	threads_start(go_together);
	threads_join();
	CHECK(generation == 50);
}

static __thread long own = 42;
static __thread char own_zeroes[5000];
static pthread_key_t key;
static int nr_destroyed;

static void
key_destroy(void *value)
{
	__atomic_fetch_add(&nr_destroyed, value != NULL, __ATOMIC_SEQ_CST);
}

static void *
use_own(void *number)
{
	CHECK(own == 42);
	for (size_t i = 0; i < sizeof(own_zeroes); i++)
		CHECK(own_zeroes[i] == 0);
	own = (long)number;
	memset(own_zeroes, (int)own, sizeof(own_zeroes));
	pthread_setspecific(key, &own);
	pthread_barrier_wait(&barrier);
	CHECK(own == (long)number && own_zeroes[4999] == (char)own);
	return number;
}

static void
thread_local_storage(void)
{
	pthread_barrier_init(&barrier, NULL, NR_THREADS);
	CHECK(pthread_key_create(&key, key_destroy) == 0);
	threads_start(use_own);
	threads_join();
	CHECK(nr_destroyed == NR_THREADS);
}

static sem_t semaphore;

static void *
wait_for_ever(void *number)
{
	(void)number;
	for (;;)
		sem_wait(&semaphore);
	return NULL;
}

static void
cancellation(void)
{
	void *result;

	CHECK(sem_init(&semaphore, 0, 0) == 0);
	CHECK(pthread_create(&threads[0], NULL, wait_for_ever, NULL) == 0);
	CHECK(pthread_cancel(threads[0]) == 0);
	CHECK(pthread_join(threads[0], &result) == 0 && result == PTHREAD_CANCELED);
}

static void *
return_at_once(void *number)
{
	return number;
}

static void
a_thousand_threads(void)
{
	for (int i = 0; i < 1000 / NR_THREADS; i++) {
		threads_start(return_at_once);
		threads_join();
	}
}

static const struct distro_test tests[] = {
	{"mutexes", mutexes},		{"conditions", conditions},
	{"barriers", barriers},		{"thread_local_storage", thread_local_storage},
	{"cancellation", cancellation}, {"a_thousand_threads", a_thousand_threads},
};

int
main(void)
{
	return tests_run(tests, COUNT(tests));
}
