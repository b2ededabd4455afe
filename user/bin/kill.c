/* Send signals. */

#include <cmd.h>
#include <ctype.h>
#include <err.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const names[] = {
	[1] = "HUP", "INT",    "QUIT", "ILL",	"TRAP", "ABRT", "BUS",	"FPE",
	"KILL",	     "USR1",   "SEGV", "USR2",	"PIPE", "ALRM", "TERM", "STKFLT",
	"CHLD",	     "CONT",   "STOP", "TSTP",	"TTIN", "TTOU", "URG",	"XCPU",
	"XFSZ",	     "VTALRM", "PROF", "WINCH", "IO",	"PWR",	"SYS",
};

#define NR_NAMES (int)(sizeof(names) / sizeof(names[0]))

static int
signal_number(const char *text)
{
	if (isdigit((unsigned char)*text))
		return atoi(text);
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (int i = 1; i < NR_NAMES; i++)
		if (strcasecmp(text, names[i]) == 0)
			return i;
	errx(2, "%s: no such signal", text);
}

static int
list(void)
{
	for (int i = 1; i < NR_NAMES; i++)
		printf("%2d %-8s%s", i, names[i], i % 6 == 0 || i == NR_NAMES - 1 ? "\n" : "");
	return cmd_finish(0);
}

int
main(int argc, char **argv)
{
	int sig = SIGTERM, i = 1, status = 0;

	if (argc > 1 && strcmp(argv[1], "-l") == 0)
		return list();
	if (argc > 2 && strcmp(argv[1], "-s") == 0) {
		sig = signal_number(argv[2]);
		i = 3;
	} else if (argc > 2 && argv[1][0] == '-' && argv[1][1] != '-') {
		sig = signal_number(argv[1] + 1);
		i = 2;
	}
	if (i < argc && strcmp(argv[i], "--") == 0)
		i++;
	if (i >= argc || (argv[i][0] == '-' && !isdigit((unsigned char)argv[i][1])))
		cmd_usage("[-SIGNAL | -s SIGNAL] PID...  |  -l");
	for (; i < argc; i++) {
		char *end;
		long pid = strtol(argv[i], &end, 10);

		if (*end || end == argv[i])
			errx(2, "%s: not a process id", argv[i]);
		if (kill(pid, sig) < 0) {
			warn("%ld", pid);
			status = 1;
		}
	}
	return status;
}
