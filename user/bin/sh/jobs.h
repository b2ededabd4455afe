/*
 * Jobs: the processes of one pipeline. With job control each is a process group of its own, and
 * the terminal belongs to the one in the foreground.
 */
#pragma once

#include <sys/types.h>

struct job;

/* Takes the terminal, if there is one and the shell is interactive. */
void jobs_init(void);

/* Gives the terminal back when the shell ends. */
void jobs_end(void);

/* A job without processes; text is what the table shows. */
struct job *job_new(const char *text);

/*
 * Forks a process of the job (job may be null: then it belongs to none). Returns as fork does. The
 * child is ready to run commands: signals at their defaults, in its process group.
 */
pid_t job_fork(struct job *job, int background);

/* Waits for a foreground job to end or stop; returns its status as $? counts it. */
int job_wait(struct job *job);

/* Lets a job go on in the background, and remembers $!. */
void job_to_background(struct job *job);

/* Waits for one process that belongs to no job. */
int process_wait(pid_t pid);

/* Removes a job whose end has been seen, or one that could not be started. */
void job_free(struct job *job);

/*
 * The job that "%1", "%+", "%%", "%-", "%name", "%?text" or a process number means, without a text
 * the current one; null with a message.
 */
struct job *job_find(const char *command, const char *spec);

/* Sends a signal to a process, a group (below 0) or a job; what it lets go on counts as running. */
int process_kill(pid_t target, int sig);
int job_kill(const struct job *job, int sig);

/* Prints what has changed since the last prompt. */
void jobs_report(void);

/* The builtins about jobs. */
int builtin_jobs(int argc, char **argv);
int builtin_fg(int argc, char **argv);
int builtin_bg(int argc, char **argv);
int builtin_wait(int argc, char **argv);
int builtin_kill(int argc, char **argv);
