/* What /proc says of processes, and the rules of its names. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static const char *
path_of(pid_t pid, const char *file)
{
	static char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	return path;
}

static int
open_of(pid_t pid, const char *file)
{
	int fd = open(path_of(pid, file), O_RDONLY);

	CHECK(fd >= 0);
	return fd;
}

static pid_t
sleeper_start(void)
{
	pid_t child = fork_checked();

	if (child == 0)
		for (;;)
			pause();
	return child;
}

static void
sleeper_end(pid_t child)
{
	CHECK_EQ(kill(child, SIGKILL), 0);
	CHECK_EQ(waitpid(child, NULL, 0), child);
}

/* Files and directories of a dead process that are open do not keep its names alive. */
static void
names_of_the_dead(void)
{
	pid_t child = sleeper_start();
	int maps = open_of(child, "maps"), dir = open_of(child, ""), tasks = open_of(child, "task"),
	    fds = open_of(child, "fd");
	char path[64], buffer[512];
	int thread;

	snprintf(path, sizeof(path), "task/%d", child);
	thread = open_of(child, path);
	sleeper_end(child);
	CHECK_ERRNO(read(maps, buffer, 1), ESRCH);
	CHECK_ERRNO(open(path_of(child, "maps"), O_RDONLY), ENOENT);
	CHECK_ERRNO(access(path_of(child, "maps"), F_OK), ENOENT);
	CHECK_ERRNO(access(path_of(child, ""), F_OK), ENOENT);
	CHECK_ERRNO(openat(dir, "maps", O_RDONLY), ESRCH);
	CHECK_ERRNO(openat(dir, "no-such", O_RDONLY), ESRCH);
	CHECK_ERRNO(openat(tasks, path + strlen("task/"), O_RDONLY), ESRCH);
	CHECK_ERRNO(openat(thread, "stat", O_RDONLY), ENOENT);
	CHECK_ERRNO(openat(fds, "0", O_RDONLY), ENOENT);
	CHECK_ERRNO(syscall(SYS_getdents64, dir, buffer, sizeof(buffer)), ENOENT);
	CHECK_ERRNO(syscall(SYS_getdents64, tasks, buffer, sizeof(buffer)), ENOENT);
	CHECK_ERRNO(syscall(SYS_getdents64, fds, buffer, sizeof(buffer)), ENOENT);
}

const struct test procfs_tests[] = {
	{"names_of_the_dead", names_of_the_dead, ANYWHERE},
	{NULL, NULL, ANYWHERE},
};
