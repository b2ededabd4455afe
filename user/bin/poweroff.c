/* End the machine; the argument is QEMU's exit status. */

#include <cmd.h>
#include <ctype.h>
#include <err.h>
#include <stdlib.h>
#include <sys/reboot.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	int status = argc > 1 ? atoi(argv[1]) : 0;

	if (argc > 2 || (argc == 2 && !isdigit((unsigned char)argv[1][0])))
		cmd_usage("[STATUS]");
	sync();
	if (power_off(status) < 0)
		err(1, "poweroff");
	return 0;
}
