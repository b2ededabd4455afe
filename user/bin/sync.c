/* Write everything to the disks. */

#include <cmd.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		cmd_usage("");
	sync();
	return 0;
}
