/* Show how much memory is used, from /proc/meminfo. */

#include <cmd.h>
#include <err.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#define USAGE "[-b | -k | -m | -g | -h] [-w] [-t] [-s SECONDS] [-c COUNT]"

static const struct option long_options[] = {
	{"bytes", no_argument, NULL, 'b'},
	{"kibi", no_argument, NULL, 'k'},
	{"mebi", no_argument, NULL, 'm'},
	{"gibi", no_argument, NULL, 'g'},
	{"human", no_argument, NULL, 'h'},
	{"wide", no_argument, NULL, 'w'},
	{"total", no_argument, NULL, 't'},
	{"seconds", required_argument, NULL, 's'},
	{"count", required_argument, NULL, 'c'},
	{"help", no_argument, NULL, '?'},
	{0},
};

static int unit = 'k';
static bool wide, sum;
/* 0: as they were not given. */
static double seconds;
static unsigned long long count;

/* "1.5Mi" while that is no more than five letters, else "124Mi", cut, else the next unit. */
static void
human(unsigned long long bytes, char *buf, size_t size)
{
	double value = (double)bytes;

	if (bytes < 1000) {
		snprintf(buf, size, "%lluB", bytes);
		return;
	}
	for (const char *letter = "KMGTPE"; *letter; letter++) {
		value /= 1024;
		if (snprintf(buf, size, "%.1f%ci", value, *letter) <= 5 ||
		    snprintf(buf, size, "%llu%ci", (unsigned long long)value, *letter) <= 5)
			return;
	}
}

static void
amount_print(unsigned long long kib)
{
	char buf[24];

	if (unit == 'h')
		human(kib << 10, buf, sizeof(buf));
	else
		snprintf(buf, sizeof(buf), "%llu",
			 unit == 'g'   ? kib >> 20
			 : unit == 'm' ? kib >> 10
			 : unit == 'b' ? kib << 10
				       : kib);
	printf(" %11s", buf);
}

static void
row(const char *name, const unsigned long long *values, int nr)
{
	printf("%-8s", name);
	for (int i = 0; i < nr; i++)
		amount_print(values[i]);
	putchar('\n');
}

static void
header(void)
{
	printf("%-8s %11s %11s %11s %11s", "", "total", "used", "free", "shared");
	if (wide)
		printf(" %11s %11s", "buffers", "cache");
	else
		printf(" %11s", "buff/cache");
	printf(" %11s\n", "available");
}

static void
show(void)
{
	char *text = cmd_read_file("/proc/meminfo");
	unsigned long long total, used, free_kib, shared, buffers, cache, available, swap,
		swap_free;

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
	header();
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
}

static void
seconds_parse(const char *text)
{
	char *end;

	seconds = strtod(text, &end);
	if (end == text || *end || !(seconds > 0 && seconds < 1e6))
		errx(1, "seconds argument '%s' is not a positive number", text);
}

static void
options_read(int argc, char **argv)
{
	int c;

	while ((c = cmd_option(argc, argv, "bkmghwts:c:", long_options)) != -1) {
		if (c == '?')
			cmd_usage(USAGE);
		if (c == 'w')
			wide = true;
		else if (c == 't')
			sum = true;
		else if (c == 's')
			seconds_parse(optarg);
		else if (c == 'c' && (count = cmd_number(optarg)) == 0)
			errx(1, "failed to parse count argument: '%s'", optarg);
		else if (c != 'c')
			unit = c;
	}
	if (optind < argc)
		cmd_usage(USAGE);
}

int
main(int argc, char **argv)
{
	struct timespec pause;

	options_read(argc, argv);
	if (count == 0)
		count = seconds ? ~0ULL : 1;
	if (!seconds)
		seconds = 1;
	pause.tv_sec = (time_t)seconds;
	pause.tv_nsec = (long)((seconds - (double)pause.tv_sec) * 1e9);
	for (; count > 0; count--) {
		show();
		if (count == 1)
			break;
		putchar('\n');
		fflush(stdout);
		nanosleep(&pause, NULL);
	}
	return cmd_finish(0);
}
