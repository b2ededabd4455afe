#pragma once

/*
 * Who is to die when memory is out: numbers only, for the host's tests, too. Names, ranges and what
 * /proc shows are Linux's.
 */

#include "lib/types.h"

#define OOM_SCORE_ADJ_MIN  (-1000) /* never */
#define OOM_SCORE_ADJ_MAX  1000	   /* first */
#define OOM_SCORE_PER_MILL 1000

/* Points of who is not to be killed whatever happens. */
#define OOM_POINTS_NEVER INT64_MIN

/* Pages that would be free if an address space went. */
struct oom_usage {
	u64 nr_anon, nr_file; /* resident */
	u64 nr_swap;
	u64 nr_tables;
	u64 nr_areas; /* that describe its areas */
};

/*
 * Pages in use, shifted by adj thousandths of all memory (RAM and swap, in pages, not 0).
 * => OOM_POINTS_NEVER for OOM_SCORE_ADJ_MIN
 */
s64 oom_points(const struct oom_usage *usage, s32 adj, u64 nr_total_pages);

/* The same as /proc/<pid>/oom_score has it: two thirds of 0 .. 2000 and more, 0 for never. */
u64 oom_score(s64 points, u64 nr_total_pages);

/* The one with the most points among those that were offered; of equals the last. */
struct oom_choice {
	s64 points;
	void *chosen; /* NULL: nobody yet */
};

#define OOM_CHOICE_INIT                \
	{                              \
		OOM_POINTS_NEVER, NULL \
	}

/* => true: it is the best so far */
bool oom_choice_offer(struct oom_choice *choice, s64 points, void *candidate);
