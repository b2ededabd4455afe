/*
 * Has the kernel lost memory? Two scans of its leak detector, and what they report. Skipped unless
 * the kernel was booted with kmemleak=on.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define REPORT	     "/sys/kernel/debug/kmemleak"
#define SKIP_STATUS  77
#define NR_SCANS     2
#define TRIES	     50
#define TRY_AGAIN_US 100000

/* 0 or errno. Another scan may be under way. */
static int
scan(int fd)
{
	for (int i = 0; i < TRIES; i++) {
		if (write(fd, "scan", 4) == 4)
			return 0;
		if (errno != EBUSY)
			break;
		usleep(TRY_AGAIN_US);
	}
	return errno;
}

int
main(void)
{
	int fd = open(REPORT, O_RDWR), error = fd < 0 ? errno : 0;
	char text[1024];
	ssize_t got, total = 0;

	for (int i = 0; i < NR_SCANS && !error; i++)
		error = scan(fd);
	if (fd < 0 || error == EOPNOTSUPP) {
		printf("no leak detector: boot with kmemleak=on\n");
		return SKIP_STATUS;
	}
	if (error) {
		printf("test kmemleak FAILED: %s: %s\n", REPORT, strerror(error));
		return 1;
	}
	lseek(fd, 0, SEEK_SET);
	while ((got = read(fd, text, sizeof(text))) > 0) {
		fwrite(text, 1, got, stdout);
		total += got;
	}
	printf("test kmemleak %s\n",
	       total ? "FAILED: memory that nobody points to, see above" : "ok");
	return total != 0;
}
