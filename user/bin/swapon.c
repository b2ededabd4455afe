/* Swap to devices and files, or show to which. */

#include <cmd.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/swap.h>
#include <unistd.h>

/* /proc/swaps in the columns of util-linux. */
static int
show(void)
{
	char *text = cmd_read_file("/proc/swaps"), *line, *rest;
	int first = 1, any;

	if (!text)
		err(1, "/proc/swaps");
	any = strchr(text, '/') != NULL;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *name = strtok(line, " \t"), *type = strtok(NULL, " \t");
		char *size = strtok(NULL, " \t"), *used = strtok(NULL, " \t");
		char *priority = strtok(NULL, " \t"), total_text[8], used_text[8];

		if (!first && priority) {
			cmd_human(strtoull(size, NULL, 10) << 10, total_text);
			cmd_human(strtoull(used, NULL, 10) << 10, used_text);
			printf("%-20s %-9s %6s %6s %4s\n", name, type, total_text, used_text,
			       priority);
		} else if (first && any) {
			printf("%-20s %-9s %6s %6s %4s\n", "NAME", "TYPE", "SIZE", "USED", "PRIO");
		}
		first = 0;
	}
	free(text);
	return cmd_finish(0);
}

int
main(int argc, char **argv)
{
	int c, flags = 0, status = 0;

	if (argc == 1 || strcmp(argv[1], "--show") == 0 || strcmp(argv[1], "-s") == 0)
		return show();
	while ((c = getopt(argc, argv, "p:d")) != -1) {
		if (c == '?')
			cmd_usage("[--show] | [-d] [-p PRIORITY] DEVICE|FILE...");
		if (c == 'd')
			flags |= SWAP_FLAG_DISCARD;
		else
			flags |= SWAP_FLAG_PREFER | (cmd_number(optarg) & SWAP_FLAG_PRIO_MASK);
	}
	for (; optind < argc; optind++) {
		if (swapon(argv[optind], flags) < 0) {
			warn("%s", argv[optind]);
			status = 1;
		}
	}
	return status;
}
