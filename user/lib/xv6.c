/*
 * The calls of user/user.h whose meaning or layout is xv6's. This file sees the POSIX world; the
 * layouts of the other one are repeated here (kernel/stat.h and kernel/fs.h would clash).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TICKS_PER_SECOND   10
#define NANOSECONDS	   1000000000L
#define XV6_NAME_BYTES	   14
#define XV6_CONSOLE	   1
#define XV6_DIR		   1
#define XV6_FILE	   2
#define XV6_DEVICE	   3
#define DIRENT_BUFFER_SIZE 512

struct xv6_stat {
	int dev;
	unsigned int ino;
	short type;
	short nlink;
	unsigned long size;
};

struct xv6_dirent {
	unsigned short inum;
	char name[XV6_NAME_BYTES];
};

int xv6_wait(int *status);
int xv6_read(int fd, void *buf, int n);
int xv6_kill(int pid);
int xv6_exec(const char *path, char **argv);
int xv6_open(const char *path, int flags);
int xv6_mknod(const char *path, short major_number, short minor_number);
int xv6_unlink(const char *path);
int xv6_fstat(int fd, struct xv6_stat *out);
int xv6_stat(const char *path, struct xv6_stat *out);
int xv6_mkdir(const char *path);
char *xv6_sbrklazy(int bytes);
int xv6_sleep(int ticks);
int xv6_uptime(void);
char *xv6_gets(char *buf, int max);
void xv6_printf(const char *format, ...);
void xv6_fprintf(int fd, const char *format, ...);

/* exit(-1) arrives as 255: -1 is what xv6's programs compare with. */
int
xv6_wait(int *status)
{
	int encoded;
	pid_t pid = wait(&encoded);

	if (pid > 0 && status) {
		*status = WIFEXITED(encoded) ? WEXITSTATUS(encoded) : -1;
		if (*status == 255)
			*status = -1;
	}
	return pid;
}

int
xv6_kill(int pid)
{
	return kill(pid, SIGKILL);
}

int
xv6_exec(const char *path, char **argv)
{
	const char *name = path[0] == '/' ? path + 1 : path;
	char in_bin[256];

	execv(path, argv);
	if (errno == ENOENT && !strchr(name, '/') && *name) {
		snprintf(in_bin, sizeof(in_bin), "/bin/%s", name);
		execv(in_bin, argv);
	}
	return -1;
}

int
xv6_open(const char *path, int flags)
{
	return open(path, flags, 0666);
}

/* xv6 has one device that matters; other numbers are taken as they are. */
int
xv6_mknod(const char *path, short major_number, short minor_number)
{
	dev_t dev =
		major_number == XV6_CONSOLE ? makedev(5, 1) : makedev(major_number, minor_number);

	return mknod(path, S_IFCHR | 0666, dev);
}

int
xv6_unlink(const char *path)
{
	return remove(path);
}

int
xv6_mkdir(const char *path)
{
	return mkdir(path, 0777);
}

static int
stat_convert(const struct stat *st, struct xv6_stat *out)
{
	out->dev = (int)st->st_dev;
	out->ino = (unsigned int)st->st_ino;
	out->type = S_ISDIR(st->st_mode) ? XV6_DIR : S_ISREG(st->st_mode) ? XV6_FILE : XV6_DEVICE;
	out->nlink = (short)st->st_nlink;
	out->size = (unsigned long)st->st_size;
	return 0;
}

int
xv6_fstat(int fd, struct xv6_stat *out)
{
	struct stat st;

	return fstat(fd, &st) < 0 ? -1 : stat_convert(&st, out);
}

int
xv6_stat(const char *path, struct xv6_stat *out)
{
	struct stat st;

	return stat(path, &st) < 0 ? -1 : stat_convert(&st, out);
}

/*
 * One entry, in xv6's layout: 1, or 0 at the end of the directory. The kernel returns several at
 * once; the position is set back to behind the first, so nothing has to be kept between calls.
 */
static int
entry_read(int fd, struct xv6_dirent *out)
{
	char buf[DIRENT_BUFFER_SIZE] __attribute__((aligned(8)));
	struct dirent *entry = (struct dirent *)buf;
	ssize_t n = getdents64(fd, buf, sizeof(buf));

	if (n <= 0)
		return (int)n;
	if (entry->d_reclen < n && lseek(fd, entry->d_off, SEEK_SET) < 0)
		return -1;
	out->inum = entry->d_ino & 0xffff ? (unsigned short)entry->d_ino : 1;
	strncpy(out->name, entry->d_name, XV6_NAME_BYTES);
	return 1;
}

int
xv6_read(int fd, void *buf, int n)
{
	struct xv6_dirent *entries = buf;
	int got = (int)read(fd, buf, (size_t)n), count = 0;

	if (got >= 0 || errno != EISDIR)
		return got;
	while ((count + 1) * (int)sizeof(*entries) <= n) {
		got = entry_read(fd, &entries[count]);
		if (got < 0 && count == 0)
			return -1;
		if (got <= 0)
			break;
		count++;
	}
	return count * (int)sizeof(*entries);
}

char *
xv6_sbrklazy(int bytes)
{
	return sbrk(bytes);
}

int
xv6_sleep(int ticks)
{
	struct timespec ts = {ticks / TICKS_PER_SECOND,
			      ticks % TICKS_PER_SECOND * (NANOSECONDS / TICKS_PER_SECOND)};

	return nanosleep(&ts, NULL);
}

int
xv6_uptime(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int)(ts.tv_sec * TICKS_PER_SECOND + ts.tv_nsec / (NANOSECONDS / TICKS_PER_SECOND));
}

char *
xv6_gets(char *buf, int max)
{
	int len = 0;

	while (len + 1 < max && read(0, &buf[len], 1) == 1) {
		len++;
		if (buf[len - 1] == '\n' || buf[len - 1] == '\r')
			break;
	}
	buf[len] = '\0';
	return buf;
}

/*
 * printf with what differs in xv6: %l alone is an unsigned long (in old versions), and %p has 16
 * digits.
 */
static void
format_print(int fd, const char *format, va_list args)
{
	const char *original = format;
	char translated[1024];
	size_t len = 0;

	while (*format && len + 9 < sizeof(translated)) {
		if (strncmp(format, "%%", 2) == 0) {
			translated[len++] = *format++;
			translated[len++] = *format++;
		} else if (strncmp(format, "%l", 2) == 0 &&
			   (!format[2] || !strchr("duxlX", format[2]))) {
			len += strlcpy(translated + len, "%lu", sizeof(translated) - len);
			format += 2;
		} else if (strncmp(format, "%p", 2) == 0) {
			len += strlcpy(translated + len, "0x%016lx", sizeof(translated) - len);
			format += 2;
		} else {
			translated[len++] = *format++;
		}
	}
	translated[len] = '\0';
	vdprintf(fd, *format ? original : translated, args);
}

void
xv6_fprintf(int fd, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	format_print(fd, format, args);
	va_end(args);
}

void
xv6_printf(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	format_print(STDOUT_FILENO, format, args);
	va_end(args);
}
