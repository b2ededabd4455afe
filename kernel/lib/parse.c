#include "lib/parse.h"
#include "lib/errno.h"

/* The value of a digit in any base up to 16; 16 for what is no digit. */
static unsigned
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* Skips 0x where a hexadecimal digit follows, and settles base 0. */
static const char *
skip_prefix(const char *s, unsigned *base)
{
	bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && digit_value(s[2]) < 16;

	if (hex && (*base == 0 || *base == 16)) {
		*base = 16;
		return s + 2;
	}
	if (*base == 0)
		*base = s[0] == '0' ? 8 : 10;
	return s;
}

int
parse_u64(const char *s, const char **end, unsigned base, u64 *value)
{
	u64 sum = 0;
	bool overflow = false;

	s = skip_prefix(s, &base);
	if (digit_value(*s) >= base)
		return -EINVAL;
	for (; digit_value(*s) < base; s++) {
		unsigned digit = digit_value(*s);

		overflow |= __builtin_mul_overflow(sum, (u64)base, &sum);
		overflow |= __builtin_add_overflow(sum, (u64)digit, &sum);
	}
	if (overflow)
		return -ERANGE;
	if (end)
		*end = s;
	*value = sum;
	return 0;
}

int
kstrtou64(const char *s, unsigned base, u64 *value)
{
	u64 number;
	int err = parse_u64(s, &s, base, &number);

	if (err)
		return err;
	if (*s == '\n')
		s++;
	if (*s)
		return -EINVAL;
	*value = number;
	return 0;
}

int
kstrtos64(const char *s, unsigned base, s64 *value)
{
	bool negative = *s == '-';
	u64 number;
	int err = kstrtou64(negative || *s == '+' ? s + 1 : s, base, &number);

	if (err)
		return err;
	if (number > (u64)INT64_MAX + negative)
		return -ERANGE;
	*value = (s64)(negative ? -number : number);
	return 0;
}

/* The power of two that a suffix stands for; 0 for none. */
static unsigned
suffix_shift(char c)
{
	switch (c | 0x20) {
	case 'k':
		return 10;
	case 'm':
		return 20;
	case 'g':
		return 30;
	case 't':
		return 40;
	}
	return 0;
}

int
memparse(const char *s, const char **end, u64 *bytes)
{
	u64 number;
	int err = parse_u64(s, &s, 0, &number);

	if (err)
		return err;

	unsigned shift = suffix_shift(*s);

	if (number << shift >> shift != number)
		return -ERANGE;
	if (end)
		*end = s + (shift != 0);
	*bytes = number << shift;
	return 0;
}
