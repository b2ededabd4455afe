/* Memory, disks and processors at a glance. The first line is since the boot. */

#include <cmd.h>
#include <err.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINES_PER_HEADER 20
#define PAGE_KIB	 4
#define USAGE		 "[-a] [-n] [-t] [-w] [-S k|K|m|M] [-s | -d | -m] [DELAY [COUNT]]"

static const struct option long_options[] = {
	{"active", no_argument, NULL, 'a'},    {"disk", no_argument, NULL, 'd'},
	{"help", no_argument, NULL, 'h'},      {"one-header", no_argument, NULL, 'n'},
	{"slabs", no_argument, NULL, 'm'},     {"stats", no_argument, NULL, 's'},
	{"timestamp", no_argument, NULL, 't'}, {"unit", required_argument, NULL, 'S'},
	{"wide", no_argument, NULL, 'w'},      {0},
};

static bool active, one_header, timestamp, wide;
/* What is shown: 'l' for lines of all, s, d or m as the options. */
static int what = 'l';
static unsigned long long unit_bytes = 1024;
static char unit_letter = 'K';

struct sample {
	unsigned long long running, blocked, swap, free, buffers, cached, inactive, active;
	unsigned long long in, out, interrupts, switches, swapped_in, swapped_out;
	unsigned long long user, nice, system, idle, waiting, irq, softirq, stolen;
};

static char *
file_read(const char *path)
{
	char *text = cmd_read_file(path);

	if (!text)
		err(1, "%s", path);
	return text;
}

static void
sample_take(struct sample *s)
{
	char *mem = file_read("/proc/meminfo"), *vm = file_read("/proc/vmstat");
	char *stat = file_read("/proc/stat");

	s->free = cmd_field(mem, "MemFree");
	s->buffers = cmd_field(mem, "Buffers");
	s->cached = cmd_field(mem, "Cached") + cmd_field(mem, "SReclaimable");
	s->inactive = cmd_field(mem, "Inactive");
	s->active = cmd_field(mem, "Active");
	s->swap = cmd_field(mem, "SwapTotal") - cmd_field(mem, "SwapFree");
	s->in = cmd_field(vm, "pgpgin");
	s->out = cmd_field(vm, "pgpgout");
	s->swapped_in = cmd_field(vm, "pswpin") * PAGE_KIB;
	s->swapped_out = cmd_field(vm, "pswpout") * PAGE_KIB;
	s->running = cmd_field(stat, "procs_running");
	s->blocked = cmd_field(stat, "procs_blocked");
	s->interrupts = cmd_field(stat, "intr");
	s->switches = cmd_field(stat, "ctxt");
	sscanf(stat, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &s->user, &s->nice, &s->system,
	       &s->idle, &s->waiting, &s->irq, &s->softirq, &s->stolen);
	free(mem);
	free(vm);
	free(stat);
}

static unsigned long long
unit(unsigned long long kib)
{
	return kib * 1024 / unit_bytes;
}

static void
header_print(void)
{
	printf("%s",
	       wide ? "--procs-- -----------------------memory---------------------- ---swap-- "
		      "-----io---- -system-- --------cpu--------"
		    : "procs -----------memory---------- ---swap-- -----io---- -system-- "
		      "-------cpu-------");
	puts(timestamp ? " -----timestamp-----" : "");
	printf(wide ? "%4s %4s %12s %12s %12s %12s %4s %4s %5s %5s %4s %4s %3s %3s %3s %3s %3s"
		    : "%2s %2s %6s %6s %6s %6s %4s %4s %5s %5s %4s %4s %2s %2s %2s %2s %2s",
	       "r", "b", "swpd", "free", active ? "inact" : "buff", active ? "active" : "cache",
	       "si", "so", "bi", "bo", "in", "cs", "us", "sy", "id", "wa", "st");
	puts(timestamp ? "                 UTC" : "");
}

