/* Candidates from the input: the choice is one of them, spared ones never are, and none is larger. */
#include "vm/oom_score.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

struct input {
	u32 nr_anon, nr_file, nr_swap, nr_tables, nr_areas;
	s16 adj;
} __attribute__((packed));

static void
expect(bool cond)
{
	if (!cond)
		abort();
}

static s64
points_of(const struct input *input, u64 total)
{
	struct oom_usage usage = {input->nr_anon, input->nr_file, input->nr_swap, input->nr_tables,
				  input->nr_areas};

	return oom_points(&usage, input->adj % (OOM_SCORE_ADJ_MAX + 1), total);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct oom_choice choice = OOM_CHOICE_INIT;
	size_t nr = bytes / sizeof(struct input);
	u64 total = 1 + bytes * 0x10000;

	for (size_t i = 0; i < nr; i++) {
		struct input input;
		s64 points;

		memcpy(&input, data + i * sizeof(input), sizeof(input));
		points = points_of(&input, total);
		expect((points == OOM_POINTS_NEVER) ==
		       (input.adj % (OOM_SCORE_ADJ_MAX + 1) == OOM_SCORE_ADJ_MIN));
		oom_choice_offer(&choice, points, (void *)(data + i * sizeof(input)));
		expect(points == OOM_POINTS_NEVER || choice.points >= points);
		oom_score(points, total);
	}
	expect(!choice.chosen || choice.points != OOM_POINTS_NEVER);
	return 0;
}
