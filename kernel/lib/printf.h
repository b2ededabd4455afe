/*
 * Formatted output. Conversions: d i u x X o c s p %, with flags - 0 + space #, width and precision
 * (digits or *), and the lengths hh h l ll z t j. There is no floating point and no %n. %p prints
 * 0x and 16 digits. A null pointer for %s prints (null). All results agree with C99 otherwise.
 */
#pragma once

#include <stdarg.h>

#include "lib/compiler.h"

/* Gives each character in turn to put(ctx, c). Returns how many there were. */
int vformat(void (*put)(void *ctx, char c), void *ctx, const char *fmt, va_list args) PRINTF(3, 0);

/*
 * Writes to buf[size], always terminated (if size > 0). Returns the length that the whole output has,
 * which is >= size if it was cut.
 */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args) PRINTF(3, 0);
int snprintf(char *buf, size_t size, const char *fmt, ...) PRINTF(3, 4);

/* The same, but return the length that is in the buffer: right for building a text in pieces. */
int vscnprintf(char *buf, size_t size, const char *fmt, va_list args) PRINTF(3, 0);
int scnprintf(char *buf, size_t size, const char *fmt, ...) PRINTF(3, 4);
