/* Who dies, and who does not. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bombs.h"

#define STEP		(16 * PAGE)
#define IMPORTANT_PAGES 512UL

static void
grow_counted(int which)
{
	for (;;) {
		char *at = map(STEP, MAP_PRIVATE);

		if (at)
			touch(at, STEP);
		shared->nr_pages[which] += STEP / PAGE;
		while (which == 1 && !shared->first_is_dead &&
		       shared->nr_pages[1] >= shared->nr_pages[0] / 2)
			sched_yield();
	}
}

static void
runaway_large(void)
{
	grow_counted(0);
}

static void
runaway_small(void)
{
	grow_counted(1);
}

/* Keeps numbers in its memory, and says whether they are still there. */
static void
important(void)
{
	volatile unsigned long *at = (unsigned long *)map(IMPORTANT_PAGES * PAGE, MAP_PRIVATE);
	int holds = 1;

	text_write("/proc/self/oom_score_adj", "-500");
	for (unsigned long i = 0; i < IMPORTANT_PAGES; i++)
		at[i * PAGE / sizeof(*at)] = i * 0x9e3779b97f4a7c15;
	event_note();
	while (!shared->important_asked)
		usleep(1000);
	for (unsigned long i = 0; i < IMPORTANT_PAGES; i++)
		holds &= at[i * PAGE / sizeof(*at)] == i * 0x9e3779b97f4a7c15;
	shared->important_answer = holds;
}

/* Two that grow, one always half as large as the other, and one that must live. */
void
bomb_runaways(void)
{
	pid_t keeper = bomb_start(important), large, small;
	int status;

	events_wait(1);
	large = bomb_start(runaway_large);
	small = bomb_start(runaway_small);
	status = child_wait(large);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, status);
	CHECK(waitpid(small, &status, WNOHANG) == 0, status);
	CHECK(shared->nr_pages[1] > 0, 0);
	shared->first_is_dead = 1;
	status = child_wait(small);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, status);
	CHECK(waitpid(keeper, &status, WNOHANG) == 0, status);
	shared->important_asked = 1;
	CHECK(child_wait(keeper) == 0, keeper);
	CHECK(shared->important_answer == 1, 0);
}

/* All that share the memory go together: the process that grew, and those that have it by vfork
 * or CLONE_VM. */
static int
sharer(void *unused)
{
	(void)unused;
	event_note();
	for (;;)
		pause();
	return 0;
}

static void
grow_with_sharer(void)
{
	char *stack = map(16 * PAGE, MAP_PRIVATE);

	CHECK(clone(sharer, stack + 16 * PAGE, CLONE_VM | SIGCHLD, NULL, NULL, NULL, NULL) > 0, 0);
	CHECK(clone(sharer, stack + 8 * PAGE, THREAD_FLAGS, NULL, NULL, NULL, NULL) > 0, 0);
	while (shared->nr_events < 2)
		sched_yield();
	grow_private();
}

void
bomb_sharers(void)
{
	pid_t leader = bomb_start(grow_with_sharer);
	int status = child_wait(leader);

	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, status);
	for (int i = 0; kill(-leader, 0) == 0; i++) {
		CHECK(i < 1000, leader);
		usleep(1000);
	}
}
