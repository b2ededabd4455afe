/*
 * trace [-cf] [-e CALL,...] [-o FILE] COMMAND [ARGUMENT...]
 * trace [-cf] [-e CALL,...] [-o FILE] -p PID
 *
 * Prints the system calls of a command, or of a process that runs, with their arguments and results,
 * and the signals that it takes. The kernel writes a record of each into a pipe (record.h); this
 * program reads them, and calls.c, show.c and names.c say what they mean.
 *
 *	-c   counts calls, errors and time instead, and prints a table at the end
 *	-e   these calls alone
 *	-f   the children, too
 *	-o   into a file; else to standard error
 *
 * The exit status is the command's, or 128 and its signal.
 */
#include <cmd.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"
#include "show.h"

#define NR_TOTALS 512 /* different calls that are counted; the last takes what is left */

static struct {
	int count, follow;
	const char *only, *file;
	int pid;
} options;

static struct total {
	uint64_t number;
	unsigned long nr_calls, nr_errors;
	uint64_t ns;
} totals[NR_TOTALS];
static int nr_totals;

static pid_t first_pid; /* the others' lines say whose they are */
static int has_begun;	/* the command runs: what its process did before was this program's */
static volatile sig_atomic_t interrupted;
FILE *output;

/* Is the call one of those that were asked for? */
static int
call_is_wanted(uint64_t number)
{
	const struct call *call = call_find(number);
	const char *at = options.only;
	size_t length;

	if (!at)
		return 1;
	if (!call)
		return 0;
	for (length = strlen(call->name); at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, call->name, length) == 0 && (!at[length] || at[length] == ','))
			return 1;
	}
	return 0;
}

static struct total *
total_find(uint64_t number)
{
	for (int i = 0; i < nr_totals; i++)
		if (totals[i].number == number)
			return &totals[i];
	if (nr_totals < NR_TOTALS)
		totals[nr_totals++].number = number;
	return &totals[nr_totals - 1];
}

static void
call_count(const struct record *record)
{
	struct total *total = total_find(record->number);

	total->nr_calls++;
	total->nr_errors += record_is_failed(record);
	total->ns += record->end_ns - record->start_ns;
}

static void
signal_record_show(const struct record *record)
{
	fputs("--- ", output);
	signal_show(record->number);
	fputc(' ', output);
	signal_info_show(record->number, (int)record->args[0], (int)record->args[1], 0,
			 record->args[2], NULL);
	fputs(" ---\n", output);
}

static void
end_show(const struct record *record)
{
	int status = (int)record->number;

	if (WIFSIGNALED(status)) {
		fputs("+++ killed by ", output);
		signal_show(WTERMSIG(status));
		fputs(" +++\n", output);
	} else {
		fprintf(output, "+++ exited with %d +++\n", WEXITSTATUS(status));
	}
}

static void
record_show(const struct record *record)
{
	int is_call = record->kind == RECORD_CALL || record->kind == RECORD_NO_RETURN;

	has_begun |= is_call && record->number == SYS_execve;
	if (!has_begun || (is_call && !call_is_wanted(record->number)))
		return;
	if (options.count) {
		if (is_call)
			call_count(record);
		return;
	}
	if (record->nr_lost)
		fprintf(output, "(%u lost)\n", record->nr_lost);
	if (record->tid != first_pid)
		fprintf(output, "[pid %d] ", record->tid);
	if (record->kind == RECORD_SIGNAL)
		signal_record_show(record);
	if (record->kind == RECORD_END)
		end_show(record);
	if (is_call) {
		call_show(record);
		result_show(record);
	}
}

/* The kernel writes each record at once, but a read may end within one. */
static void
records_read(int fd)
{
	static union {
		char bytes[16 * RECORD_MAX];
		uint64_t align;
	} buffer;
	size_t used = 0;
	ssize_t got;

	while (!interrupted && ((got = read(fd, buffer.bytes + used, sizeof(buffer) - used)) > 0 ||
				(got < 0 && errno == EINTR))) {
		size_t done = 0;

		used += got > 0 ? got : 0;
		while (used - done >= sizeof(struct record)) {
			struct record *record = (struct record *)(buffer.bytes + done);

			if (record->bytes < sizeof(*record) || record->bytes > RECORD_MAX)
				errx(1, "the kernel's records are not mine");
			if (record->bytes > used - done)
				break;
			record_show(record);
			done += record->bytes;
		}
		memmove(buffer.bytes, buffer.bytes + done, used - done);
		used -= done;
	}
}

static int
total_compare(const void *left, const void *right)
{
	const struct total *a = left, *b = right;

	return (a->ns < b->ns) - (a->ns > b->ns);
}

