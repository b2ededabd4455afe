/* Processes and threads. */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bombs.h"

#define FORK_EVENTS 1500
#define FORK_BYTES  (96 * PAGE)

static void
fork_for_ever(void)
{
	char *at = map(FORK_BYTES, MAP_PRIVATE);

	for (;;) {
		if (at)
			touch(at, FORK_BYTES);
		if (fork() < 0)
			usleep(1000);
		event_note();
	}
}

void
bomb_fork(void)
{
	pid_t leader = bomb_start(fork_for_ever);

	events_wait(FORK_EVENTS);
	group_end(leader);
}

static int
thread_sleep(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return 0;
}

static void
threads_to_limit(void)
{
	long nr = 0;

	for (;; nr++) {
		char *stack = map(PAGE, MAP_PRIVATE);

		if (!stack ||
		    clone(thread_sleep, stack + PAGE, THREAD_FLAGS, NULL, NULL, NULL, NULL) < 0)
			break;
	}
	CHECK(nr > 0, nr);
	CHECK(errno == EAGAIN || errno == ENOMEM, nr);
}

void
bomb_threads(void)
{
	int status = child_wait(bomb_start(threads_to_limit));

	CHECK(status == 0 || WIFSIGNALED(status), status);
}
