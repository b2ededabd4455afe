/* The tools of the process that watches. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bombs.h"

/* Pages that may be missing afterwards: lists of harts, caches that keep a slab. */
#define SLACK_PAGES 160
#define TRIES	    1000

struct shared *shared;

void
fail(const char *why, long number)
{
	printf("bombs: %s: %ld (errno %d)\n", why, number, errno);
	exit(1);
}

void
text_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	CHECK(fd >= 0, 0);
	CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text), fd);
	close(fd);
}

long
number_read(const char *path, const char *name)
{
	static char text[16384];
	int fd = open(path, O_RDONLY);
	ssize_t got = 0, len = 0;
	char *at;

	CHECK(fd >= 0, 0);
	while ((got = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += got;
	close(fd);
	text[len] = '\0';
	at = strstr(text, name);
	return at ? strtol(at + strlen(name), NULL, 10) : -1;
}

long
nr_kills(void)
{
	return number_read("/proc/vmstat", "oom_kill ");
}

long
free_pages(void)
{
	text_write("/proc/sys/vm/drop_caches", "3");
	return number_read("/proc/meminfo", "MemFree:") * 1024 / (long)PAGE;
}

/* The dead may still be on their way out. */
void
check_recovered(long before)
{
	long now = 0;

	for (int i = 0; i < TRIES; i++) {
		now = free_pages();
		if (now >= before - SLACK_PAGES)
			return;
		usleep(10000);
	}
	printf("bombs: %ld pages were free, now %ld\n", before, now);
	exit(1);
}

/* Runs the function in a child that the killer may have. */
pid_t
bomb_start(void (*function)(void))
{
	pid_t pid = fork();

	CHECK(pid >= 0, pid);
	if (pid > 0)
		return pid;
	setpgid(0, 0);
	text_write("/proc/self/oom_score_adj", "0");
	function();
	_exit(0);
}

int
child_wait(pid_t pid)
{
	int status = -1;

	CHECK(waitpid(pid, &status, 0) == pid, pid);
	return status;
}

void
check_killed(void (*function)(void))
{
	long kills = nr_kills();
	int status = child_wait(bomb_start(function));

	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, status);
	CHECK(nr_kills() > kills, kills);
}

void
check_ended(void (*function)(void))
{
	int status = child_wait(bomb_start(function));

	CHECK(status == 0, status);
}

/* Ends the bomb's whole group, and waits until it is gone. */
void
group_end(pid_t leader)
{
	while (kill(-leader, SIGKILL) == 0) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		usleep(1000);
	}
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

/* Until the bombs have noted so many events. */
void
events_wait(unsigned long nr)
{
	while (__atomic_load_n(&shared->nr_events, __ATOMIC_RELAXED) < nr)
		usleep(1000);
}

void
event_note(void)
{
	__atomic_fetch_add(&shared->nr_events, 1, __ATOMIC_RELAXED);
}

char *
map(unsigned long bytes, int flags)
{
	char *at = mmap(NULL, bytes, RW, flags | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

void
touch(char *at, unsigned long bytes)
{
	for (unsigned long i = 0; i < bytes; i += PAGE)
		at[i] = 1;
}
