/* Print a line again and again, until nobody reads it. */

#include <cmd.h>
#include <err.h>

static void
print_line(char **words)
{
	fputs(*words, stdout);
	while (*++words) {
		putchar(' ');
		fputs(*words, stdout);
	}
	putchar('\n');
}

int
main(int argc, char **argv)
{
	char *plain[] = {"y", NULL};
	char **words = argc > 1 ? argv + 1 : plain;

	while (!ferror(stdout))
		print_line(words);
	err(1, "standard output");
}
