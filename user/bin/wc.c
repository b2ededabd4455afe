/* Count lines, words and bytes. */

#include <cmd.h>
#include <ctype.h>
#include <unistd.h>

static int opt_lines, opt_words, opt_bytes;
static unsigned long total[3];
static int nr_files;

static void
print_counts(const unsigned long counts[3], const char *name)
{
	const int wanted[3] = {opt_lines, opt_words, opt_bytes};
	const char *gap = "";

	for (int i = 0; i < 3; i++) {
		if (!wanted[i])
			continue;
		printf("%s%lu", gap, counts[i]);
		gap = " ";
	}
	printf(name[0] == '-' && !name[1] ? "\n" : " %s\n", name);
}

static int
count(FILE *file, const char *name)
{
	unsigned long counts[3] = {0};
	int c, in_word = 0;

	while ((c = getc(file)) != EOF) {
		counts[2]++;
		counts[0] += c == '\n';
		counts[1] += !isspace(c) && !in_word;
		in_word = !isspace(c);
	}
	print_counts(counts, name);
	for (int i = 0; i < 3; i++)
		total[i] += counts[i];
	nr_files++;
	return 0;
}

int
main(int argc, char **argv)
{
	int c, status;

	while ((c = getopt(argc, argv, "lwc")) != -1) {
		if (c == '?')
			cmd_usage("[-clw] [FILE...]");
		opt_lines |= c == 'l';
		opt_words |= c == 'w';
		opt_bytes |= c == 'c';
	}
	if (!opt_lines && !opt_words && !opt_bytes)
		opt_lines = opt_words = opt_bytes = 1;
	status = cmd_each_file(argv + optind, count);
	if (nr_files > 1)
		print_counts(total, "total");
	return cmd_finish(status);
}
