#include "ktest/page_samples.h"

#include "lib/compiler.h"
#include "lib/string.h"

#define BYTES 4096
#define WORDS (BYTES / sizeof(u64))

const char *const page_sample_names[NR_PAGE_SAMPLES] = {"text", "pointers", "sparse", "random"};

/* xorshift: a sequence for each seed that is not 0 */
static u64
next(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* The first of them are the most frequent. */
static void
fill_text(char *text, u64 *state)
{
	static const char *const words[] = {
		"the",	 "of",	  "and",    "a",      "to",	 "in",	     "is",	 "page",
		"that",	 "it",	  "memory", "was",    "for",	 "on",	     "are",	 "as",
		"with",	 "they",  "at",	    "be",     "this",	 "have",     "from",	 "or",
		"one",	 "had",	  "by",	    "word",   "but",	 "not",	     "what",	 "all",
		"were",	 "we",	  "when",   "your",   "can",	 "said",     "there",	 "use",
		"an",	 "each",  "which",  "she",    "do",	 "how",	     "their",	 "if",
		"will",	 "up",	  "other",  "about",  "out",	 "many",     "then",	 "them",
		"write", "would", "like",   "number", "process", "between",  "hundred",	 "machine",
		"river", "quire", "folded", "letter", "swapped", "distance", "sentence", "remember",
	};
	size_t at = 0;

	while (at < BYTES) {
		u64 pick = next(state) >> 11, low = pick % ARRAY_SIZE(words);
		const char *word = words[low * (pick >> 20) % ARRAY_SIZE(words) % (low + 1)];

		for (; *word && at < BYTES; word++)
			text[at++] = *word;
		if (at < BYTES)
			text[at++] = pick >> 48 & 15 ? ' ' : '\n';
	}
}

/* Objects of 64 bytes: a list, a parent, a name, a size and flags. */
static void
fill_pointers(u64 *words, u64 *state)
{
	u64 heap = 0x3f80000000 + (next(state) % 64 << 20);

	for (size_t i = 0; i < WORDS; i += 8) {
		words[i] = heap + i * 8 + 64;
		words[i + 1] = heap + i * 8 - 64;
		words[i + 2] = heap + next(state) % 4096 * 16;
		words[i + 3] = heap + (1 << 20) + next(state) % 4096 * 8;
		words[i + 4] = next(state) % 1000;
		words[i + 5] = 1UL << next(state) % 8 | (next(state) % 4) << 32;
		words[i + 6] = words[i + 7] = 0;
	}
}

static void
fill_sparse(u64 *words, u64 *state)
{
	memset(words, 0, BYTES);
	for (int i = 0; i < 40; i++)
		words[next(state) % WORDS] = next(state) % 100000;
}

void
page_sample_fill(void *page, enum page_sample kind, u64 seed)
{
	u64 state = seed * 0x9e3779b97f4a7c15 + 1, *words = page;

	switch (kind) {
	case SAMPLE_TEXT:
		fill_text(page, &state);
		break;
	case SAMPLE_POINTERS:
		fill_pointers(words, &state);
		break;
	case SAMPLE_SPARSE:
		fill_sparse(words, &state);
		break;
	default:
		for (size_t i = 0; i < WORDS; i++)
			words[i] = next(&state);
		break;
	}
}
