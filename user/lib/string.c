/* Strings. */
#include <ctype.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

size_t
strlen(const char *s)
{
	const char *end = s;

	while (*end)
		end++;
	return (size_t)(end - s);
}

size_t
strnlen(const char *s, size_t max)
{
	const char *end = memchr(s, '\0', max);

	return end ? (size_t)(end - s) : max;
}

char *
strcpy(char *restrict dst, const char *restrict src)
{
	stpcpy(dst, src);
	return dst;
}

char *
stpcpy(char *restrict dst, const char *restrict src)
{
	while ((*dst = *src++))
		dst++;
	return dst;
}

char *
strncpy(char *restrict dst, const char *restrict src, size_t n)
{
	size_t len = strnlen(src, n);

	memcpy(dst, src, len);
	memset(dst + len, 0, n - len);
	return dst;
}

char *
strcat(char *restrict dst, const char *restrict src)
{
	strcpy(dst + strlen(dst), src);
	return dst;
}

char *
strncat(char *restrict dst, const char *restrict src, size_t n)
{
	char *end = dst + strlen(dst);
	size_t len = strnlen(src, n);

	memcpy(end, src, len);
	end[len] = '\0';
	return dst;
}

size_t
strlcpy(char *restrict dst, const char *restrict src, size_t size)
{
	size_t len = strlen(src);

	if (size > 0) {
		size_t copied = len < size ? len : size - 1;

		memcpy(dst, src, copied);
		dst[copied] = '\0';
	}
	return len;
}

size_t
strlcat(char *restrict dst, const char *restrict src, size_t size)
{
	size_t len = strnlen(dst, size);

	return len + strlcpy(dst + len, src, size - len);
}

int
strcmp(const char *a, const char *b)
{
	for (; *a && *a == *b; a++, b++)
		;
	return (unsigned char)*a - (unsigned char)*b;
}

int
strncmp(const char *a, const char *b, size_t n)
{
	for (; n > 0; n--, a++, b++)
		if (*a != *b || !*a)
			return (unsigned char)*a - (unsigned char)*b;
	return 0;
}

int
strcoll(const char *a, const char *b)
{
	return strcmp(a, b);
}

int
strcasecmp(const char *a, const char *b)
{
	return strncasecmp(a, b, (size_t)-1);
}

int
strncasecmp(const char *a, const char *b, size_t n)
{
	for (; n > 0; n--, a++, b++) {
		int difference = tolower((unsigned char)*a) - tolower((unsigned char)*b);

		if (difference || !*a)
			return difference;
	}
	return 0;
}

char *
strchr(const char *s, int c)
{
	s = strchrnul(s, c);
	return *s == (char)c ? (char *)s : NULL;
}

char *
strchrnul(const char *s, int c)
{
	while (*s && *s != (char)c)
		s++;
	return (char *)s;
}

char *
strrchr(const char *s, int c)
{
	return memrchr(s, c, strlen(s) + 1);
}

char *
strstr(const char *haystack, const char *needle)
{
	size_t len = strlen(needle);

	for (;; haystack++) {
		if (strncmp(haystack, needle, len) == 0)
			return (char *)haystack;
		if (!*haystack)
			return NULL;
	}
}

char *
strcasestr(const char *haystack, const char *needle)
{
	size_t len = strlen(needle);

	for (;; haystack++) {
		if (strncasecmp(haystack, needle, len) == 0)
			return (char *)haystack;
		if (!*haystack)
			return NULL;
	}
}

size_t
strspn(const char *s, const char *accept)
{
	size_t len = 0;

	while (s[len] && strchr(accept, s[len]))
		len++;
	return len;
}

size_t
strcspn(const char *s, const char *reject)
{
	size_t len = 0;

	while (s[len] && !strchr(reject, s[len]))
		len++;
	return len;
}

char *
strpbrk(const char *s, const char *accept)
{
	s += strcspn(s, accept);
	return *s ? (char *)s : NULL;
}

char *
strtok(char *restrict s, const char *restrict separators)
{
	static char *save;

	return strtok_r(s, separators, &save);
}

char *
strtok_r(char *restrict s, const char *restrict separators, char **restrict save)
{
	if (!s)
		s = *save;
	if (!s)
		return NULL;
	s += strspn(s, separators);
	if (!*s) {
		*save = NULL;
		return NULL;
	}
	*save = s;
	return strsep(save, separators);
}

char *
strsep(char **s, const char *separators)
{
	char *token = *s;

	if (!token)
		return NULL;
	*s = strpbrk(token, separators);
	if (*s)
		*(*s)++ = '\0';
	return token;
}

char *
strdup(const char *s)
{
	return strndup(s, strlen(s));
}

char *
strndup(const char *s, size_t max)
{
	size_t len = strnlen(s, max);
	char *copy = malloc(len + 1);

	if (copy) {
		memcpy(copy, s, len);
		copy[len] = '\0';
	}
	return copy;
}

int
ffs(int value)
{
	for (int bit = 0; bit < 32; bit++)
		if ((unsigned int)value >> bit & 1)
			return bit + 1;
	return 0;
}

char *
basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return (char *)(slash ? slash + 1 : path);
}

char *
dirname(char *path)
{
	char *end;

	if (!path || !*path)
		return ".";
	end = path + strlen(path) - 1;
	while (end > path && *end == '/')
		end--;
	while (end > path && *end != '/')
		end--;
	if (*end != '/')
		return ".";
	while (end > path && end[-1] == '/')
		end--;
	end[end == path] = '\0';
	return path;
}
