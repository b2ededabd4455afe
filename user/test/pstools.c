/* pmap, top and ps say of this process what /proc says; nice and renice change what they say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE_KIB   4
#define AREA_PAGES 300

static char text[65536];

/* Runs a line; its output is in `text`. => the exit status */
static int
run(const char *format, int number)
{
	char line[128];
	FILE *file;
	size_t used;
	int status;

	snprintf(line, sizeof(line), format, number);
	strcat(line, " >pstools.out 2>&1");
	status = system(line);
	file = fopen("pstools.out", "r");
	used = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
	text[used] = '\0';
	if (file)
		fclose(file);
	unlink("pstools.out");
	return status;
}

/* The first word after `what`, as a number. => -1 when it is not there */
static long
number_after(const char *what)
{
	const char *at = strstr(text, what);

	return at ? atol(at + strlen(what)) : -1;
}

static long
size_kib(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	char line[80] = "";

	if (!file || !fgets(line, sizeof(line), file))
		return -1;
	fclose(file);
	return atol(line) * PAGE_KIB;
}

static int
tell(const char *name, int good)
{
	printf("test %s %s\n", name, good ? "ok" : "FAILED: see above");
	if (!good)
		printf("%s", text);
	return !good;
}

static int
pmap_test(const char *area)
{
	char start[20];
	long size = size_kib();
	int good = run("pmap %d", getpid()) == 0 && number_after(" total") == size;

	snprintf(start, sizeof(start), "%016lx", (unsigned long)area);
	good = good && run("pmap -x %d", getpid()) == 0 && number_after("total kB") == size;
	good = good && number_after(start) >= AREA_PAGES * PAGE_KIB;
	good = good && run("pmap %d", 999999) != 0;
	return tell("pmap", good);
}

/* The process that has the most memory comes first; both screens are there. */
static int
top_test(void)
{
	char *first;
	int good = run("top -b -n 2 -d 0 -o mem", 0) == 0;

	first = strstr(text, "COMMAND\n");
	good = good && first && atoi(first + strlen("COMMAND\n")) == getpid();
	good = good && first && strstr(first + 1, "COMMAND\n") && strstr(text, "Tasks: ");
	return tell("top", good);
}

/* What a key asks for is shown at once, and of the last sample: in so short a time nothing can be measured. */
static int
top_key_test(void)
{
	char *first, *second, *end;
	int good = run("{ echo P; sleep 1; } | top -n 2 -d 9", 0) == 0;

	first = strstr(text, "COMMAND\n");
	end = first ? strstr(first, "\033[H") : NULL;
	second = end ? strstr(end, "COMMAND\n") : NULL;
	good = good && second && (size_t)(end - first) == strlen(second) &&
	       strncmp(first, second, end - first) == 0;
	return tell("top_key", good);
}

static int
ps_test(void)
{
	return tell("ps", run("ps", 0) == 0 && strstr(text, "pstools"));
}

/* What a line prints, and its exit status. */
static int
prints(const char *line, const char *expected, int status)
{
	return WEXITSTATUS(run(line, getpid())) == status && strcmp(text, expected) == 0;
}

/* Each outlives exec. A value beyond the last is the last. */
static int
nice_test(void)
{
	int good = prints("nice", "0\n", 0) && prints("nice nice", "10\n", 0);

	good = good && prints("nice -n 3 nice -n -8 nice", "-5\n", 0);
	good = good && prints("nice -n 99 nice", "19\n", 0);
	good = good && prints("nice -n -999999999999 nice", "-20\n", 0);
	good = good && prints("nice -n 3 sh -c 'exit 7'", "", 7);
	good = good && WEXITSTATUS(run("nice -n 3", 0)) == 125;
	good = good && WEXITSTATUS(run("nice -n x nice", 0)) == 125;
	good = good && WEXITSTATUS(run("nice nothing", 0)) == 127;
	good = good && WEXITSTATUS(run("nice -x", 0)) == 2;
	return tell("nice", good);
}

static int
renice_test(void)
{
	char line[80];
	int good = run("renice -n 4 -p %d", getpid()) == 0;

	snprintf(line, sizeof(line), "%d (process ID) old priority 0, new priority 4\n", getpid());
	good = good && strcmp(text, line) == 0;
	good = good && prints("nice", "4\n", 0);
	good = good && run("top -b -n 1 -o mem", 0) == 0 && strstr(text, " 24   4 ");
	good = good && run("renice -6 %d", getpid()) == 0 && prints("nice", "-6\n", 0);
	good = good && run("ps", 0) == 0 && strstr(text, "  -6 ");
	good = good && run("renice 0 %d 1", getpid()) == 0 && prints("nice", "0\n", 0);
	good = good && WEXITSTATUS(run("renice 0 999999", 0)) == 1;
	good = good && WEXITSTATUS(run("renice 0", 0)) == 2;
	good = good && WEXITSTATUS(run("renice x 1", 0)) == 2;
	return tell("renice", good);
}

int
main(void)
{
	char *area = mmap(NULL, AREA_PAGES * PAGE_KIB * 1024, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED)
		return 1;
	memset(area, 1, AREA_PAGES * PAGE_KIB * 1024);
	return (pmap_test(area) | top_test() | top_key_test() | ps_test() | nice_test() |
		renice_test()) != 0;
}
