/*
 * The table of jobs, and waiting.
 *
 * With job control, the processes of a foreground job wait at a gate, a pipe that this shell holds
 * open, until all of them are there and have the terminal. So a key meets either none of them, and
 * the shell passes its signal on, or all.
 */
#include "jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "builtins.h"
#include "shell.h"
#include "traps.h"

#define FD_TERMINAL 10

enum process_state { RUNNING, STOPPED, DONE };

struct process {
	pid_t pid;
	enum process_state state;
	int status; /* as $? counts it */
	int signal; /* that ended or stopped it, else 0 */
};

struct job {
	int id;
	pid_t pgrp; /* 0: no group of its own */
	int nr_processes;
	struct process *processes;
	char *text;
	int background;
	int gate[2]; /* a pipe whose end lets the processes start; -1 each */
	int changed; /* since it was last reported */
	int has_modes;
	struct termios modes; /* the terminal's, when it stopped */
	struct job *next;
};

static struct job *jobs; /* the newest first: %+ is the head */
static int terminal = -1;
static struct termios shell_modes;
static pid_t pgrp_at_start;

void
jobs_init(void)
{
	int fd;

	if (!shell.interactive)
		return;
	fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		fd = fcntl(0, F_DUPFD_CLOEXEC, FD_TERMINAL);
	terminal = fd < 0 || fd >= FD_TERMINAL ? fd : fcntl(fd, F_DUPFD_CLOEXEC, FD_TERMINAL);
	if (fd >= 0 && fd != terminal)
		close(fd);
	signals_interactive();
	pgrp_at_start = tcgetpgrp(terminal);
	if (terminal < 0 || pgrp_at_start < 0)
		return;
	if (getpgrp() != getpid())
		setpgid(0, 0);
	if (tcsetpgrp(terminal, getpgrp()) < 0)
		return;
	tcgetattr(terminal, &shell_modes);
	shell.job_control = 1;
}

void
jobs_end(void)
{
	if (!shell.job_control || pgrp_at_start <= 0 || pgrp_at_start == getpgrp())
		return;
	tcsetpgrp(terminal, pgrp_at_start);
	setpgid(0, pgrp_at_start);
}

static void
gate_close(struct job *job)
{
	for (int i = 0; i < 2; i++) {
		if (job->gate[i] >= 0)
			close(job->gate[i]);
		job->gate[i] = -1;
	}
}

/* In the child: returns when the shell closes the gate. */
static void
gate_wait(struct job *job)
{
	char c;

	close(job->gate[1]);
	job->gate[1] = -1;
	while (read(job->gate[0], &c, 1) < 0 && errno == EINTR)
		;
	gate_close(job);
}

/* All jobs are the parent's. */
static void
jobs_forget(void)
{
	while (jobs)
		job_free(jobs);
	shell.job_control = 0;
}

struct job *
job_new(const char *text)
{
	struct job *job = mem_alloc(sizeof(*job));

	*job = (struct job){
		.id = 1, .gate = {-1, -1}, .text = mem_copy(text ? text : ""), .next = jobs};
	for (struct job *other = jobs; other; other = other->next)
		if (other->id >= job->id)
			job->id = other->id + 1;
	jobs = job;
	return job;
}

void
job_free(struct job *job)
{
	struct job **link = &jobs;

	while (*link != job)
		link = &(*link)->next;
	*link = job->next;
	gate_close(job);
	free(job->processes);
	free(job->text);
	free(job);
}

static void
job_make_current(struct job *job)
{
	struct job **link = &jobs;

	while (*link != job)
		link = &(*link)->next;
	*link = job->next;
	job->next = jobs;
	jobs = job;
}

/* Whether the process is one that has not ended (RUNNING or STOPPED), or any stopped at all. */
static enum process_state
job_state(const struct job *job)
{
	enum process_state state = DONE;

	for (int i = 0; i < job->nr_processes; i++) {
		if (job->processes[i].state == RUNNING)
			return RUNNING;
		if (job->processes[i].state == STOPPED)
			state = STOPPED;
	}
	return state;
}

