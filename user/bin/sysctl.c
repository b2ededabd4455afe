/* Show or set the kernel's knobs: vm.swappiness is the file /proc/sys/vm/swappiness. */

#include <cmd.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOT  "/proc/sys"
#define USAGE "[-e] [-n | -N] [-q] NAME... | [-w] NAME=VALUE... | -a"

static const struct option long_options[] = {
	{"all", no_argument, NULL, 'a'},   {"ignore", no_argument, NULL, 'e'},
	{"help", no_argument, NULL, 'h'},  {"values", no_argument, NULL, 'n'},
	{"names", no_argument, NULL, 'N'}, {"quiet", no_argument, NULL, 'q'},
	{"write", no_argument, NULL, 'w'}, {0},
};

static bool all, ignore_missing, only_values, only_names, quiet, only_writes;

/* a.b and a/b are the same knob, and both are the file a/b. */
static char *
path_of(const char *name)
{
	char *path = cmd_join(ROOT, name);

	for (char *at = path + strlen(ROOT); *at; at++)
		if (*at == '.')
			*at = '/';
	return path;
}

static char *
name_of(const char *path)
{
	char *name = strdup(path + strlen(ROOT "/"));

	if (!name)
		err(1, "strdup");
	for (char *at = name; *at; at++)
		if (*at == '/')
			*at = '.';
	return name;
}

/* => 1, with a message unless it is not wanted */
static int
fail(const char *name, const char *path)
{
	if (errno == ENOENT || errno == ENOTDIR) {
		if (ignore_missing)
			return 0;
		warn("cannot stat %s", path);
	} else if (errno == EACCES || errno == EPERM) {
		warnx("permission denied on key '%s'", name);
	} else {
		warn("key \"%s\"", name);
	}
	return 1;
}

static int
print(const char *name, const char *path)
{
	char *text = cmd_read_file(path), *line, *rest;

	if (!text)
		return fail(name, path);
	if (only_names)
		puts(name);
	for (line = strtok_r(text, "\n", &rest); line && !only_names;
	     line = strtok_r(NULL, "\n", &rest))
		printf(only_values ? "%.0s%s\n" : "%s = %s\n", name, line);
	free(text);
	return 0;
}

static int show(const char *path, bool named);

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The paths of what is in a folder, sorted. */
static char **
children_of(const char *path, int *nr)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char **children = NULL;

	if (!dir)
		err(1, "%s", path);
	for (*nr = 0; (entry = readdir(dir));) {
		if (entry->d_name[0] == '.')
			continue;
		children = reallocarray(children, *nr + 1, sizeof(*children));
		if (!children)
			err(1, "reallocarray");
		children[(*nr)++] = cmd_join(path, entry->d_name);
	}
	closedir(dir);
	if (*nr)
		qsort(children, *nr, sizeof(*children), compare);
	return children;
}

static int
show_directory(const char *path)
{
	int nr, status = 0;
	char **children = children_of(path, &nr);

	for (int i = 0; i < nr; i++) {
		status |= show(children[i], false);
		free(children[i]);
	}
	free(children);
	return status;
}

/* A knob, or all those of a folder; one that can only be written is passed over, unless it was named. */
static int
show(const char *path, bool named)
{
	char *name = name_of(path);
	struct stat st;
	int status;

	if (stat(path, &st) < 0)
		status = fail(name, path);
	else if (S_ISDIR(st.st_mode))
		status = show_directory(path);
	else
		status = named || st.st_mode & 0444 ? print(name, path) : 0;
	free(name);
	return status;
}

static int
set(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY), status = 0;
	char *name = name_of(path);

	if (fd < 0) {
		status = fail(name, path);
	} else if (write(fd, value, strlen(value)) < 0) {
		warn("setting key \"%s\"", name);
		status = 1;
	} else if (!quiet) {
		printf(only_values ? "%.0s%s\n" : only_names ? "%s\n" : "%s = %s\n", name, value);
	}
	if (fd >= 0)
		close(fd);
	free(name);
	return status;
}

static int
show_or_set(char *word)
{
	char *value = strchr(word, '='), *path, *end;
	int status;

	if ((!value && only_writes) || *word == '=') {
		warnx("\"%s\" must be of the form name=value", word);
		return 1;
	}
	for (end = value; end && end > word && end[-1] == ' '; end--)
		;
	if (value) {
		*end = '\0';
		value += 1 + strspn(value + 1, " ");
	}
	path = path_of(word);
	status = value ? set(path, value) : show(path, true);
	free(path);
	return status;
}

int
main(int argc, char **argv)
{
	int c, status = 0;

	while ((c = cmd_option(argc, argv, "aehnNqw", long_options)) != -1) {
		if (c == 'h' || c == '?')
			cmd_usage(USAGE);
		*(c == 'a'   ? &all
		  : c == 'e' ? &ignore_missing
		  : c == 'n' ? &only_values
		  : c == 'N' ? &only_names
		  : c == 'q' ? &quiet
			     : &only_writes) = true;
	}
	if (all == (optind < argc))
		cmd_usage(USAGE);
	if (all)
		status = show_directory(ROOT);
	for (; optind < argc; optind++)
		status |= show_or_set(argv[optind]);
	return cmd_finish(status);
}
