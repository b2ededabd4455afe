/*
 * Signal names, dispositions and traps.
 *
 * The terminal sends the signal of a key to its foreground group, which is the shell's own from the
 * moment a line is read until the job has been made the foreground: a Ctrl-C of that time has to be
 * passed on, or the job never sees it. `receiver` says to whom: the handlers send it there at once,
 * and keys_pass_to() sends what they saw before.
 */
#include "traps.h"

#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shell.h"

#define NR_NAMED 32

static const char *const names[NR_NAMED] = {
	[SIGHUP] = "HUP",   [SIGINT] = "INT",	    [SIGQUIT] = "QUIT", [SIGILL] = "ILL",
	[SIGTRAP] = "TRAP", [SIGABRT] = "ABRT",	    [SIGBUS] = "BUS",	[SIGFPE] = "FPE",
	[SIGKILL] = "KILL", [SIGUSR1] = "USR1",	    [SIGSEGV] = "SEGV", [SIGUSR2] = "USR2",
	[SIGPIPE] = "PIPE", [SIGALRM] = "ALRM",	    [SIGTERM] = "TERM", [SIGSTKFLT] = "STKFLT",
	[SIGCHLD] = "CHLD", [SIGCONT] = "CONT",	    [SIGSTOP] = "STOP", [SIGTSTP] = "TSTP",
	[SIGTTIN] = "TTIN", [SIGTTOU] = "TTOU",	    [SIGURG] = "URG",	[SIGXCPU] = "XCPU",
	[SIGXFSZ] = "XFSZ", [SIGVTALRM] = "VTALRM", [SIGPROF] = "PROF", [SIGWINCH] = "WINCH",
	[SIGIO] = "IO",	    [SIGPWR] = "PWR",	    [SIGSYS] = "SYS",
};

static char *commands_of[NSIG];
static volatile sig_atomic_t pending[NSIG];
static volatile sig_atomic_t any_pending;
volatile sig_atomic_t interrupt_pending;

