/* Wait for some seconds, fractions allowed. */

#include <cmd.h>
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <time.h>

/* Nanoseconds in "1.5", with an optional s, m, h or d. */
static unsigned long long
parse(const char *text)
{
	unsigned long long ns = 0, unit = 1000000000;
	const char *at = text;

	for (; isdigit((unsigned char)*at); at++)
		ns = ns * 10 + (*at - '0') * unit;
	if (*at == '.')
		for (at++; isdigit((unsigned char)*at); at++)
			ns += (*at - '0') * (unit /= 10);
	switch (*at) {
	case 'd':
		ns *= 24;
		/* fall through */
	case 'h':
		ns *= 60;
		/* fall through */
	case 'm':
		ns *= 60;
		/* fall through */
	case 's':
		at++;
	}
	if (*at || at == text)
		errx(2, "%s: not a time", text);
	return ns;
}

int
main(int argc, char **argv)
{
	unsigned long long ns = 0;
	struct timespec left;

	if (argc < 2 || (argv[1][0] == '-' && !isdigit((unsigned char)argv[1][1])))
		cmd_usage("SECONDS...");
	for (int i = 1; i < argc; i++)
		ns += parse(argv[i]);
	left = (struct timespec){ns / 1000000000, ns % 1000000000};
	while (nanosleep(&left, &left) < 0)
		if (errno != EINTR)
			err(1, "nanosleep");
	return 0;
}
