#include "lib/parse.h"
#include "lib/string.h"
#include "proc/pid_info.h"
#include "vm/mm.h"
#include "vm/usage.h"

/* The two letters of VmFlags, as Linux abbreviates them. */
static const struct {
	u32 flag;
	char letters[3];
} flag_letters[] = {
	{VM_READ, "rd"},	{VM_WRITE, "wr"},    {VM_EXEC, "ex"},	   {VM_SHARED, "sh"},
	{VM_MAYREAD, "mr"},	{VM_MAYWRITE, "mw"}, {VM_MAYEXEC, "me"},   {VM_GROWSDOWN, "gd"},
	{VM_LOCKED, "lo"},	{VM_SEQ_READ, "sr"}, {VM_RAND_READ, "rr"}, {VM_DONTCOPY, "dc"},
	{VM_LOCKONFAULT, "lf"}, {VM_ACCOUNT, "ac"},  {VM_NORESERVE, "nr"}, {VM_WIPEONFORK, "wf"},
	{VM_DONTDUMP, "dd"},	{VM_PAGEREFS, "ar"},
};

static void
show_kib(struct seq *seq, const char *name, u64 bytes)
{
	seq_printf(seq, "%-16s %8lu kB\n", name, bytes >> 10);
}

static void
show_usage(struct seq *seq, const struct vma_usage *usage)
{
	show_kib(seq, "Rss:", usage->rss);
	show_kib(seq, "Pss:", usage->pss >> PSS_SHIFT);
	show_kib(seq, "Shared_Clean:", usage->shared_clean);
	show_kib(seq, "Shared_Dirty:", usage->shared_dirty);
	show_kib(seq, "Private_Clean:", usage->private_clean);
	show_kib(seq, "Private_Dirty:", usage->private_dirty);
	show_kib(seq, "Referenced:", usage->referenced);
	show_kib(seq, "Anonymous:", usage->anonymous);
	show_kib(seq, "Swap:", usage->swap);
	show_kib(seq, "SwapPss:", usage->swap_pss >> PSS_SHIFT);
	show_kib(seq, "Locked:", usage->locked);
}

static void
show_flags(struct seq *seq, const struct vma *vma)
{
	seq_puts(seq, "VmFlags:");
	for (unsigned i = 0; i < ARRAY_SIZE(flag_letters); i++)
		if (vma->flags & flag_letters[i].flag)
			seq_printf(seq, " %s", flag_letters[i].letters);
	seq_putc(seq, '\n');
}

static bool
show_area(struct vma *vma, void *arg)
{
	struct vma_usage usage = {0};
	struct seq *seq = arg;

	vma_usage_add(vma, &usage);
	pid_show_vma(seq, vma);
	show_kib(seq, "Size:", vma->end - vma->start);
	show_kib(seq, "KernelPageSize:", PAGE_SIZE);
	show_kib(seq, "MMUPageSize:", PAGE_SIZE);
	show_usage(seq, &usage);
	show_flags(seq, vma);
	return !seq->overflow;
}

void
pid_show_smaps(struct seq *seq, const struct pid_subject *whom)
{
	if (whom->mm)
		mm_for_each_vma(whom->mm, show_area, seq);
}

/* The sum so far, and from where to where the areas reach. */
struct rollup {
	struct vma_usage usage;
	u64 start, end;
};

static bool
add_area(struct vma *vma, void *arg)
{
	struct rollup *rollup = arg;

	if (rollup->end == 0)
		rollup->start = vma->start;
	rollup->end = vma->end;
	vma_usage_add(vma, &rollup->usage);
	return true;
}

void
pid_show_smaps_rollup(struct seq *seq, const struct pid_subject *whom)
{
	struct rollup rollup = {};

	if (!whom->mm)
		return;
	mm_for_each_vma(whom->mm, add_area, &rollup);
	seq_printf(seq, "%08lx-%08lx ---p 00000000 00:00 0 [rollup]\n", rollup.start, rollup.end);
	show_usage(seq, &rollup.usage);
}

enum clear_refs {
	CLEAR_REFS_ALL = 1,
	CLEAR_REFS_ANON,
	CLEAR_REFS_MAPPED,
	CLEAR_REFS_SOFT_DIRTY, /* soft-dirty bits: no entry has one */
};

static bool
clear_area(struct vma *vma, void *arg)
{
	enum clear_refs what = *(u64 *)arg;

	if (what == CLEAR_REFS_ALL || (what == CLEAR_REFS_MAPPED) == (vma->mapping != NULL))
		vma_clear_accessed(vma);
	return true;
}

int
pid_write_clear_refs(const struct pid_subject *whom, const char *text)
{
	u64 what;

	if (kstrtou64(text, 10, &what) || what < CLEAR_REFS_ALL || what > CLEAR_REFS_SOFT_DIRTY)
		return -EINVAL;
	if (whom->mm && what != CLEAR_REFS_SOFT_DIRTY)
		mm_for_each_vma(whom->mm, clear_area, &what);
	return 0;
}
