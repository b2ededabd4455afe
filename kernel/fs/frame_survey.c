#include "fs/frame_survey.h"

#include "core/clock.h"
#include "lib/compiler.h"
#include "sched/sched.h"

/* Stretches of frames between two looks at whether another task should run. */
#define WALK_CHUNK 4096

#define SETTLE_ROUNDS 100
#define SETTLE_NS     (10 * NSEC_PER_MSEC)

static bool
state_is_bad(enum frame_state state)
{
	return state == FRAME_LOST || state == FRAME_WRONG;
}

static void
walk_all(struct frame_survey *survey)
{
	struct frame_walk walk = {0};

	for (u64 n = 1; frame_walk_next(&walk); n++) {
		survey->nr[walk.state] += walk.nr;
		if (state_is_bad(walk.state) && survey->nr_bad < SURVEY_BAD_MAX) {
			survey->bad[survey->nr_bad].pfn = walk.pfn;
			survey->bad[survey->nr_bad++].state = walk.state;
		}
		if (n % WALK_CHUNK == 0)
			cond_resched();
	}
}

/* Look at the n-th bad frame again, and count it as what it is now. => still bad */
static bool
frame_still_bad(struct frame_survey *survey, unsigned n)
{
	enum frame_state state;

	frame_state_get(survey->bad[n].pfn, &state);
	survey->nr[survey->bad[n].state]--;
	survey->nr[state]++;
	survey->bad[n].state = state;
	return state_is_bad(state);
}

void
frame_survey(struct frame_survey *survey)
{
	*survey = (struct frame_survey){0};
	walk_all(survey);
	for (int round = 0; round < SETTLE_ROUNDS && survey->nr_bad > 0; round++) {
		unsigned kept = 0;

		task_sleep_ns(SETTLE_NS, false);
		for (unsigned i = 0; i < survey->nr_bad; i++)
			if (frame_still_bad(survey, i))
				survey->bad[kept++] = survey->bad[i];
		survey->nr_bad = kept;
	}
}

u64
nr_ram_frames(void)
{
	u64 nr = 0;

	for (unsigned i = 0; i < nr_ram_regions; i++)
		nr += ram_regions[i].size >> PAGE_SHIFT;
	return nr;
}
