/* frames draws every frame of RAM once, slabtop each cache; free and vmstat show what /proc has. All end well. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OUTPUT "memstat_tools.out"

static char text[32768];

/* => the output of the line, which ends with 0 */
static const char *
output_of(const char *line)
{
	char command[128];
	FILE *file;

	snprintf(command, sizeof(command), "%s >%s", line, OUTPUT);
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

int
main(void)
{
	frames_adds_up();
	slabtop_shows_all();
	check(strstr(output_of("free -w -t -m"), "Total:") != NULL, "free -t has no sum");
	check(strstr(output_of("free -h"), "Mem:") != NULL, "free -h has no line");
	check(strstr(output_of("vmstat"), "swpd") != NULL, "vmstat has no header");
	return 0;
}
