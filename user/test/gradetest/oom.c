/* Lab oom: when memory is gone somebody is killed, and it is the right one. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "grade.h"

#define KEPT_PAGES 256U
#define NR_VICTIMS 6 /* in all */
#define LARGE	   (1024 * MIB)
#define HELD	   (12 * MIB)
#define LIMIT	   (8 * MIB)

static void
adjust(const char *value)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);

	if (fd < 0 || write(fd, value, strlen(value)) != (ssize_t)strlen(value))
		give_up("oom_score_adj");
	close(fd);
}

/* Takes memory for ever. */
static int
eater(void *arg)
{
	char *at = mmap(NULL, LARGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	(void)arg;
	if (at == MAP_FAILED)
		return 3;
	for (size_t i = 0; i < LARGE; i += PAGE)
		at[i] = 1;
	return 4;
}

static uint64_t
kills(void)
{
	return proc_number("/proc/vmstat", "oom_kill");
}

/* One process eats everything; the others live on. */
static void
killer(int argc, char **argv)
{
	uint64_t *kept = memory_map(KEPT_PAGES * PAGE), before, free_pages, spaces;

	(void)argc;
	(void)argv;
	pages_fill(kept, KEPT_PAGES, 0);
	before = kills();
	spaces = proc_number("/proc/slabinfo", "mm_struct ");
	free_pages = proc_number("/proc/vmstat", "nr_free_pages");
	fact("eater", in_child(eater, NULL));
	fact_growth("kills", before, kills());
	fact("kept", pages_right(kept, KEPT_PAGES, 0));
	fact_growth("free_lost", proc_number("/proc/vmstat", "nr_free_pages"), free_pages);
	fact("init", kill(1, 0) == 0);
	fact("second_eater", in_child(eater, NULL));
	fact_growth("kills_after", before, kills());
	for (int i = 0; i < NR_VICTIMS - 2; i++)
		in_child(eater, NULL);
	fact_growth("spaces_left", spaces, proc_number("/proc/slabinfo", "mm_struct "));
	checkpoint("after", NULL);
}

/* A child that holds memory and waits until it is killed or the pipe closes. => it holds it now, or has died */
static pid_t
holder(const char *adj, int fds[2])
{
	int ready[2];
	pid_t pid;
	char byte;

	if (pipe(ready) < 0)
		give_up("pipe");
	pid = fork_checked();
	if (pid == 0) {
		char *at = memory_map(HELD);

		adjust(adj);
		for (size_t i = 0; i < HELD; i += PAGE)
			at[i] = 1;
		close(fds[1]);
		_exit(write(ready[1], "x", 1) == 1 && read(fds[0], &byte, 1) == 0 ? 5 : 6);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) < 0)
		give_up("pipe");
	close(ready[0]);
	return pid;
}

static uint64_t
score(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/oom_score", (int)pid);
	return proc_number(path, "");
}

static int
adjusted_eater(void *adj)
{
	adjust(adj);
	return eater(NULL);
}

/* oom_score_adj: who is spared, who goes first. */
static void
choice(int argc, char **argv)
{
	int fds[2], status;
	pid_t spared, first;

	(void)argc;
	(void)argv;
	if (pipe(fds) < 0)
		give_up("pipe");
	fact("adj_default", proc_number("/proc/self/oom_score_adj", ""));
	spared = holder("-1000", fds);
	first = holder("1000", fds);
	fact("score_spared", score(spared));
	fact("score_first", score(first));
	adjust("-1000");
	fact("eater", in_child(adjusted_eater, "0"));
	close(fds[1]); /* who lives goes */
	if (child_ends(first, &status))
		fact("first", status);
	if (child_ends(spared, &status))
		fact("spared", status);
}

static int
limited(void *arg)
{
	struct rlimit limit = {LIMIT, LIMIT};
	void *at;

	(void)arg;
	if (setrlimit(RLIMIT_AS, &limit) < 0)
		return 1;
	at = mmap(NULL, 2 * LIMIT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return at == MAP_FAILED && errno == ENOMEM ? 0 : 2;
}

/* What a limit forbids is an error, and costs nobody his life. */
static void
limits(int argc, char **argv)
{
	uint64_t before = kills();
	int fd;

	(void)argc;
	(void)argv;
	fact("limited", in_child(limited, NULL));
	fact_growth("limit_kills", before, kills());
	fd = open("/proc/self/oom_score_adj", O_WRONLY);
	errno = 0;
	(void)!write(fd, "1001", 4);
	fact("adj_range", errno);
}

const struct grade_case oom_cases[] = {
	{"oom.killer", killer},
	{"oom.choice", choice},
	{"oom.limits", limits},
	{NULL, NULL},
};
