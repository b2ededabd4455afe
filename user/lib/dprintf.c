/* printf to a descriptor, without streams: collected on the stack, written when full and at the end. */
#include <stdio.h>
#include <unistd.h>

#include "lib.h"

struct fd_out {
	int fd;
	int failed;
	size_t len;
	char buf[512];
};

static void
fd_out_flush(struct fd_out *out)
{
	for (size_t done = 0; done < out->len && !out->failed;) {
		ssize_t n = write(out->fd, out->buf + done, out->len - done);

		if (n <= 0)
			out->failed = 1;
		else
			done += (size_t)n;
	}
	out->len = 0;
}

static void
fd_sink(void *context, const char *text, size_t n)
{
	struct fd_out *out = context;

	for (; n > 0; n--) {
		if (out->len == sizeof(out->buf))
			fd_out_flush(out);
		out->buf[out->len++] = *text++;
	}
}

int
vdprintf(int fd, const char *restrict format, va_list args)
{
	struct fd_out out = {.fd = fd};
	int len = format_text(fd_sink, &out, format, args);

	fd_out_flush(&out);
	return out.failed ? -1 : len;
}

int
dprintf(int fd, const char *restrict format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vdprintf(fd, format, args);
	va_end(args);
	return len;
}