/* In the child of a fork; job is null for one that belongs to none. */
static void
child_start(struct job *job, int background)
{
	int own_group = shell.job_control && job;

	if (own_group) {
		setpgid(0, job->pgrp);
		if (!background)
			gate_wait(job);
	}
	if (background && !own_group) {
		int fd = open("/dev/null", O_RDONLY);

		if (fd >= 0) {
			dup2(fd, 0);
			close(fd);
		}
	}
	signals_child(own_group || !shell.job_control, background && !own_group);
	shell.in_child = 1;
	shell.interactive = 0;
	jobs_forget();
}

/* The parent's part. */
static void
job_add(struct job *job, pid_t pid)
{
	if (shell.job_control) {
		if (!job->pgrp)
			job->pgrp = pid;
		setpgid(pid, job->pgrp);
	}
	job->processes = mem_resize(job->processes,
				    (size_t)(job->nr_processes + 1) * sizeof(*job->processes));
	job->processes[job->nr_processes++] = (struct process){.pid = pid};
}

pid_t
job_fork(struct job *job, int background)
{
	sigset_t before;
	pid_t pid;

	fflush(stdout);
	if (shell.job_control && job && !background && job->gate[0] < 0 &&
	    pipe2(job->gate, O_CLOEXEC) < 0) {
		shell_error("cannot make a pipe: %s", strerror(errno));
		return -1;
	}
	signals_hold(&before);
	pid = fork();
	if (pid == 0)
		child_start(job, background);
	signals_release(&before);
	if (pid < 0)
		shell_error("cannot fork: %s", strerror(errno));
	if (pid > 0 && job)
		job_add(job, pid);
	return pid;
}

static void
process_update(struct process *process, int status)
{
	process->signal = 0;
	if (WIFCONTINUED(status)) {
		process->state = RUNNING;
		return;
	}
	if (WIFEXITED(status)) {
		process->state = DONE;
		process->status = WEXITSTATUS(status);
		return;
	}
	process->state = WIFSTOPPED(status) ? STOPPED : DONE;
	process->signal = WIFSTOPPED(status) ? WSTOPSIG(status) : WTERMSIG(status);
	process->status = 128 + process->signal;
}

/* Records what wait told about pid; false when it is nobody's. */
static int
status_record(pid_t pid, int status)
{
	for (struct job *job = jobs; job; job = job->next) {
		for (int i = 0; i < job->nr_processes; i++) {
			if (job->processes[i].pid != pid || job->processes[i].state == DONE)
				continue;
			process_update(&job->processes[i], status);
			if (job_state(job) != RUNNING)
				job->changed = 1;
			return 1;
		}
	}
	return 0;
}

/* What else than an end is of interest. */
static int
wait_options(void)
{
	return shell.job_control ? WUNTRACED | WCONTINUED : 0;
}

/* Waits for any child: false when there is none, or (with WNOHANG) none has changed. */
static int
wait_any(int options)
{
	int status;
	pid_t pid = waitpid(-1, &status, options | wait_options());

	if (pid > 0)
		status_record(pid, status);
	return pid > 0 || (pid < 0 && errno == EINTR && !(options & WNOHANG));
}

int
process_wait(pid_t pid)
{
	struct process process = {.pid = pid};
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 127;
	process_update(&process, status);
	return process.status;
}

/* What the user should know about how a foreground job ended. */
static void
end_report(const struct job *job, const struct process *last)
{
	if (last->state == STOPPED) {
		dprintf(2, "\n[%d]+ Stopped   %s\n", job->id, job->text);
		return;
	}
	if (last->signal == SIGINT && shell.interactive)
		interrupt_pending = 1;
	else if (last->signal && last->signal != SIGPIPE && last->signal != SIGINT)
		dprintf(2, "%s\n", strsignal(last->signal));
}

/* What a job gets from the shell while it is in the foreground. */
static void
terminal_give(struct job *job)
{
	if (!shell.job_control)
		return;
	tcsetpgrp(terminal, job->pgrp);
	keys_pass_to(-job->pgrp);
	gate_close(job);
}

