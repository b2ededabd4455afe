/* Make a new, empty file or directory whose name is nobody else's, and print the name. */

#include <cmd.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_DIR  "/tmp"
#define DEFAULT_NAME "tmp.XXXXXX"

static char *
default_template(void)
{
	const char *dir = getenv("TMPDIR");

	return cmd_join(dir && *dir ? dir : DEFAULT_DIR, DEFAULT_NAME);
}

int
main(int argc, char **argv)
{
	int directory = 0, c;
	char *name;

	while ((c = getopt(argc, argv, "d")) != -1) {
		if (c == '?')
			cmd_usage("[-d] [TEMPLATE]");
		directory = 1;
	}
	if (argc - optind > 1)
		cmd_usage("[-d] [TEMPLATE]");
	name = optind < argc ? strdup(argv[optind]) : default_template();
	if (!name)
		err(1, "no memory");
	if (directory ? !mkdtemp(name) : mkstemp(name) < 0)
		err(1, "%s", name);
	puts(name);
	return cmd_finish(0);
}
