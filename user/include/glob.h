/* The paths that match a shell pattern, sorted. */
#pragma once

#include <stddef.h>

#define GLOB_MARK     2
#define GLOB_NOSORT   4
#define GLOB_NOCHECK  16
#define GLOB_APPEND   32
#define GLOB_NOESCAPE 64
#define GLOB_NOSPACE  1
#define GLOB_ABORTED  2
#define GLOB_NOMATCH  3

typedef struct {
	size_t gl_pathc;
	char **gl_pathv;
} glob_t;

int glob(const char *restrict pattern, int flags, int (*on_error)(const char *path, int error),
	 glob_t *restrict out);
void globfree(glob_t *out);
