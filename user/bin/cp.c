/* Copy files and, with -r, trees. */

#include <cmd.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int recursive, preserve, verbose;

static int copy(const char *from, const char *to);

static int
fail(const char *path)
{
	warn("%s", path);
	return 1;
}

static int
copy_regular(const char *from, const char *to, const struct stat *st)
{
	int in = open(from, O_RDONLY), out, status = 0;

	if (in < 0)
		return fail(from);
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC, st->st_mode & 07777);
	if (out < 0) {
		close(in);
		return fail(to);
	}
	if (cmd_copy_fd(in, out) < 0)
		status = fail(to);
	close(in);
	if (close(out) < 0)
		status = fail(to);
	return status;
}

static int
copy_link(const char *from, const char *to)
{
	char target[4096];
	ssize_t len = readlink(from, target, sizeof(target) - 1);

	if (len < 0)
		return fail(from);
	target[len] = '\0';
	unlink(to);
	return symlink(target, to) < 0 ? fail(to) : 0;
}

static int
copy_directory(const char *from, const char *to, const struct stat *st)
{
	DIR *dir = opendir(from);
	struct dirent *entry;
	int status = 0;

	if (!dir)
		return fail(from);
	if (mkdir(to, (st->st_mode & 07777) | 0700) < 0 && errno != EEXIST) {
		closedir(dir);
		return fail(to);
	}
	while ((entry = readdir(dir))) {
		char *source, *target;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		source = cmd_join(from, entry->d_name);
		target = cmd_join(to, entry->d_name);
		status |= copy(source, target);
		free(source);
		free(target);
	}
	closedir(dir);
	return status;
}

static int
same_file(const char *to, const struct stat *st)
{
	struct stat other;

	return stat(to, &other) == 0 && other.st_ino == st->st_ino && other.st_dev == st->st_dev;
}

static int
copy_by_type(const char *from, const char *to, const struct stat *st)
{
	if (S_ISDIR(st->st_mode)) {
		if (recursive)
			return copy_directory(from, to, st);
		warnx("%s: is a directory (not copied without -r)", from);
		return 1;
	}
	if (S_ISLNK(st->st_mode))
		return copy_link(from, to);
	if (S_ISREG(st->st_mode) || !recursive)
		return copy_regular(from, to, st);
	return mknod(to, st->st_mode, st->st_rdev) < 0 ? fail(to) : 0;
}

static int
copy(const char *from, const char *to)
{
	struct stat st;
	int status;

	if ((recursive ? lstat(from, &st) : stat(from, &st)) < 0)
		return fail(from);
	if (same_file(to, &st)) {
		warnx("%s and %s are the same file", from, to);
		return 1;
	}
	status = copy_by_type(from, to, &st);
	if (preserve && !S_ISLNK(st.st_mode) && status == 0) {
		const struct timespec times[2] = {st.st_atim, st.st_mtim};

		if (chmod(to, st.st_mode & 07777) < 0 || utimensat(AT_FDCWD, to, times, 0) < 0)
			status = fail(to);
	}
	if (verbose && status == 0)
		printf("'%s' -> '%s'\n", from, to);
	return status;
}

int
main(int argc, char **argv)
{
	static const char usage[] = "[-rpv] FILE... TARGET";
	int c, status = 0, into;
	const char *target;
	struct stat st;

	while ((c = getopt(argc, argv, "rRpav")) != -1) {
		if (c == '?')
			cmd_usage(usage);
		recursive |= c == 'r' || c == 'R' || c == 'a';
		preserve |= c == 'p' || c == 'a';
		verbose |= c == 'v';
	}
	if (argc - optind < 2)
		cmd_usage(usage);
	target = argv[argc - 1];
	into = stat(target, &st) == 0 && S_ISDIR(st.st_mode);
	if (argc - optind > 2 && !into)
		errx(1, "%s: not a directory", target);
	for (; optind < argc - 1; optind++) {
		char *name = strdup(argv[optind]);
		char *to = into ? cmd_join(target, basename(name)) : strdup(target);

		status |= copy(argv[optind], to);
		free(name);
		free(to);
	}
	return cmd_finish(status);
}
