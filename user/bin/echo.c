/* Print the arguments. */

#include <cmd.h>
#include <string.h>

/* Print with the escapes of -e. Returns 0 at \c: print nothing more. */
static int
put_escaped(const char *s)
{
	static const char names[] = "abefnrtv\\", values[] = "\a\b\033\f\n\r\t\v\\";

	for (; *s; s++) {
		const char *at;

		if (*s != '\\' || !s[1]) {
			putchar(*s);
			continue;
		}
		s++;
		if (*s == 'c')
			return 0;
		at = strchr(names, *s);
		if (at) {
			putchar(values[at - names]);
		} else if (*s == '0') {
			int value = 0;

			for (int i = 0; i < 3 && s[1] >= '0' && s[1] <= '7'; i++)
				value = value * 8 + *++s - '0';
			putchar(value);
		} else {
			putchar('\\');
			putchar(*s);
		}
	}
	return 1;
}

int
main(int argc, char **argv)
{
	int newline = 1, escapes = 0, i = 1;

	for (; i < argc && argv[i][0] == '-' && argv[i][1] &&
	       strspn(argv[i] + 1, "neE") == strlen(argv[i] + 1);
	     i++)
		for (const char *c = argv[i] + 1; *c; c++) {
			if (*c == 'n')
				newline = 0;
			else
				escapes = *c == 'e';
		}
	for (; i < argc; i++) {
		if (!escapes)
			fputs(argv[i], stdout);
		else if (!put_escaped(argv[i]))
			return cmd_finish(0);
		if (i + 1 < argc)
			putchar(' ');
	}
	if (newline)
		putchar('\n');
	return cmd_finish(0);
}
