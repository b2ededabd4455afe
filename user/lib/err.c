/* Messages that begin with the program's name, and failed assertions. */
#include <assert.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Prints "program: message[: error text]" in one write. */
static void
message_print(const char *format, va_list args, const char *error_text)
{
	char message[512];

	vsnprintf(message, sizeof(message), format, args);
	fflush(stdout);
	fprintf(stderr, "%s: %s%s%s\n", program_invocation_short_name, message,
		error_text ? ": " : "", error_text ? error_text : "");
}

void
vwarn(const char *format, va_list args)
{
	message_print(format, args, strerror(errno));
}

void
vwarnx(const char *format, va_list args)
{
	message_print(format, args, NULL);
}

void
warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vwarn(format, args);
	va_end(args);
}

void
warnx(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vwarnx(format, args);
	va_end(args);
}

void
err(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vwarn(format, args);
	va_end(args);
	exit(status);
}

void
errx(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vwarnx(format, args);
	va_end(args);
	exit(status);
}

void
assert_fail(const char *expr, const char *file, int line, const char *func)
{
	dprintf(2, "%s: %s:%d: %s: assertion '%s' failed\n", program_invocation_short_name, file,
		line, func, expr);
	abort();
}
