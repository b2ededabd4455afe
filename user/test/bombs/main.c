/*
 * bombs [-n ROUNDS] [CASE...]: programs that use up all of something, one case each. The kernel
 * survives, what is used up is refused or its users are killed, and afterwards everything is back: as
 * much memory is free as before.
 *
 *     bombs                    every case once
 *     bombs -l                 their names
 *     bombs -n 100 runaways    this one a hundred times
 *
 * The process that watches is protected by oom_score_adj; the bombs are not. This is for a machine
 * that can be spared: anywhere but on Quire it refuses to run.
 */
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bombs.h"

struct bomb {
	const char *name;
	void (*run)(void);
};

static const struct bomb bombs[] = {
	{"private", bomb_private},
	{"shared", bomb_shared},
	{"heap", bomb_heap},
	{"stack", bomb_stack},
	{"tables", bomb_tables},
	{"areas", bomb_areas},
	{"locked", bomb_locked},
	{"calls", bomb_calls},
	{"fork", bomb_fork},
	{"threads", bomb_threads},
	{"pipes", bomb_pipes},
	{"files", bomb_files},
	{"tmpfs", bomb_tmpfs},
	{"holes", bomb_holes},
	{"commit", bomb_commit},
	{"names", bomb_names},
	{"directories", bomb_directories},
	{"runaways", bomb_runaways},
	{"sharers", bomb_sharers},
	{"asker", bomb_asker},
	{"cache", bomb_cache},
};

#define NR_BOMBS (sizeof(bombs) / sizeof(bombs[0]))

/* In a process of its own, so that a failed check ends that alone. */
static int
bomb_run(const struct bomb *bomb)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		long before = free_pages();

		bomb->run();
		check_recovered(before);
		exit(0);
	}
	if (pid > 0)
		waitpid(pid, &status, 0);
	memset((void *)shared, 0, sizeof(*shared));
	return status;
}

static int
bomb_report(const struct bomb *bomb, int rounds)
{
	int status = 0;

	for (int i = 0; i < rounds && status == 0; i++) {
		status = bomb_run(bomb);
		if (status)
			printf("test bombs_%s FAILED: round %d, status %#x\n", bomb->name, i,
			       status);
	}
	if (status == 0)
		printf("test bombs_%s ok\n", bomb->name);
	fflush(stdout);
	return status != 0;
}

static const struct bomb *
bomb_find(const char *name)
{
	for (unsigned i = 0; i < NR_BOMBS; i++)
		if (strcmp(bombs[i].name, name) == 0)
			return &bombs[i];
	fprintf(stderr, "bombs: there is no case %s\n", name);
	exit(2);
}

int
main(int argc, char **argv)
{
	int rounds = 1, failed = 0, option;

	while ((option = getopt(argc, argv, "ln:" OPTION_GROW_STACK)) != -1) {
		if (option == 'n') {
			rounds = atoi(optarg);
			continue;
		}
		if (option == OPTION_GROW_STACK[0])
			bomb_stack_grow();
		for (unsigned i = 0; i < NR_BOMBS; i++)
			printf("%s\n", bombs[i].name);
		return option == 'l' ? 0 : 2;
	}
	if (access("/proc/pagestates", R_OK) != 0) {
		printf("bombs: only on a machine that can be spared\n");
		return 77;
	}
	shared = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	text_write("/proc/self/oom_score_adj", "-999");
	for (unsigned i = 0; i < NR_BOMBS && optind == argc; i++)
		failed |= bomb_report(&bombs[i], rounds);
	for (; optind < argc; optind++)
		failed |= bomb_report(bomb_find(argv[optind]), rounds);
	return failed;
}
