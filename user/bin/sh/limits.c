/* The builtin ulimit. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "builtins.h"
#include "shell.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { SOFT = 1, HARD = 2 };

static const struct limit {
	char letter;
	int resource;
	unsigned unit; /* bytes, or what the resource counts */
	const char *text;
} limits[] = {
	{'c', RLIMIT_CORE, 512, "core file (blocks of 512)"},
	{'d', RLIMIT_DATA, 1024, "data (KiB)"},
	{'f', RLIMIT_FSIZE, 512, "file size (blocks of 512)"},
	{'l', RLIMIT_MEMLOCK, 1024, "locked memory (KiB)"},
	{'m', RLIMIT_RSS, 1024, "resident memory (KiB)"},
	{'n', RLIMIT_NOFILE, 1, "open files"},
	{'s', RLIMIT_STACK, 1024, "stack (KiB)"},
	{'t', RLIMIT_CPU, 1, "processor time (seconds)"},
	{'u', RLIMIT_NPROC, 1, "processes"},
	{'v', RLIMIT_AS, 1024, "address space (KiB)"},
};

static const struct limit *
limit_find(char letter)
{
	for (size_t i = 0; i < COUNT(limits); i++)
		if (limits[i].letter == letter)
			return &limits[i];
	return NULL;
}

static void
limit_print(const struct limit *limit, int which)
{
	struct rlimit now = {0, 0};
	rlim_t value;

	getrlimit(limit->resource, &now);
	value = which & SOFT ? now.rlim_cur : now.rlim_max;
	if (value == RLIM_INFINITY)
		puts("unlimited");
	else
		printf("%lu\n", value / limit->unit);
}

static int
limit_set(const struct limit *limit, int which, const char *text)
{
	rlim_t value = RLIM_INFINITY;
	struct rlimit changed;
	char *end;

	if (strcmp(text, "unlimited") != 0) {
		errno = 0;
		value = strtoul(text, &end, 10);
		if (*text < '0' || *text > '9' || *end || errno ||
		    value > RLIM_INFINITY / limit->unit) {
			shell_error("ulimit: %s: not a limit", text);
			return 2;
		}
		value *= limit->unit;
	}
	getrlimit(limit->resource, &changed);
	if (which & SOFT)
		changed.rlim_cur = value;
	if (which & HARD)
		changed.rlim_max = value;
	if (setrlimit(limit->resource, &changed) == 0)
		return 0;
	shell_error("ulimit: %s: %s", limit->text, strerror(errno));
	return 1;
}

/* Reads the letters of an option. => 0, or -1: one is unknown */
static int
option_read(const char *letters, const struct limit **limit, int *which, int *all)
{
	for (; *letters; letters++) {
		if (*letters == 'H')
			*which |= HARD;
		else if (*letters == 'S')
			*which |= SOFT;
		else if (*letters == 'a')
			*all = 1;
		else if (!(*limit = limit_find(*letters)))
			return -1;
	}
	return 0;
}

int
builtin_ulimit(int argc, char **argv)
{
	const struct limit *limit = limit_find('f');
	int which = 0, all = 0, i = 1;

	for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		if (strcmp(argv[i], "--") == 0) {
			i++;
			break;
		}
		if (option_read(argv[i] + 1, &limit, &which, &all) < 0)
			return builtin_usage(argv[0]);
	}
	if (argc - i > !all)
		return builtin_usage(argv[0]);
	if (i < argc)
		return limit_set(limit, which ? which : SOFT | HARD, argv[i]);
	for (size_t n = 0; n < COUNT(limits) && all; n++) {
		printf("-%c  %-26s ", limits[n].letter, limits[n].text);
		limit_print(&limits[n], which ? which : SOFT);
	}
	if (!all)
		limit_print(limit, which ? which : SOFT);
	return 0;
}
