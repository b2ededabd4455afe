#pragma once

/* Bugs on purpose, for boot argument crash=NAME (ktest/crash_test.c). */

struct crash {
	const char *name;
	void (*crash)(void);
};

/* Accesses that only KASAN sees (ktest/kasan_crash.c); the last has no name. */
extern const struct crash kasan_crashes[];