static void
terminal_take(struct job *job)
{
	enum process_state state = job_state(job);

	if (!shell.job_control)
		return;
	keys_pass_to(0);
	tcsetpgrp(terminal, getpgrp());
	if (state == STOPPED)
		job->has_modes = tcgetattr(terminal, &job->modes) == 0;
	if (state == STOPPED || job->processes[job->nr_processes - 1].signal)
		tcsetattr(terminal, TCSADRAIN, &shell_modes);
}

/* Waits for a job that has the terminal. */
static int
foreground_wait(struct job *job)
{
	struct process *last;
	int status;

	while (job_state(job) == RUNNING)
		if (!wait_any(0))
			break;
	terminal_take(job);
	last = &job->processes[job->nr_processes - 1];
	for (int i = 0; i < job->nr_processes && last->state == DONE; i++)
		if (job->processes[i].state == STOPPED)
			last = &job->processes[i];
	status = last->status;
	end_report(job, last);
	job->changed = 0;
	if (job_state(job) == STOPPED)
		job_make_current(job);
	else
		job_free(job);
	return status;
}

int
job_wait(struct job *job)
{
	terminal_give(job);
	return foreground_wait(job);
}

void
job_to_background(struct job *job)
{
	job->background = 1;
	shell.last_background = job->processes[job->nr_processes - 1].pid;
	if (shell.interactive)
		dprintf(2, "[%d] %d\n", job->id, (int)shell.last_background);
}

/* How much of each job is told. */
enum job_detail { SHORT, LONG, LEADERS };

/* The mark of %+ or %-. */
static char
job_mark(const struct job *job)
{
	return job == jobs ? '+' : job == jobs->next ? '-' : ' ';
}

static void
job_print(const struct job *job, int fd, enum job_detail detail)
{
	const struct process *last = &job->processes[job->nr_processes - 1];
	const char *state = "Running";
	char text[32];

	if (job_state(job) == STOPPED)
		state = "Stopped";
	else if (job_state(job) == DONE && last->signal)
		state = strsignal(last->signal);
	else if (job_state(job) == DONE && last->status) {
		snprintf(text, sizeof(text), "Exit %d", last->status);
		state = text;
	} else if (job_state(job) == DONE)
		state = "Done";
	if (detail == LEADERS) {
		dprintf(fd, "%d\n", (int)job->processes[0].pid);
		return;
	}
	dprintf(fd, "[%d]%c ", job->id, job_mark(job));
	for (int i = 0; i < job->nr_processes && detail == LONG; i++)
		dprintf(fd, "%d ", (int)job->processes[i].pid);
	dprintf(fd, "%-9s %s\n", state, job->text);
}

/* A job that is done leaves the table. */
static void
job_tell(struct job *job, int fd, enum job_detail detail)
{
	job_print(job, fd, detail);
	job->changed = 0;
	if (job_state(job) == DONE)
		job_free(job);
}

/* Jobs are printed oldest first. */
static void
jobs_print(int fd, enum job_detail detail, int only_changed)
{
	struct job *next;

	while (wait_any(WNOHANG))
		;
	for (int id = 1, left = 1; left; id++) {
		left = 0;
		for (struct job *job = jobs; job; job = next) {
			next = job->next;
			left |= job->id > id;
			if (job->id != id || (only_changed && !job->changed))
				continue;
			job_tell(job, fd, detail);
		}
	}
}

void
jobs_report(void)
{
	jobs_print(2, SHORT, 1);
}

/* Does a text such as "%1", "%+", "%%", "%-", "%name", "%?text" or a process number mean the job? */
static int
job_is_meant(const struct job *job, const char *spec)
{
	const struct job *previous = jobs->next ? jobs->next : jobs;

	if (spec[0] != '%')
		return job->nr_processes && job->processes[job->nr_processes - 1].pid == atoi(spec);
	if (!spec[1] || strchr("%+", spec[1]))
		return job == jobs;
	if (spec[1] == '-')
		return job == previous;
	if (spec[1] >= '0' && spec[1] <= '9')
		return job->id == atoi(spec + 1);
	if (spec[1] == '?')
		return strstr(job->text, spec + 2) != NULL;
	return strncmp(job->text, spec + 1, strlen(spec + 1)) == 0;
}

