/* Print the lines that match a pattern. */

#include <cmd.h>
#include <dirent.h>
#include <err.h>
#include <regex_small.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static int opt_invert, opt_number, opt_count, opt_quiet, opt_names_only, opt_recursive;
static int opt_fixed, opt_extended, opt_ignore_case, opt_no_name, opt_context;
static int print_names, matched_any, failed;
static unsigned long opt_before, opt_after; /* how many lines of context */
static char **kept; /* the last opt_before lines, line n at n % opt_before */
static int printed_any;

/* A line matches when one of them does. */
static struct pattern {
	const char *text;
	struct regex_small *regex; /* without -F */
} * patterns;

static size_t nr_patterns;

static int
pattern_matches(const struct pattern *pattern, const char *line)
{
	if (!opt_fixed)
		return regex_small_match(pattern->regex, line);
	return (opt_ignore_case ? strcasestr : strstr)(line, pattern->text) != NULL;
}

static int
line_matches(const char *line)
{
	for (size_t i = 0; i < nr_patterns; i++)
		if (pattern_matches(&patterns[i], line))
			return 1;
	return 0;
}

/* A line that matches has colons behind its name and number, one of the context dashes. */
static void
print_line(const char *name, unsigned long number, const char *line, char mark)
{
	if (print_names)
		printf("%s%c", name, mark);
	if (opt_number)
		printf("%lu%c", number, mark);
	puts(line);
	printed_any = 1;
}

/* A match with the lines before it that were kept; `printed` is the last line of the file that is printed already. */
static void
print_match(const char *name, unsigned long number, const char *line, unsigned long printed)
{
	unsigned long first = number > opt_before ? number - opt_before : 1;

	if (first <= printed)
		first = printed + 1;
	if (opt_context && printed_any && (printed == 0 || first > printed + 1))
		puts("--");
	for (; first < number; first++)
		print_line(name, first, kept[first % opt_before], '-');
	print_line(name, number, line, ':');
}

static void
keep(unsigned long number, const char *line)
{
	char **place = &kept[number % opt_before];

	free(*place);
	*place = strdup(line);
	if (!*place)
		err(2, "no memory");
}

/* => how many lines match; at most 1 when no more is asked for */
static unsigned long
search_lines(FILE *file, const char *name)
{
	unsigned long number = 0, nr_matches = 0, printed = 0, last_match = 0;
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	while ((len = getline(&line, &room, file)) >= 0) {
		int matches;

		number++;
		if (len && line[len - 1] == '\n')
			line[len - 1] = '\0';
		matches = line_matches(line) != opt_invert;
		nr_matches += matches;
		if (matches && (opt_quiet || opt_names_only))
			break;
		if (matches && !opt_count) {
			print_match(name, number, line, printed);
			printed = last_match = number;
		} else if (last_match && number - last_match <= opt_after) {
			print_line(name, number, line, '-');
			printed = number;
		} else if (opt_before) {
			keep(number, line);
		}
	}
	free(line);
	return nr_matches;
}

static int
search(FILE *file, const char *name)
{
	unsigned long nr_matches = search_lines(file, name);

	matched_any |= nr_matches > 0;
	if (opt_names_only && nr_matches)
		puts(name);
	if (opt_count && !opt_quiet)
		printf(print_names ? "%s:%lu\n" : "%.0s%lu\n", name, nr_matches);
	return 0;
}

static void search_path(const char *path);

static void
search_directory(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	if (!dir) {
		warn("%s", path);
		failed = 1;
		return;
	}
	while ((entry = readdir(dir))) {
		char *child;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		child = cmd_join(path, entry->d_name);
		search_path(child);
		free(child);
	}
	closedir(dir);
}

static void
search_path(const char *path)
{
	char *one[] = {(char *)path, NULL};
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		if (opt_recursive)
			search_directory(path);
		else
			warnx("%s: is a directory", path);
		return;
	}
	failed |= cmd_each_file(one, search);
}

/* A pattern on each line. */
static void
patterns_add(char *list)
{
	char *text;

	while ((text = strsep(&list, "\n"))) {
		patterns = reallocarray(patterns, nr_patterns + 1, sizeof(*patterns));
		if (!patterns)
			err(2, "no memory");
		patterns[nr_patterns++] = (struct pattern){.text = text};
	}
}

static void
patterns_compile(void)
{
	const char *error;

	for (struct pattern *p = patterns; p < patterns + nr_patterns; p++) {
		p->regex = regex_small_compile(p->text, opt_extended, opt_ignore_case, &error);
		if (!p->regex)
			errx(2, "%s: %s", p->text, error);
	}
}

static void
context_parse(int letter)
{
	unsigned long nr_lines = cmd_number(optarg);

	opt_context = 1;
	if (letter != 'B')
		opt_after = nr_lines;
	if (letter != 'A')
		opt_before = nr_lines;
}

static void
read_options(int argc, char **argv)
{
	static const char usage[] =
		"[-EFivnclqrh] [-A|-B|-C LINES] PATTERN|-e PATTERN... [FILE...]";
	int c;

	while ((c = getopt(argc, argv, "EFGivnclqrRhse:A:B:C:")) != -1) {
		switch (c) {
		case 'E':
			opt_extended = 1;
			break;
		case 'F':
			opt_fixed = 1;
			break;
		case 'i':
			opt_ignore_case = 1;
			break;
		case 'v':
			opt_invert = 1;
			break;
		case 'n':
			opt_number = 1;
			break;
		case 'c':
			opt_count = 1;
			break;
		case 'l':
			opt_names_only = 1;
			break;
		case 'q':
			opt_quiet = 1;
			break;
		case 'r':
		case 'R':
			opt_recursive = 1;
			break;
		case 'h':
			opt_no_name = 1;
			break;
		case 'e':
			patterns_add(optarg);
			break;
		case 'A':
		case 'B':
		case 'C':
			context_parse(c);
			break;
		case '?':
			cmd_usage(usage);
		}
	}
	if (nr_patterns == 0 && optind < argc)
		patterns_add(argv[optind++]);
	if (nr_patterns == 0)
		cmd_usage(usage);
}

int
main(int argc, char **argv)
{
	read_options(argc, argv);
	kept = calloc(opt_before + 1, sizeof(*kept));
	if (!kept)
		err(2, "no memory");
	if (!opt_fixed)
		patterns_compile();
	print_names = !opt_no_name && (argc - optind > 1 || opt_recursive);
	if (optind == argc && opt_recursive)
		search_path(".");
	else if (optind == argc)
		search(stdin, "-");
	for (; optind < argc; optind++)
		search_path(argv[optind]);
	if (cmd_finish(0) || (failed && !(opt_quiet && matched_any)))
		return 2;
	return !matched_any;
}
