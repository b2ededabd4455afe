/* Make files that are not there; set the times of those that are. */

#include <cmd.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	int c, no_create = 0, status = 0;

	while ((c = getopt(argc, argv, "c")) != -1) {
		if (c == '?')
			cmd_usage("[-c] FILE...");
		no_create = 1;
	}
	if (optind == argc)
		cmd_usage("[-c] FILE...");
	for (; optind < argc; optind++) {
		int fd;

		if (utimensat(AT_FDCWD, argv[optind], NULL, 0) == 0)
			continue;
		if (errno == ENOENT && no_create)
			continue;
		fd = errno == ENOENT ? open(argv[optind], O_WRONLY | O_CREAT, 0666) : -1;
		if (fd < 0) {
			warn("%s", argv[optind]);
			status = 1;
		} else {
			close(fd);
		}
	}
	return status;
}
