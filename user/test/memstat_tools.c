/* frames draws every frame of RAM once, slabtop each cache; free, vmstat and sysctl show what /proc has. All end well. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define OUTPUT	     "memstat_tools.out"
#define MEMORY_LIMIT (16UL << 20)

static char text[32768];

/* => the output of the line, which ends with 0 */
static const char *
output_of(const char *line)
{
	char command[128];
	FILE *file;

	snprintf(command, sizeof(command), "{ %s; } >%s", line, OUTPUT);
	if (system(command) != 0 || !(file = fopen(OUTPUT, "r"))) {
		printf("%s failed\n", line);
		exit(1);
	}
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	unlink(OUTPUT);
	return text;
}

static void
check(int holds, const char *what)
{
	if (holds)
		return;
	printf("%s\n%s", what, text);
	exit(1);
}

/* The legend's numbers add up to the RAM of the first line; no letter is unknown. */
static void
frames_adds_up(void)
{
	const char *line = output_of("frames");
	long ram = strtol(line, NULL, 10), sum = 0;
	char name[32];

	check(strchr(line, '?') == NULL, "frames does not know a state");
	for (; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		const char *number = line + 15;

		if (line[0] != ' ' && line[1] == ' ' && sscanf(line + 2, "%31s", name) == 1)
			sum += strtol(number, NULL, 10);
	}
	check(ram > 0 && sum == ram, "frames does not draw all of RAM");
}

static long
lines_of(const char *at)
{
	long nr = 0;

	for (; (at = strchr(at, '\n')); at++)
		nr++;
	return nr;
}

/* A row for each cache, the largest first; no more objects are in use than there are. */
static void
slabtop_shows_all(void)
{
	long caches = lines_of(output_of("cat /proc/slabinfo")) - 2, rows = 0;
	long objects, active, percent, kib, above = -1;
	const char *line = strstr(output_of("slabtop -o -s c"), "CACHE SIZE");
	char name[40];

	check(strstr(text, " Active / Total Objects") != NULL, "slabtop has no summary");
	for (; line && (line = strchr(line, '\n')); line++) {
		if (sscanf(line + 1, "%ld %ld %ld%% %*s %*d %*d %ldK %39s", &objects, &active,
			   &percent, &kib, name) != 5)
			continue;
		check(active <= objects && percent == (objects ? active * 100 / objects : 0),
		      "slabtop's numbers of objects contradict each other");
		check(above < 0 || kib <= above, "slabtop is not in order");
		above = kib;
		rows++;
	}
	check(rows == caches, "slabtop does not show each cache");
}

/* Sizes of objects are rounded, not cut: 0.01K for 8 bytes. */
static void
slabtop_rounds(void)
{
	static char slabinfo[sizeof(text)];
	const char *line;

	strcpy(slabinfo, output_of("cat /proc/slabinfo"));
	line = output_of("slabtop -o | tail -n +7");
	while (line && *line) {
		char wanted[16], size[16], name[42] = "\n";
		const char *cache;
		int bytes = 0;

		check(sscanf(line, "%*d %*d %*d%% %15s %*d %*d %*dK %39s", size, name + 1) == 2,
		      "a line of slabtop is short");
		cache = strstr(slabinfo, strcat(name, " "));
		check(cache && sscanf(cache, " %*s %*d %*d %d", &bytes) == 1,
		      "slabtop has a cache of its own");
		snprintf(wanted, sizeof(wanted), "%.2fK", bytes / 1024.0);
		check(strcmp(size, wanted) == 0, "slabtop's sizes are not rounded");
		line = strchr(line, '\n');
		line += line != NULL;
	}
}

static long
number_in(const char *line, const char *what)
{
	const char *at = strstr(output_of(line), what);

	check(at != NULL, what);
	while (at > text && at[-1] != '\n')
		at--;
	return strtol(at, NULL, 10);
}

static void
free_shows_all(void)
{
	long total = number_in("vmstat -s", " K total memory");
	long mib = number_in("vmstat -s -S M", " M total memory");
	char wanted[32];

	check(total / 1024 == mib, "vmstat -S does not divide");
	snprintf(wanted, sizeof(wanted), " %ldMi ", mib);
	check(strstr(output_of("free -h"), wanted) != NULL, "free -h does not cut to MiB");
	snprintf(wanted, sizeof(wanted), " %ld ", total * 1024);
	check(strstr(output_of("free -w -t -b"), wanted) != NULL, "free -b has no bytes");
	check(strstr(text, "Total:") != NULL, "free -t has no sum");
	output_of("free -s 0.05 -c 3");
	check(lines_of(text) == 11, "free -c 3 does not show three");
}

static void
vmstat_shows_all(void)
{
	check(strstr(output_of("vmstat"), "swpd") != NULL, "vmstat has no header");
	check(lines_of(text) == 3, "vmstat has more than a line");
	check(strstr(output_of("vmstat -a -w -t"), "inact") != NULL, "vmstat -a has no inact");
	check(strstr(text, "UTC\n") != NULL, "vmstat -t has no time");
	check(strstr(output_of("vmstat -d"), "\nvda ") != NULL, "vmstat -d has no disk");
	check(strstr(output_of("vmstat -m"), "\nkmalloc-64 ") != NULL, "vmstat -m has no cache");
}

static void
check_line(const char *line, const char *wanted)
{
	check(strcmp(output_of(line), wanted) == 0, line);
}

static void
sysctl_sets(void)
{
	check_line("sysctl -w vm.swappiness=61", "vm.swappiness = 61\n");
	check_line("sysctl vm/swappiness", "vm.swappiness = 61\n");
	check_line("sysctl -n 'vm.swappiness = 60' vm.swappiness", "60\n60\n");
	check_line("sysctl -a | grep -c '^vm.swappiness = 60$'", "1\n");
	check_line("sysctl -a 2>&1 | grep -c drop_caches; true", "0\n");
	check_line("sysctl -e vm.nothing", "");
	check_line("sysctl vm.nothing vm.swappiness=x vm.drop_caches 2>&1 || echo $?",
		   "sysctl: cannot stat /proc/sys/vm/nothing: No such file or directory\n"
		   "sysctl: setting key \"vm.swappiness\": Invalid argument\n"
		   "sysctl: permission denied on key 'vm.drop_caches'\n1\n");
}

/* What does not fit into memory is an error, and not less output. The limit stays. */
static void
sort_needs_memory(void)
{
	struct rlimit limit = {MEMORY_LIMIT, MEMORY_LIMIT};

	if (setrlimit(RLIMIT_AS, &limit) < 0)
		check(0, "setrlimit");
	check_line("sort /dev/zero 2>&1 || echo $?",
		   "sort: memory exhausted: Cannot allocate memory\n2\n");
}

int
main(void)
{
	frames_adds_up();
	slabtop_shows_all();
	slabtop_rounds();
	free_shows_all();
	vmstat_shows_all();
	sysctl_sets();
	sort_needs_memory();
	return 0;
}
