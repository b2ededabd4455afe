/* The C library as a program in one thread uses it: stdio, numbers, strings, files, time. */
#include <dirent.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>

#include "distro.h"

static void
stdio_files(void)
{
	char line[64];
	FILE *file = fopen("stdio.txt", "w+");

	CHECK(file);
	for (int i = 0; i < 20000; i++)
		CHECK(fprintf(file, "line %d %s\n", i, "of text") > 0);
	CHECK(fseek(file, 0, SEEK_SET) == 0);
	for (int i = 0; i < 20000; i++) {
		int number;

		CHECK(fgets(line, sizeof(line), file));
		CHECK(sscanf(line, "line %d of text", &number) == 1 && number == i);
	}
	CHECK(!fgets(line, sizeof(line), file) && feof(file));
	CHECK(fclose(file) == 0 && unlink("stdio.txt") == 0);
}

static void
stdio_pipes(void)
{
	char line[64] = "";
	FILE *pipe = popen("echo one two | tr a-z A-Z", "r");

	CHECK(pipe && fgets(line, sizeof(line), pipe));
	CHECK(strcmp(line, "ONE TWO\n") == 0);
	CHECK(pclose(pipe) == 0);
	CHECK(system("exit 7") == 7 << 8);
}

static void
numbers(void)
{
	char text[128];

	snprintf(text, sizeof(text), "%.17g %a %e %Lf", 0.1, 1.0, 12345.678, 2.5L);
	CHECK(strcmp(text, "0.10000000000000001 0x1p+0 1.234568e+04 2.500000") == 0);
	CHECK(strtod("0x1.8p1", NULL) == 3.0 && strtod("1e308", NULL) * 10 == HUGE_VAL);
	CHECK(fabs(sin(1.0) - 0.8414709848078965) < 1e-15 && fabs(pow(2, 0.5) - sqrt(2)) < 1e-15);
	CHECK(setlocale(LC_ALL, "C"));
}

static int
compare_ints(const void *left, const void *right)
{
	int a = *(const int *)left, b = *(const int *)right;

	return (a > b) - (a < b);
}

static void
sorting(void)
{
	static int values[100000];
	int key = 77777;

	for (size_t i = 0; i < COUNT(values); i++)
		values[i] = (int)((i * 7919) % COUNT(values));
	qsort(values, COUNT(values), sizeof(int), compare_ints);
	for (size_t i = 0; i < COUNT(values); i++)
		CHECK(values[i] == (int)i);
	CHECK(bsearch(&key, values, COUNT(values), sizeof(int), compare_ints) == &values[key]);
}

static void
directories(void)
{
	struct dirent **names;
	struct stat st;
	int nr_names;

	CHECK(mkdir("folder", 0755) == 0 && fclose(fopen("folder/b", "w")) == 0);
	CHECK(fclose(fopen("folder/a", "w")) == 0);
	nr_names = scandir("folder", &names, NULL, alphasort);
	CHECK(nr_names == 4 && strcmp(names[2]->d_name, "a") == 0);
	CHECK(stat("folder", &st) == 0 && S_ISDIR(st.st_mode));
	CHECK(unlink("folder/a") == 0 && unlink("folder/b") == 0 && rmdir("folder") == 0);
}

static void
system_facts(void)
{
	struct timespec now, later;
	struct utsname name;
	struct rusage usage;
	struct tm parts;
	time_t zero = 0;

	CHECK(uname(&name) == 0 && strcmp(name.machine, "riscv64") == 0);
	CHECK(sysconf(_SC_PAGESIZE) == 4096 && sysconf(_SC_NPROCESSORS_ONLN) >= 1);
	CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0 &&
	      nanosleep(&(struct timespec){0, 1}, 0) == 0);
	CHECK(clock_gettime(CLOCK_MONOTONIC, &later) == 0);
	CHECK(later.tv_sec > now.tv_sec || later.tv_nsec > now.tv_nsec);
	CHECK(gmtime_r(&zero, &parts) && parts.tm_year == 70);
	CHECK(getrusage(RUSAGE_SELF, &usage) == 0 && usage.ru_minflt > 0);
}

static jmp_buf back;

static void
jumps(void)
{
	volatile int count = 0;

	if (setjmp(back) < 10) {
		count++;
		longjmp(back, count);
	}
	CHECK(count == 10);
}

static int exit_pipe[2];

static void
exit_first(void)
{
	CHECK(write(exit_pipe[1], "1", 1) == 1);
}

static void
exit_second(void)
{
	CHECK(write(exit_pipe[1], "2", 1) == 1);
}

static void
exit_handlers(void)
{
	char order[3] = "";

	CHECK(pipe(exit_pipe) == 0);
	if (fork() == 0) {
		atexit(exit_second);
		atexit(exit_first);
		exit(0);
	}
	CHECK(wait(NULL) > 0 && read(exit_pipe[0], order, 2) == 2 && strcmp(order, "12") == 0);
}

static const struct distro_test tests[] = {
	{"stdio_files", stdio_files},
	{"stdio_pipes", stdio_pipes},
	{"numbers", numbers},
	{"sorting", sorting},
	{"directories", directories},
	{"system_facts", system_facts},
	{"jumps", jumps},
	{"exit_handlers", exit_handlers},
};

int
main(void)
{
	return tests_run(tests, COUNT(tests));
}
