/* Run a command and say how long it took. */

#include <cmd.h>
#include <err.h>
#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void
print_time(const char *what, long seconds, long us)
{
	fprintf(stderr, "%s\t%ldm%ld.%03lds\n", what, seconds / 60, seconds % 60, us / 1000);
}

int
main(int argc, char **argv)
{
	struct timespec start, end;
	struct rusage usage;
	int status;
	pid_t pid;
	long ns;

	if (argc < 2 || argv[1][0] == '-')
		cmd_usage("COMMAND [ARGUMENT...]");
	clock_gettime(CLOCK_MONOTONIC, &start);
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		execvp(argv[1], argv + 1);
		err(errno == ENOENT ? 127 : 126, "%s", argv[1]);
	}
	while (wait4(pid, &status, 0, &usage) < 0)
		if (errno != EINTR)
			err(1, "wait4");
	clock_gettime(CLOCK_MONOTONIC, &end);
	ns = (end.tv_sec - start.tv_sec) * 1000000000L + end.tv_nsec - start.tv_nsec;
	print_time("real", ns / 1000000000L, ns % 1000000000L / 1000);
	print_time("user", usage.ru_utime.tv_sec, usage.ru_utime.tv_usec);
	print_time("sys", usage.ru_stime.tv_sec, usage.ru_stime.tv_usec);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
