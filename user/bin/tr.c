/* Replace or delete characters. */

#include <cmd.h>
#include <string.h>
#include <unistd.h>

/* A set like "a-z\n" spelt out. => how many characters */
static int
expand(const char *text, unsigned char *set)
{
	static const char names[] = "ntr0\\", values[] = "\n\t\r\0\\";
	int n = 0;

	while (*text && n < 256) {
		unsigned char first = *text++;
		const char *at;

		if (first == '\\' && *text && (at = strchr(names, *text))) {
			first = values[at - names];
			text++;
		}
		if (text[0] == '-' && text[1] && (unsigned char)text[1] >= first) {
			for (int c = first; c <= (unsigned char)text[1] && n < 256; c++)
				set[n++] = c;
			text += 2;
		} else {
			set[n++] = first;
		}
	}
	return n;
}

int
main(int argc, char **argv)
{
	unsigned char from[256], to[256], map[256], drop[256] = {0};
	int c, delete = 0, squeeze = 0, nr_from, nr_to = 0, last = -1;

	while ((c = getopt(argc, argv, "ds")) != -1) {
		if (c == '?')
			cmd_usage("SET1 SET2 | -d SET1 | -s SET1");
		delete |= c == 'd';
		squeeze |= c == 's';
	}
	if (argc - optind != (delete || (squeeze && argc - optind == 1) ? 1 : 2))
		cmd_usage("SET1 SET2 | -d SET1 | -s SET1");
	nr_from = expand(argv[optind], from);
	if (optind + 1 < argc)
		nr_to = expand(argv[optind + 1], to);
	for (int i = 0; i < 256; i++)
		map[i] = i;
	for (int i = 0; i < nr_from; i++) {
		drop[from[i]] = 1;
		if (nr_to)
			map[from[i]] = to[i < nr_to ? i : nr_to - 1];
	}
	while ((c = getchar()) != EOF) {
		if (delete &&drop[c])
			continue;
		if (squeeze && drop[c] && map[c] == last)
			continue;
		last = map[c];
		putchar(last);
	}
	return cmd_finish(0);
}
