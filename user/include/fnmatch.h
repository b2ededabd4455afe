/* Matching a name against a shell pattern. */
#pragma once

#define FNM_NOESCAPE 1
#define FNM_PATHNAME 2
#define FNM_PERIOD   4
#define FNM_CASEFOLD 16
#define FNM_NOMATCH  1

int fnmatch(const char *pattern, const char *name, int flags);
