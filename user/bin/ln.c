/* Make links. */

#include <cmd.h>
#include <err.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int symbolic, force;

static int
make_link(const char *from, const char *to)
{
	if (force)
		unlink(to);
	if ((symbolic ? symlink(from, to) : link(from, to)) == 0)
		return 0;
	warn("%s to %s", to, from);
	return 1;
}

int
main(int argc, char **argv)
{
	int c, status = 0;
	const char *target;
	struct stat st;

	while ((c = getopt(argc, argv, "sfn")) != -1) {
		if (c == '?')
			cmd_usage("[-sf] FILE... TARGET");
		symbolic |= c == 's';
		force |= c == 'f';
	}
	if (optind == argc)
		cmd_usage("[-sf] FILE... TARGET");
	target = argc - optind == 1 ? "." : argv[--argc];
	if (stat(target, &st) < 0 || !S_ISDIR(st.st_mode)) {
		if (argc - optind != 1)
			errx(1, "%s: not a directory", target);
		return make_link(argv[optind], target);
	}
	for (; optind < argc; optind++) {
		char *name = strdup(argv[optind]);
		char *to = cmd_join(target, basename(name));

		status |= make_link(argv[optind], to);
		free(name);
		free(to);
	}
	return status;
}
