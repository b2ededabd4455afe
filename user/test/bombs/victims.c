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

/*
 * All that share the memory go together: the process that grew, its threads, which run on other harts
 * meanwhile, and processes that have it by CLONE_VM or vfork.
 */
#define NR_RUNNERS 3

static int
sharer(void *unused)
{
	(void)unused;
	event_note();
	for (;;)
		pause();
	return 0;
}

static int
runner(void *unused)
{
	(void)unused;
	event_note();
	for (;;)
		shared->nr_pages[0]++;
	return 0;
}

static void
clone_start(int (*function)(void *), int flags)
{
	char *stack = map(16 * PAGE, MAP_PRIVATE);

	CHECK(stack, flags);
	CHECK(clone(function, stack + 16 * PAGE, flags, NULL, NULL, NULL, NULL) > 0, flags);
}

static void
grow_with_sharer(void)
{
	clone_start(sharer, CLONE_VM | SIGCHLD);
	clone_start(sharer, THREAD_FLAGS);
	for (int i = 0; i < NR_RUNNERS; i++)
		clone_start(runner, THREAD_FLAGS);
	while (shared->nr_events < 2 + NR_RUNNERS)
		sched_yield();
	grow_private();
}

static int
grower(void *unused)
{
	(void)unused;
	grow_private();
	return 0;
}

/* The parent sleeps, as long as its child uses its memory. */
static void
grow_in_vfork(void)
{
	clone_start(grower, CLONE_VM | CLONE_VFORK | SIGCHLD);
}

/* It has its parent's memory, for itself now. */
static int
orphan(void *unused)
{
	pid_t parent = getppid();

	(void)unused;
	kill(parent, SIGKILL);
	while (getppid() == parent)
		sched_yield();
	grow_private();
	return 0;
}

static void
grow_orphaned(void)
{
	clone_start(orphan, CLONE_VM | CLONE_VFORK | SIGCHLD);
}

/* Nobody of the leader's group is there soon, and one was killed for memory. */
static void
check_group_dies(pid_t leader, long kills)
{
	for (int i = 0; kill(-leader, 0) == 0; i++) {
		CHECK(i < 10000, leader);
		usleep(1000);
	}
	CHECK(nr_kills() == kills + 1, nr_kills() - kills);
}

/* The leader is killed for its memory, and soon nobody of its group is there. */
static void
check_all_die(void (*function)(void))
{
	long kills = nr_kills();
	pid_t leader = bomb_start(function);
	int status = child_wait(leader);

	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, status);
	CHECK(nr_kills() == kills + 1, nr_kills() - kills);
	check_group_dies(leader, kills);
}

static void
check_orphan_dies(void)
{
	long kills = nr_kills();
	pid_t leader = bomb_start(grow_orphaned);

	child_wait(leader);
	check_group_dies(leader, kills);
}

void
bomb_sharers(void)
{
	unsigned long count;

	check_all_die(grow_with_sharer);
	count = shared->nr_pages[0];
	usleep(20000);
	CHECK(count > 0 && shared->nr_pages[0] == count, count);
	check_all_die(grow_in_vfork);
	check_orphan_dies();
}

/* Who asks dies, if oom_kill_allocating_task says so; else the largest, who only sits there. */
static void
sit_large(void)
{
	unsigned long bytes = number_read("/proc/meminfo", "MemFree:") * 1024UL / 8 * 5;
	char *at = map(bytes, MAP_PRIVATE);

	CHECK(at, bytes);
	touch(at, bytes);
	event_note();
	for (;;)
		pause();
}

static void
check_asker(const char *setting, int asker_dies_first)
{
	unsigned long before = shared->nr_events;
	pid_t sitter = bomb_start(sit_large), asker, first;
	int status;

	events_wait(before + 1);
	text_write("/proc/sys/vm/oom_kill_allocating_task", setting);
	asker = bomb_start(grow_private);
	first = waitpid(-1, &status, 0);
	text_write("/proc/sys/vm/oom_kill_allocating_task", "0");
	CHECK(first == (asker_dies_first ? asker : sitter), first);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, status);
	group_end(sitter);
	group_end(asker);
}

void
bomb_asker(void)
{
	check_asker("0", 0);
	check_asker("1", 1);
}
