/* Show the kernel's messages. */

#include <cmd.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

/* Each line begins with "<level>", which is for programs. */
static void
print_lines(const char *text, const char *end)
{
	while (text < end) {
		const char *newline = memchr(text, '\n', end - text);
		const char *stop = newline ? newline : end;
		const char *start = *text == '<' ? memchr(text, '>', stop - text) : NULL;

		start = start ? start + 1 : text;
		printf("%.*s\n", (int)(stop - start), start);
		text = stop + 1;
	}
}

int
main(int argc, char **argv)
{
	int c, action = SYSLOG_ACTION_READ_ALL, size, n;
	char *text;

	while ((c = getopt(argc, argv, "cn:")) != -1) {
		if (c == '?')
			cmd_usage("[-c] [-n LEVEL]");
		if (c == 'c')
			action = SYSLOG_ACTION_READ_CLEAR;
		else if (klogctl(SYSLOG_ACTION_CONSOLE_LEVEL, NULL, cmd_number(optarg)) < 0)
			err(1, "console level %s", optarg);
		else
			return 0;
	}
	size = klogctl(SYSLOG_ACTION_SIZE_BUFFER, NULL, 0);
	text = size > 0 ? malloc(size) : NULL;
	n = text ? klogctl(action, text, size) : -1;
	if (n < 0)
		err(1, "syslog");
	print_lines(text, text + n);
	free(text);
	return cmd_finish(0);
}
