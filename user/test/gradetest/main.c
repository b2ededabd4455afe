/*
 * usage: gradetest	as the harness starts it; grade.h says what it does
 *	  gradetest -l	lists the cases
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "channel.h"
#include "grade.h"

#define NO_CHANNEL   77
#define NO_CASE	     2
#define LINE_BYTES   1024
#define NR_ARGUMENTS 16

static const struct grade_case *const labs[] = {
	boot_cases, pgtbl_cases,   pages_cases, slab_cases, lazy_cases,	    cow_cases,
	mmap_cases, reclaim_cases, swap_cases,	oom_cases,  verdicts_cases,
};

static void
list_cases(void)
{
	for (size_t i = 0; i < COUNT(labs); i++)
		for (const struct grade_case *each = labs[i]; each->name; each++)
			printf("%s\n", each->name);
}

static const struct grade_case *
case_find(const char *name)
{
	for (size_t i = 0; i < COUNT(labs); i++)
		for (const struct grade_case *each = labs[i]; each->name; each++)
			if (strcmp(each->name, name) == 0)
				return each;
	return NULL;
}

int
main(int argc, char **argv)
{
	static char line[LINE_BYTES];
	char *arguments[NR_ARGUMENTS + 1], *rest = NULL;
	const struct grade_case *found;
	int nr = 0;

	if (argc == 2 && strcmp(argv[1], "-l") == 0) {
		list_cases();
		return 0;
	}
	if (channel_open(line, sizeof(line)) < 0) {
		printf("no result channel: the harness starts this (make grade)\n");
		return NO_CHANNEL;
	}
	for (char *at = strtok_r(line, " ", &rest); at && nr < NR_ARGUMENTS;
	     at = strtok_r(NULL, " ", &rest))
		arguments[nr++] = at;
	arguments[nr] = NULL;
	found = nr > 0 ? case_find(arguments[0]) : NULL;
	if (!found) {
		printf("gradetest: no such case: %s\n", nr > 0 ? arguments[0] : "");
		return NO_CASE;
	}
	found->run(nr, arguments);
	channel_end();
	return 0;
}
