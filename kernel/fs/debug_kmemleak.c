/* /sys/kernel/debug/kmemleak, and the same as /proc/kmemleak: the leak detector (mem/kmemleak.h). */

#include "fs/debugfs.h"

#include "core/clock.h"
#include "core/stack_trace.h"
#include "fs/proc_node.h"
#include "lib/parse.h"
#include "lib/string.h"
#include "mem/kmemleak.h"
#include "riscv/layout.h"

#define DUMP_BYTES 32UL

/* => in the direct map, so that it can be read even when somebody has just freed it */
static void
show_bytes(struct seq *seq, const struct kmemleak_leak *leak)
{
	const u8 *bytes = (const u8 *)leak->start;

	seq_printf(seq, "  hex dump (first %lu bytes):\n   ", MIN(leak->size, DUMP_BYTES));
	for (u64 i = 0; i < MIN(leak->size, DUMP_BYTES); i++)
		seq_printf(seq, i == DUMP_BYTES / 2 ? "\n    %02x" : " %02x", bytes[i]);
	seq_putc(seq, '\n');
}

static void
show_origin(struct seq *seq, const struct kmemleak_leak *leak)
{
	u64 age_ms = (clock_now_ns() - leak->when_ns) / NSEC_PER_MSEC;
	char name[96];

	seq_printf(seq, "  comm \"%s\", pid %u, age %lu.%03lus\n", leak->comm, leak->pid,
		   age_ms / 1000, age_ms % 1000);
	seq_puts(seq, "  backtrace:\n");
	for (u32 i = 0; i < leak->nr_callers; i++) {
		stack_trace_name(name, sizeof(name), leak->callers[i]);
		seq_printf(seq, "    %s\n", name);
	}
}

static int
show_leaks(struct seq *seq, void *arg)
{
	struct kmemleak_leak leak;

	(void)arg;
	for (u64 after = 0; kmemleak_next(after, &leak); after = leak.start) {
		seq_printf(seq, "unreferenced object %#lx (size %lu): %s\n", leak.start, leak.size,
			   leak.kind);
		if (leak.when_ns)
			show_origin(seq, &leak);
		if (leak.start < DIRECTMAP_BASE + DIRECTMAP_SIZE)
			show_bytes(seq, &leak);
	}
	return 0;
}

static int
write_command(void *arg, const char *text)
{
	(void)arg;
	if (strcmp(text, "scan") == 0)
		return kmemleak_scan();
	if (!kmemleak_on)
		return -EOPNOTSUPP;
	if (strcmp(text, "clear") == 0)
		kmemleak_clear();
	else if (strcmp(text, "off") == 0)
		kmemleak_off();
	else
		return -EINVAL;
	return 0;
}

static int
show_in_proc(struct seq *seq)
{
	return show_leaks(seq, NULL);
}

static int
write_in_proc(const char *text)
{
	return write_command(NULL, text);
}

void INIT
debug_kmemleak_init(void)
{
	static const struct debugfs_ops ops = {.show = show_leaks, .write = write_command};

	debugfs_register("kmemleak", &ops, NULL);
	procfs_register_writable("kmemleak", show_in_proc, write_in_proc);
}
