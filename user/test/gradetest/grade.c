/* What every case uses: the channel, numbers of /proc, children, patterns. */
#include "grade.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "channel.h"

#define TEXT_BYTES 8192
#define LINE_BYTES 2048
#define GIVEN_UP   70
/* How long a child may take to end: ten seconds. */
#define NAP_NS	  1000000L
#define NR_NAPS	  10000
#define NR_ROUNDS 100 /* of what may leak: more than what caches keep, if each leaks one frame */

static int channel = -1;
static char nonce[40];
static uint64_t seed;

void
give_up(const char *what)
{
	fprintf(stderr, "gradetest: %s: %s\n", what, strerror(errno));
	exit(GIVEN_UP);
}

/* One line from the harness, without its end. */
static void
line_read(char *line, size_t size)
{
	size_t len = 0;

	while (len + 1 < size) {
		if (read(channel, line + len, 1) != 1)
			give_up("the channel ended");
		if (line[len] == '\n')
			break;
		len++;
	}
	line[len] = '\0';
}

static void
line_write(const char *line, size_t len)
{
	while (len > 0) {
		ssize_t n = write(channel, line, len);

		if (n < 0 && errno != EINTR)
			give_up("write to the channel");
		if (n > 0) {
			line += n;
			len -= n;
		}
	}
}

int
channel_open(char *line, size_t size)
{
	char *word_at, *rest;

	channel = open("/dev/vport0", O_RDWR | O_CLOEXEC);
	if (channel < 0)
		return -1;
	line_read(line, size);
	if (strncmp(line, "run ", 4) != 0)
		return -1;
	word_at = strtok_r(line + 4, " ", &rest);
	snprintf(nonce, sizeof(nonce), "%s", word_at);
	seed = strtoull(strtok_r(NULL, " ", &rest), NULL, 0);
	memmove(line, rest, strlen(rest) + 1);
	return 0;
}

void
channel_end(void)
{
	char line[LINE_BYTES];
	int len = snprintf(line, sizeof(line), "{\"n\":\"%s\",\"t\":\"end\"}\n", nonce);

	line_write(line, len);
}

uint64_t
word(unsigned index)
{
	uint64_t value = seed + (index + 1) * 0x9e3779b97f4a7c15UL;

	value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9UL;
	value = (value ^ (value >> 27)) * 0x94d049bb133111ebUL;
	return value ^ (value >> 31);
}

void
fact(const char *name, uint64_t value)
{
	char line[LINE_BYTES];
	int len = snprintf(line, sizeof(line),
			   "{\"n\":\"%s\",\"t\":\"fact\",\"k\":\"%s\",\"v\":%lu}\n", nonce, name,
			   (unsigned long)value);

	line_write(line, len);
}

void
fact_text(const char *name, const char *text)
{
	char line[LINE_BYTES];
	int len = snprintf(line, sizeof(line), "{\"n\":\"%s\",\"t\":\"fact\",\"k\":\"%s\",\"v\":\"",
			   nonce, name);

	for (; *text && len < LINE_BYTES - 8; text++) {
		if (*text == '"' || *text == '\\')
			line[len++] = '\\';
		line[len++] = *text < ' ' ? ' ' : *text;
	}
	len += snprintf(line + len, sizeof(line) - len, "\"}\n");
	line_write(line, len);
}

void
fact_growth(const char *name, uint64_t before, uint64_t after)
{
	fact(name, after > before ? after - before : 0);
}

void
checkpoint(const char *name, ...)
{
	char line[LINE_BYTES];
	const char *key;
	va_list args;
	int len;

	len = snprintf(line, sizeof(line),
		       "{\"n\":\"%s\",\"t\":\"stop\",\"k\":\"%s\",\"v\":{\"teller\":%d", nonce,
		       name, getpid());
	va_start(args, name);
	while ((key = va_arg(args, const char *)))
		len += snprintf(line + len, sizeof(line) - len, ",\"%s\":%lu", key,
				(unsigned long)va_arg(args, uint64_t));
	va_end(args);
	len += snprintf(line + len, sizeof(line) - len, "}}\n");
	line_write(line, len);
	line_read(line, sizeof(line));
	if (strcmp(line, "go") != 0)
		give_up("an unknown line on the channel");
}

