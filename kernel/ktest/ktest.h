#pragma once

/*
 * Tests that run inside the kernel, in a thread of their own, with all harts up.
 *
 *	KTEST(buddy_splits_and_joins)
 *	{
 *		KTEST_CHECK(page != NULL);
 *	}
 *
 * Boot argument ktest=all runs every test, ktest=buddy those whose name begins with
 * "buddy", ktest=buddy,slab both; then the machine ends with status 0, or 1 when one failed.
 * Each test must leave as many slab objects as it found; after the last one each frame of RAM must have a
 * state.
 */

#include "core/printk.h"
#include "lib/compiler.h"

struct ktest {
	const char *name;
	void (*run)(void);
};

#define KTEST(test_name)                                                     \
	static void ktest_##test_name(void);                                 \
	static const struct ktest ktest_entry_##test_name SECTION(".ktests") \
		USED = {#test_name, ktest_##test_name};                      \
	static void ktest_##test_name(void)

/* This machine, or this kernel, is not what the test is of: it has no result, and the reason is told. */
void ktest_skip(const char *needs);

#define KTEST_NEEDS(expression)                  \
	do {                                     \
		if (!(expression)) {             \
			ktest_skip(#expression); \
			return;                  \
		}                                \
	} while (0)

/* Note a failure, say where, and go on. */
void ktest_fail(const char *expression, const char *file, int line);

#define KTEST_CHECK(expression)                                      \
	do {                                                         \
		if (!(expression))                                   \
			ktest_fail(#expression, __FILE__, __LINE__); \
	} while (0)

/* The same, and leave the test when it failed. */
#define KTEST_REQUIRE(expression)                                    \
	do {                                                         \
		if (!(expression)) {                                 \
			ktest_fail(#expression, __FILE__, __LINE__); \
			return;                                      \
		}                                                    \
	} while (0)
