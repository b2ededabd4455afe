/* Remove files, and with -r whole trees. */

#include <cmd.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int recursive, force, verbose;

static int remove_path(const char *path);

static int
remove_contents(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int status = 0;

	if (!dir) {
		warn("%s", path);
		return 1;
	}
	while ((entry = readdir(dir))) {
		char *child;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		child = cmd_join(path, entry->d_name);
		status |= remove_path(child);
		free(child);
	}
	closedir(dir);
	return status;
}

static int
remove_path(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0) {
		if (force && errno == ENOENT)
			return 0;
		warn("%s", path);
		return 1;
	}
	if (S_ISDIR(st.st_mode) && !recursive) {
		errno = EISDIR;
		warn("%s", path);
		return 1;
	}
	if (S_ISDIR(st.st_mode) && remove_contents(path))
		return 1;
	if ((S_ISDIR(st.st_mode) ? rmdir(path) : unlink(path)) < 0) {
		warn("%s", path);
		return 1;
	}
	if (verbose)
		printf("removed '%s'\n", path);
	return 0;
}

int
main(int argc, char **argv)
{
	int c, status = 0;

	while ((c = getopt(argc, argv, "rRfv")) != -1) {
		if (c == '?')
			cmd_usage("[-rfv] FILE...");
		recursive |= c == 'r' || c == 'R';
		force |= c == 'f';
		verbose |= c == 'v';
	}
	if (optind == argc && !force)
		cmd_usage("[-rfv] FILE...");
	for (; optind < argc; optind++) {
		const char *slash = strrchr(argv[optind], '/');
		const char *last = slash ? slash + 1 : argv[optind];

		if (strcmp(last, ".") == 0 || strcmp(last, "..") == 0 ||
		    strcmp(argv[optind], "/") == 0) {
			warnx("%s: refusing to remove", argv[optind]);
			status = 1;
			continue;
		}
		status |= remove_path(argv[optind]);
	}
	return cmd_finish(status);
}
