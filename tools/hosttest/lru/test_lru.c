/* vm/lru.c against arrays, and the policies against textbooks and known strings. */
#include "hosttest.h"
#include "lru/env.h"
#include "vm/reclaim_policy.h"

#define ROUNDS 30000

static const struct reclaim_policy *const all[] = {&policy_fifo, &policy_clock, &policy_age,
						   &policy_lru};

HOSTTEST(lru_lists_random)
{
	lists_create();
	for (unsigned i = 0; i < ROUNDS; i++)
		lists_step(rnd(), rnd());
	lists_destroy();
}

/* Mostly one operation at a time, so that lists grow long and batches fill up. */
HOSTTEST(lru_lists_random_runs)
{
	lists_create();
	for (unsigned i = 0; i < ROUNDS / 100; i++) {
		u8 op = rnd();

		for (unsigned j = 0; j < 100; j++)
			lists_step(op, rnd());
	}
	lists_destroy();
}

static unsigned
faults_of(const struct reclaim_policy *policy, unsigned nr_frames, const u8 *string, unsigned nr)
{
	unsigned faults = 0;

	memory_create(policy, nr_frames);
	for (unsigned i = 0; i < nr; i++)
		faults += memory_use(string[i]);
	memory_destroy();
	return faults;
}

HOSTTEST(policies_belady)
{
	static const u8 string[] = {1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5};

	for (unsigned i = 0; i < sizeof(all) / sizeof(*all); i++) {
		CHECK_EQ(faults_of(all[i], 3, string, sizeof(string)), 9);
		CHECK_EQ(faults_of(all[i], 4, string, sizeof(string)), 10);
	}
}

HOSTTEST(policies_all_fit)
{
	u8 string[2000];

	for (unsigned i = 0; i < sizeof(string); i++)
		string[i] = i % MEMORY_FRAMES_MAX;
	for (unsigned i = 0; i < sizeof(all) / sizeof(*all); i++)
		CHECK_EQ(faults_of(all[i], MEMORY_FRAMES_MAX, string, sizeof(string)),
			 MEMORY_FRAMES_MAX);
}

HOSTTEST(policies_textbook)
{
	for (unsigned round = 0; round < 40; round++) {
		struct textbook book = {.nr_frames = 1 + rnd() % MEMORY_FRAMES_MAX,
					.clock = round % 2};

		memory_create(book.clock ? &policy_clock : &policy_fifo, book.nr_frames);
		for (unsigned i = 0; i < 1000; i++) {
			unsigned page = rnd() % (rnd() % 2 ? MEMORY_PAGES : 16);

			CHECK_EQ(memory_use(page), textbook_use(&book, page));
		}
		memory_destroy();
	}
}
