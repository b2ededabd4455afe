/* Walk a tree and print what matches. */

#include <cmd.h>
#include <dirent.h>
#include <err.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *want_name;
static mode_t want_type;
static int max_depth = -1, status;

static void
visit(const char *path, const char *name, const struct stat *st)
{
	if (want_name && fnmatch(want_name, name, 0) != 0)
		return;
	if (want_type && (st->st_mode & S_IFMT) != want_type)
		return;
	puts(path);
}

static void walk(const char *path, const char *name, int depth);

static void
walk_directory(const char *path, int depth)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	if (!dir) {
		warn("%s", path);
		status = 1;
		return;
	}
	while ((entry = readdir(dir))) {
		char *child;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		child = cmd_join(path, entry->d_name);
		walk(child, entry->d_name, depth + 1);
		free(child);
	}
	closedir(dir);
}

static void
walk(const char *path, const char *name, int depth)
{
	struct stat st;

	if (lstat(path, &st) < 0) {
		warn("%s", path);
		status = 1;
		return;
	}
	visit(path, name, &st);
	if (S_ISDIR(st.st_mode) && (max_depth < 0 || depth < max_depth))
		walk_directory(path, depth);
}

static mode_t
parse_type(const char *text)
{
	static const char letters[] = "fdlcbp";
	static const mode_t types[] = {S_IFREG, S_IFDIR, S_IFLNK, S_IFCHR, S_IFBLK, S_IFIFO};
	const char *at = *text && !text[1] ? strchr(letters, *text) : NULL;

	if (!at)
		errx(2, "-type %s: not one of f d l c b p", text);
	return types[at - letters];
}

int
main(int argc, char **argv)
{
	static const char usage[] =
		"[PATH...] [-name PATTERN] [-type f|d|l|c|b|p] [-maxdepth N] [-print]";
	int nr_paths = 0;

	while (1 + nr_paths < argc && argv[1 + nr_paths][0] != '-')
		nr_paths++;
	for (int i = 1 + nr_paths; i < argc; i++) {
		if (strcmp(argv[i], "-print") == 0)
			continue;
		if (i + 1 == argc)
			cmd_usage(usage);
		if (strcmp(argv[i], "-name") == 0)
			want_name = argv[++i];
		else if (strcmp(argv[i], "-type") == 0)
			want_type = parse_type(argv[++i]);
		else if (strcmp(argv[i], "-maxdepth") == 0)
			max_depth = cmd_number(argv[++i]);
		else
			cmd_usage(usage);
	}
	if (nr_paths == 0)
		walk(".", ".", 0);
	for (int i = 1; i <= nr_paths; i++) {
		const char *slash = strrchr(argv[i], '/');

		walk(argv[i], slash && slash[1] ? slash + 1 : argv[i], 0);
	}
	return cmd_finish(status);
}
