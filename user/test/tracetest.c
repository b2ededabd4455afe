/*
 * The command `trace`, and what its kernel side does when one of the two ends: by the text that it
 * prints, line by line, and by who is still alive afterwards.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
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

/* What is run by `trace tracetest calls`: calls that write what they are asked for, or fail. */
static void
calls_make(void)
{
	struct rlimit limit = {1, 2};
	sigset_t set = 1UL << (SIGUSR2 - 1);
	struct sigaction action = {.sa_handler = SIG_IGN, .sa_flags = SA_RESTART};
	struct itimerval timer = {{0, 0}, {7, 5}};
	struct iovec vector[2] = {{"a", 1}, {"bc", 2}};
	struct pollfd poll_both[2] = {{1, POLLOUT, 0}, {-1, POLLIN, 0}};
	int fds[2];
	pid_t pid;

	getrlimit(RLIMIT_NOFILE, &limit);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigprocmask(SIG_SETMASK, NULL, &set);
	syscall(SYS_getrandom, &limit, 4, GRND_NONBLOCK);
	syscall(SYS_newfstatat, AT_FDCWD, "/none", text, 0);
	syscall(SYS_fcntl, 1, F_GETFD, 5);
	if (pipe(fds) == 0)
		fcntl(fds[1], F_GETFL);
	mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigaction(SIGPIPE, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	writev(fds[1], vector, 2);
	poll(poll_both, 2, 1000);
	pid = fork();
	if (pid == 0)
		_exit(3);
	wait4(pid, fds, 0, NULL);
	wait4(-1, fds, 0, NULL);
	syscall(400, 1);
	syscall(912, 1);
}

static int
results_are_decoded(void)
{
	CHECK(trace("tracetest calls") == 0);
	CHECK(has_line("prlimit64(0, RLIMIT_NOFILE, NULL, {rlim_cur=") &&
	      count_text("{rlim_cur=1, rlim_max=2}") == 0);
	CHECK(has_line("rt_sigprocmask(SIG_BLOCK, [USR2], NULL, 8) = 0"));
	CHECK(has_line("rt_sigprocmask(SIG_SETMASK, NULL, [USR2], 8) = 0"));
	CHECK(has_line("getrandom(\"") && count_text(", 4, GRND_NONBLOCK) = 4\n") == 1);
	CHECK(has_line("newfstatat(AT_FDCWD, \"/none\", 0x") && count_text("{st_mode=0") == 0);
	CHECK(has_line("fcntl(1, F_GETFD) = 0\n"));
	CHECK(count_text("F_GETFL) = 0x1 (flags O_WRONLY)\n") == 1 ||
	      count_text("F_GETFL) = 0x8001 (flags O_WRONLY|O_LARGEFILE)\n") == 1);
	CHECK(has_line("mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0x0) = 0x"));
	CHECK(has_line(
		"rt_sigaction(SIGPIPE, {sa_handler=SIG_IGN, sa_mask=[], sa_flags=SA_RESTART"));
	CHECK(has_line("setitimer(ITIMER_REAL, {it_interval={tv_sec=0, tv_usec=0}, "
		       "it_value={tv_sec=7, tv_usec=5}}, NULL) = 0"));
	CHECK(count_text(", iov_len=1}, {iov_base=0x") == 1 &&
	      count_text(", iov_len=2}], 2) = 3") == 1);
	CHECK(has_line("ppoll([{fd=1, events=POLLOUT}, {fd=-1, events=POLLIN}], 2, {tv_sec=1, "
		       "tv_nsec=0}, NULL"));
	CHECK(count_text(" = 1 ([{fd=1, revents=POLLOUT}])\n") == 1);
	CHECK(count_text(", [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], 0, NULL) = ") == 1);
	CHECK(has_line("wait4(-1, 0x") && count_text(" = -1 ECHILD (") == 1);
	return 0;
}

static void
on_fault(int sig)
{
	_exit(sig);
}

static int
faults_are_decoded(void)
{
	CHECK(trace("tracetest 0x10") == SIGSEGV);
	CHECK(has_line("--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10} ---"));
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
	CHECK(trace("-c tracetest calls") == 0);
	CHECK(count_text(" syscall_400\n") == 1 && count_text(" syscall_912\n") == 1);
	return 0;
}

static int
signals_are_told(void)
{
	CHECK(trace("-f sh -c 'kill -TERM $$'") == 128 + SIGTERM);
	CHECK(has_line("+++ killed by SIGTERM +++"));
	CHECK(trace("sh -c 'trap : USR1; kill -USR1 $$; exit 3'") == 3);
	CHECK(has_line("--- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_USER, si_pid=") &&
	      has_line("rt_sigreturn()"));
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
	{"results_are_decoded", results_are_decoded},
	{"faults_are_decoded", faults_are_decoded},
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
main(int argc, char **argv)
{
	int nr_failed = 0;

	if (argc > 1 && strcmp(argv[1], "calls") == 0) {
		calls_make();
		return 0;
	}
	if (argc > 1) {
		signal(SIGSEGV, on_fault);
		*(volatile int *)strtoul(argv[1], NULL, 0) = 1;
	}

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		int failed = tests[i].run();

		printf("test %s %s\n", tests[i].name, failed ? "FAILED: see above" : "ok");
		fflush(stdout);
		nr_failed += failed;
	}
	unlink(OUTPUT);
	return nr_failed > 0;
}