static void
timestamp_print(void)
{
	time_t now = time(NULL);
	char text[32];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), " %Y-%m-%d %H:%M:%S", &tm);
	fputs(text, stdout);
}

static unsigned
percent(unsigned long long part, unsigned long long whole)
{
	return whole ? (part * 100 + whole / 2) / whole : 0;
}

/* What happened between two samples, by second. */
static void
line_print(const struct sample *now, const struct sample *old, unsigned long seconds)
{
	unsigned long long user = now->user + now->nice - old->user - old->nice;
	unsigned long long system =
		now->system + now->irq + now->softirq - old->system - old->irq - old->softirq;
	unsigned long long idle = now->idle - old->idle, waiting = now->waiting - old->waiting;
	unsigned long long stolen = now->stolen - old->stolen;
	unsigned long long all = user + system + idle + waiting + stolen;

	printf(wide ? "%4llu %4llu %12llu %12llu %12llu %12llu %4llu %4llu %5llu %5llu %4llu %4llu "
		      "%3u %3u %3u %3u %3u"
		    : "%2llu %2llu %6llu %6llu %6llu %6llu %4llu %4llu %5llu %5llu %4llu %4llu "
		      "%2u %2u %2u %2u %2u",
	       now->running, now->blocked, unit(now->swap), unit(now->free),
	       unit(active ? now->inactive : now->buffers),
	       unit(active ? now->active : now->cached),
	       unit((now->swapped_in - old->swapped_in) / seconds),
	       unit((now->swapped_out - old->swapped_out) / seconds), (now->in - old->in) / seconds,
	       (now->out - old->out) / seconds, (now->interrupts - old->interrupts) / seconds,
	       (now->switches - old->switches) / seconds, percent(user, all), percent(system, all),
	       percent(idle, all), percent(waiting, all), percent(stolen, all));
	if (timestamp)
		timestamp_print();
	putchar('\n');
}

static unsigned long
uptime_seconds(void)
{
	char *text = file_read("/proc/uptime");
	unsigned long seconds = strtoul(text, NULL, 10);

	free(text);
	return seconds ? seconds : 1;
}

static void
kib_print(unsigned long long kib, const char *name)
{
	printf("%13llu %c %s\n", unit(kib), unit_letter, name);
}

static void
sum_print(unsigned long long value, const char *name)
{
	printf("%13llu %s\n", value, name);
}

static void
sums_of_memory(const struct sample *s)
{
	char *mem = file_read("/proc/meminfo");
	unsigned long long total = cmd_field(mem, "MemTotal"), swap = cmd_field(mem, "SwapTotal");

	kib_print(total, "total memory");
	kib_print(total - s->free - s->buffers - s->cached, "used memory");
	kib_print(s->active, "active memory");
	kib_print(s->inactive, "inactive memory");
	kib_print(s->free, "free memory");
	kib_print(s->buffers, "buffer memory");
	kib_print(s->cached, "swap cache");
	kib_print(swap, "total swap");
	kib_print(s->swap, "used swap");
	kib_print(swap - s->swap, "free swap");
	free(mem);
}

/* What there is, and what happened since the boot; in the words of procps. */
static void
sums_show(void)
{
	char *stat = file_read("/proc/stat");
	struct sample s;

	sample_take(&s);
	sums_of_memory(&s);
	sum_print(s.user, "non-nice user cpu ticks");
	sum_print(s.nice, "nice user cpu ticks");
	sum_print(s.system, "system cpu ticks");
	sum_print(s.idle, "idle cpu ticks");
	sum_print(s.waiting, "IO-wait cpu ticks");
	sum_print(s.irq, "IRQ cpu ticks");
	sum_print(s.softirq, "softirq cpu ticks");
	sum_print(s.stolen, "stolen cpu ticks");
	sum_print(s.in, "K paged in");
	sum_print(s.out, "K paged out");
	sum_print(s.swapped_in / PAGE_KIB, "pages swapped in");
	sum_print(s.swapped_out / PAGE_KIB, "pages swapped out");
	sum_print(s.interrupts, "interrupts");
	sum_print(s.switches, "CPU context switches");
	sum_print(cmd_field(stat, "btime"), "boot time");
	sum_print(cmd_field(stat, "processes"), "forks");
	free(stat);
}

