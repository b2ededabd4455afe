/* The lines typed so far: the last HISTORY_MAX of them, in a ring. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lineedit.h"

#define HISTORY_MAX 200

static char *lines[HISTORY_MAX];
static int nr_added;

const char *
history_get(int n)
{
	if (n < 1 || n > nr_added || n > HISTORY_MAX)
		return NULL;
	return lines[(nr_added - n) % HISTORY_MAX];
}

void
history_add(const char *line)
{
	size_t len = strcspn(line, "\n");
	const char *last = history_get(1);
	char **slot;

	if (line[strspn(line, " \t\n")] == '\0' ||
	    (last && strlen(last) == len && strncmp(last, line, len) == 0))
		return;
	slot = &lines[nr_added++ % HISTORY_MAX];
	free(*slot);
	*slot = mem_copy_n(line, len);
}

void
history_print(void)
{
	int count = nr_added < HISTORY_MAX ? nr_added : HISTORY_MAX;

	for (int n = count; n > 0; n--)
		printf("%5d  %s\n", nr_added - n + 1, history_get(n));
}
