/* Signals as the shell sees them: names, its own dispositions, and traps. */
#pragma once

#include <signal.h>
#include <sys/types.h>

/* The number of "INT", "SIGINT", "int" or "2"; 0 for "EXIT" and "0"; -1 when there is none. */
int signal_number(const char *name);

/* The name without SIG; null for a number that has none. */
const char *signal_name(int sig);

/*
 * The dispositions of an interactive shell, and the default ones for a program it starts. One
 * for whose stop nobody would wait goes on ignoring the signals that stop.
 */
void signals_interactive(void);
void signals_default(int may_stop);

/*
 * Blocks what this shell does not take by default, but for the keys' signals, until
 * signals_release(). A child that is forked meanwhile puts back the dispositions before it releases
 * them: a signal that was sent to it in between then does to it what it should.
 *
 * The keys' signals are not blocked, because a fork is one step to them: one that is for the
 * shell's group comes before, and its handler's note is in both copies of the memory, or after, to
 * both processes.
 */
void signals_hold(sigset_t *before);
void signals_release(const sigset_t *before);

/*
 * In a forked copy: dispositions as signals_default() makes them, no traps. It then gets the keys'
 * signals of which it has a note, or, with ignore_keys, none any more.
 */
void signals_child(int may_stop, int ignore_keys);

/*
 * The keys that ask for a signal (Ctrl-C, Ctrl-\, Ctrl-Z) are meant for the job in the foreground,
 * and reach the shell instead if they are typed before the job is there. Passes on those that came
 * since the last line was read, and from now on all, to target, a process or a negative group. With
 * 0 the shell keeps them.
 */
void keys_pass_to(pid_t target);

/* As waitpid for any child; returns 0 when an interrupt or a trapped signal comes first. */
pid_t child_wait(int *status, int options);

/*
 * Reads one byte: as read, but -1 with EINTR only when an interrupt came, which is never too early
 * to end the reading. Other keys are forgotten.
 */
ssize_t input_read(int fd, char *byte);

/* A trapped signal that has come in and whose commands have not run; 0 when there is none. */
int trap_pending(void);

/* Sets the commands for a signal (0: at exit): null for the default, "" to ignore it. */
int trap_set(int sig, const char *commands);
void traps_print(void);

/* Runs the commands of the signals that have come in. */
void traps_run(void);

/* Runs the commands for the exit of the shell, once. */
void trap_run_exit(void);
