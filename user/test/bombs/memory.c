/* Memory, by every way there is. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bombs.h"

void
grow_private(void)
{
	for (;;) {
		char *at = map(MIB, MAP_PRIVATE);

		if (at)
			touch(at, MIB);
	}
}

static void
grow_shared(void)
{
	for (;;) {
		char *at = map(MIB, MAP_SHARED);

		if (at)
			touch(at, MIB);
	}
}

static void
grow_heap(void)
{
	for (;;) {
		char *at = sbrk(MIB);

		if (at != (char *)-1)
			touch(at, MIB);
	}
}

/* The room for a stack is left by exec, as the limit is then. */
static void
grow_stack(void)
{
	struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

	setrlimit(RLIMIT_STACK, &limit);
	execl("/proc/self/exe", "bombs", "-" OPTION_GROW_STACK, NULL);
}

void
bomb_stack_grow(void)
{
	volatile char *at = __builtin_frame_address(0);

	for (;;) {
		at -= PAGE;
		*at = 1;
	}
}

/* A read of each 2 MiB needs a page table, and no page. */
static void
grow_tables(void)
{
	for (;;) {
		char *at = map(1024 * MIB, MAP_PRIVATE);

		for (unsigned long i = 0; at && i < 1024 * MIB; i += 2 * MIB)
			(void)*(volatile char *)(at + i);
	}
}

#define BYSTANDER_PAGES 512

/* Larger than a bomb in pages, much smaller in all. */
static void
stand_by(void)
{
	char *at = map(BYSTANDER_PAGES * PAGE, MAP_PRIVATE);

	CHECK(at, 0);
	touch(at, BYSTANDER_PAGES * PAGE);
	event_note();
	for (;;)
		pause();
}

/* As many areas as one process may have, none of which has a page; and as many such processes as there may be. */
static void
grow_areas(void)
{
	int prot = PROT_NONE, flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

	while (mmap(NULL, PAGE, prot, flags, -1, 0) != MAP_FAILED)
		prot ^= PROT_READ;
	while (fork() != 0)
		;
	for (;;)
		pause();
}

static void
grow_locked(void)
{
	for (;;) {
		char *at = map(MIB, MAP_PRIVATE);

		if (at)
			mlock(at, MIB);
	}
}

/* Memory that a system call touches, not the program. */
static void
grow_by_calls(void)
{
	int fd = open("/dev/zero", O_RDONLY);

	for (;;) {
		char *at = map(MIB, MAP_PRIVATE);

		if (at && read(fd, at, MIB) < 0 && errno != ENOMEM && errno != EFAULT)
			_exit(1);
	}
}

void
bomb_private(void)
{
	check_killed(grow_private);
}

void
bomb_shared(void)
{
	check_killed(grow_shared);
}

void
bomb_heap(void)
{
	check_killed(grow_heap);
}

void
bomb_stack(void)
{
	check_killed(grow_stack);
}

void
bomb_tables(void)
{
	check_killed(grow_tables);
}

/* It is the memory that describes the areas that is used up, and who has them that is killed. */
void
bomb_areas(void)
{
	long kills = nr_kills();
	pid_t bystander = bomb_start(stand_by), leader;
	int status;

	events_wait(1);
	leader = bomb_start(grow_areas);
	while (nr_kills() == kills)
		usleep(1000);
	CHECK(waitpid(bystander, &status, WNOHANG) == 0, status);
	group_end(leader);
	CHECK(waitpid(bystander, &status, WNOHANG) == 0, status);
	group_end(bystander);
}

void
bomb_calls(void)
{
	check_killed(grow_by_calls);
}

static void
lock_to_limit(void)
{
	struct rlimit limit = {2 * MIB, 2 * MIB};
	char *at = map(4 * MIB, MAP_PRIVATE);

	CHECK(at && setrlimit(RLIMIT_MEMLOCK, &limit) == 0, 0);
	CHECK(mlock(at, 2 * MIB) == 0, 0);
	CHECK(mlock(at + 2 * MIB, PAGE) == -1, 0);
}

void
bomb_locked(void)
{
	check_ended(lock_to_limit);
	check_killed(grow_locked);
}
