/* Processes: the system calls under their POSIX names, and the exec family. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXECL_ARGS_MAX 256

pid_t
fork(void)
{
	return (pid_t)syscall_result(sys_clone(SIGCHLD, NULL, NULL, NULL, NULL));
}

/* A full fork: the child may do anything. */
pid_t
vfork(void)
{
	return fork();
}

int
execve(const char *path, char *const argv[], char *const envp[])
{
	return (int)syscall_result(sys_execve(path, argv, envp));
}

int
execv(const char *path, char *const argv[])
{
	return execve(path, argv, environ);
}

/* Tries file in each directory of PATH; EACCES is reported only if nothing better is found. */
int
execvp(const char *file, char *const argv[])
{
	const char *path = getenv("PATH");
	int error = ENOENT;
	char full[4096];

	if (strchr(file, '/') || !*file)
		return execv(file, argv);
	for (path = path ? path : "/bin"; path; path = *path ? path + 1 : NULL) {
		size_t len = strcspn(path, ":");

		if (len + strlen(file) + 2 <= sizeof(full)) {
			memcpy(full, path, len);
			full[len] = '/';
			strcpy(full + len + (len > 0), file);
			execv(full, argv);
			if (errno == EACCES)
				error = EACCES;
			else if (errno != ENOENT && errno != ENOTDIR)
				return -1;
		}
		path += len;
	}
	errno = error;
	return -1;
}

/* Collects the arguments of an execl call; false when there are too many. */
static int
collect_args(char *argv[], const char *arg, va_list args)
{
	int count = 0;

	for (argv[count++] = (char *)arg; arg; argv[count++] = (char *)arg) {
		if (count == EXECL_ARGS_MAX) {
			errno = E2BIG;
			return 0;
		}
		arg = va_arg(args, const char *);
	}
	return 1;
}

int
execl(const char *path, const char *arg, ...)
{
	char *argv[EXECL_ARGS_MAX];
	va_list args;
	int fits;

	va_start(args, arg);
	fits = collect_args(argv, arg, args);
	va_end(args);
	return fits ? execv(path, argv) : -1;
}

int
execlp(const char *file, const char *arg, ...)
{
	char *argv[EXECL_ARGS_MAX];
	va_list args;
	int fits;

	va_start(args, arg);
	fits = collect_args(argv, arg, args);
	va_end(args);
	return fits ? execvp(file, argv) : -1;
}

pid_t
wait(int *status)
{
	return wait4(-1, status, 0, NULL);
}

pid_t
waitpid(pid_t pid, int *status, int options)
{
	return wait4(pid, status, options, NULL);
}

pid_t
wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
	return (pid_t)syscall_result(sys_wait4(pid, status, options, usage));
}

pid_t
getpid(void)
{
	return (pid_t)sys_getpid();
}

pid_t
getppid(void)
{
	return (pid_t)sys_getppid();
}

pid_t
gettid(void)
{
	return (pid_t)sys_gettid();
}

uid_t
getuid(void)
{
	return (uid_t)sys_getuid();
}

uid_t
geteuid(void)
{
	return (uid_t)sys_geteuid();
}

gid_t
getgid(void)
{
	return (gid_t)sys_getgid();
}

gid_t
getegid(void)
{
	return (gid_t)sys_getegid();
}

int
setpgid(pid_t pid, pid_t pgid)
{
	return (int)syscall_result(sys_setpgid(pid, pgid));
}

pid_t
getpgid(pid_t pid)
{
	return (pid_t)syscall_result(sys_getpgid(pid));
}

pid_t
getpgrp(void)
{
	return getpgid(0);
}

pid_t
setsid(void)
{
	return (pid_t)syscall_result(sys_setsid());
}

pid_t
getsid(pid_t pid)
{
	return (pid_t)syscall_result(sys_getsid(pid));
}

int
sched_yield(void)
{
	return (int)syscall_result(sys_sched_yield());
}

int
prctl(int option, ...)
{
	va_list args;
	unsigned long arg;

	va_start(args, option);
	arg = va_arg(args, unsigned long);
	va_end(args);
	return (int)syscall(SYS_prctl, option, arg, 0, 0, 0);
}

/* The call returns 1 to 40, so that it is never taken for an error. */
int
getpriority(int which, id_t who)
{
	long got = syscall_result(sys_getpriority(which, (int)who));

	return got < 0 ? -1 : (int)(20 - got);
}

int
setpriority(int which, id_t who, int nice)
{
	return (int)syscall_result(sys_setpriority(which, (int)who, nice));
}

int
nice(int increment)
{
	long value = getpriority(PRIO_PROCESS, 0) + (long)increment;

	if (value < PRIO_MIN)
		value = PRIO_MIN;
	if (value >= PRIO_MAX)
		value = PRIO_MAX - 1;
	return setpriority(PRIO_PROCESS, 0, (int)value) < 0 ? -1 : (int)value;
}

int
getrusage(int who, struct rusage *usage)
{
	return (int)syscall_result(sys_getrusage(who, usage));
}

int
getrlimit(int resource, struct rlimit *limit)
{
	return prlimit(0, resource, NULL, limit);
}

int
setrlimit(int resource, const struct rlimit *limit)
{
	return prlimit(0, resource, limit, NULL);
}

int
prlimit(pid_t pid, int resource, const struct rlimit *new_limit, struct rlimit *old_limit)
{
	return (int)syscall_result(sys_prlimit64(pid, resource, new_limit, old_limit));
}
