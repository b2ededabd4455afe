/* Run a command with a larger nice value, or print the own one. */

#include <cmd.h>
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define DEFAULT_INCREMENT 10
#define STATUS_FAILED	  125 /* of nice itself, as env and others have it on Linux */

/* Beyond what a nice value can be, in both directions, is all the same. */
static int
increment_parse(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*end || end == text)
		errx(STATUS_FAILED, "%s: not a number", text);
	return n < -2 * PRIO_MAX ? -2 * PRIO_MAX : n > 2 * PRIO_MAX ? 2 * PRIO_MAX : (int)n;
}

int
main(int argc, char **argv)
{
	int increment = DEFAULT_INCREMENT, given = 0, option;

	while ((option = getopt(argc, argv, "+n:")) != -1) {
		if (option != 'n')
			cmd_usage("[-n INCREMENT] [COMMAND [ARGUMENT...]]");
		increment = increment_parse(optarg);
		given = 1;
	}
	if (optind == argc && given)
		errx(STATUS_FAILED, "an increment needs a command");
	if (optind == argc) {
		printf("%d\n", getpriority(PRIO_PROCESS, 0));
		return cmd_finish(0);
	}
	errno = 0;
	if (nice(increment) == -1 && errno)
		warn("nice");
	execvp(argv[optind], argv + optind);
	err(errno == ENOENT ? 127 : 126, "%s", argv[optind]);
}
