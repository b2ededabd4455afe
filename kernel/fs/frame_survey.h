/* All frames of RAM, counted by what they are used for (mem/frame_state.h). */
#pragma once

#include "mem/frame_state.h"

#define SURVEY_BAD_MAX 32

struct frame_survey {
	u64 nr[NR_FRAME_STATES];
	unsigned nr_bad; /* valid entries of bad */
	struct {
		u64 pfn;
		enum frame_state state;
	} bad[SURVEY_BAD_MAX];
};

/*
 * Every frame is in one of the counts, as it was when the walk came by. A frame that looks wrong
 * may only be changing hands: it is looked at again until it is sound, for a second at most. What
 * is LOST or WRONG after that is so. Sleeps.
 */
void frame_survey(struct frame_survey *survey);

/* Frames of RAM that the FDT gave. */
u64 nr_ram_frames(void);
