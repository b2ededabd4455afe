/* Bring back what was swapped, and do not swap there any more. */

#include <cmd.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/swap.h>
#include <unistd.h>

static int
off(const char *path)
{
	if (swapoff(path) == 0)
		return 0;
	warn("%s", path);
	return 1;
}

static int
off_all(void)
{
	char *text = cmd_read_file("/proc/swaps"), *line, *rest;
	int status = 0;

	if (!text)
		err(1, "/proc/swaps");
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (*line == '/')
			status |= off(strtok(line, " \t"));
	free(text);
	return status;
}

int
main(int argc, char **argv)
{
	int c, all = 0, status = 0;

	while ((c = getopt(argc, argv, "a")) != -1) {
		if (c == '?')
			cmd_usage("-a | DEVICE|FILE...");
		all = 1;
	}
	if (all ? optind < argc : optind == argc)
		cmd_usage("-a | DEVICE|FILE...");
	if (all)
		return off_all();
	for (; optind < argc; optind++)
		status |= off(argv[optind]);
	return status;
}
