/*
 * The engine of the printf family. A conversion is parsed into a struct spec, its digits are made
 * in a buffer on the stack, and field_put() adds sign, prefix, zeros and padding. All of C's
 * integer conversions are here; of the floating ones %f exactly and %e, %g as %f is enough for a
 * small system's tools.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "lib.h"

#define DIGITS_MAX    64
#define PRECISION_MAX 17

struct spec {
	int left, plus, space, alternate, zero;
	int width;
	int precision; /* -1: none given */
	int length;    /* 'H' for hh, 'h', 0, 'l' for l, ll, j, z and t */
};

struct output {
	format_sink sink;
	void *context;
	int count;
};

static void
put(struct output *out, const char *text, size_t n)
{
	if (n > 0)
		out->sink(out->context, text, n);
	out->count += (int)n;
}

static void
pad(struct output *out, char c, int n)
{
	char block[32];

	if (n <= 0)
		return;
	memset(block, c, sizeof(block));
	for (; n > (int)sizeof(block); n -= (int)sizeof(block))
		put(out, block, sizeof(block));
	put(out, block, (size_t)n);
}

/* Writes [spaces] prefix [zeros] body [spaces], as wide as the field. */
static void
field_put(struct output *out, const struct spec *spec, const char *prefix, int zeros,
	  const char *body, int len)
{
	int prefix_len = (int)strlen(prefix);
	int padding = spec->width - prefix_len - zeros - len;

	if (!spec->left)
		pad(out, ' ', padding);
	put(out, prefix, (size_t)prefix_len);
	pad(out, '0', zeros);
	put(out, body, (size_t)len);
	if (spec->left)
		pad(out, ' ', padding);
}

/* The digits of value, ending at end; returns where they begin. */
static char *
digits_make(char *end, uint64_t value, unsigned int base, int upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";

	for (; value > 0; value /= base)
		*--end = digits[value % base];
	return end;
}

static void
integer_put(struct output *out, const struct spec *spec, uint64_t value, const char *sign,
	    char conversion)
{
	char buf[DIGITS_MAX], *end = buf + sizeof(buf), *start;
	unsigned int base = conversion == 'o'			     ? 8
			    : conversion == 'x' || conversion == 'X' ? 16
								     : 10;
	int min_digits = spec->precision < 0 ? 1 : spec->precision;
	int len, zeros;

	start = digits_make(end, value, base, conversion == 'X');
	len = (int)(end - start);
	if (spec->alternate && base == 16 && value)
		sign = conversion == 'X' ? "0X" : "0x";
	if (spec->alternate && base == 8 && min_digits <= len)
		min_digits = len + 1;
	zeros = min_digits > len ? min_digits - len : 0;
	if (spec->zero && !spec->left && spec->precision < 0) {
		int room = spec->width - len - (int)strlen(sign);

		if (room > zeros)
			zeros = room;
	}
	field_put(out, spec, sign, zeros, start, len);
}

static const char *
sign_of(const struct spec *spec, int negative)
{
	return negative ? "-" : spec->plus ? "+" : spec->space ? " " : "";
}

static int64_t
signed_arg(const struct spec *spec, va_list *args)
{
	if (spec->length == 'l')
		return va_arg(*args, long);
	int value = va_arg(*args, int);

	return spec->length == 'h'   ? (short)value
	       : spec->length == 'H' ? (signed char)value
				     : value;
}

static uint64_t
unsigned_arg(const struct spec *spec, va_list *args)
{
	if (spec->length == 'l')
		return va_arg(*args, unsigned long);
	unsigned int value = va_arg(*args, unsigned int);

	return spec->length == 'h'   ? (unsigned short)value
	       : spec->length == 'H' ? (unsigned char)value
				     : value;
}

/* Values up to 2^63 are exact to the precision; larger ones print as "inf". */
static void
double_put(struct output *out, const struct spec *spec, double value)
{
	char buf[DIGITS_MAX], *end = buf + sizeof(buf), *start = end;
	int precision = spec->precision < 0 ? 6 : spec->precision;
	int negative = value < 0;
	const char *sign = sign_of(spec, negative);
	uint64_t scale = 1, whole, fraction;
	int zeros = 0;

	if (negative)
		value = -value;
	if (value != value || value >= 9.2e18) {
		field_put(out, spec, value != value ? "" : sign, 0, value != value ? "nan" : "inf",
			  3);
		return;
	}
	if (precision > PRECISION_MAX)
		precision = PRECISION_MAX;
	for (int i = 0; i < precision; i++)
		scale *= 10;
	whole = (uint64_t)value;
	double scaled = (value - (double)whole) * (double)scale;
	fraction = (uint64_t)scaled;
	double rest = scaled - (double)fraction;
	if (rest > 0.5 || (rest == 0.5 && ((precision ? fraction : whole) & 1)))
		fraction++;
	if (fraction >= scale) {
		whole++;
		fraction -= scale;
	}
	for (int i = 0; i < precision; i++, fraction /= 10)
		*--start = (char)('0' + fraction % 10);
	if (precision > 0 || spec->alternate)
		*--start = '.';
	if (whole == 0)
		*--start = '0';
	start = digits_make(start, whole, 10, 0);
	if (spec->zero && !spec->left)
		zeros = spec->width - (int)(end - start) - (int)strlen(sign);
	field_put(out, spec, sign, zeros > 0 ? zeros : 0, start, (int)(end - start));
}

