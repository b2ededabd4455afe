/* What the files of the library share and programs do not see. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

/* Writes out every stream; absent (null) in a program that does not use stdio. */
void stdio_flush_all(void) __attribute__((weak));

/* Takes the next n bytes of formatted text. */
typedef void (*format_sink)(void *context, const char *text, size_t n);

/* The engine of the printf family: returns how many bytes it passed to the sink. */
int format_text(format_sink sink, void *context, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));
