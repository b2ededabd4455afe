/* Print the environment, or run a command in a changed one. */

#include <cmd.h>
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	int i = 1;

	if (i < argc && strcmp(argv[i], "-i") == 0) {
		clearenv();
		i++;
	}
	if (i < argc && argv[i][0] == '-')
		cmd_usage("[-i] [NAME=VALUE...] [COMMAND [ARGUMENT...]]");
	for (; i < argc && strchr(argv[i], '='); i++)
		putenv(argv[i]);
	if (i < argc) {
		execvp(argv[i], argv + i);
		err(errno == ENOENT ? 127 : 126, "%s", argv[i]);
	}
	for (char **at = environ; at && *at; at++)
		puts(*at);
	return cmd_finish(0);
}
