/* Show the kernel's caches of objects, from /proc/slabinfo: where kernel memory is. */

#include <cmd.h>
#include <err.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define MAX_CACHES 200
#define PAGE_KIB   4
/* Lines of a screen for caches, when it is not asked for otherwise. */
#define SCREEN_ROWS 16

struct cache {
	char name[40];
	unsigned long long active, objects, bytes, per_slab, pages_per_slab, active_slabs, slabs;
};

static struct cache caches[MAX_CACHES];
static int nr_caches;
static char sort_key = 'o';

static unsigned long long
cache_kib(const struct cache *cache)
{
	return cache->slabs * cache->pages_per_slab * PAGE_KIB;
}

static unsigned
percent(unsigned long long part, unsigned long long whole)
{
	return whole ? (unsigned)(part * 100 / whole) : 0;
}

static unsigned long long
key_of(const struct cache *cache)
{
	switch (sort_key) {
	case 'a':
		return cache->active;
	case 'b':
		return cache->per_slab;
	case 'c':
		return cache_kib(cache);
	case 'l':
		return cache->slabs;
	case 'v':
		return cache->active_slabs;
	case 'p':
		return cache->pages_per_slab;
	case 's':
		return cache->bytes;
	case 'u':
		return percent(cache->active, cache->objects);
	default:
		return cache->objects;
	}
}

/* Largest first; by name where they are equal. */
static int
compare(const void *a, const void *b)
{
	const struct cache *x = a, *y = b;

	if (sort_key != 'n' && key_of(x) != key_of(y))
		return key_of(x) < key_of(y) ? 1 : -1;
	return strcmp(x->name, y->name);
}

static void
read_caches(void)
{
	char *text = cmd_read_file("/proc/slabinfo"), *line, *rest;

	if (!text)
		err(1, "/proc/slabinfo");
	nr_caches = 0;
	for (rest = text; (line = strsep(&rest, "\n")) && nr_caches < MAX_CACHES;) {
		struct cache *cache = &caches[nr_caches];
		char *data = strstr(line, ": slabdata");

		if (line[0] == '#' || !data)
			continue;
		if (sscanf(line, "%39s %llu %llu %llu %llu %llu", cache->name, &cache->active,
			   &cache->objects, &cache->bytes, &cache->per_slab,
			   &cache->pages_per_slab) == 6 &&
		    sscanf(data, ": slabdata %llu %llu", &cache->active_slabs, &cache->slabs) == 2)
			nr_caches++;
	}
	free(text);
	qsort(caches, nr_caches, sizeof(caches[0]), compare);
}

static void
show_summary(void)
{
	unsigned long long active = 0, objects = 0, active_slabs = 0, slabs = 0, kib = 0, used = 0;
	int nr_used = 0;

	for (int i = 0; i < nr_caches; i++) {
		nr_used += caches[i].active > 0;
		if (caches[i].slabs == 0)
			continue; /* with slob, objects that others' rows have too */
		active += caches[i].active;
		objects += caches[i].objects;
		active_slabs += caches[i].active_slabs;
		slabs += caches[i].slabs;
		kib += cache_kib(&caches[i]);
		used += caches[i].active * caches[i].bytes;
	}
	printf(" Active / Total Objects (%% used)    : %llu / %llu (%u%%)\n", active, objects,
	       percent(active, objects));
	printf(" Active / Total Slabs (%% used)      : %llu / %llu (%u%%)\n", active_slabs, slabs,
	       percent(active_slabs, slabs));
	printf(" Active / Total Caches (%% used)     : %d / %d (%u%%)\n", nr_used, nr_caches,
	       percent(nr_used, nr_caches));
	printf(" Active / Total Size (%% used)       : %lluK / %lluK (%u%%)\n\n", used / 1024, kib,
	       percent(used / 1024, kib));
}

static void
show(int max_rows)
{
	read_caches();
	show_summary();
	printf("%7s %7s %4s %9s %6s %9s %11s  %s\n", "OBJS", "ACTIVE", "USE", "OBJ SIZE", "SLABS",
	       "OBJ/SLAB", "CACHE SIZE", "NAME");
	for (int i = 0; i < nr_caches && i < max_rows; i++) {
		const struct cache *cache = &caches[i];

		printf("%7llu %7llu %3u%% %8.2fK %6llu %9llu %10lluK  %s\n", cache->objects,
		       cache->active, percent(cache->active, cache->objects),
		       (double)cache->bytes / 1024, cache->slabs, cache->per_slab, cache_kib(cache),
		       cache->name);
	}
}

/* Wait; true when q, or the end of the input, came. Other keys choose the order. */
static bool
wait_for_key(int seconds)
{
	struct pollfd input = {.fd = 0, .events = POLLIN};
	char c;

	if (poll(&input, 1, seconds * 1000) <= 0)
		return false;
	if (read(0, &c, 1) <= 0 || c == 'q')
		return true;
	if (strchr("abclvnopsu", c))
		sort_key = c;
	return false;
}

/* The screen again and again, `times` times or, with 0, until q. */
static void
show_screens(int seconds, int times)
{
	struct termios saved, raw;
	bool is_terminal = tcgetattr(0, &saved) == 0;

	if (is_terminal) {
		raw = saved;
		raw.c_lflag &= ~(ICANON | ECHO);
		tcsetattr(0, TCSANOW, &raw);
	}
	for (int n = 0; times == 0 || n < times; n++) {
		printf("\033[H\033[J");
		show(SCREEN_ROWS);
		fflush(stdout);
		if (n + 1 != times && wait_for_key(seconds))
			break;
	}
	if (is_terminal)
		tcsetattr(0, TCSANOW, &saved);
}

int
main(int argc, char **argv)
{
	int seconds = 3, times = 0, c;
	bool once = false;

	while ((c = getopt(argc, argv, "od:n:s:")) != -1) {
		switch (c) {
		case 'o':
			once = true;
			break;
		case 'd':
			seconds = (int)cmd_number(optarg);
			break;
		case 'n':
			times = (int)cmd_number(optarg);
			break;
		case 's':
			sort_key = optarg[0];
			break;
		default:
			cmd_usage("[-o] [-d seconds] [-n times] [-s a|b|c|l|v|n|o|p|s|u]");
		}
	}
	if (!strchr("abclvnopsu", sort_key) || !sort_key)
		errx(2, "-s: one of a b c l v n o p s u");
	if (once || (times == 0 && !isatty(STDOUT_FILENO)))
		show(MAX_CACHES);
	else
		show_screens(seconds, times);
	return cmd_finish(0);
}
