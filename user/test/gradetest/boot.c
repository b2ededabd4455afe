/* Lab boot: what the first program finds. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include "grade.h"

#define TEXT_BYTES 8192
#define NAP_NS	   60000000L
#define MASK_BITS  64 /* harts that a mask has room for */

static char text[TEXT_BYTES];

static const char *
file_read(const char *path)
{
	int fd = open(path, O_RDONLY);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		give_up(path);
	while ((n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += n;
	close(fd);
	text[len] = '\0';
	return text;
}

static unsigned
occurrences(const char *in, const char *what)
{
	unsigned nr = 0;

	while ((in = strstr(in, what))) {
		nr++;
		in += strlen(what);
	}
	return nr;
}

static int64_t
now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000L + now.tv_nsec;
}

/* From hart to hart, as far as the kernel lets us; a hart that does not run keeps us for ever. */
static int
visitor(void *arg)
{
	unsigned nr = 0;

	(void)arg;
	for (unsigned hart = 0; hart < MASK_BITS; hart++) {
		uint64_t mask = 1UL << hart;

		nr += syscall(SYS_sched_setaffinity, 0, sizeof(mask), &mask) == 0;
		sched_yield();
	}
	fact("harts", nr);
	return 0;
}

static void
harts_visit(void)
{
	int status;
	pid_t pid = fork_checked();

	if (pid == 0)
		_exit(visitor(NULL));
	child_ends(pid, &status);
}

/* The machine as the device tree describes it. */
static void
machine(int argc, char **argv)
{
	char token[64] = "";
	const char *at;

	(void)argc;
	(void)argv;
	fact("word", word(0));
	fact("mem_kb", proc_number("/proc/meminfo", "MemTotal"));
	fact("processors", occurrences(file_read("/proc/cpuinfo"), "processor"));
	harts_visit();
	at = strstr(file_read("/proc/cmdline"), "grade.token=");
	if (at)
		snprintf(token, sizeof(token), "%.16s", at + strlen("grade.token="));
	fact_text("token", token);
	fact("disks", occurrences(file_read("/proc/partitions"), "vd"));
	checkpoint("up", NULL);
}

/* The timer and the clocks. */
static void
clocks(int argc, char **argv)
{
	struct timespec nap = {0, NAP_NS};
	int64_t start = now_ns(CLOCK_MONOTONIC), again;
	unsigned backwards = 0;

	(void)argc;
	(void)argv;
	nanosleep(&nap, NULL);
	fact("slept_us", (now_ns(CLOCK_MONOTONIC) - start) / 1000);
	start = now_ns(CLOCK_MONOTONIC);
	for (int i = 0; i < 2000; i++) {
		again = now_ns(CLOCK_MONOTONIC);
		backwards += again < start;
		start = again;
	}
	fact("backwards", backwards);
	fact("realtime", time(NULL));
}

/* A line that is typed at the console. */
static void
keyboard(int argc, char **argv)
{
	char line[64];
	ssize_t n;

	(void)argc;
	(void)argv;
	checkpoint("ready", NULL);
	n = read(0, line, sizeof(line) - 1);
	line[n > 0 ? n : 0] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	fact_text("typed", line);
}

/* Ends with the status that the harness chose. */
static void
status(int argc, char **argv)
{
	fact("word", word(0));
	exit(argc > 1 ? atoi(argv[1]) : 1);
}

/* A root that came in memory: programs are there, and it can be written to. */
static void
initrd(int argc, char **argv)
{
	struct stat st;
	char name[] = "/grade";
	int fd;

	(void)argc;
	(void)argv;
	fact("shell", stat("/bin/sh", &st) == 0 && S_ISREG(st.st_mode));
	fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (fd >= 0) {
		uint64_t value = word(3), back = 0;

		if (write(fd, &value, sizeof(value)) == sizeof(value) &&
		    pread(fd, &back, sizeof(back), 0) == sizeof(back))
			fact("written", back);
		close(fd);
	}
}

/* Until gdb, which stopped the kernel in getppid, lets go. */
static void
called(int argc, char **argv)
{
	(void)argc;
	(void)argv;
}

const struct grade_case boot_cases[] = {
	{"boot.machine", machine},
	{"boot.clocks", clocks},
	{"boot.keyboard", keyboard},
	{"boot.status", status},
	{"boot.initrd", initrd},
	{"boot.called", called},
	{NULL, NULL},
};
