/*
 * How long does a shell take to answer while other programs thrash?
 *
 *     answer [-n HOGS] [-m MIB] [-t TRIES] [-p PAUSE_MS] [-c COMMAND]
 *
 * HOGS processes share MIB of memory: they fill it in random order, write it all again and give it back,
 * for ever. When a quarter was written, a shell that waits for lines is given COMMAND (ls /bin) again and
 * again, with a pause after each as a person makes. Printed is how long each took, from the line's end to the
 * end of what it printed, by the machine's clock; then the one in the middle, and the longest. This
 * program's own memory is locked, so that it is the shell that is measured.
 */
#include <err.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE	  4096UL
#define MIB	  (1UL << 20)
#define TRIES_MAX 1000
#define HOGS_MAX  64
#define END	  "---answered---"

static uint64_t nr_hogs = 4, nr_mib = 128, nr_tries = 20, pause_ms = 200;
static const char *command = "ls /bin";
static pid_t hogs[HOGS_MAX], shell;
static int to_shell, from_shell;

static uint64_t
mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9;
	x ^= x >> 27;
	x *= 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static void
end_all(void)
{
	for (uint64_t i = 0; i < nr_hogs; i++)
		if (hogs[i] > 0)
			kill(hogs[i], SIGKILL);
	if (shell > 0)
		kill(shell, SIGKILL);
}

static void
die(const char *what)
{
	end_all();
	err(1, "%s", what);
}

/* Says on `ready` when a quarter is written. */
static void
hog(uint64_t who, int ready)
{
	uint64_t nr_pages = nr_mib * MIB / PAGE / nr_hogs, words = PAGE / sizeof(uint64_t);
	volatile uint64_t *area = mmap(NULL, nr_pages * PAGE, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED)
		err(1, "mmap");
	for (uint64_t i = 0;; i++) {
		volatile uint64_t *page = area + mix(i * nr_hogs + who) % nr_pages * words;

		for (uint64_t at = 0; at < words; at++)
			page[at] = mix(at + i);
		if (i == nr_pages / 4 && write(ready, "r", 1) != 1)
			err(1, "pipe");
		if (i % (2 * nr_pages) == 2 * nr_pages - 1)
			madvise((void *)area, nr_pages * PAGE, MADV_DONTNEED);
	}
}

static void
hogs_start(void)
{
	int ready[2];
	char byte;

	if (pipe(ready) < 0)
		die("pipe");
	for (uint64_t i = 0; i < nr_hogs; i++) {
		hogs[i] = fork();
		if (hogs[i] < 0)
			die("fork");
		if (hogs[i] == 0) {
			close(ready[0]);
			hog(i, ready[1]);
		}
	}
	close(ready[1]);
	for (uint64_t i = 0; i < nr_hogs; i++)
		if (read(ready[0], &byte, 1) != 1)
			die("a hog ended");
	close(ready[0]);
}

static void
shell_start(void)
{
	int in[2], out[2];

	if (pipe(in) < 0 || pipe(out) < 0)
		die("pipe");
	shell = fork();
	if (shell < 0)
		die("fork");
	if (shell == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		for (int fd = 3; fd <= out[1]; fd++)
			close(fd);
		execlp("sh", "sh", NULL);
		err(1, "sh");
	}
	close(in[0]);
	close(out[1]);
	to_shell = in[1];
	from_shell = out[0];
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Reads up to the line that says the end. => bytes before it */
static uint64_t
answer_read(void)
{
	char text[65536];
	size_t length = 0;

	for (;;) {
		ssize_t got = read(from_shell, text + length, sizeof(text) - 1 - length);

		if (got <= 0)
			die("the shell's answer");
		length += (size_t)got;
		text[length] = '\0';
		if (strstr(text, END "\n"))
			return length - strlen(END "\n");
	}
}

static double
ask(void)
{
	char line[256];
	int length = snprintf(line, sizeof(line), "%s; echo " END "\n", command);
	double start = now();

	if (write(to_shell, line, (size_t)length) != length)
		die("the shell");
	if (answer_read() == 0)
		die("the command printed nothing");
	return now() - start;
}

static int
shorter(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

int
main(int argc, char **argv)
{
	static double took[TRIES_MAX];
	int option;

	while ((option = getopt(argc, argv, "n:m:t:p:c:")) != -1) {
		if (option == 'c')
			command = optarg;
		else if (option == 'n')
			nr_hogs = strtoul(optarg, NULL, 0);
		else if (option == 'm')
			nr_mib = strtoul(optarg, NULL, 0);
		else if (option == 't')
			nr_tries = strtoul(optarg, NULL, 0);
		else if (option == 'p')
			pause_ms = strtoul(optarg, NULL, 0);
		else
			errx(2, "usage: answer [-n HOGS] [-m MIB] [-t TRIES] [-p PAUSE_MS] [-c "
				"COMMAND]");
	}
	if (nr_hogs == 0 || nr_hogs > HOGS_MAX || nr_tries == 0 || nr_tries > TRIES_MAX)
		errx(2, "that many hogs or tries cannot be");
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (mlockall(MCL_CURRENT) < 0)
		err(1, "mlockall");
	shell_start();
	ask();
	hogs_start();
	for (uint64_t i = 0; i < nr_tries; i++) {
		usleep((useconds_t)(pause_ms * 1000));
		printf("asked\n");
		took[i] = ask();
		printf("answered: %lu ms\n", (unsigned long)(took[i] * 1000));
	}
	end_all();
	while (wait(NULL) > 0)
		;
	qsort(took, nr_tries, sizeof(*took), shorter);
	printf("median %lu ms, longest %lu ms of %lu tries\n",
	       (unsigned long)(took[nr_tries / 2] * 1000),
	       (unsigned long)(took[nr_tries - 1] * 1000), (unsigned long)nr_tries);
	return 0;
}
