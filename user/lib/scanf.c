/* sscanf: %d %i %u %x %o %s %c %[...] %n %% with width, * and the length letters. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scan {
	const char *start;
	const char *pos;
	int skip;   /* %*: match but do not store */
	int width;  /* 0: none given */
	int length; /* 'H' for hh, 'h', 0, 'l' */
};

static void
integer_store(const struct scan *scan, va_list *args, long value)
{
	if (scan->length == 'l')
		*va_arg(*args, long *) = value;
	else if (scan->length == 'h')
		*va_arg(*args, short *) = (short)value;
	else if (scan->length == 'H')
		*va_arg(*args, signed char *) = (signed char)value;
	else
		*va_arg(*args, int *) = (int)value;
}

static int
integer_scan(struct scan *scan, va_list *args, int base, int is_signed)
{
	char buf[72], *end;
	size_t max = scan->width > 0 && scan->width < 71 ? (size_t)scan->width : 71;
	long value;

	while (isspace((unsigned char)*scan->pos))
		scan->pos++;
	strlcpy(buf, scan->pos, max + 1);
	value = is_signed ? strtol(buf, &end, base) : (long)strtoul(buf, &end, base);
	if (end == buf)
		return 0;
	scan->pos += end - buf;
	if (!scan->skip)
		integer_store(scan, args, value);
	return 1;
}

/* Whether the set of %[set] holds c; *end is left after its closing bracket. */
static int
set_has(const char *set, const char **end, char c)
{
	int inverted = *set == '^', found = 0;
	const char *p = set + inverted;

	for (const char *first = p; *p && (*p != ']' || p == first); p++) {
		if (p[1] == '-' && p[2] && p[2] != ']') {
			found |= c >= p[0] && c <= p[2];
			p += 2;
		} else {
			found |= c == *p;
		}
	}
	*end = *p ? p + 1 : p;
	return found != inverted;
}

/* %s, %c and %[: kind tells which; *set is moved behind the closing bracket. */
static int
text_scan(struct scan *scan, va_list *args, char kind, const char **set)
{
	char *out = scan->skip ? NULL : va_arg(*args, char *);
	int max = scan->width > 0 ? scan->width : kind == 'c' ? 1 : 0x7fffffff;
	const char *set_end = *set;
	int len = 0;

	if (kind == 's')
		while (isspace((unsigned char)*scan->pos))
			scan->pos++;
	if (kind == '[')
		set_has(*set, &set_end, '\0');
	for (; len < max && *scan->pos; len++, scan->pos++) {
		if (kind == 's' && isspace((unsigned char)*scan->pos))
			break;
		if (kind == '[' && !set_has(*set, &set_end, *scan->pos))
			break;
		if (out)
			out[len] = *scan->pos;
	}
	*set = set_end;
	if (out && kind != 'c')
		out[len] = '\0';
	return len > 0;
}

static const char *
spec_parse(struct scan *scan, const char *format)
{
	scan->skip = *format == '*';
	format += scan->skip;
	scan->width = (int)strtol(format, (char **)&format, 10);
	for (scan->length = 0;; format++) {
		if (*format == 'h')
			scan->length = scan->length == 'h' ? 'H' : 'h';
		else if (*format == 'l' || *format == 'z' || *format == 'j' || *format == 't')
			scan->length = 'l';
		else
			return format;
	}
}

/* One conversion; *format is behind its letter. Returns false when the input does not match. */
static int
conversion_scan(struct scan *scan, char conversion, const char **format, va_list *args)
{
	switch (conversion) {
	case 'd':
		return integer_scan(scan, args, 10, 1);
	case 'i':
		return integer_scan(scan, args, 0, 1);
	case 'u':
		return integer_scan(scan, args, 10, 0);
	case 'o':
		return integer_scan(scan, args, 8, 0);
	case 'p':
		scan->length = 'l';
		return integer_scan(scan, args, 16, 0);
	case 'x':
	case 'X':
		return integer_scan(scan, args, 16, 0);
	case 's':
	case 'c':
	case '[':
		return text_scan(scan, args, conversion, format);
	default:
		return 0;
	}
}

int
vsscanf(const char *restrict s, const char *restrict format, va_list arguments)
{
	struct scan scan = {.start = s, .pos = s};
	const char *f = format;
	int stored = 0;
	va_list args;

	va_copy(args, arguments);
	while (*f) {
		if (isspace((unsigned char)*f)) {
			while (isspace((unsigned char)*scan.pos))
				scan.pos++;
			f++;
		} else if (*f != '%' || f[1] == '%') {
			f += *f == '%';
			if (*scan.pos != *f)
				break;
			scan.pos++;
			f++;
		} else {
			f = spec_parse(&scan, f + 1);
			char conversion = *f ? *f++ : '\0';

			if (conversion == 'n') {
				integer_store(&scan, &args, scan.pos - scan.start);
				continue;
			}
			if (!conversion_scan(&scan, conversion, &f, &args)) {
				if (stored == 0 && !*scan.pos)
					stored = EOF;
				break;
			}
			stored += !scan.skip;
		}
	}
	va_end(args);
	return stored;
}

int
sscanf(const char *restrict s, const char *restrict format, ...)
{
	va_list args;
	int stored;

	va_start(args, format);
	stored = vsscanf(s, format, args);
	va_end(args);
	return stored;
}
