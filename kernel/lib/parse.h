/* Numbers from text. */
#pragma once

#include "lib/compiler.h"

/*
 * Reads the number that begins at `s`, in base 8, 10 or 16; base 0 means: 0x.. is 16, 0.. is 8,
 * else 10 (base 16 accepts a leading 0x, too). *value is it and *end (if end is not NULL) the first
 * character behind it. Returns 0, -EINVAL without any digit, -ERANGE if it does not fit.
 */
int parse_u64(const char *s, const char **end, unsigned base, u64 *value);

/* The same for a text that is nothing but a number; a final newline is allowed. */
int kstrtou64(const char *s, unsigned base, u64 *value);
/* The same with an optional sign. */
int kstrtos64(const char *s, unsigned base, s64 *value);

/*
 * A size in bytes: a number (base 0) and at most one suffix K, M, G or T of either case, the powers
 * of 1024. *end as in parse_u64. Returns 0, -EINVAL or -ERANGE.
 */
int memparse(const char *s, const char **end, u64 *bytes);
