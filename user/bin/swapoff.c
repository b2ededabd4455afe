/* Bring back what was swapped, and do not swap there any more. */

#include <cmd.h>
#include <cmd_swap.h>
#include <err.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/swap.h>

#define USAGE "[-v] -a | [-v] [-L LABEL] [-U UUID] DEVICE|FILE..."

static const struct option long_options[] = {
	{"all", no_argument, NULL, 'a'},
	{"verbose", no_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static bool all, verbose;
/* What -L and -U name; the operands come behind them. */
static const char **sources;
static int nr_sources;

static int
turn_off(const char *path)
{
	if (!path)
		return 1;
	if (verbose)
		printf("%s %s\n", program_invocation_short_name, path);
	if (swapoff(path) == 0)
		return 0;
	warn("%s: swapoff failed", path);
	return 1;
}

static int
turn_off_all(void)
{
	struct swap_uses uses;
	int status;

	swap_uses_read(&uses);
	status = uses.nr_unreadable > 0;
	for (int i = 0; i < uses.nr; i++)
		status |= turn_off(uses.list[i].name);
	return status;
}

int
main(int argc, char **argv)
{
	int c, status = 0;

	sources = calloc(argc, sizeof(*sources));
	if (!sources)
		err(1, "calloc");
	while ((c = cmd_option(argc, argv, "ahvL:U:", long_options)) != -1) {
		if (c == 'a')
			all = true;
		else if (c == 'v')
			verbose = true;
		else if (c == 'L' || c == 'U')
			sources[nr_sources++] = swap_name(c, optarg);
		else
			cmd_usage(USAGE);
	}
	while (optind < argc)
		sources[nr_sources++] = argv[optind++];
	if (all == (nr_sources > 0))
		cmd_usage(USAGE);
	if (all)
		status = turn_off_all();
	for (int i = 0; i < nr_sources; i++)
		status |= turn_off(swap_find(sources[i]));
	return cmd_finish(status);
}
