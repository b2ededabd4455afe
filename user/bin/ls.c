/* List directories. */

#include <cmd.h>
#include <dirent.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

struct entry {
	char *name, *path;
	struct stat st;
};

struct list {
	struct entry *entries;
	size_t nr, room;
};

static int opt_all, opt_long, opt_human, opt_inode, opt_dir, opt_recursive, opt_columns;
static int opt_time, opt_size, opt_reverse, opt_classify;
static int status;

static void
list_add(struct list *list, const char *name, char *path)
{
	struct entry *entry;

	if (list->nr == list->room) {
		list->room = list->room ? list->room * 2 : 32;
		list->entries = realloc(list->entries, list->room * sizeof(*entry));
		if (!list->entries)
			err(1, "realloc");
	}
	entry = &list->entries[list->nr];
	entry->name = strdup(name);
	entry->path = path;
	if (lstat(path, &entry->st) < 0) {
		warn("%s", path);
		status = 1;
		return;
	}
	list->nr++;
}

static int
compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	long long order = 0;

	if (opt_time)
		order = (long long)y->st.st_mtime - (long long)x->st.st_mtime;
	else if (opt_size)
		order = (long long)y->st.st_size - (long long)x->st.st_size;
	if (order == 0)
		order = strcmp(x->name, y->name);
	return (order > 0) - (order < 0) == 0 ? 0 : (opt_reverse ? -1 : 1) * (order > 0 ? 1 : -1);
}

static char
suffix(mode_t mode)
{
	if (!opt_classify)
		return '\0';
	if (S_ISDIR(mode))
		return '/';
	if (S_ISLNK(mode))
		return '@';
	if (S_ISFIFO(mode))
		return '|';
	return mode & 0111 ? '*' : '\0';
}

static void
print_long(const struct entry *entry)
{
	const struct stat *st = &entry->st;
	char mode[11], size[24], when[20], target[1024];
	struct tm tm;

	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		snprintf(size, sizeof(size), "%u, %u", major(st->st_rdev), minor(st->st_rdev));
	else if (opt_human)
		cmd_human(st->st_size, size);
	else
		snprintf(size, sizeof(size), "%lld", (long long)st->st_size);
	gmtime_r(&st->st_mtime, &tm);
	strftime(when, sizeof(when), "%Y-%m-%d %H:%M", &tm);
	printf("%s %3u %4u %4u %9s %s %s", cmd_mode_string(st->st_mode, mode),
	       (unsigned)st->st_nlink, st->st_uid, st->st_gid, size, when, entry->name);
	if (S_ISLNK(st->st_mode)) {
		ssize_t len = readlink(entry->path, target, sizeof(target) - 1);

		printf(" -> %.*s", len < 0 ? 0 : (int)len, target);
	} else if (suffix(st->st_mode)) {
		putchar(suffix(st->st_mode));
	}
	putchar('\n');
}