static void
disks_show(bool header)
{
	char *text = file_read("/proc/diskstats"), *line, *rest;

	if (header)
		puts("disk- ------------reads------------ ------------writes----------- "
		     "-----IO------\n"
		     "       total merged sectors      ms  total merged sectors      ms    cur    "
		     "sec");
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		unsigned long long n[10];
		char name[32];

		if (sscanf(line, " %*u %*u %31s %llu %llu %llu %llu %llu %llu %llu %llu %llu %llu",
			   name, &n[0], &n[1], &n[2], &n[3], &n[4], &n[5], &n[6], &n[7], &n[8],
			   &n[9]) == 11)
			printf("%-5s %6llu %6llu %7llu %7llu %6llu %6llu %7llu %7llu %6llu %6llu\n",
			       name, n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8],
			       n[9] / 1000);
	}
	free(text);
}

/* As procps does, "Pages" says how many objects a slab has. */
static void
slabs_show(bool header)
{
	char *text = file_read("/proc/slabinfo"), *line, *rest;

	if (header)
		printf("%-24s %6s %6s %6s %6s\n", "Cache", "Num", "Total", "Size", "Pages");
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		unsigned long long num, total, size, per_slab;
		char name[40];

		if (sscanf(line, "%39s %llu %llu %llu %llu", name, &num, &total, &size,
			   &per_slab) == 5)
			printf("%-24s %6llu %6llu %6llu %6llu\n", name, num, total, size, per_slab);
	}
	free(text);
}

static void
sample_show(bool header, unsigned long seconds)
{
	static struct sample old;
	struct sample now;

	if (header)
		header_print();
	sample_take(&now);
	line_print(&now, &old, seconds);
	old = now;
}

static void
repeat(unsigned long long delay, unsigned long long count)
{
	for (unsigned long long n = 0; n < count; n++) {
		bool header = n == 0 || (!one_header && n % LINES_PER_HEADER == 0);

		if (n > 0)
			sleep(delay);
		if (what == 'd')
			disks_show(header);
		else if (what == 'm')
			slabs_show(header);
		else
			sample_show(header, n ? delay : uptime_seconds());
		fflush(stdout);
	}
}

static void
unit_parse(const char *letter)
{
	switch (*letter && !letter[1] ? *letter : 0) {
	case 'k':
		unit_bytes = 1000;
		break;
	case 'K':
		unit_bytes = 1024;
		break;
	case 'm':
		unit_bytes = 1000000;
		break;
	case 'M':
		unit_bytes = 1048576;
		break;
	default:
		errx(1, "-S requires k, K, m or M (default is KiB)");
	}
	unit_letter = *letter;
}

static void
options_read(int argc, char **argv)
{
	int c;

	while ((c = cmd_option(argc, argv, "adhmnsS:tw", long_options)) != -1) {
		if (c == 'a')
			active = true;
		else if (c == 'n')
			one_header = true;
		else if (c == 't')
			timestamp = true;
		else if (c == 'w')
			wide = true;
		else if (c == 'S')
			unit_parse(optarg);
		else if (c == 's' || c == 'd' || c == 'm')
			what = c;
		else
			cmd_usage(USAGE);
	}
	if (argc - optind > 2)
		cmd_usage(USAGE);
}

int
main(int argc, char **argv)
{
	unsigned long long delay = 0, count = 1;

	options_read(argc, argv);
	if (optind < argc) {
		delay = cmd_number(argv[optind]);
		count = optind + 1 < argc ? cmd_number(argv[optind + 1]) : ~0ULL;
		if (delay == 0)
			cmd_usage(USAGE);
	}
	if (what == 's')
		sums_show();
	else
		repeat(delay, count);
	return cmd_finish(0);
}
