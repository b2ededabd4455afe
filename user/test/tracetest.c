/*
 * The command `trace`, and what its kernel side does when one of the two ends: by the text that it
 * prints, line by line, and by who is still alive afterwards.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OUTPUT	 "trace.out"
#define NR_CALLS 3000

#define CHECK(condition)                                                                         \
	do {                                                                                     \
		if (!(condition)) {                                                              \
			printf("%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno); \
			return 1;                                                                \
		}                                                                                \
	} while (0)

static char text[1 << 18];

static const char *
output_read(void)
{
	int fd = open(OUTPUT, O_RDONLY);
	ssize_t got;
	size_t used = 0;

	while (fd >= 0 && (got = read(fd, text + used, sizeof(text) - 1 - used)) > 0)
		used += got;
	text[used] = '\0';
	close(fd);
	return text;
}

/* Is there a line that begins so? */
static int
has_line(const char *beginning)
{
	size_t length = strlen(beginning);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, beginning, length) == 0)
			return 1;
	}
	printf("no line begins with: %s\n%s", beginning, text);
	return 0;
}

static int
count_text(const char *what)
{
	int count = 0;

	for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
		count++;
	return count;
}

/* Runs trace with these arguments, its output in OUTPUT. => the exit status */
static int
trace(const char *arguments)
{
	char line[256];
	int status;

	snprintf(line, sizeof(line), "trace -o " OUTPUT " %s", arguments);
	status = system(line);
	output_read();
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
arguments_are_decoded(void)
{
	CHECK(mkdir("traced", 0755) == 0);
	CHECK(trace("cat /proc/no-such-file >/dev/null 2>&1") == 1);
	CHECK(has_line("execve(\"/bin/cat\", [\"cat\", \"/proc/no-such-file\"], 0x"));
	CHECK(has_line("openat(AT_FDCWD, \"/proc/no-such-file\", O_RDONLY) = -1 ENOENT "
		       "(No such file or directory)"));
	CHECK(has_line("exit_group(1) = ?") && has_line("+++ exited with 1 +++"));
	CHECK(trace("sh -c 'echo \"a\tb\" >traced/f; cat <traced/f' >/dev/null") == 0);
	CHECK(has_line("openat(AT_FDCWD, \"traced/f\", O_WRONLY|O_CREAT|O_TRUNC"));
	CHECK(has_line("write(1, \"a\\tb\\n\", 4) = 4"));
	CHECK(trace("rmdir traced 2>/dev/null") == 1);
	CHECK(has_line("unlinkat(AT_FDCWD, \"traced\", AT_REMOVEDIR) = -1 ENOTEMPTY"));
	CHECK(trace("rm -r traced") == 0);
	CHECK(has_line("unlinkat(AT_FDCWD, \"traced/f\", 0) = 0") || count_text("unlinkat(") >= 2);
	CHECK(trace("sleep 0.01") == 0);
	CHECK(has_line("nanosleep({tv_sec=0, tv_nsec=10000000}, ") ||
	      has_line("clock_nanosleep(CLOCK_"));
	return 0;
}

static int
long_strings_are_cut(void)
{
	CHECK(trace("echo 0123456789012345678901234567890123456789 >/dev/null") == 0);
	CHECK(has_line("write(1, \"01234567890123456789012345678901\"..., 41) = 41"));
	return 0;
}

static int
children_are_followed(void)
{
	CHECK(trace("-f sh -c 'cat /proc/uptime >/dev/null; exit 5'") == 5);
	CHECK(count_text("execve(\"/bin/cat\"") == 1 && count_text("+++ exited with") == 2);
	CHECK(count_text("[pid ") > 0);
	CHECK(trace("sh -c 'cat /proc/uptime >/dev/null; exit 5'") == 5);
	CHECK(count_text("execve(") == 1 && count_text("[pid ") == 0);
	CHECK(has_line("clone(") && has_line("wait4("));
	return 0;
}

static int
threads_are_traced(void)
{
	CHECK(trace("-e clone,exit,futex threads >/dev/null") == 0);
	CHECK(count_text("CLONE_THREAD") > 0 && count_text("[pid ") > 0);
	CHECK(count_text("write(") == 0);
	return 0;
}

static int
calls_are_counted(void)
{
	CHECK(trace("-c cat /proc/uptime >/dev/null") == 0);
	CHECK(has_line("% time") && count_text(" openat\n") == 1 && count_text(" total\n") == 1);
	return 0;
}

static int
signals_are_told(void)
{
	CHECK(trace("-f sh -c 'kill -TERM $$'") == 128 + SIGTERM);
	CHECK(has_line("+++ killed by SIGTERM +++"));
	CHECK(trace("sh -c 'trap : USR1; kill -USR1 $$; exit 3'") == 3);
	CHECK(has_line("--- SIGUSR1 {si_code=0, si_pid=") && has_line("rt_sigreturn()"));
	return 0;
}

static void
on_alarm(int sig)
{
	(void)sig;
}

/* A child that makes calls until it is killed, or NR_CALLS and then ends with 7; with alarms. */
static pid_t
caller_start(int for_ever)
{
	struct itimerval alarms = {{0, 1000}, {0, 1000}};
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	sleep(1);
	signal(SIGALRM, on_alarm);
	setitimer(ITIMER_REAL, &alarms, NULL);
	for (int i = 0; for_ever || i < NR_CALLS; i++)
		getppid();
	_exit(7);
}

/* Attaches a pipe of this process. => 0 or -1, errno set */
static int
attach(pid_t pid, int fd)
{
	char path[32], number[16];
	int file, got, saved;

	snprintf(path, sizeof(path), "/proc/%d/trace", pid);
	file = open(path, O_RDWR);
	if (file < 0)
		return -1;
	snprintf(number, sizeof(number), "%d", fd);
	got = write(file, number, strlen(number));
	saved = errno;
	close(file);
	errno = saved;
	return got < 0 ? -1 : 0;
}

/* The tracer never reads: the traced process waits in the full pipe, and can be killed there. */
static int
tracer_that_sleeps(void)
{
	int fds[2], status;
	pid_t pid = caller_start(1);

	CHECK(pipe(fds) == 0 && attach(pid, fds[1]) == 0);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		nanosleep(&(struct timespec){2, 0}, NULL);
		CHECK(kill(pid, SIGKILL) == 0 || errno == ESRCH);
	}
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	close(fds[0]);
	close(fds[1]);
	return 0;
}

