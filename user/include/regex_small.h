/* Regular expressions of grep: a small backtracking matcher of our own. */
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
