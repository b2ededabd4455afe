/*
 * Show who uses the processors and the memory, again and again: top [-b] [-n TIMES] [-d SECONDS]
 * [-o cpu|mem|pid]. Keys: q ends, M orders by memory, P by processor, N by number. -b prints one
 * screen after the other, whole, for files and pipes.
 */
#include <cmd.h>
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define TICKS_PER_SECOND 100
#define MAX_PROCESSES	 512
#define SCREEN_ROWS	 16
#define PAGE_KIB	 4
/* In less time than that a tick more or less would be per cents. */
#define SAMPLE_TICKS (TICKS_PER_SECOND / 2)

struct process {
	int pid, priority, nice;
	char state, name[32];
	unsigned long ticks, new_ticks, vsize_kib;
	long rss_kib;
};

static struct process processes[MAX_PROCESSES], before[MAX_PROCESSES];
static int nr_processes, nr_before;
static char order = 'P';
static int batch;

/* /proc/PID/stat: the name is in parentheses and may hold anything. */
static int
process_read(const char *pid, struct process *p)
{
	unsigned long utime, stime, vsize;
	char path[300], *text, *open, *close;
	int got = 0;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	text = cmd_read_file(path);
	open = text ? strchr(text, '(') : NULL;
	close = text ? strrchr(text, ')') : NULL;
	if (open && close) {
		p->pid = atoi(text);
		snprintf(p->name, sizeof(p->name), "%.*s", (int)(close - open - 1), open + 1);
		got = sscanf(close + 2,
			     "%c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %d %d "
			     "%*d %*d %*u %lu %ld",
			     &p->state, &utime, &stime, &p->priority, &p->nice, &vsize,
			     &p->rss_kib);
		p->ticks = utime + stime;
		p->vsize_kib = vsize / 1024;
		p->rss_kib *= PAGE_KIB;
	}
	free(text);
	return got == 7;
}

/* The processor time since the last look; of a process that is new, all of it. */
static void
new_ticks_set(struct process *p)
{
	p->new_ticks = p->ticks;
	for (int i = 0; i < nr_before; i++)
		if (before[i].pid == p->pid && before[i].ticks <= p->ticks)
			p->new_ticks = p->ticks - before[i].ticks;
}

static int
compare(const void *a, const void *b)
{
	const struct process *x = a, *y = b;

	if (order == 'M' && x->rss_kib != y->rss_kib)
		return x->rss_kib < y->rss_kib ? 1 : -1;
	if (order == 'P' && x->new_ticks != y->new_ticks)
		return x->new_ticks < y->new_ticks ? 1 : -1;
	return x->pid - y->pid;
}

static void
processes_read(void)
{
	struct dirent *entry;
	DIR *dir = opendir("/proc");

	if (!dir)
		err(1, "/proc");
	memcpy(before, processes, sizeof(before));
	nr_before = nr_processes;
	nr_processes = 0;
	while ((entry = readdir(dir)) && nr_processes < MAX_PROCESSES) {
		struct process *p = &processes[nr_processes];

		if (!isdigit((unsigned char)entry->d_name[0]) || !process_read(entry->d_name, p))
			continue;
		new_ticks_set(p);
		nr_processes++;
	}
	closedir(dir);
}

static char *
file_read(const char *path)
{
	char *text = cmd_read_file(path);

	if (!text)
		err(1, "%s", path);
	return text;
}

static int
in_state(const char *states)
{
	int count = 0;

	for (int i = 0; i < nr_processes; i++)
		count += strchr(states, processes[i].state) != NULL;
	return count;
}

static void
summary_show(void)
{
	char *uptime = file_read("/proc/uptime"), *load = file_read("/proc/loadavg");
	char *memory = file_read("/proc/meminfo"), *blank;
	unsigned long seconds = strtoul(uptime, NULL, 10);
	unsigned long long total = cmd_field(memory, "MemTotal"),
			   free_kib = cmd_field(memory, "MemFree");
	unsigned long long cache = cmd_field(memory, "Cached") + cmd_field(memory, "Buffers") +
				   cmd_field(memory, "SReclaimable");
	unsigned long long swap = cmd_field(memory, "SwapTotal");

	/* "0.00 0.01 0.05 1/20 77": the three averages alone */
	blank = strchr(load, '/');
	while (blank && blank > load && *blank != ' ')
		blank--;
	if (blank)
		*blank = '\0';
	printf("top - up %lu:%02lu:%02lu, load average: %s\n", seconds / 3600, seconds / 60 % 60,
	       seconds % 60, load);
	printf("Tasks: %d total, %d running, %d sleeping, %d stopped, %d zombie\n", nr_processes,
	       in_state("R"), in_state("SD"), in_state("T"), in_state("Z"));
	printf("KiB Mem : %llu total, %llu free, %llu used, %llu buff/cache\n", total, free_kib,
	       total - free_kib - cache, cache);
	printf("KiB Swap: %llu total, %llu free\n\n", swap, cmd_field(memory, "SwapFree"));
	free(uptime);
	free(load);
	free(memory);
}