static int
terminal_width(void)
{
	struct winsize size;

	return ioctl(1, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

/* In columns, top to bottom, as many as fit. */
static void
print_columns(const struct list *list)
{
	size_t widest = 0, nr_columns, nr_rows;

	for (size_t i = 0; i < list->nr; i++)
		if (strlen(list->entries[i].name) > widest)
			widest = strlen(list->entries[i].name);
	widest += 2 + opt_classify;
	nr_columns = terminal_width() / widest;
	nr_columns = nr_columns ? nr_columns : 1;
	nr_rows = (list->nr + nr_columns - 1) / nr_columns;
	for (size_t row = 0; row < nr_rows; row++) {
		for (size_t i = row; i < list->nr; i += nr_rows) {
			const struct entry *entry = &list->entries[i];
			int len = printf("%s", entry->name);

			if (suffix(entry->st.st_mode))
				len += printf("%c", suffix(entry->st.st_mode));
			if (i + nr_rows < list->nr)
				printf("%*s", (int)widest - len, "");
		}
		putchar('\n');
	}
}

static void
print_list(struct list *list)
{
	qsort(list->entries, list->nr, sizeof(*list->entries), compare);
	if (opt_columns && !opt_long && !opt_inode) {
		print_columns(list);
		return;
	}
	for (size_t i = 0; i < list->nr; i++) {
		const struct entry *entry = &list->entries[i];

		if (opt_inode)
			printf("%7llu ", (unsigned long long)entry->st.st_ino);
		if (opt_long)
			print_long(entry);
		else if (suffix(entry->st.st_mode))
			printf("%s%c\n", entry->name, suffix(entry->st.st_mode));
		else
			puts(entry->name);
	}
}

static void
list_free(struct list *list)
{
	for (size_t i = 0; i < list->nr; i++) {
		free(list->entries[i].name);
		free(list->entries[i].path);
	}
	free(list->entries);
}

static void
print_total(const struct list *list)
{
	unsigned long long blocks = 0;

	for (size_t i = 0; i < list->nr; i++)
		blocks += list->entries[i].st.st_blocks;
	printf("total %llu\n", blocks / 2);
}

static void
list_directory(const char *path, int titled)
{
	struct list list = {0};
	DIR *dir = opendir(path);
	struct dirent *found;

	if (!dir) {
		warn("%s", path);
		status = 1;
		return;
	}
	while ((found = readdir(dir)))
		if (opt_all || found->d_name[0] != '.')
			list_add(&list, found->d_name, cmd_join(path, found->d_name));
	closedir(dir);
	if (titled)
		printf("%s:\n", path);
	if (opt_long)
		print_total(&list);
	print_list(&list);
	for (size_t i = 0; opt_recursive && i < list.nr; i++) {
		const struct entry *entry = &list.entries[i];

		if (S_ISDIR(entry->st.st_mode) && strcmp(entry->name, ".") &&
		    strcmp(entry->name, "..")) {
			putchar('\n');
			list_directory(entry->path, 1);
		}
	}
	list_free(&list);
}

static void
read_options(int argc, char **argv)
{
	int c;

	opt_columns = isatty(1);
	while ((c = getopt(argc, argv, "alhidR1CtSrF")) != -1) {
		switch (c) {
		case 'a':
			opt_all = 1;
			break;
		case 'l':
			opt_long = 1;
			break;
		case 'h':
			opt_human = 1;
			break;
		case 'i':
			opt_inode = 1;
			break;
		case 'd':
			opt_dir = 1;
			break;
		case 'R':
			opt_recursive = 1;
			break;
		case '1':
			opt_columns = 0;
			break;
		case 'C':
			opt_columns = 1;
			break;
		case 't':
			opt_time = 1;
			break;
		case 'S':
			opt_size = 1;
			break;
		case 'r':
			opt_reverse = 1;
			break;
		case 'F':
			opt_classify = 1;
			break;
		default:
			cmd_usage("[-aCdFhilRrSt1] [FILE...]");
		}
	}
}

/* Does the operand stand for what is in it? A link to a directory does, without -l. */
static int
is_directory(const char *path)
{
	struct stat st;

	if (opt_dir)
		return 0;
	return (opt_long ? lstat(path, &st) : stat(path, &st)) == 0 && S_ISDIR(st.st_mode);
}

int
main(int argc, char **argv)
{
	static char *here[] = {".", NULL};
	struct list files = {0};
	char **operands;
	int nr_directories = 0, printed;

	read_options(argc, argv);
	operands = optind < argc ? argv + optind : here;
	for (char **at = operands; *at; at++) {
		if (is_directory(*at))
			nr_directories++;
		else
			list_add(&files, *at, strdup(*at));
	}
	print_list(&files);
	printed = files.nr > 0;
	for (char **at = operands; *at; at++) {
		if (!is_directory(*at))
			continue;
		if (printed)
			putchar('\n');
		list_directory(*at, opt_recursive || printed || nr_directories > 1 || files.nr);
		printed = 1;
	}
	return cmd_finish(status);
}
