/* Show the time (UTC). */

#include <cmd.h>
#include <time.h>

int
main(int argc, char **argv)
{
	const char *format = "%a %b %e %H:%M:%S UTC %Y";
	char text[256];
	struct tm tm;
	time_t now = time(NULL);

	if (argc > 2 || (argc == 2 && argv[1][0] != '+'))
		cmd_usage("[+FORMAT]");
	if (argc == 2)
		format = argv[1] + 1;
	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), format, &tm);
	puts(text);
	return cmd_finish(0);
}
