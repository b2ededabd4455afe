/* Signals: names, sets, and what came with one. */
#include <signal.h>

#include "calls.h"
#include "show.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const signal_names[] = {
	"0",	"HUP",	 "INT",	 "QUIT", "ILL",	 "TRAP",  "ABRT", "BUS",    "FPE",
	"KILL", "USR1",	 "SEGV", "USR2", "PIPE", "ALRM",  "TERM", "STKFLT", "CHLD",
	"CONT", "STOP",	 "TSTP", "TTIN", "TTOU", "URG",	  "XCPU", "XFSZ",   "VTALRM",
	"PROF", "WINCH", "IO",	 "PWR",	 "SYS",	 "RTMIN",
};

static void
name_show(uint64_t sig)
{
	if (sig < COUNT(signal_names))
		fputs(signal_names[sig], output);
	else
		fprintf(output, "RT_%lu", sig - SIGRTMIN);
}

void
signal_show(uint64_t sig)
{
	if (sig == 0 || sig > SIGRTMAX) {
		fprintf(output, "%d", (int)sig);
		return;
	}
	fputs("SIG", output);
	name_show(sig);
}

/* A set of which most are members is shown by those that are not. */
void
set_show(uint64_t set)
{
	const char *separator = "";
	int is_most = __builtin_popcountl(set) > 32;

	fputs(is_most ? "~[" : "[", output);
	for (int sig = 1; sig <= SIGRTMAX; sig++) {
		if ((int)(set >> (sig - 1) & 1) == is_most)
			continue;
		fputs(separator, output);
		name_show(sig);
		separator = " ";
	}
	fputc(']', output);
}

/* Codes above zero mean something to one signal alone. */
static const struct {
	int sig, code;
	const char *name;
} codes[] = {
	{0, 0, "SI_USER"},
	{0, SI_KERNEL, "SI_KERNEL"},
	{0, SI_QUEUE, "SI_QUEUE"},
	{0, SI_TIMER, "SI_TIMER"},
	{0, SI_TKILL, "SI_TKILL"},
	{SIGILL, 1, "ILL_ILLOPC"},
	{SIGFPE, 1, "FPE_INTDIV"},
	{SIGTRAP, 1, "TRAP_BRKPT"},
	{SIGSEGV, SEGV_MAPERR, "SEGV_MAPERR"},
	{SIGSEGV, SEGV_ACCERR, "SEGV_ACCERR"},
	{SIGBUS, BUS_ADRALN, "BUS_ADRALN"},
	{SIGBUS, BUS_ADRERR, "BUS_ADRERR"},
	{SIGBUS, 3, "BUS_OBJERR"},
	{SIGBUS, 4, "BUS_MCEERR_AR"},
	{SIGCHLD, CLD_EXITED, "CLD_EXITED"},
	{SIGCHLD, CLD_KILLED, "CLD_KILLED"},
	{SIGCHLD, CLD_DUMPED, "CLD_DUMPED"},
	{SIGCHLD, 4, "CLD_TRAPPED"},
	{SIGCHLD, CLD_STOPPED, "CLD_STOPPED"},
	{SIGCHLD, 6, "CLD_CONTINUED"},
};

static void
code_show(int sig, int code)
{
	for (size_t i = 0; i < COUNT(codes); i++) {
		if (codes[i].code == code && (codes[i].sig == 0 || codes[i].sig == sig)) {
			fputs(codes[i].name, output);
			return;
		}
	}
	fprintf(output, "%d", code);
}

static int
has_address(uint64_t sig, int code)
{
	return code > 0 && code != SI_KERNEL &&
	       (sig == SIGSEGV || sig == SIGBUS || sig == SIGILL || sig == SIGFPE ||
		sig == SIGTRAP);
}

void
signal_info_show(uint64_t sig, int code, int pid, int uid, uint64_t address, const int *status)
{
	fputs("{si_signo=", output);
	signal_show(sig);
	fputs(", si_code=", output);
	code_show((int)sig, code);
	if (has_address(sig, code)) {
		fputs(", si_addr=", output);
		address_show(address);
	} else {
		fprintf(output, ", si_pid=%d, si_uid=%d", pid, uid);
	}
	if (status && sig == SIGCHLD) {
		fputs(", si_status=", output);
		if (code == CLD_EXITED)
			fprintf(output, "%d", *status);
		else
			signal_show(*status);
	}
	fputc('}', output);
}
