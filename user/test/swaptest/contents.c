/* The words of a page follow from whose it is, its number, and how often it was written. */
#include <err.h>

#include "swaptest.h"

uint64_t
mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9;
	x ^= x >> 27;
	x *= 0x94d049bb133111eb;
	return x ^ x >> 31;
}

/* The word `at` of a page, which is the version-th contents of page `number` of process `who`. */
static uint64_t
word_of(uint64_t who, uint64_t number, uint64_t version, uint64_t at)
{
	uint64_t key = mix(seed + (who << 48) + (number << 16) + version);

	if (number % 16 == 3)
		return 0;
	if (number % 16 == 7 || (at % 4 && mix(number) % 100 < compressible))
		return key;
	return key + at * 0x9e3779b97f4a7c15;
}

void
page_write(uint64_t *words, uint64_t who, uint64_t number, uint64_t version)
{
	for (uint64_t at = 0; at < WORDS; at++)
		words[at] = word_of(who, number, version, at);
}

void
page_check(const uint64_t *words, uint64_t who, uint64_t number, uint64_t version)
{
	for (uint64_t at = 0; at < WORDS; at++)
		if (words[at] != word_of(who, number, version, at))
			errx(1, "process %lu page %lu version %lu: word %lu is %016lx, not %016lx",
			     (unsigned long)who, (unsigned long)number, (unsigned long)version,
			     (unsigned long)at, (unsigned long)words[at],
			     (unsigned long)word_of(who, number, version, at));
}

void
fill(uint64_t *words, uint64_t who, uint64_t version)
{
	for (uint64_t i = 0; i < CASE_PAGES; i++)
		page_write(words + i * WORDS, who, i, version);
}

void
check(const uint64_t *words, uint64_t who, uint64_t version)
{
	for (uint64_t i = 0; i < CASE_PAGES; i++)
		page_check(words + i * WORDS, who, i, version);
}

void
check_zero(const void *area, uint64_t from, uint64_t to)
{
	const uint8_t *bytes = area;

	for (uint64_t at = from; at < to; at++)
		if (bytes[at] != 0)
			errx(1, "byte %lu is %02x, not 0", (unsigned long)at, bytes[at]);
}
