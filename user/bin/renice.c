/* Change the nice values of processes that run. */

#include <cmd.h>
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static int
number(const char *text, const char *what)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*end || end == text || n < INT_MIN || n > INT_MAX)
		errx(2, "%s: not a %s", text, what);
	return (int)n;
}

/* => 0, or 1 with a message */
static int
renice(int pid, int priority)
{
	int old;

	errno = 0;
	old = getpriority(PRIO_PROCESS, (id_t)pid);
	if (errno || setpriority(PRIO_PROCESS, (id_t)pid, priority) < 0) {
		warn("%d", pid);
		return 1;
	}
	printf("%d (process ID) old priority %d, new priority %d\n", pid, old,
	       getpriority(PRIO_PROCESS, (id_t)pid));
	return 0;
}

int
main(int argc, char **argv)
{
	int i = 1, priority, status = 0;

	if (i < argc && strcmp(argv[i], "-n") == 0)
		i++;
	if (i + 1 >= argc)
		cmd_usage("[-n] PRIORITY [-p] PID...");
	priority = number(argv[i++], "priority");
	if (strcmp(argv[i], "-p") == 0)
		i++;
	if (i >= argc)
		cmd_usage("[-n] PRIORITY [-p] PID...");
	for (; i < argc; i++)
		status |= renice(number(argv[i], "process id"), priority);
	return cmd_finish(status);
}
