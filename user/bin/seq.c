/* Print numbers. */

#include <cmd.h>
#include <ctype.h>
#include <err.h>
#include <stdlib.h>

static long
number(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*end || end == text)
		errx(2, "%s: not a number", text);
	return n;
}

/* Is it an option? A number may begin with a minus sign, too. */
static int
is_option(const char *text)
{
	return text[0] == '-' && !isdigit((unsigned char)text[1]);
}

int
main(int argc, char **argv)
{
	long first = 1, step = 1, last;

	if (argc < 2 || argc > 4 || is_option(argv[1]))
		cmd_usage("[FIRST [STEP]] LAST");
	last = number(argv[argc - 1]);
	if (argc > 2)
		first = number(argv[1]);
	if (argc > 3)
		step = number(argv[2]);
	if (step == 0)
		errx(2, "the step is 0");
	for (long n = first; step > 0 ? n <= last : n >= last; n += step)
		printf("%ld\n", n);
	return cmd_finish(0);
}
