/*
 * Loads modules into a Linux kernel, in the order given: the driver of the disk, when the kernel that
 * Quire is compared with has it as a module. Quire has no modules, and says ENOSYS.
 *
 * usage: linux_insmod MODULE...
 */
#include <err.h>
#include <fcntl.h>
#include <unistd.h>

/* finit_module of Linux's riscv64 table. */
#define NR_FINIT_MODULE 273

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		int fd = open(argv[i], O_RDONLY);

		if (fd < 0)
			err(1, "%s", argv[i]);
		if (syscall(NR_FINIT_MODULE, fd, "", 0) < 0)
			err(1, "%s", argv[i]);
		close(fd);
	}
	return 0;
}