struct job *
job_find(const char *command, const char *spec)
{
	struct job *job = jobs;

	while (job && spec && !job_is_meant(job, spec))
		job = job->next;
	if (!job)
		shell_error("%s: %s: no such job", command, spec ? spec : "current");
	return job;
}

int
builtin_jobs(int argc, char **argv)
{
	enum job_detail detail = SHORT;
	int i = 1, status = 0;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "-l") == 0)
			detail = LONG;
		else if (strcmp(argv[i], "-p") == 0)
			detail = LEADERS;
		else
			return builtin_usage(argv[0]);
	}
	fflush(stdout);
	if (i == argc)
		jobs_print(1, detail, 0);
	while (i < argc && wait_any(WNOHANG))
		;
	for (; i < argc; i++) {
		struct job *job = job_find(argv[0], argv[i]);

		if (job)
			job_tell(job, 1, detail);
		else
			status = 1;
	}
	return status;
}

/* Processes that get such a signal are no longer stopped, though wait may never tell. */
static void
stopped_go_on(pid_t target)
{
	for (struct job *job = jobs; job; job = job->next) {
		for (int i = 0; i < job->nr_processes; i++) {
			struct process *process = &job->processes[i];

			if (process->state == STOPPED &&
			    (process->pid == target || (job->pgrp && -job->pgrp == target)))
				process->state = RUNNING;
		}
	}
}

int
process_kill(pid_t target, int sig)
{
	if (kill(target, sig) < 0)
		return -1;
	if (sig == SIGCONT || sig == SIGKILL)
		stopped_go_on(target);
	return 0;
}

int
job_kill(const struct job *job, int sig)
{
	int result = -1;

	if (job->pgrp)
		return process_kill(-job->pgrp, sig);
	errno = ESRCH;
	for (int i = 0; i < job->nr_processes; i++)
		if (job->processes[i].state != DONE)
			result = process_kill(job->processes[i].pid, sig);
	return result;
}

static void
job_continue(struct job *job)
{
	job->changed = 0;
	job_kill(job, SIGCONT);
}

static struct job *
job_for_control(char **argv)
{
	if (!shell.job_control) {
		shell_error("%s: no job control", argv[0]);
		return NULL;
	}
	return job_find(argv[0], argv[1]);
}

int
builtin_fg(int argc, char **argv)
{
	struct job *job = job_for_control(argv);

	(void)argc;
	if (!job)
		return 1;
	printf("%s\n", job->text);
	fflush(stdout);
	job->background = 0;
	if (job->has_modes)
		tcsetattr(terminal, TCSADRAIN, &job->modes);
	terminal_give(job);
	job_continue(job);
	return foreground_wait(job);
}

int
builtin_bg(int argc, char **argv)
{
	struct job *job = job_for_control(argv);

	(void)argc;
	if (!job)
		return 1;
	printf("[%d] %s\n", job->id, job->text);
	job->background = 1;
	job_continue(job);
	return 0;
}

/* The signal that ends the wait builtin: an interrupt, or one with a trap; 0 for none. */
static int
wait_signal(void)
{
	return interrupt_pending ? SIGINT : trap_pending();
}

/* Waits until the job has ended; returns its status. */
static int
job_wait_end(struct job *job)
{
	int status = 127;

	while (job_state(job) == RUNNING && !wait_signal()) {
		pid_t pid = child_wait(&status, wait_options());

		if (pid < 0)
			return 127;
		if (pid > 0)
			status_record(pid, status);
	}
	if (job_state(job) == DONE) {
		status = job->processes[job->nr_processes - 1].status;
		job_free(job);
	} else {
		status = 128 + wait_signal();
	}
	return status;
}

int
builtin_wait(int argc, char **argv)
{
	int status = 0;

	fflush(stdout);
	while (wait_any(WNOHANG))
		;
	for (int i = 1; i < argc; i++) {
		struct job *job = job_find(argv[0], argv[i]);

		status = job ? job_wait_end(job) : 127;
	}
	while (argc == 1 && jobs && !wait_signal()) {
		struct job *job = jobs;

		while (job && job_state(job) == STOPPED)
			job = job->next;
		if (!job)
			break;
		job_wait_end(job);
	}
	return wait_signal() ? 128 + wait_signal() : status;
}
