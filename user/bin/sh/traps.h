/* Signals as the shell sees them: names, its own dispositions, and traps. */
#pragma once

#include <signal.h>

/* The number of "INT", "SIGINT", "int" or "2"; 0 for "EXIT" and "0"; -1 when there is none. */
int signal_number(const char *name);

/* The name without SIG; null for a number that has none. */
const char *signal_name(int sig);

/* The dispositions of an interactive shell, and the default ones for a program it starts. */
void signals_interactive(void);
void signals_default(void);

/* Sets the commands for a signal (0: at exit): null for the default, "" to ignore it. */
int trap_set(int sig, const char *commands);
void traps_print(void);

/* Runs the commands of the signals that have come in. */
void traps_run(void);

/* Runs the commands for the exit of the shell, once. */
void trap_run_exit(void);

/* In a forked copy: what is trapped goes back to the default. */
void traps_forget(void);
