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

static void
header(int wide)
{
	printf("%-6s %11s %11s %11s %11s", "", "total", "used", "free", "shared");
	if (wide)
		printf(" %11s %11s", "buffers", "cache");
	else
		printf(" %11s", "buff/cache");
	printf(" %11s\n", "available");
}

int
main(int argc, char **argv)
{
	unsigned long long total, used, free_kib, shared, buffers, cache, available, swap,
		swap_free;
	int c, wide = 0, sum = 0;
	char *text;

	while ((c = getopt(argc, argv, "bkmhwt")) != -1) {
		if (c == '?')
			cmd_usage("[-b | -k | -m | -h] [-w] [-t]");
		if (c == 'w')
			wide = 1;
		else if (c == 't')
			sum = 1;
		else
			unit = c;
	}
	text = cmd_read_file("/proc/meminfo");
	if (!text)
		err(1, "/proc/meminfo");
	total = cmd_field(text, "MemTotal");
	free_kib = cmd_field(text, "MemFree");
	shared = cmd_field(text, "Shmem");
	buffers = cmd_field(text, "Buffers");
	cache = cmd_field(text, "Cached") + cmd_field(text, "SReclaimable");
	available = cmd_field(text, "MemAvailable");
	swap = cmd_field(text, "SwapTotal");
	swap_free = cmd_field(text, "SwapFree");
	free(text);
	used = total - free_kib - cache - buffers;
	header(wide);
	if (wide)
		row("Mem:",
		    (unsigned long long[]){total, used, free_kib, shared, buffers, cache,
					   available},
		    7);
	else
		row("Mem:",
		    (unsigned long long[]){total, used, free_kib, shared, buffers + cache,
					   available},
		    6);
	row("Swap:", (unsigned long long[]){swap, swap - swap_free, swap_free}, 3);
	if (sum)
		row("Total:",
		    (unsigned long long[]){total + swap, used + swap - swap_free,
					   free_kib + swap_free},
		    3);
	return cmd_finish(0);
}
