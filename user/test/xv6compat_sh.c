/* Processes with xv6's API only: fork, exec, wait's plain status, pipes, kill, dup, gets. */
#include "kernel/types.h"
#include "kernel/stat.h"
#include "kernel/fcntl.h"
#include "kernel/param.h"
#include "user/user.h"

static void
check(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(2, "xv6compat_sh: %s: FAILED\n", what);
	exit(1);
}

static void
test_wait(void)
{
	int status, pid = fork();

	if (pid == 0)
		exit(7);
	check(wait(&status) == pid && status == 7, "wait gives exit's status");
	pid = fork();
	if (pid == 0)
		exit(-1);
	check(wait(&status) == pid && status == -1, "exit(-1)");
	pid = fork();
	if (pid == 0)
		for (;;)
			sleep(10);
	check(kill(pid) == 0, "kill");
	check(wait(&status) == pid && status == -1, "a killed child has status -1");
	check(wait(0) == -1, "wait without children");
}

static void
test_exec(char *self)
{
	char *argv[] = {self, "child", "a b", 0};
	int fds[2], status, n, len = 0;
	char buf[64];

	check(pipe(fds) == 0, "pipe");
	if (fork() == 0) {
		close(1);
		check(dup(fds[1]) == 1, "dup gives the lowest descriptor");
		close(fds[0]);
		close(fds[1]);
		exec(self, argv);
		fprintf(2, "exec %s failed\n", self);
		exit(1);
	}
	close(fds[1]);
	while ((n = read(fds[0], buf + len, sizeof(buf) - 1 - len)) > 0)
		len += n;
	buf[len] = 0;
	close(fds[0]);
	check(wait(&status) > 0 && status == 3, "the program's status");
	check(strcmp(buf, "child a b 3\n") == 0, "the program's output");
	check(exec("no-such-program", argv) == -1, "exec of nothing");
}

static void
test_lines(void)
{
	char line[16];
	int fds[2];

	pipe(fds);
	write(fds[1], "first\nsecond", 12);
	close(fds[1]);
	close(0);
	dup(fds[0]);
	close(fds[0]);
	check(strcmp(gets(line, sizeof(line)), "first\n") == 0, "gets keeps the newline");
	check(strcmp(gets(line, sizeof(line)), "second") == 0, "gets at the end of input");
	check(gets(line, sizeof(line))[0] == 0, "gets behind the end");
}

static void
test_time(void)
{
	int before = uptime();

	check(sleep(2) == 0, "sleep");
	check(uptime() - before >= 2 && uptime() - before < 50, "a tick is 100 ms");
}

static void
test_memory(void)
{
	char *old = sbrk(0), *block;

	check(sbrk(2 * 4096) == old, "sbrk gives the old break");
	old[2 * 4096 - 1] = 'x';
	check(sbrk(-2 * 4096) == old + 2 * 4096 && sbrk(0) == old, "sbrk back");
	block = malloc(100000);
	check(block != 0, "malloc");
	memset(block, 'y', 100000);
	check(block[0] == 'y' && block[99999] == 'y', "memset");
	free(block);
}

int
main(int argc, char *argv[])
{
	if (argc > 1) {
		printf("%s %s %d\n", argv[1], argv[2], argc);
		exit(3);
	}
	test_wait();
	test_exec(argv[0]);
	test_lines();
	test_time();
	test_memory();
	printf("xv6compat_sh: OK\n");
	exit(0);
}
