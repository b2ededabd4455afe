#include "vm/oom_score.h"

#include "lib/compiler.h"

s64
oom_points(const struct oom_usage *usage, s32 adj, u64 nr_total_pages)
{
	s64 points = usage->nr_anon + usage->nr_file + usage->nr_swap + usage->nr_tables +
		     usage->nr_areas;

	if (adj == OOM_SCORE_ADJ_MIN)
		return OOM_POINTS_NEVER;
	return points + adj * (s64)nr_total_pages / OOM_SCORE_PER_MILL;
}

u64
oom_score(s64 points, u64 nr_total_pages)
{
	s64 per_mill;

	if (points == OOM_POINTS_NEVER)
		return 0;
	per_mill = OOM_SCORE_PER_MILL + points * OOM_SCORE_PER_MILL / (s64)nr_total_pages;
	return MAX(per_mill * 2 / 3, 0L);
}

bool
oom_choice_offer(struct oom_choice *choice, s64 points, void *candidate)
{
	if (points == OOM_POINTS_NEVER || (choice->chosen && points < choice->points))
		return false;
	choice->points = points;
	choice->chosen = candidate;
	return true;
}
