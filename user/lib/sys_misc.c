/* The machine and the terminal: the system calls under their POSIX names. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <termios.h>
#include <unistd.h>

#define REBOOT_MAGIC1 0xfee1deadu
#define REBOOT_MAGIC2 672274793u

int
uname(struct utsname *name)
{
	return (int)syscall_result(sys_uname(name));
}

int
gethostname(char *name, size_t size)
{
	struct utsname uts;

	if (uname(&uts) < 0)
		return -1;
	strlcpy(name, uts.nodename, size);
	return 0;
}

int
sysinfo(struct sysinfo *info)
{
	return (int)syscall_result(sys_sysinfo(info));
}

int
klogctl(int type, char *buf, int size)
{
	return (int)syscall_result(sys_syslog(type, buf, size));
}

int
reboot(int command)
{
	return (int)syscall_result(
		sys_reboot(REBOOT_MAGIC1, REBOOT_MAGIC2, (unsigned int)command, NULL));
}

int
power_off(int status)
{
	return (int)syscall_result(
		sys_reboot(REBOOT_MAGIC1, REBOOT_MAGIC2, RB_POWER_OFF, (const void *)(long)status));
}

int
getpagesize(void)
{
	return 4096;
}

/* Counts the "processor" lines of /proc/cpuinfo; 1 when it cannot be read. */
int
get_nprocs(void)
{
	FILE *file = fopen("/proc/cpuinfo", "r");
	char line[256];
	int count = 0;

	if (!file)
		return 1;
	while (fgets(line, sizeof(line), file))
		count += strncmp(line, "processor", 9) == 0;
	fclose(file);
	return count ? count : 1;
}

long
sysconf(int name)
{
	struct sysinfo info;

	switch (name) {
	case _SC_PAGESIZE:
		return getpagesize();
	case _SC_CLK_TCK:
		return 100;
	case _SC_ARG_MAX:
		return 131072;
	case _SC_OPEN_MAX:
		return 1024;
	case _SC_NPROCESSORS_CONF:
	case _SC_NPROCESSORS_ONLN:
		return get_nprocs();
	case _SC_PHYS_PAGES:
	case _SC_AVPHYS_PAGES:
		if (sysinfo(&info) < 0)
			return -1;
		return (long)((name == _SC_PHYS_PAGES ? info.totalram : info.freeram) *
			      info.mem_unit / 4096);
	default:
		errno = EINVAL;
		return -1;
	}
}

int
tcgetattr(int fd, struct termios *tio)
{
	return ioctl(fd, TCGETS, tio);
}

int
tcsetattr(int fd, int when, const struct termios *tio)
{
	if (when < TCSANOW || when > TCSAFLUSH) {
		errno = EINVAL;
		return -1;
	}
	return ioctl(fd, (unsigned long)(TCSETS + when), tio);
}

int
tcflush(int fd, int queue)
{
	return ioctl(fd, TCFLSH, (long)queue);
}

void
cfmakeraw(struct termios *tio)
{
	tio->c_iflag &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
	tio->c_oflag &= ~OPOST;
	tio->c_lflag &= ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	tio->c_cflag &= ~(CSIZE | PARENB);
	tio->c_cflag |= CS8;
	tio->c_cc[VMIN] = 1;
	tio->c_cc[VTIME] = 0;
}

int
isatty(int fd)
{
	struct termios tio;

	return tcgetattr(fd, &tio) == 0;
}

char *
ttyname(int fd)
{
	static char name[64];
	char link[32];
	ssize_t len;

	if (!isatty(fd))
		return NULL;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, name, sizeof(name) - 1);
	if (len < 0)
		return NULL;
	name[len] = '\0';
	return name;
}

pid_t
tcgetpgrp(int fd)
{
	pid_t pgrp;

	return ioctl(fd, TIOCGPGRP, &pgrp) < 0 ? -1 : pgrp;
}

int
tcsetpgrp(int fd, pid_t pgrp)
{
	return ioctl(fd, TIOCSPGRP, &pgrp);
}
