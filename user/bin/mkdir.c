/* Make directories. */

#include <cmd.h>
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Every directory on the way to path, then path; those that exist are fine. */
static int
make_parents(char *path, mode_t mode)
{
	for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(path, 0777) < 0 && errno != EEXIST) {
			warn("%s", path);
			return 1;
		}
		*slash = '/';
	}
	if (mkdir(path, mode) < 0 && !(errno == EEXIST && is_directory(path))) {
		warn("%s", path);
		return 1;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	int c, parents = 0, status = 0;
	mode_t mode = 0777;

	while ((c = getopt(argc, argv, "pm:")) != -1) {
		if (c == 'p')
			parents = 1;
		else if (c == 'm')
			mode = cmd_parse_mode(optarg, 0777);
		else
			cmd_usage("[-p] [-m MODE] DIRECTORY...");
	}
	if (optind == argc)
		cmd_usage("[-p] [-m MODE] DIRECTORY...");
	for (; optind < argc; optind++) {
		if (parents) {
			status |= make_parents(argv[optind], mode);
		} else if (mkdir(argv[optind], mode) < 0) {
			warn("%s", argv[optind]);
			status = 1;
		}
	}
	return status;
}
