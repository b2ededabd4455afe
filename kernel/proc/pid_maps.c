#include "proc/pid_info.h"

#include "proc/exec.h"
#include "vm/mm.h"
#include "vm/pagecache.h"

#define MAPS_PATH_MAX	 256
#define MAPS_NAME_COLUMN 73 /* where Linux puts the name */

static const char *
anonymous_name(const struct vma *vma)
{
	const struct mm *mm = vma->mm;

	if (vma->start <= mm->start_stack && vma->end >= mm->start_stack)
		return "[stack]";
	if (vma->start < mm->brk && vma->end > mm->start_brk)
		return "[heap]";
	return NULL;
}

static void
show_name(struct seq *seq, const struct vma *vma, size_t line_start)
{
	char path[MAPS_PATH_MAX] = "";
	const char *name = path;

	if (!vma->mapping)
		name = anonymous_name(vma);
	else if (vma->mapping->ops->path)
		vma->mapping->ops->path(vma->mapping, path, sizeof(path));
	if (!name || !*name)
		return;
	while (seq->len - line_start < MAPS_NAME_COLUMN && !seq->overflow)
		seq_putc(seq, ' ');
	seq_escape(seq, name, "\n");
}

void
pid_show_vma(struct seq *seq, const struct vma *vma)
{
	struct mapping_identity identity = {};
	size_t line_start = seq->len;

	if (vma->mapping && vma->mapping->ops->identify)
		vma->mapping->ops->identify(vma->mapping, &identity);
	seq_printf(seq, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu ", vma->start, vma->end,
		   vma->flags & VM_READ ? 'r' : '-', vma->flags & VM_WRITE ? 'w' : '-',
		   vma->flags & VM_EXEC ? 'x' : '-', vma->flags & VM_SHARED ? 's' : 'p',
		   vma->mapping ? vma->pgoff * PAGE_SIZE : 0, identity.dev >> 8 & 0xfff,
		   identity.dev & 0xff, identity.ino);
	show_name(seq, vma, line_start);
	seq_putc(seq, '\n');
}

static bool
show_vma(struct vma *vma, void *arg)
{
	struct seq *seq = arg;

	pid_show_vma(seq, vma);
	return !seq->overflow;
}

void
pid_show_maps(struct seq *seq, const struct pid_subject *whom)
{
	if (whom->mm)
		mm_for_each_vma(whom->mm, show_vma, seq);
}
