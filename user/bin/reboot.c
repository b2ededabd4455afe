/* Start the machine again. */

#include <cmd.h>
#include <err.h>
#include <sys/reboot.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		cmd_usage("");
	sync();
	reboot(RB_AUTOBOOT);
	err(1, "reboot");
}
