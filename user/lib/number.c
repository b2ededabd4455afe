/* Numbers: text to number, absolute values, division, pseudo-random ones. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

static int
digit_value(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	if (isalpha((unsigned char)c))
		return tolower((unsigned char)c) - 'a' + 10;
	return 36;
}

struct number {
	unsigned long magnitude;
	int negative;
	int overflow;
};

/* Skips the 0x or 0 of a base that allows it, and settles base 0. */
static const char *
prefix_skip(const char *s, int *base)
{
	if ((*base == 0 || *base == 16) && s[0] == '0' && (s[1] | 0x20) == 'x' &&
	    digit_value(s[2]) < 16) {
		*base = 16;
		return s + 2;
	}
	if (*base == 0)
		*base = s[0] == '0' ? 8 : 10;
	return s;
}

/* The common part of the strto family: no digits leaves *end at s. */
static struct number
number_parse(const char *s, char **end, int base)
{
	struct number number = {0};
	const char *start = s, *digits;

	while (isspace((unsigned char)*s))
		s++;
	if (*s == '-' || *s == '+')
		number.negative = *s++ == '-';
	s = prefix_skip(s, &base);
	for (digits = s; digit_value(*s) < base; s++) {
		unsigned long digit = (unsigned long)digit_value(*s);

		if (number.magnitude > (ULONG_MAX - digit) / (unsigned long)base)
			number.overflow = 1;
		number.magnitude = number.magnitude * (unsigned long)base + digit;
	}
	if (end)
		*end = (char *)(s == digits ? start : s);
	return number;
}

long
strtol(const char *restrict s, char **restrict end, int base)
{
	struct number number = number_parse(s, end, base);
	unsigned long limit = (unsigned long)LONG_MAX + (number.negative ? 1 : 0);

	if (number.overflow || number.magnitude > limit) {
		errno = ERANGE;
		return number.negative ? LONG_MIN : LONG_MAX;
	}
	return (long)(number.negative ? -number.magnitude : number.magnitude);
}

unsigned long
strtoul(const char *restrict s, char **restrict end, int base)
{
	struct number number = number_parse(s, end, base);

	if (number.overflow) {
		errno = ERANGE;
		return ULONG_MAX;
	}
	return number.negative ? -number.magnitude : number.magnitude;
}

long long
strtoll(const char *restrict s, char **restrict end, int base)
{
	return strtol(s, end, base);
}

unsigned long long
strtoull(const char *restrict s, char **restrict end, int base)
{
	return strtoul(s, end, base);
}

/* Decimal numbers with fraction and exponent; rounding is not exact in the last place. */
double
strtod(const char *restrict s, char **restrict end)
{
	const char *start = s, *digits;
	double value = 0, scale = 1;
	int negative = 0, nr_digits = 0;

	while (isspace((unsigned char)*s))
		s++;
	if (*s == '-' || *s == '+')
		negative = *s++ == '-';
	for (digits = s; isdigit((unsigned char)*s); s++)
		value = value * 10 + (*s - '0');
	nr_digits = (int)(s - digits);
	if (*s == '.') {
		for (digits = ++s; isdigit((unsigned char)*s); s++, scale *= 10)
			value = value * 10 + (*s - '0');
		nr_digits += (int)(s - digits);
	}
	if (nr_digits == 0)
		s = start;
	value /= scale;
	if (nr_digits > 0 && (*s | 0x20) == 'e') {
		char *after;
		long exponent = strtol(s + 1, &after, 10);

		if (after != s + 1) {
			for (s = after; exponent > 0 && value < 1e308; exponent--)
				value *= 10;
			for (; exponent < 0 && value > 0; exponent++)
				value /= 10;
		}
	}
	if (end)
		*end = (char *)s;
	return negative ? -value : value;
}

double
atof(const char *s)
{
	return strtod(s, NULL);
}

int
atoi(const char *s)
{
	return (int)strtol(s, NULL, 10);
}

long
atol(const char *s)
{
	return strtol(s, NULL, 10);
}

long long
atoll(const char *s)
{
	return strtol(s, NULL, 10);
}

int
abs(int value)
{
	return value < 0 ? -value : value;
}

long
labs(long value)
{
	return value < 0 ? -value : value;
}

div_t
div(int numerator, int denominator)
{
	return (div_t){numerator / denominator, numerator % denominator};
}

ldiv_t
ldiv(long numerator, long denominator)
{
	return (ldiv_t){numerator / denominator, numerator % denominator};
}

/* xorshift: a full cycle over the non-zero 32-bit states. */
int
rand_r(unsigned int *seed)
{
	unsigned int x = *seed ? *seed : 0x9e3779b9u;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	*seed = x;
	return (int)(x & RAND_MAX);
}

static unsigned int rand_state = 1;

int
rand(void)
{
	return rand_r(&rand_state);
}

void
srand(unsigned int seed)
{
	rand_state = seed;
}

long
random(void)
{
	return rand_r(&rand_state);
}

void
srandom(unsigned int seed)
{
	rand_state = seed;
}
