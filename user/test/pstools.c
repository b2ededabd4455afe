/* pmap, top and ps say of this process what /proc says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

static int
ps_test(void)
{
	return tell("ps", run("ps", 0) == 0 && strstr(text, "pstools"));
}

int
main(void)
{
	char *area = mmap(NULL, AREA_PAGES * PAGE_KIB * 1024, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED)
		return 1;
	memset(area, 1, AREA_PAGES * PAGE_KIB * 1024);
	return (pmap_test(area) | top_test() | ps_test()) != 0;
}
