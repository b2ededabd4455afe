/* vm/oom_score.c: points, what /proc shows of them, and the choice. */
#include "vm/oom_score.h"

#include "hosttest.h"

#define TOTAL 10000UL

static s64
points(u64 nr_pages, s32 adj)
{
	struct oom_usage usage = {.nr_anon = nr_pages};

	return oom_points(&usage, adj, TOTAL);
}

HOSTTEST(oom_points_are_pages)
{
	struct oom_usage usage = {
		.nr_anon = 1, .nr_file = 20, .nr_swap = 300, .nr_tables = 4000, .nr_areas = 50000};

	CHECK_EQ(oom_points(&usage, 0, TOTAL), 54321);
	CHECK_EQ(points(0, 0), 0);
}

HOSTTEST(oom_adj_is_thousandths_of_memory)
{
	CHECK_EQ(points(100, 1), 110);
	CHECK_EQ(points(100, 500), 5100);
	CHECK_EQ(points(100, -500), -4900);
	CHECK_EQ(points(0, OOM_SCORE_ADJ_MAX), TOTAL);
	CHECK_EQ(points(TOTAL, OOM_SCORE_ADJ_MIN + 1), 10);
	CHECK(points(TOTAL, OOM_SCORE_ADJ_MIN) == OOM_POINTS_NEVER);
}

HOSTTEST(oom_small_machines_are_not_rounded_away)
{
	struct oom_usage usage = {0};

	CHECK_EQ(oom_points(&usage, 500, 999), 499);
	CHECK_EQ(oom_points(&usage, -500, 999), -499);
}

HOSTTEST(oom_score_is_shown_as_linux_shows_it)
{
	CHECK_EQ(oom_score(points(0, 0), TOTAL), 666);
	CHECK_EQ(oom_score(points(TOTAL, 0), TOTAL), 1333);
	CHECK_EQ(oom_score(points(TOTAL, 1000), TOTAL), 2000);
	CHECK_EQ(oom_score(points(0, -999), TOTAL), 0);
	CHECK_EQ(oom_score(points(0, -500), TOTAL), 333);
	CHECK_EQ(oom_score(OOM_POINTS_NEVER, TOTAL), 0);
}

HOSTTEST(oom_choice_takes_the_largest)
{
	struct oom_choice choice = OOM_CHOICE_INIT;
	int who[4];

	CHECK(!oom_choice_offer(&choice, OOM_POINTS_NEVER, &who[0]));
	CHECK(!choice.chosen);
	CHECK(oom_choice_offer(&choice, -5, &who[0]));
	CHECK(oom_choice_offer(&choice, 7, &who[1]));
	CHECK(!oom_choice_offer(&choice, 6, &who[2]));
	CHECK(choice.chosen == &who[1]);
	CHECK(oom_choice_offer(&choice, 7, &who[3]));
	CHECK(choice.chosen == &who[3] && choice.points == 7);
}

struct candidate {
	s64 points;
	bool never;
};

/* Random candidates: never who is spared, never one with fewer points than another. */
HOSTTEST(oom_choice_random)
{
	for (int round = 0; round < 20000; round++) {
		struct oom_choice choice = OOM_CHOICE_INIT;
		struct candidate all[16], *chosen;
		unsigned nr = 1 + rnd_below(16), nr_never = 0;
		u64 total = 1 + rnd_below(1UL << 40);

		for (unsigned i = 0; i < nr; i++) {
			struct oom_usage usage = {.nr_anon = rnd_below(total),
						  .nr_swap = rnd_below(total)};
			s32 adj = (s32)rnd_below(2001) - 1000;

			all[i].points = oom_points(&usage, adj, total);
			all[i].never = adj == OOM_SCORE_ADJ_MIN;
			CHECK_EQ(all[i].never, all[i].points == OOM_POINTS_NEVER);
			CHECK(oom_score(all[i].points, total) <= 2666);
			nr_never += all[i].never;
			oom_choice_offer(&choice, all[i].points, &all[i]);
		}
		chosen = choice.chosen;
		CHECK_EQ(chosen != NULL, nr_never < nr);
		for (unsigned i = 0; chosen && i < nr; i++)
			CHECK(!chosen->never && all[i].points <= chosen->points);
	}
}
