/* Show how much disk a tree takes. */

#include <cmd.h>
#include <dirent.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int opt_all, opt_sum, opt_human, status;

static void
report(unsigned long long bytes, const char *path)
{
	char buf[16];

	if (opt_human)
		printf("%s\t%s\n", cmd_human(bytes, buf), path);
	else
		printf("%llu\t%s\n", bytes >> 10, path);
}

/* => bytes of path and all below */
static unsigned long long
walk(const char *path, int depth)
{
	unsigned long long bytes;
	struct dirent *entry;
	struct stat st;
	DIR *dir;

	if (lstat(path, &st) < 0) {
		warn("%s", path);
		status = 1;
		return 0;
	}
	bytes = (unsigned long long)st.st_blocks * 512;
	dir = S_ISDIR(st.st_mode) ? opendir(path) : NULL;
	while (dir && (entry = readdir(dir))) {
		char *child;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		child = cmd_join(path, entry->d_name);
		bytes += walk(child, depth + 1);
		free(child);
	}
	if (dir)
		closedir(dir);
	if (depth == 0 || (!opt_sum && (dir || opt_all)))
		report(bytes, path);
	return bytes;
}

int
main(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "ashk")) != -1) {
		if (c == '?')
			cmd_usage("[-ash] [FILE...]");
		opt_all |= c == 'a';
		opt_sum |= c == 's';
		opt_human |= c == 'h';
	}
	if (optind == argc)
		walk(".", 0);
	for (; optind < argc; optind++)
		walk(argv[optind], 0);
	return cmd_finish(status);
}
