/* Show what system this is. */

#include <cmd.h>
#include <err.h>
#include <sys/utsname.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	static const char letters[] = "snrvm";
	struct utsname names;
	const char *values[5] = {names.sysname, names.nodename, names.release, names.version,
				 names.machine};
	int c, wanted = 0, printed = 0;

	while ((c = getopt(argc, argv, "asnrvm")) != -1) {
		if (c == '?')
			cmd_usage("[-asnrvm]");
		for (int i = 0; i < 5; i++)
			if (c == 'a' || c == letters[i])
				wanted |= 1 << i;
	}
	if (uname(&names) < 0)
		err(1, "uname");
	wanted = wanted ? wanted : 1;
	for (int i = 0; i < 5; i++)
		if (wanted & 1 << i)
			printf("%s%s", printed++ ? " " : "", values[i]);
	putchar('\n');
	return cmd_finish(0);
}
