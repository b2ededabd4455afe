/* Regular expressions of grep and sed: a small backtracking matcher of our own. */
#pragma once

struct regex_small;

/*
 * Basic syntax: . [..] * ^ $ \(..\) \{n,m\}; extended: also + ? | ( ) { } without backslashes.
 * Returns NULL and sets *error to a message when the pattern is wrong.
 */
struct regex_small *regex_small_compile(const char *pattern, int extended, int ignore_case,
					const char **error);

/* Does any part of text match? */
int regex_small_match(const struct regex_small *regex, const char *text);

/* A part of the text; null pointers for a group that took part in no match. */
struct regex_span {
	const char *start, *end;
};

#define REGEX_NR_SPANS 10

/*
 * The first match of text that begins at `from` or behind it: spans[0] is all of it, spans[1] to
 * spans[9] are its groups. False when there is none.
 */
int regex_small_find(const struct regex_small *regex, const char *text, const char *from,
		     struct regex_span *spans);
