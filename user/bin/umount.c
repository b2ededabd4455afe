/* Take file systems out of the tree. */

#include <cmd.h>
#include <err.h>
#include <sys/mount.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	int status = 0;

	if (getopt(argc, argv, "") != -1 || optind == argc)
		cmd_usage("DIRECTORY...");
	for (; optind < argc; optind++) {
		if (umount2(argv[optind], 0) < 0) {
			warn("%s", argv[optind]);
			status = 1;
		}
	}
	return status;
}