/* The whole of a small file. */
static char *
file_text(const char *path)
{
	static char text[TEXT_BYTES];
	size_t len = 0;
	ssize_t n;
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		give_up(path);
	while (len < sizeof(text) - 1 && (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += n;
	close(fd);
	text[len] = '\0';
	return text;
}

uint64_t
proc_number(const char *path, const char *key)
{
	size_t len = strlen(key);

	for (char *line = file_text(path); line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, len) == 0)
			return strtoull(line + len + strspn(line + len, ": \t"), NULL, 10);
		if (!*line)
			break;
	}
	errno = ENOENT;
	give_up(key);
}

uint64_t
status_kb(const char *key)
{
	return proc_number("/proc/self/status", key);
}

/* Field number `field` of /proc/self/stat, counted from 1 as in proc(5). */
static uint64_t
stat_field(int field)
{
	char *text = strrchr(file_text("/proc/self/stat"), ')');

	for (int at = 2; text && at < field; at++) {
		text = strchr(text + 1, ' ');
	}
	if (!text)
		give_up("/proc/self/stat");
	return strtoull(text, NULL, 10);
}

uint64_t
minor_faults(void)
{
	return stat_field(10);
}

uint64_t
major_faults(void)
{
	return stat_field(12);
}

uint64_t
pagemap_entry(const void *uva)
{
	uint64_t entry = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY);

	if (fd < 0 || pread(fd, &entry, sizeof(entry), (uintptr_t)uva / PAGE * sizeof(entry)) !=
			      sizeof(entry))
		give_up("/proc/self/pagemap");
	close(fd);
	return entry;
}

void *
memory_map(size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		give_up("mmap");
	return at;
}

pid_t
fork_checked(void)
{
	pid_t pid = fork();

	if (pid < 0)
		give_up("fork");
	return pid;
}

int
in_child(int (*child)(void *arg), void *arg)
{
	pid_t pid = fork_checked(), ended;
	int status;

	if (pid == 0)
		_exit(child(arg));
	ended = waitpid(pid, &status, 0);
	if (ended < 0)
		give_up("waitpid");
	if (ended != pid) {
		fprintf(stderr, "gradetest: waitpid: process %d ended, and %d was asked for\n",
			ended, pid);
		exit(GIVEN_UP);
	}
	return status;
}

bool
child_ends(pid_t pid, int *status)
{
	struct timespec nap = {0, NAP_NS};

	for (int i = 0; i < NR_NAPS; i++) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return true;
		nanosleep(&nap, NULL);
	}
	kill(pid, SIGKILL);
	return false;
}

int
mkswap(void *disk)
{
	char *argv[] = {"mkswap", disk, NULL};

	execv("/bin/mkswap", argv);
	return 127;
}

int
program_run(void *path)
{
	char *argv[] = {path, NULL};

	execv(path, argv);
	return 127;
}

void
swap_start(char *disk)
{
	if (in_child(mkswap, disk) || swapon(disk, 0) < 0)
		give_up("swapon");
}

int
store_unmap_load(void *page)
{
	*(volatile uint64_t *)page = word(0);
	if (munmap(page, PAGE) < 0)
		return 1;
	(void)*(volatile uint64_t *)page;
	return 0;
}

void
fact_frames_lost(const char *name, int (*child)(void *arg), void *arg)
{
	unsigned wrong =
		in_child(child, arg) != 0; /* what is kept for the next is there from now on */
	uint64_t before = proc_number("/proc/vmstat", "nr_free_pages");

	for (unsigned i = 0; i < NR_ROUNDS; i++)
		wrong += in_child(child, arg) != 0;
	if (wrong == 0)
		fact_growth(name, proc_number("/proc/vmstat", "nr_free_pages"), before);
}

void
pages_fill(void *at, size_t nr_pages, unsigned first)
{
	for (size_t i = 0; i < nr_pages; i++)
		*(volatile uint64_t *)((char *)at + i * PAGE) = word(first + i);
}

size_t
pages_right(const void *at, size_t nr_pages, unsigned first)
{
	size_t nr = 0;

	for (size_t i = 0; i < nr_pages; i++)
		nr += *(volatile uint64_t *)((char *)at + i * PAGE) == word(first + i);
	return nr;
}
