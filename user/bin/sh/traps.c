/* Signal names, dispositions and traps. */
#include "traps.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

static void
on_interrupt(int sig)
{
	(void)sig;
	interrupt_pending = 1;
}

static void
on_trapped(int sig)
{
	pending[sig] = 1;
	any_pending = 1;
}

static void
handler_set(int sig, sighandler_t handler)
{
	struct sigaction action = {0};

	action.sa_handler = handler;
	sigaction(sig, &action, NULL);
}

/* No SA_RESTART for SIGINT: a read of the prompt must return. */
void
signals_interactive(void)
{
	handler_set(SIGINT, on_interrupt);
	handler_set(SIGQUIT, SIG_IGN);
	handler_set(SIGTERM, SIG_IGN);
	handler_set(SIGTSTP, SIG_IGN);
	handler_set(SIGTTIN, SIG_IGN);
	handler_set(SIGTTOU, SIG_IGN);
}

void
signals_default(void)
{
	static const int all[] = {SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!commands_of[all[i]] || *commands_of[all[i]])
			handler_set(all[i], SIG_DFL);
}

static void
disposition_restore(int sig)
{
	if (!shell.interactive)
		handler_set(sig, SIG_DFL);
	else if (sig == SIGINT)
		handler_set(sig, on_interrupt);
	else if (sig == SIGQUIT || sig == SIGTERM || sig == SIGTSTP || sig == SIGTTIN ||
		 sig == SIGTTOU)
		handler_set(sig, SIG_IGN);
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

void
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
