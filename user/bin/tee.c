/* Copy standard input to standard output and to files. */

#include <cmd.h>
#include <err.h>
#include <fcntl.h>
#include <unistd.h>

#define FILES_MAX 32

int
main(int argc, char **argv)
{
	static char buf[4096];
	int fds[FILES_MAX], nr = 0, c, flags = O_TRUNC, status = 0;
	ssize_t n;

	while ((c = getopt(argc, argv, "a")) != -1) {
		if (c == '?')
			cmd_usage("[-a] [FILE...]");
		flags = O_APPEND;
	}
	for (; optind < argc && nr < FILES_MAX; optind++) {
		fds[nr] = open(argv[optind], O_WRONLY | O_CREAT | flags, 0666);
		if (fds[nr] < 0) {
			warn("%s", argv[optind]);
			status = 1;
		} else {
			nr++;
		}
	}
	while ((n = read(0, buf, sizeof(buf))) > 0) {
		if (cmd_write_all(1, buf, n) < 0)
			err(1, "standard output");
		for (int i = 0; i < nr; i++)
			if (cmd_write_all(fds[i], buf, n) < 0) {
				warn("write");
				status = 1;
			}
	}
	return status;
}