static int
is_traced(pid_t pid)
{
	char path[32], number = '1';
	int file;

	snprintf(path, sizeof(path), "/proc/%d/trace", pid);
	file = open(path, O_RDONLY);
	if (file >= 0 && read(file, &number, 1) != 1)
		number = '?';
	close(file);
	return number == '1';
}

/* The tracer goes away at once: the traced process goes on, and is no longer traced. */
static int
tracer_that_dies(void)
{
	int fds[2], status;
	pid_t pid = caller_start(1);

	CHECK(pipe(fds) == 0 && attach(pid, fds[1]) == 0 && is_traced(pid));
	close(fds[0]);
	close(fds[1]);
	while (is_traced(pid))
		CHECK(waitpid(pid, &status, WNOHANG) == 0);
	CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, &status, 0) == pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	return 0;
}

/* Every call is told, though the pipe holds far fewer records. */
static int
nothing_is_lost(void)
{
	static union {
		char bytes[4096];
		unsigned long words[512];
	} buffer;
	unsigned long nr_calls = 0;
	int fds[2], status;
	pid_t pid = caller_start(0);

	CHECK(pipe(fds) == 0 && attach(pid, fds[1]) == 0);
	close(fds[1]);
	for (;;) {
		unsigned size;

		if (read(fds[0], buffer.bytes, 8) != 8)
			break;
		memcpy(&size, buffer.bytes, sizeof(size));
		CHECK(size >= 104 && size <= sizeof(buffer.bytes));
		for (unsigned got = 8; got < size;) {
			ssize_t more = read(fds[0], buffer.bytes + got, size - got);

			CHECK(more > 0);
			got += more;
		}
		nr_calls += buffer.words[2] == 173; /* getppid */
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(nr_calls == NR_CALLS);
	close(fds[0]);
	return 0;
}

static int
attaching_is_refused(void)
{
	int fds[2], file = open("/dev/null", O_RDWR);
	pid_t pid = caller_start(0);

	CHECK(pipe(fds) == 0);
	CHECK(attach(pid, file) < 0 && errno == EINVAL);
	CHECK(attach(pid, fds[0]) < 0 && errno == EINVAL);
	CHECK(attach(pid, 999) < 0 && errno == EBADF);
	CHECK(attach(getpid(), fds[1]) < 0 && errno == EINVAL);
	CHECK(attach(pid, fds[1]) == 0);
	CHECK(attach(pid, fds[1]) < 0 && errno == EBUSY);
	CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
	CHECK(attach(pid, fds[1]) < 0);
	close(file);
	close(fds[0]);
	close(fds[1]);
	return 0;
}

static int
running_process(void)
{
	CHECK(system("sleep 2 & trace -o " OUTPUT " -p $! & sleep 1; kill -TERM %1; wait") >= 0);
	output_read();
	CHECK(has_line("+++ killed by SIGTERM +++"));
	return 0;
}

static const struct {
	const char *name;
	int (*run)(void);
} tests[] = {
	{"arguments_are_decoded", arguments_are_decoded},
	{"long_strings_are_cut", long_strings_are_cut},
	{"children_are_followed", children_are_followed},
	{"threads_are_traced", threads_are_traced},
	{"calls_are_counted", calls_are_counted},
	{"signals_are_told", signals_are_told},
	{"running_process", running_process},
	{"tracer_that_sleeps", tracer_that_sleeps},
	{"tracer_that_dies", tracer_that_dies},
	{"nothing_is_lost", nothing_is_lost},
	{"attaching_is_refused", attaching_is_refused},
};

int
main(void)
{
	int nr_failed = 0;

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		int failed = tests[i].run();

		printf("test %s %s\n", tests[i].name, failed ? "FAILED: see above" : "ok");
		fflush(stdout);
		nr_failed += failed;
	}
	unlink(OUTPUT);
	return nr_failed > 0;
}
