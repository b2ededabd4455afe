/* Show how long the system has been up, and its load. */

#include <cmd.h>
#include <err.h>
#include <sys/sysinfo.h>

int
main(int argc, char **argv)
{
	struct sysinfo info;

	(void)argv;
	if (argc > 1)
		cmd_usage("");
	if (sysinfo(&info) < 0)
		err(1, "sysinfo");
	printf("up %ld:%02ld:%02ld, %u processes, load average:", info.uptime / 3600,
	       info.uptime / 60 % 60, info.uptime % 60, info.procs);
	for (int i = 0; i < 3; i++)
		printf("%s %lu.%02lu", i ? "," : "", info.loads[i] >> 16,
		       (info.loads[i] & 0xffff) * 100 >> 16);
	putchar('\n');
	return cmd_finish(0);
}