static void
total_show(const struct total *total, uint64_t all_ns)
{
	const struct call *call = call_find(total->number);
	unsigned long share = all_ns ? total->ns * 10000 / all_ns : 0;

	fprintf(output, "%3lu.%02lu %4lu.%06lu %11lu %9lu %9lu ", share / 100, share % 100,
		total->ns / 1000000000, total->ns / 1000 % 1000000,
		total->ns / 1000 / total->nr_calls, total->nr_calls, total->nr_errors);
	if (call)
		fprintf(output, "%s\n", call->name);
	else
		fprintf(output, "syscall_%lu\n", total->number);
}

static void
table_show(void)
{
	struct total all = {0};

	for (int i = 0; i < nr_totals; i++) {
		all.nr_calls += totals[i].nr_calls;
		all.nr_errors += totals[i].nr_errors;
		all.ns += totals[i].ns;
	}
	qsort(totals, nr_totals, sizeof(totals[0]), total_compare);
	fprintf(output, "%6s %11s %11s %9s %9s %s\n", "% time", "seconds", "usecs/call", "calls",
		"errors", "syscall");
	for (int i = 0; i < nr_totals; i++)
		total_show(&totals[i], all.ns);
	fprintf(output, "100.00 %4lu.%06lu %11s %9lu %9lu total\n", all.ns / 1000000000,
		all.ns / 1000 % 1000000, "", all.nr_calls, all.nr_errors);
}

/* => 0, or -1 with errno set */
static int
attach(pid_t pid, int fd)
{
	char path[32], text[16];
	int file, result;

	snprintf(path, sizeof(path), "/proc/%d/trace", pid);
	snprintf(text, sizeof(text), options.follow ? "%d f" : "%d", fd);
	file = open(path, O_WRONLY);
	if (file < 0)
		return -1;
	result = cmd_write_all(file, text, strlen(text));
	close(file);
	return result;
}

/* The child begins when it is let go, so that nothing of it is missed. */
static pid_t
command_start(char **argv, int go[2])
{
	pid_t pid;
	char byte;

	if (pipe2(go, O_CLOEXEC) < 0)
		err(1, "pipe");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid > 0)
		return pid;
	close(go[1]);
	if (read(go[0], &byte, 1) < 0)
		_exit(126);
	execvp(argv[0], argv);
	warn("%s", argv[0]);
	_exit(errno == ENOENT ? 127 : 126);
}

static int
command_trace(char **argv)
{
	int records[2], go[2], status;
	pid_t pid;

	if (pipe2(records, O_CLOEXEC) < 0)
		err(1, "pipe");
	pid = command_start(argv, go);
	first_pid = pid;
	if (attach(pid, records[1]) < 0)
		err(1, "cannot trace %d", pid);
	signal(SIGINT, SIG_IGN);
	close(records[1]);
	close(go[0]);
	close(go[1]);
	records_read(records[0]);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			err(1, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void
interrupt(int sig)
{
	(void)sig;
	interrupted = 1;
}

static int
process_trace(pid_t pid)
{
	struct sigaction action = {.sa_handler = interrupt};
	int records[2];

	if (pipe2(records, O_CLOEXEC) < 0)
		err(1, "pipe");
	first_pid = pid;
	has_begun = 1;
	if (attach(pid, records[1]) < 0)
		err(1, "cannot trace %d", pid);
	sigaction(SIGINT, &action, NULL);
	close(records[1]);
	records_read(records[0]);
	return 0;
}

static void
options_read(int argc, char **argv)
{
	static const char usage[] = "[-cf] [-e CALL,...] [-o FILE] COMMAND [ARGUMENT...] | -p PID";
	int option;

	while ((option = getopt(argc, argv, "+ce:fo:p:")) != -1) {
		if (option == 'c')
			options.count = 1;
		else if (option == 'f')
			options.follow = 1;
		else if (option == 'e')
			options.only = optarg;
		else if (option == 'o')
			options.file = optarg;
		else if (option == 'p')
			options.pid = atoi(optarg);
		else
			cmd_usage(usage);
	}
	if (options.pid ? optind != argc : optind >= argc)
		cmd_usage(usage);
}

int
main(int argc, char **argv)
{
	int status;

	options_read(argc, argv);
	output = options.file ? fopen(options.file, "we") : stderr;
	if (!output)
		err(1, "%s", options.file);
	setvbuf(output, NULL, options.file ? _IOFBF : _IOLBF, BUFSIZ);
	status = options.pid ? process_trace(options.pid) : command_trace(argv + optind);
	if (options.count)
		table_show();
	fflush(output);
	return status;
}
