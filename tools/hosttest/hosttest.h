/*
 * The runner of tests on the host. A test is a function that registers itself:
 *
 *	HOSTTEST(list_splice)
 *	{
 *		CHECK(list_empty(&head));
 *		CHECK_EQ(list_count(&head), 3);
 *	}
 *
 * Each runs in a process of its own, so a crash, a leak, a sanitizer's report or a hang is one failure
 * and not the end. A failed check ends its test. Random numbers come from rnd(), whose seed is printed
 * with a failure and can be given by SEED=.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hosttest {
	const char *name;
	const char *file;
	void (*run)(void);
	struct hosttest *next;
};

void hosttest_register(struct hosttest *test);
_Noreturn void hosttest_fail(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define HOSTTEST(test_name)                                                                    \
	static void test_##test_name(void);                                                    \
	static struct hosttest hosttest_##test_name = {#test_name, __FILE__, test_##test_name, \
						       NULL};                                  \
	__attribute__((constructor)) static void register_##test_name(void)                    \
	{                                                                                      \
		hosttest_register(&hosttest_##test_name);                                      \
	}                                                                                      \
	static void test_##test_name(void)

#define CHECK(cond)                                                     \
	do {                                                            \
		if (!(cond))                                            \
			hosttest_fail(__FILE__, __LINE__, "%s", #cond); \
	} while (0)

/* Like CHECK, with a printf text that says more. */
#define CHECK_MSG(cond, ...)                                                       \
	do {                                                                       \
		if (!(cond))                                                       \
			hosttest_fail(__FILE__, __LINE__, #cond ": " __VA_ARGS__); \
	} while (0)

/* Two integers, or two strings. */
#define CHECK_EQ(a, b)                                                                       \
	do {                                                                                 \
		long long check_a = (long long)(a), check_b = (long long)(b);                \
		if (check_a != check_b)                                                      \
			hosttest_fail(__FILE__, __LINE__,                                    \
				      "%s is %lld (0x%llx), not %lld (0x%llx)", #a, check_a, \
				      check_a, check_b, check_b);                            \
	} while (0)

#define CHECK_STR(a, b) hosttest_check_str(__FILE__, __LINE__, #a, a, b)
void hosttest_check_str(const char *file, int line, const char *text, const char *a, const char *b);

/* The runner's business. */
void rnd_seed(uint64_t seed);
/* Random numbers: 64 bits, below a limit, and true once in n times. */
uint64_t rnd(void);
uint64_t rnd_below(uint64_t limit);
bool rnd_one_in(uint64_t n);
/* A number of random size: small ones are as likely as large ones. */
uint64_t rnd_scaled(void);

/*
 * `bytes` bytes between two pages that fault; the last byte lies directly before the upper page
 * (at_end), or the first directly behind the lower one. Never freed: the test ends soon.
 */
void *guarded_alloc(size_t bytes, bool at_end);

/* A whole file, malloc'ed with a terminating zero, or NULL. */
char *file_read(const char *path, size_t *bytes);
