/* Shell patterns: ? * [set] [!set] and \ before a character to be taken as it is. */
#include <ctype.h>
#include <fnmatch.h>
#include <string.h>

static int
fold(int c, int flags)
{
	return flags & FNM_CASEFOLD ? tolower(c) : c;
}

static int
class_has(const char *name, size_t len, int c)
{
	static const struct {
		const char *name;
		int (*has)(int c);
	} classes[] = {
		{"alnum", isalnum}, {"alpha", isalpha}, {"blank", isblank}, {"cntrl", iscntrl},
		{"digit", isdigit}, {"graph", isgraph}, {"lower", islower}, {"print", isprint},
		{"punct", ispunct}, {"space", isspace}, {"upper", isupper}, {"xdigit", isxdigit},
	};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strlen(classes[i].name) == len && memcmp(classes[i].name, name, len) == 0)
			return classes[i].has(c);
	return 0;
}

/*
 * Matches c against the set after a '['. Returns what follows the closing bracket, and the answer
 * in *matched; NULL when the set is not closed, so that the '[' is an ordinary character.
 */
static const char *
set_match(const char *pattern, int c, int flags, int *matched)
{
	int inverted = *pattern == '!' || *pattern == '^', found = 0;
	const char *p = pattern + inverted;

	for (const char *first = p; *p != ']' || p == first;) {
		unsigned char low, high;

		if (!*p || (*p == '/' && flags & FNM_PATHNAME))
			return NULL;
		if (p[0] == '[' && p[1] == ':' && strstr(p, ":]")) {
			const char *end = strstr(p, ":]");

			found |= class_has(p + 2, (size_t)(end - p - 2), c);
			p = end + 2;
			continue;
		}
		if (*p == '\\' && !(flags & FNM_NOESCAPE) && p[1])
			p++;
		low = high = (unsigned char)*p++;
		if (p[0] == '-' && p[1] && p[1] != ']') {
			p++;
			if (*p == '\\' && !(flags & FNM_NOESCAPE) && p[1])
				p++;
			high = (unsigned char)*p++;
		}
		found |= fold(c, flags) >= fold(low, flags) && fold(c, flags) <= fold(high, flags);
	}
	*matched = found != inverted;
	return p + 1;
}

/*
 * Matches one pattern element that is not '*' against the character at name. Returns what follows
 * it in the pattern, NULL when it does not match.
 */
static const char *
element_match(const char *pattern, const char *name, int flags)
{
	int matched = 0;

	if (!*name)
		return NULL;
	if (*pattern == '?')
		return *name == '/' && flags & FNM_PATHNAME ? NULL : pattern + 1;
	if (*pattern == '[') {
		const char *after = set_match(pattern + 1, (unsigned char)*name, flags, &matched);

		if (after)
			return matched && !(*name == '/' && flags & FNM_PATHNAME) ? after : NULL;
	}
	if (*pattern == '\\' && !(flags & FNM_NOESCAPE) && pattern[1])
		pattern++;
	if (fold((unsigned char)*pattern, flags) != fold((unsigned char)*name, flags))
		return NULL;
	return pattern + 1;
}

/* A leading dot must be matched by a dot when FNM_PERIOD is given. */
static int
period_hidden(const char *name, const char *start, int flags)
{
	return flags & FNM_PERIOD && *name == '.' &&
	       (name == start || (flags & FNM_PATHNAME && name[-1] == '/'));
}

/* On a mismatch the last '*' takes one character more: no recursion, quadratic at worst. */
int
fnmatch(const char *pattern, const char *name, int flags)
{
	const char *start = name, *star = NULL, *star_name = NULL, *after;

	for (;;) {
		int hidden = period_hidden(name, start, flags) && strchr("*?[", *pattern);

		if (*pattern == '*' && !hidden) {
			star = ++pattern;
			star_name = name;
			continue;
		}
		if (!*pattern && !*name)
			return 0;
		after = *pattern && !hidden ? element_match(pattern, name, flags) : NULL;
		if (after) {
			pattern = after;
			name++;
			continue;
		}
		if (!star || !*star_name || (*star_name == '/' && flags & FNM_PATHNAME))
			return FNM_NOMATCH;
		pattern = star;
		name = ++star_name;
	}
}
