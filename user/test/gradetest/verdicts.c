/* For the harness's own tests: one case for each way a test can end, and what cheats do. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "grade.h"

#define NAP_NS 20000000L

/* One fact is right, one is wrong. */
static void
partial(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	fact("right", word(0));
	fact("wrong", word(0) + 1);
}

/* The results are told, and then nothing ever happens. */
static void
sleeps(int argc, char **argv)
{
	struct timespec day = {86400, 0};

	(void)argc;
	(void)argv;
	fact("right", word(0));
	nanosleep(&day, NULL);
}

static void
spins(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	for (;;)
		;
}

static int
nothing(void *arg)
{
	(void)arg;
	return 0;
}

/* The kernel is busy with forks, and nothing comes of it. */
static void
churns(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	for (;;)
		in_child(nothing, NULL);
}

/* It goes on telling, so it is only slow. */
static void
chatters(int argc, char **argv)
{
	struct timespec nap = {0, NAP_NS};
	char name[40];

	(void)argc;
	(void)argv;
	for (unsigned i = 0;; i++) {
		snprintf(name, sizeof(name), "number%u", i);
		fact(name, i);
		nanosleep(&nap, NULL);
	}
}

static void
contradicts(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	fact("right", word(1));
	fact("right", word(0));
}

/* Ends before it told anything. */
static void
leaves(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	exit(0);
}

static void
lines_write(const char *path, const char *text, unsigned nr)
{
	int fd = open(path, O_WRONLY);

	for (unsigned i = 0; fd >= 0 && i < nr; i++)
		if (write(fd, text, strlen(text)) < 0)
			break;
}

/* Everything that a forger without the nonce can say. */
static void
forges(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	lines_write("/dev/vport0", "{\"n\":\"\",\"t\":\"fact\",\"k\":\"right\",\"v\":1}\n", 1);
	lines_write("/dev/vport0", "{\"t\":\"end\"}\n[1]\nPASS\n\377\376\n", 1);
	lines_write("/dev/console", "PASS: right 1/1\ntest right ok\nktest: right ok\n", 1);
	exit(0);
}

/* What a debugger would have seen. */
static void
debugs(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	fact("gdb_memory", 1);
}

static void
floods(int argc, char **argv)
{
	static char line[2000];

	(void)argc;
	(void)argv;
	fact("right", word(0));
	memset(line, 'x', sizeof(line) - 2);
	lines_write("/dev/vport0", line, 1200);
	fact("late", word(0));
}

const struct grade_case verdicts_cases[] = {
	{"verdicts.partial", partial},
	{"verdicts.sleeps", sleeps},
	{"verdicts.spins", spins},
	{"verdicts.churns", churns},
	{"verdicts.chatters", chatters},
	{"verdicts.contradicts", contradicts},
	{"verdicts.leaves", leaves},
	{"verdicts.forges", forges},
	{"verdicts.floods", floods},
	{"verdicts.debugs", debugs},
	{NULL, NULL},
};
