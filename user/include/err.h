/* Messages on standard error that begin with the program's name; err and warn add strerror. */
#pragma once

#include <stdarg.h>

void err(int status, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));
void errx(int status, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void warnx(const char *format, ...) __attribute__((format(printf, 1, 2)));
void vwarn(const char *format, va_list args) __attribute__((format(printf, 1, 0)));
void vwarnx(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

/* The name the program was called by, without its directories. */
extern const char *program_invocation_short_name;
