/*
 * Formatted output: one engine, vformat, that parses a conversion into a `struct spec` and hands the
 * pieces of the result to a callback. Nothing is buffered but the digits of one number.
 */
#include "lib/printf.h"
#include "lib/string.h"

enum spec_flags {
	FLAG_LEFT = 1 << 0,  /* '-' */
	FLAG_ZERO = 1 << 1,  /* '0' */
	FLAG_PLUS = 1 << 2,  /* '+' */
	FLAG_SPACE = 1 << 3, /* ' ' */
	FLAG_ALT = 1 << 4,   /* '#' */
	FLAG_UPPER = 1 << 5, /* X */
};

struct spec {
	unsigned flags;
	int width;
	int precision;	/* -1: not given */
	unsigned bytes; /* size of an integer argument: 1, 2, 4 or 8 */
};

struct out {
	void (*put)(void *ctx, char c);
	void *ctx;
	int count;
};

/* va_list may be an array type: inside a structure it can be passed by address everywhere. */
struct arguments {
	va_list list;
};

/* 64 bits in octal: 22 digits. */
#define MAX_DIGITS 22

static void
out_char(struct out *out, char c)
{
	out->put(out->ctx, c);
	out->count++;
}

static void
out_fill(struct out *out, char c, int n)
{
	while (n-- > 0)
		out_char(out, c);
}

static void
out_bytes(struct out *out, const char *s, int n)
{
	for (int i = 0; i < n; i++)
		out_char(out, s[i]);
}

static void
format_text(struct out *out, const struct spec *spec, const char *s, int len)
{
	if (!(spec->flags & FLAG_LEFT))
		out_fill(out, ' ', spec->width - len);
	out_bytes(out, s, len);
	if (spec->flags & FLAG_LEFT)
		out_fill(out, ' ', spec->width - len);
}

static void
format_string(struct out *out, const struct spec *spec, const char *s)
{
	if (!s)
		s = "(null)";
	size_t max = spec->precision < 0 ? (size_t)INT32_MAX : (size_t)spec->precision;

	format_text(out, spec, s, (int)strnlen(s, max));
}

/* Writes the digits of `value` so that they end at `end`; returns the first. None for 0. */
static char *
digits_write(char *end, u64 value, unsigned base, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";

	if (base == 10) {
		for (; value != 0; value /= 10)
			*--end = digits[value % 10];
	} else {
		unsigned shift = base == 16 ? 4 : 3;

		for (; value != 0; value >>= shift)
			*--end = digits[value & (base - 1)];
	}
	return end;
}

/* `prefix`: sign or 0x, "" for none. Layout: spaces, prefix, zeros, digits, spaces. */
static void
format_number(struct out *out, const struct spec *spec, u64 value, unsigned base,
	      const char *prefix)
{
	char buf[MAX_DIGITS];
	char *end = buf + sizeof(buf);
	char *first = digits_write(end, value, base, spec->flags & FLAG_UPPER);
	int nr_digits = (int)(end - first);
	int nr_prefix = (int)strlen(prefix);
	int nr_zeros = (spec->precision < 0 ? 1 : spec->precision) - nr_digits;

	if (nr_zeros < 0)
		nr_zeros = 0;
	if (base == 8 && (spec->flags & FLAG_ALT) && nr_zeros == 0)
		nr_zeros = 1;

	int pad = spec->width - nr_prefix - nr_zeros - nr_digits;

	if ((spec->flags & FLAG_ZERO) && !(spec->flags & FLAG_LEFT) && spec->precision < 0 &&
	    pad > 0) {
		nr_zeros += pad;
		pad = 0;
	}
	if (!(spec->flags & FLAG_LEFT))
		out_fill(out, ' ', pad);
	out_bytes(out, prefix, nr_prefix);
	out_fill(out, '0', nr_zeros);
	out_bytes(out, first, nr_digits);
	if (spec->flags & FLAG_LEFT)
		out_fill(out, ' ', pad);
}

static void
format_signed(struct out *out, const struct spec *spec, s64 value)
{
	const char *sign = "";

	if (value < 0)
		sign = "-";
	else if (spec->flags & FLAG_PLUS)
		sign = "+";
	else if (spec->flags & FLAG_SPACE)
		sign = " ";
	format_number(out, spec, value < 0 ? -(u64)value : (u64)value, 10, sign);
}

static void
format_hex(struct out *out, const struct spec *spec, u64 value)
{
	const char *prefix = "";

	if ((spec->flags & FLAG_ALT) && value != 0)
		prefix = spec->flags & FLAG_UPPER ? "0X" : "0x";
	format_number(out, spec, value, 16, prefix);
}

static void
format_pointer(struct out *out, const struct spec *spec, const void *ptr)
{
	struct spec whole = *spec;

	whole.precision = 16;
	format_number(out, &whole, (uintptr_t)ptr, 16, "0x");
}

static u64
arg_unsigned(const struct spec *spec, struct arguments *args)
{
	if (spec->bytes == 8)
		return va_arg(args->list, u64);

	u32 value = va_arg(args->list, u32);

	if (spec->bytes == 1)
		return (u8)value;
	return spec->bytes == 2 ? (u16)value : value;
}

