/* Show what a process has mapped: pmap [-x] PID... */

#include <cmd.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct area {
	unsigned long start, end;
	char mode[5], *name;
	unsigned long long rss, dirty;
};

struct totals {
	unsigned long long size, rss, dirty;
};

/* What pmap calls an area that has no file: the name in brackets, or [ anon ]. */
static const char *
area_name(const struct area *area)
{
	const char *slash = strrchr(area->name, '/');

	if (!area->name[0])
		return "[ anon ]";
	if (strcmp(area->name, "[stack]") == 0)
		return "[ stack ]";
	return slash && slash[1] ? slash + 1 : area->name;
}

static void
area_show(const struct area *area, int extended, struct totals *totals)
{
	unsigned long long size = (area->end - area->start) / 1024;

	totals->size += size;
	totals->rss += area->rss;
	totals->dirty += area->dirty;
	if (extended)
		printf("%016lx %7llu %7llu %7llu %.4s- %s\n", area->start, size, area->rss,
		       area->dirty, area->mode, area_name(area));
	else
		printf("%016lx %6lluK %.4s- %s\n", area->start, size, area->mode, area_name(area));
}

/* A line such as `3fb0000000-3fb0021000 rw-p 00000000 00:00 0    [heap]`. => is it one? */
static int
area_parse(char *line, struct area *area)
{
	int name = 0;

	if (sscanf(line, "%lx-%lx %4s %*x %*x:%*x %*u %n", &area->start, &area->end, area->mode,
		   &name) < 3 ||
	    !strchr(line, '-'))
		return 0;
	area->name = name ? line + name : line + strlen(line);
	area->mode[3] = area->mode[3] == 's' ? 's' : '-';
	area->rss = area->dirty = 0;
	return 1;
}

static void
areas_show(char *text, int extended, struct totals *totals)
{
	struct area area;
	int has_area = 0;
	char *line;

	while ((line = strsep(&text, "\n")) != NULL) {
		unsigned long long kib;
		char field[32];

		if (sscanf(line, "%31[^:]: %llu kB", field, &kib) == 2 && !strchr(field, '-')) {
			if (strcmp(field, "Rss") == 0)
				area.rss = kib;
			else if (strcmp(field, "Shared_Dirty") == 0 ||
				 strcmp(field, "Private_Dirty") == 0)
				area.dirty += kib;
			continue;
		}
		if (has_area)
			area_show(&area, extended, totals);
		has_area = area_parse(line, &area);
	}
	if (has_area)
		area_show(&area, extended, totals);
}

/* `PID:   command line` */
static void
command_show(const char *pid)
{
	char path[64], text[256];
	size_t n = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/cmdline", pid);
	file = fopen(path, "r");
	if (file) {
		n = fread(text, 1, sizeof(text) - 1, file);
		fclose(file);
	}
	while (n > 0 && !text[n - 1])
		n--;
	for (size_t i = 0; i < n; i++)
		if (!text[i])
			text[i] = ' ';
	text[n] = '\0';
	printf("%s:   %s\n", pid, text);
}

static int
process_show(const char *pid, int extended)
{
	struct totals totals = {0, 0, 0};
	char path[64], *text;

	snprintf(path, sizeof(path), "/proc/%s/smaps", pid);
	text = cmd_read_file(path);
	if (!text) {
		warn("%s", pid);
		return 1;
	}
	command_show(pid);
	if (extended)
		printf("%-16s %7s %7s %7s %-5s %s\n", "Address", "Kbytes", "RSS", "Dirty", "Mode",
		       "Mapping");
	areas_show(text, extended, &totals);
	if (extended)
		printf("%-16s %7llu %7llu %7llu\n", "total kB", totals.size, totals.rss,
		       totals.dirty);
	else
		printf("%-16s %6lluK\n", " total", totals.size);
	free(text);
	return 0;
}

int
main(int argc, char **argv)
{
	int extended = 0, failed = 0, option;

	while ((option = getopt(argc, argv, "x")) != -1) {
		if (option != 'x')
			cmd_usage("[-x] PID...");
		extended = 1;
	}
	if (optind == argc)
		cmd_usage("[-x] PID...");
	for (int i = optind; i < argc; i++)
		failed |= process_show(argv[i], extended);
	return cmd_finish(failed);
}