static void
string_put(struct output *out, const struct spec *spec, const char *s)
{
	size_t max = spec->precision < 0 ? (size_t)-1 : (size_t)spec->precision;

	if (!s)
		s = "(null)";
	field_put(out, spec, "", 0, s, (int)(max == (size_t)-1 ? strlen(s) : strnlen(s, max)));
}

static int
number_parse(const char **format, va_list *args)
{
	int value = 0;

	if (**format == '*') {
		++*format;
		return va_arg(*args, int);
	}
	for (; **format >= '0' && **format <= '9'; ++*format)
		value = value * 10 + (**format - '0');
	return value;
}

static void
length_parse(struct spec *spec, const char **format)
{
	for (;; ++*format) {
		char c = **format;

		if (c == 'h')
			spec->length = spec->length == 'h' ? 'H' : 'h';
		else if (c == 'l' || c == 'z' || c == 'j' || c == 't')
			spec->length = 'l';
		else
			return;
	}
}

/* Parses flags, width, precision and length; *format ends on the conversion. */
static void
spec_parse(struct spec *spec, const char **format, va_list *args)
{
	*spec = (struct spec){.precision = -1};
	for (;; ++*format) {
		if (**format == '-')
			spec->left = 1;
		else if (**format == '+')
			spec->plus = 1;
		else if (**format == ' ')
			spec->space = 1;
		else if (**format == '#')
			spec->alternate = 1;
		else if (**format == '0')
			spec->zero = 1;
		else
			break;
	}
	spec->width = number_parse(format, args);
	if (spec->width < 0) {
		spec->left = 1;
		spec->width = -spec->width;
	}
	if (**format == '.') {
		++*format;
		spec->precision = number_parse(format, args);
		if (spec->precision < 0)
			spec->precision = -1;
	}
	length_parse(spec, format);
}

/* One conversion; false when it is not one we know. */
static int
conversion_put(struct output *out, struct spec *spec, char conversion, va_list *args, int error)
{
	int64_t value;
	char c;

	switch (conversion) {
	case 'd':
	case 'i':
		value = signed_arg(spec, args);
		integer_put(out, spec, value < 0 ? -(uint64_t)value : (uint64_t)value,
			    sign_of(spec, value < 0), 'd');
		return 1;
	case 'u':
	case 'o':
	case 'x':
	case 'X':
		integer_put(out, spec, unsigned_arg(spec, args), "", conversion);
		return 1;
	case 'p':
		spec->alternate = 0;
		integer_put(out, spec, (uintptr_t)va_arg(*args, void *), "0x", 'x');
		return 1;
	case 'c':
		c = (char)va_arg(*args, int);
		field_put(out, spec, "", 0, &c, 1);
		return 1;
	case 's':
		string_put(out, spec, va_arg(*args, const char *));
		return 1;
	case 'm':
		string_put(out, spec, strerror(error));
		return 1;
	case 'f':
	case 'F':
	case 'e':
	case 'g':
		double_put(out, spec, va_arg(*args, double));
		return 1;
	case '%':
		put(out, "%", 1);
		return 1;
	default:
		return 0;
	}
}

int
format_text(format_sink sink, void *context, const char *format, va_list arguments)
{
	struct output out = {sink, context, 0};
	int error = errno;
	struct spec spec;
	va_list args;

	va_copy(args, arguments);
	while (*format) {
		const char *start = format;

		format = strchrnul(format, '%');
		put(&out, start, (size_t)(format - start));
		if (!*format)
			break;
		start = format++;
		spec_parse(&spec, &format, &args);
		if (!*format || !conversion_put(&out, &spec, *format, &args, error)) {
			format += *format != '\0';
			put(&out, start, (size_t)(format - start));
		} else {
			format++;
		}
	}
	va_end(args);
	return out.count;
}