/* Signals that keys ask for, and those that an interactive shell survives. */
static const int keys[] = {SIGINT, SIGQUIT, SIGTSTP};
static const int interactive[] = {SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static volatile sig_atomic_t receiver; /* of keys: a process, a negative group, or 0 */

int
signal_number(const char *name)
{
	if (isdigit((unsigned char)*name)) {
		char *end;
		long sig = strtol(name, &end, 10);

		return *end || sig >= NSIG ? -1 : (int)sig;
	}
	if (strcasecmp(name, "EXIT") == 0)
		return 0;
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	for (int sig = 1; sig < NR_NAMED; sig++)
		if (names[sig] && strcasecmp(names[sig], name) == 0)
			return sig;
	return -1;
}

const char *
signal_name(int sig)
{
	return sig > 0 && sig < NR_NAMED ? names[sig] : NULL;
}

static jmp_buf read_end;
static volatile sig_atomic_t reading; /* read_end is set */

static int
is_key(int sig)
{
	return sig == SIGINT || sig == SIGQUIT || sig == SIGTSTP;
}

/* One that this shell, being interactive, does not take by default. */
static int
is_interactive(int sig)
{
	for (size_t i = 0; i < COUNT(interactive) && shell.interactive; i++)
		if (interactive[i] == sig)
			return 1;
	return 0;
}

/* In a handler. */
static void
key_send(int sig)
{
	int error = errno;

	kill((pid_t)receiver, sig);
	errno = error;
}

/* In a handler: the line that is being read is none. */
static void
read_leave(void)
{
	if (!reading)
		return;
	reading = 0;
	interrupt_pending = 1;
	longjmp(read_end, 1);
}

/* An interrupt ends the line, too, whoever else gets it. */
static void
on_key(int sig)
{
	if (sig == SIGINT)
		interrupt_pending = 1;
	else if (!receiver)
		pending[sig] = 1;
	if (receiver)
		key_send(sig);
	if (sig == SIGINT)
		read_leave();
}

static void
on_trapped(int sig)
{
	pending[sig] = 1;
	any_pending = 1;
	if (receiver && is_key(sig))
		key_send(sig);
	if (sig == SIGINT)
		read_leave();
}

/* Wakes sigsuspend(). */
static void
on_child(int sig)
{
	(void)sig;
}

static void
handler_set(int sig, sighandler_t handler)
{
	struct sigaction action = {0};

	action.sa_handler = handler;
	sigaction(sig, &action, NULL);
}

/* No SA_RESTART: a read of the prompt must return. */
static void
interactive_set(int sig)
{
	handler_set(sig, is_key(sig) ? on_key : SIG_IGN);
}

void
signals_interactive(void)
{
	for (size_t i = 0; i < COUNT(interactive); i++)
		interactive_set(interactive[i]);
}

static int
is_stop(int sig)
{
	return sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

void
signals_default(int may_stop)
{
	for (size_t i = 0; i < COUNT(interactive); i++) {
		int sig = interactive[i];

		if (!commands_of[sig] || *commands_of[sig])
			handler_set(sig, is_stop(sig) && !may_stop ? SIG_IGN : SIG_DFL);
	}
}

void
signals_hold(sigset_t *before)
{
	sigset_t held;

	sigemptyset(&held);
	for (int sig = 1; sig < NSIG; sig++)
		if (!is_key(sig) && (commands_of[sig] || is_interactive(sig)))
			sigaddset(&held, sig);
	sigprocmask(SIG_BLOCK, &held, before);
}

static void
keys_hold(sigset_t *before)
{
	sigset_t held;

	sigemptyset(&held);
	for (size_t i = 0; i < COUNT(keys); i++)
		sigaddset(&held, keys[i]);
	sigprocmask(SIG_BLOCK, &held, before);
}

void
signals_release(const sigset_t *before)
{
	sigprocmask(SIG_SETMASK, before, NULL);
}

/* Those whose commands this shell will run stay pending for it, too. */
static void
keys_forget(void)
{
	for (size_t i = 0; i < COUNT(keys); i++)
		if (!commands_of[keys[i]])
			pending[keys[i]] = 0;
}

static void
keys_send(pid_t target)
{
	for (size_t i = 0; i < COUNT(keys); i++)
		if (pending[keys[i]] || (keys[i] == SIGINT && interrupt_pending))
			kill(target, keys[i]);
	keys_forget();
}

void
keys_pass_to(pid_t target)
{
	sigset_t before;

	keys_hold(&before);
	receiver = target;
	if (target)
		keys_send(target);
	signals_release(&before);
}

/* What is trapped goes back to the default. */
static void
traps_forget(void)
{
	for (int sig = 0; sig < NSIG; sig++) {
		if (!commands_of[sig] || (sig > 0 && !*commands_of[sig]))
			continue;
		free(commands_of[sig]);
		commands_of[sig] = NULL;
		if (sig > 0)
			handler_set(sig, SIG_DFL);
	}
}

void
signals_child(int may_stop, int ignore_keys)
{
	sigset_t before;

	keys_hold(&before);
	if (shell.interactive)
		signals_default(may_stop);
	traps_forget();
	if (ignore_keys) {
		handler_set(SIGINT, SIG_IGN);
		handler_set(SIGQUIT, SIG_IGN);
	}
	keys_send(getpid());
	memset((void *)pending, 0, sizeof(pending));
	any_pending = interrupt_pending = 0;
	signals_release(&before);
}

/* With read_end set. */
static ssize_t
byte_read(int fd, char *byte)
{
	ssize_t n = -1;

	do {
		keys_forget();
		reading = 1;
		if (!interrupt_pending)
			n = read(fd, byte, 1);
		reading = 0;
	} while (n < 0 && errno == EINTR && !interrupt_pending);
	return interrupt_pending ? -1 : n;
}

/* The handler jumps out of the read: it may run just before it, and the key has flushed the input. */
ssize_t
input_read(int fd, char *byte)
{
	sigset_t interrupt;

	if (setjmp(read_end) == 0) {
		ssize_t n = byte_read(fd, byte);

		if (!interrupt_pending)
			return n;
	}
	sigemptyset(&interrupt);
	sigaddset(&interrupt, SIGINT);
	sigprocmask(SIG_UNBLOCK, &interrupt, NULL);
	errno = EINTR;
	return -1;
}

static int
is_trapped(int sig)
{
	return commands_of[sig] && *commands_of[sig];
}

int
trap_pending(void)
{
	for (int sig = 1; sig < NSIG && any_pending; sig++)
		if (pending[sig] && is_trapped(sig))
			return sig;
	return 0;
}

pid_t
child_wait(int *status, int options)
{
	struct sigaction action = {.sa_handler = on_child}, old;
	sigset_t all, before, waiting;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	waiting = before;
	sigdelset(&waiting, SIGCHLD);
	if (!is_trapped(SIGCHLD))
		sigaction(SIGCHLD, &action, &old);
	while ((pid = waitpid(-1, status, options | WNOHANG)) == 0 && !interrupt_pending &&
	       !trap_pending())
		sigsuspend(&waiting);
	if (!is_trapped(SIGCHLD))
		sigaction(SIGCHLD, &old, NULL);
	signals_release(&before);
	return pid;
}

static void
disposition_restore(int sig)
{
	if (is_interactive(sig))
		interactive_set(sig);
	else
		handler_set(sig, SIG_DFL);
}

int
trap_set(int sig, const char *commands)
{
	if (sig < 0 || sig >= NSIG || sig == SIGKILL || sig == SIGSTOP)
		return -1;
	free(commands_of[sig]);
	commands_of[sig] = commands ? mem_copy(commands) : NULL;
	if (sig == 0)
		return 0;
	if (!commands)
		disposition_restore(sig);
	else
		handler_set(sig, *commands ? on_trapped : SIG_IGN);
	return 0;
}

void
traps_print(void)
{
	for (int sig = 0; sig < NSIG; sig++) {
		if (!commands_of[sig])
			continue;
		if (signal_name(sig) || sig == 0)
			printf("trap -- '%s' %s\n", commands_of[sig],
			       sig ? signal_name(sig) : "EXIT");
		else
			printf("trap -- '%s' %d\n", commands_of[sig], sig);
	}
}

void
traps_run(void)
{
	if (!any_pending)
		return;
	any_pending = 0;
	for (int sig = 1; sig < NSIG; sig++) {
		int status = shell.status;

		if (!pending[sig] || !commands_of[sig])
			continue;
		pending[sig] = 0;
		shell_run_text(commands_of[sig]);
		if (shell.flow == FLOW_NORMAL)
			shell.status = status;
	}
}

void
trap_run_exit(void)
{
	char *commands = commands_of[0];
	int status = shell.status;

	commands_of[0] = NULL;
	if (!commands)
		return;
	shell.flow = FLOW_NORMAL;
	shell_run_text(commands);
	if (shell.flow != FLOW_EXIT)
		shell.status = status;
	free(commands);
}
