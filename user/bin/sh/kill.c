/* The builtin kill. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jobs.h"
#include "shell.h"
#include "traps.h"

static int
kill_one(const char *target, int sig)
{
	struct job *job;
	char *end;
	long pid;
	int result;

	if (target[0] == '%') {
		job = job_find("kill", target);
		if (!job)
			return 1;
		result = job_kill(job, sig);
	} else {
		pid = strtol(target, &end, 10);
		if (*end || end == target) {
			shell_error("kill: %s: not a process or job", target);
			return 1;
		}
		result = process_kill((pid_t)pid, sig);
	}
	if (result == 0)
		return 0;
	shell_error("kill: %s: %s", target, strerror(errno));
	return 1;
}

int
builtin_kill(int argc, char **argv)
{
	int sig = SIGTERM, i = 1, status = 0;

	if (argc > 1 && strcmp(argv[1], "-l") == 0) {
		for (sig = 1; sig < NSIG; sig++)
			if (signal_name(sig))
				printf("%2d %s\n", sig, signal_name(sig));
		return 0;
	}
	if (argc > 2 && strcmp(argv[1], "-s") == 0) {
		sig = signal_number(argv[2]);
		i = 3;
	} else if (argc > 1 && argv[1][0] == '-' && argv[1][1] && strcmp(argv[1], "--") != 0) {
		sig = signal_number(argv[1] + 1);
		i = 2;
	}
	if (i < argc && strcmp(argv[i], "--") == 0)
		i++;
	if (sig < 0 || i >= argc) {
		shell_error(sig < 0 ? "kill: unknown signal"
				    : "usage: kill [-SIGNAL] PROCESS|%%JOB ... | kill -l");
		return 2;
	}
	for (; i < argc; i++)
		status |= kill_one(argv[i], sig);
	return status;
}