/* Tenths of a percent. */
static unsigned long
share(unsigned long part, unsigned long whole)
{
	return whole ? part * 1000 / whole : 0;
}

static void
screen_show(unsigned long elapsed_ticks)
{
	char *memory = file_read("/proc/meminfo");
	unsigned long total = cmd_field(memory, "MemTotal");

	free(memory);
	qsort(processes, nr_processes, sizeof(processes[0]), compare);
	summary_show();
	printf("%5s %2s %3s %s %8s %8s %5s %5s %9s %s\n", "PID", "PR", "NI", "S", "VIRT", "RES",
	       "%CPU", "%MEM", "TIME+", "COMMAND");
	for (int i = 0; i < nr_processes && (batch || i < SCREEN_ROWS); i++) {
		const struct process *p = &processes[i];
		unsigned long cpu = share(p->new_ticks, elapsed_ticks);
		unsigned long mem = share(p->rss_kib, total);

		printf("%5d %2d %3d %c %8lu %8ld %3lu.%lu %3lu.%lu %3lu:%02lu.%02lu %s\n", p->pid,
		       p->priority, p->nice, p->state, p->vsize_kib, p->rss_kib, cpu / 10, cpu % 10,
		       mem / 10, mem % 10, p->ticks / TICKS_PER_SECOND / 60,
		       p->ticks / TICKS_PER_SECOND % 60, p->ticks % TICKS_PER_SECOND, p->name);
	}
}

static unsigned long
now_ticks(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * TICKS_PER_SECOND + now.tv_nsec / (1000000000 / TICKS_PER_SECOND);
}

/* Waits; true when q, or the end of the input, came. Other keys choose the order. */
static int
key_wait(int seconds)
{
	struct pollfd input = {.fd = 0, .events = POLLIN};
	char key;

	if (batch) {
		sleep(seconds);
		return 0;
	}
	if (poll(&input, 1, seconds * 1000) <= 0)
		return 0;
	if (read(0, &key, 1) <= 0 || key == 'q')
		return 1;
	if (strchr("MPN", key))
		order = key;
	return 0;
}

/* After a key that comes early the last sample is shown once more, in the order that is wanted now. */
static void
screens_show(int seconds, int times)
{
	unsigned long last = 0, elapsed = 0;

	for (int n = 0; times == 0 || n < times; n++) {
		unsigned long now = now_ticks();

		if (n == 0 || now - last >= SAMPLE_TICKS) {
			processes_read();
			elapsed = now - last;
			last = now;
		}
		if (!batch)
			printf("\033[H\033[J");
		else if (n > 0)
			putchar('\n');
		screen_show(elapsed);
		fflush(stdout);
		if (n + 1 != times && key_wait(seconds))
			break;
	}
}

static char
order_parse(const char *name)
{
	if (strcmp(name, "cpu") == 0)
		return 'P';
	if (strcmp(name, "mem") == 0)
		return 'M';
	if (strcmp(name, "pid") == 0)
		return 'N';
	errx(2, "-o: cpu, mem or pid");
}

int
main(int argc, char **argv)
{
	int seconds = 3, times = 0, option, is_terminal;
	struct termios saved, raw;

	while ((option = getopt(argc, argv, "bd:n:o:")) != -1) {
		if (option == 'b')
			batch = 1;
		else if (option == 'd')
			seconds = (int)cmd_number(optarg);
		else if (option == 'n')
			times = (int)cmd_number(optarg);
		else if (option == 'o')
			order = order_parse(optarg);
		else
			cmd_usage("[-b] [-n TIMES] [-d SECONDS] [-o cpu|mem|pid]");
	}
	is_terminal = !batch && tcgetattr(0, &saved) == 0;
	if (is_terminal) {
		raw = saved;
		raw.c_lflag &= ~(ICANON | ECHO);
		tcsetattr(0, TCSANOW, &raw);
	}
	screens_show(seconds, times);
	if (is_terminal)
		tcsetattr(0, TCSANOW, &saved);
	return cmd_finish(0);
}
