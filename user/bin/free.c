/* Show how much memory is used, from /proc/meminfo. */

#include <cmd.h>
#include <err.h>
#include <stdlib.h>
#include <unistd.h>

static int unit = 'k';

static const char *
amount(unsigned long long kib, char *buf)
{
	if (unit == 'h')
		return cmd_human(kib << 10, buf);
	snprintf(buf, 16, "%llu", unit == 'm' ? kib >> 10 : unit == 'b' ? kib << 10 : kib);
	return buf;
}

static void
row(const char *name, const unsigned long long *values, int nr)
{
	char buf[16];

	printf("%-6s", name);
	for (int i = 0; i < nr; i++)
		printf(" %11s", amount(values[i], buf));
	putchar('\n');
}

int
main(int argc, char **argv)
{
	unsigned long long total, free_kib, cache, swap, swap_free;
	char *text;
	int c;

	while ((c = getopt(argc, argv, "bkmh")) != -1) {
		if (c == '?')
			cmd_usage("[-b | -k | -m | -h]");
		unit = c;
	}
	text = cmd_read_file("/proc/meminfo");
	if (!text)
		err(1, "/proc/meminfo");
	total = cmd_field(text, "MemTotal");
	free_kib = cmd_field(text, "MemFree");
	cache = cmd_field(text, "Cached") + cmd_field(text, "Buffers") +
		cmd_field(text, "SReclaimable");
	swap = cmd_field(text, "SwapTotal");
	swap_free = cmd_field(text, "SwapFree");
	printf("%-6s %11s %11s %11s %11s %11s %11s\n", "", "total", "used", "free", "shared",
	       "buff/cache", "available");
	row("Mem:",
	    (unsigned long long[]){total, total - free_kib - cache, free_kib,
				   cmd_field(text, "Shmem"), cache,
				   cmd_field(text, "MemAvailable")},
	    6);
	row("Swap:", (unsigned long long[]){swap, swap - swap_free, swap_free}, 3);
	free(text);
	return cmd_finish(0);
}
