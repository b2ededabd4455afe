/*
 * Boot arguments: words separated by white space, each `flag` or `key=value`. Double quotes keep
 * white space inside a value (key="a b") or a whole word ("key=a b"); the quotes are not part of the
 * value. If a key occurs twice the last one counts. The text is only read, never changed.
 */
#pragma once

#include "lib/compiler.h"

/* A stretch of the text, without terminator. */
struct cmdline_word {
	const char *key;
	size_t key_len;
	const char *value; /* NULL for a flag; "" (length 0) for `key=` */
	size_t value_len;
};

/* Reads the next word at *pos and advances *pos. Returns false at the end. Start with *pos = text. */
bool cmdline_next(const char **pos, struct cmdline_word *word);

/* Finds the last word with this key. Returns false if there is none. */
bool cmdline_find(const char *text, const char *key, struct cmdline_word *word);

/* Is the key there, as a flag or with a value other than 0, n, no, off and false? */
bool cmdline_flag(const char *text, const char *key);

/*
 * Copies the value of `key`, terminated, to buf[size]. Returns its length, -ENOENT if the key is not
 * there, -EINVAL if it is a flag, -E2BIG if it does not fit (buf holds the beginning then).
 */
ssize_t cmdline_get(const char *text, const char *key, char *buf, size_t size);

/* The value as a number (any base, suffix K, M, G, T). Returns 0, -ENOENT, -EINVAL or -ERANGE. */
int cmdline_get_u64(const char *text, const char *key, u64 *value);
