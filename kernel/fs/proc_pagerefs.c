/*
 * /proc/pagerefs: "START BYTES FRAMES", in hexadecimal with 0x or decimal, starts a recording of what
 * the writer does there (vm/pagerefs.h). Reading it gives the record, in the form that tools/refsim
 * reads: lines of # with what is known, then the pages in order, those that faulted with a ! behind.
 */
#include "fs/proc_node.h"

#include "lib/errno.h"
#include "lib/parse.h"
#include "vm/pagerefs.h"
#include "vm/reclaim_policy.h"

#define REFS_PER_LINE 16

static int
show_pagerefs(struct seq *seq)
{
	struct pagerefs_info info;

	pagerefs_info(&info);
	seq_printf(seq, "# policy %s\n# frames %lu\n# pages %lu\n", reclaim_policy->name,
		   info.nr_frames, info.nr_pages);
	seq_printf(seq, "# references %lu\n# faults %lu\n# lost %lu\n# strays %lu\n", info.nr_refs,
		   info.nr_faults, info.nr_lost, info.nr_strays);
	for (u64 n = 0; n < info.nr_refs; n++) {
		bool fault, last = n % REFS_PER_LINE == REFS_PER_LINE - 1 || n + 1 == info.nr_refs;
		u32 page = pagerefs_get(n, &fault);

		seq_printf(seq, "%u%s%c", page, fault ? "!" : "", last ? '\n' : ' ');
	}
	return 0;
}

static int
write_pagerefs(const char *text)
{
	u64 values[3];

	for (unsigned i = 0; i < ARRAY_SIZE(values); i++) {
		while (*text == ' ')
			text++;
		if (parse_u64(text, &text, 0, &values[i]) < 0)
			return -EINVAL;
	}
	if (*text != '\0')
		return -EINVAL;
	return pagerefs_start(values[0], values[1], values[2]);
}

void
proc_pagerefs_init(void)
{
	procfs_register_writable("pagerefs", show_pagerefs, write_pagerefs);
}
