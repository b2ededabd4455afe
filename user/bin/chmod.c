/* Change file modes. */

#include <cmd.h>
#include <err.h>
#include <sys/stat.h>

int
main(int argc, char **argv)
{
	int status = 0;

	if (argc < 3)
		cmd_usage("MODE FILE...");
	for (int i = 2; i < argc; i++) {
		struct stat st;

		if (stat(argv[i], &st) < 0 ||
		    chmod(argv[i], cmd_parse_mode(argv[1], st.st_mode)) < 0) {
			warn("%s", argv[i]);
			status = 1;
		}
	}
	return status;
}
