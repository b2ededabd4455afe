/* The files of /proc about single frames of RAM. */
#include "fs/proc_node.h"

#include "fs/frame_survey.h"
#include "lib/printf.h"

/*
 * Frames by use, one line each, their sum, and how many there are. A frame that is in no sound
 * state has a line of its own at the end.
 */
static int
show_pagestates(struct seq *seq)
{
	struct frame_survey survey;
	char label[32];
	u64 sum = 0;

	frame_survey(&survey);
	for (enum frame_state state = 0; state < NR_FRAME_STATES; state++) {
		snprintf(label, sizeof(label), "%s:", frame_state_name(state));
		seq_printf(seq, "%-16s %10lu\n", label, survey.nr[state]);
		sum += survey.nr[state];
	}
	seq_printf(seq, "%-16s %10lu\n%-16s %10lu\n", "sum:", sum, "RAM:", nr_ram_frames());
	for (unsigned i = 0; i < survey.nr_bad; i++)
		seq_printf(seq, "frame %#lx: %s\n", survey.bad[i].pfn,
			   frame_fault(survey.bad[i].pfn));
	return 0;
}

void
proc_frames_init(void)
{
	procfs_register("pagestates", show_pagestates);
}