static s64
arg_signed(const struct spec *spec, struct arguments *args)
{
	u64 value = arg_unsigned(spec, args);
	unsigned shift = 64 - 8 * spec->bytes;

	return (s64)(value << shift) >> shift;
}

static unsigned
flag_of(char c)
{
	switch (c) {
	case '-':
		return FLAG_LEFT;
	case '0':
		return FLAG_ZERO;
	case '+':
		return FLAG_PLUS;
	case ' ':
		return FLAG_SPACE;
	case '#':
		return FLAG_ALT;
	}
	return 0;
}

/* Digits or '*'. A number too large to be meant is held at a bound, so that nothing overflows. */
static const char *
parse_count(const char *fmt, struct arguments *args, int *count)
{
	const int limit = 1 << 24;

	if (*fmt == '*') {
		*count = CLAMP(va_arg(args->list, int), -limit, limit);
		return fmt + 1;
	}
	for (*count = 0; *fmt >= '0' && *fmt <= '9'; fmt++)
		*count = MIN(*count * 10 + (*fmt - '0'), limit);
	return fmt;
}

static const char *
parse_length(const char *fmt, struct spec *spec)
{
	spec->bytes = sizeof(int);
	switch (*fmt) {
	case 'h':
		spec->bytes = fmt[1] == 'h' ? sizeof(char) : sizeof(short);
		return fmt + (fmt[1] == 'h' ? 2 : 1);
	case 'l':
		spec->bytes = sizeof(long);
		return fmt + (fmt[1] == 'l' ? 2 : 1);
	case 'z':
	case 't':
	case 'j':
		spec->bytes = sizeof(size_t);
		return fmt + 1;
	}
	return fmt;
}

/* Parses what is between '%' and the conversion letter; returns where that letter is. */
static const char *
parse_spec(const char *fmt, struct arguments *args, struct spec *spec)
{
	*spec = (struct spec){.precision = -1};
	for (; flag_of(*fmt) != 0; fmt++)
		spec->flags |= flag_of(*fmt);
	fmt = parse_count(fmt, args, &spec->width);
	if (spec->width < 0) {
		spec->flags |= FLAG_LEFT;
		spec->width = -spec->width;
	}
	if (*fmt == '.')
		fmt = parse_count(fmt + 1, args, &spec->precision);
	return parse_length(fmt, spec);
}

/* One conversion. Returns false if the letter is none of ours. */
static bool
format_one(struct out *out, struct spec *spec, char letter, struct arguments *args)
{
	char c;

	switch (letter) {
	case 'd':
	case 'i':
		format_signed(out, spec, arg_signed(spec, args));
		return true;
	case 'u':
		format_number(out, spec, arg_unsigned(spec, args), 10, "");
		return true;
	case 'o':
		format_number(out, spec, arg_unsigned(spec, args), 8, "");
		return true;
	case 'X':
		spec->flags |= FLAG_UPPER;
		FALLTHROUGH;
	case 'x':
		format_hex(out, spec, arg_unsigned(spec, args));
		return true;
	case 'p':
		format_pointer(out, spec, va_arg(args->list, void *));
		return true;
	case 's':
		format_string(out, spec, va_arg(args->list, const char *));
		return true;
	case 'c':
		c = (char)va_arg(args->list, int);
		format_text(out, spec, &c, 1);
		return true;
	case '%':
		out_char(out, '%');
		return true;
	}
	return false;
}

int
vformat(void (*put)(void *ctx, char c), void *ctx, const char *fmt, va_list list)
{
	struct out out = {.put = put, .ctx = ctx};
	struct arguments args;

	va_copy(args.list, list);
	while (*fmt) {
		struct spec spec;

		if (*fmt != '%') {
			out_char(&out, *fmt++);
			continue;
		}

		const char *letter = parse_spec(fmt + 1, &args, &spec);

		if (*letter == '\0' || !format_one(&out, &spec, *letter, &args)) {
			/* Unknown: shown as it stands. */
			out_char(&out, *fmt++);
			continue;
		}
		fmt = letter + 1;
	}
	va_end(args.list);
	return out.count;
}

struct buffer {
	char *next;
	char *last; /* where the terminator goes at the latest */
};

static void
buffer_put(void *ctx, char c)
{
	struct buffer *buffer = ctx;

	if (buffer->next < buffer->last)
		*buffer->next++ = c;
}

int
vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	struct buffer buffer = {.next = buf, .last = size != 0 ? buf + size - 1 : buf};
	int count = vformat(buffer_put, &buffer, fmt, args);

	if (size != 0)
		*buffer.next = '\0';
	return count;
}

int
snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	int count = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return count;
}

int
vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	int count = vsnprintf(buf, size, fmt, args);

	if ((size_t)count < size)
		return count;
	return size != 0 ? (int)(size - 1) : 0;
}

int
scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	int count = vscnprintf(buf, size, fmt, args);
	va_end(args);
	return count;
}
