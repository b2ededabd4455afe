/* Memory, disks and processors at a glance: vmstat [DELAY [COUNT]]. The first line is since the boot. */

#include <cmd.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINES_PER_HEADER 20
#define PAGE_KIB	 4

struct sample {
	unsigned long long running, blocked, swap, free, buffers, cached, in, out, interrupts,
		switches, swapped_in, swapped_out, user, system, idle, waiting, stolen;
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
	unsigned long long nice = 0, irq = 0, softirq = 0;

	s->free = cmd_field(mem, "MemFree");
	s->buffers = cmd_field(mem, "Buffers");
	s->cached = cmd_field(mem, "Cached") + cmd_field(mem, "SReclaimable");
	s->swap = cmd_field(mem, "SwapTotal") - cmd_field(mem, "SwapFree");
	s->in = cmd_field(vm, "pgpgin");
	s->out = cmd_field(vm, "pgpgout");
	s->swapped_in = cmd_field(vm, "pswpin") * PAGE_KIB;
	s->swapped_out = cmd_field(vm, "pswpout") * PAGE_KIB;
	s->running = cmd_field(stat, "procs_running");
	s->blocked = cmd_field(stat, "procs_blocked");
	s->interrupts = cmd_field(stat, "intr");
	s->switches = cmd_field(stat, "ctxt");
	sscanf(stat, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &s->user, &nice, &s->system,
	       &s->idle, &s->waiting, &irq, &softirq, &s->stolen);
	s->user += nice;
	s->system += irq + softirq;
	free(mem);
	free(vm);
	free(stat);
}

static void
header_print(void)
{
	puts("procs -----------memory---------- ---swap-- -----io---- -system-- -------cpu-------");
	puts(" r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st");
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
	unsigned long long user = now->user - old->user, system = now->system - old->system;
	unsigned long long idle = now->idle - old->idle, waiting = now->waiting - old->waiting;
	unsigned long long stolen = now->stolen - old->stolen;
	unsigned long long all = user + system + idle + waiting + stolen;

	printf("%2llu %2llu %6llu %6llu %6llu %6llu %4llu %4llu %5llu %5llu %4llu %4llu %2u %2u "
	       "%2u "
	       "%2u "
	       "%2u\n",
	       now->running, now->blocked, now->swap, now->free, now->buffers, now->cached,
	       (now->swapped_in - old->swapped_in) / seconds,
	       (now->swapped_out - old->swapped_out) / seconds, (now->in - old->in) / seconds,
	       (now->out - old->out) / seconds, (now->interrupts - old->interrupts) / seconds,
	       (now->switches - old->switches) / seconds, percent(user, all), percent(system, all),
	       percent(idle, all), percent(waiting, all), percent(stolen, all));
	fflush(stdout);
}

static unsigned long
uptime_seconds(void)
{
	char *text = file_read("/proc/uptime");
	unsigned long seconds = strtoul(text, NULL, 10);

	free(text);
	return seconds ? seconds : 1;
}

int
main(int argc, char **argv)
{
	unsigned long long delay = 0, count = 1;
	struct sample old = {0}, now;

	if (argc > 3 || (argc > 1 && *argv[1] == '-'))
		cmd_usage("[DELAY [COUNT]]");
	if (argc > 1) {
		delay = cmd_number(argv[1]);
		count = argc > 2 ? cmd_number(argv[2]) : ~0ULL;
		if (delay == 0)
			cmd_usage("[DELAY [COUNT]]");
	}
	for (unsigned long long n = 0; n < count; n++) {
		if (n % LINES_PER_HEADER == 0)
			header_print();
		if (n > 0)
			sleep(delay);
		sample_take(&now);
		line_print(&now, &old, n ? delay : uptime_seconds());
		old = now;
	}
	return cmd_finish(0);
}
