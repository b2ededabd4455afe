/* /proc/sys/vm and what of /proc/sys/fs is about caches. Every knob here does something. */
#include "fs/proc_node.h"

#include "core/clock.h"
#include "core/printk.h"
#include "fs/dentry.h"
#include "fs/inode.h"
#include "fs/qfs/qfs.h"
#include "lib/parse.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "mem/vmstat.h"
#include "mem/zone.h"
#include "sched/sched.h"
#include "vm/drop_caches.h"
#include "vm/flusher.h"
#include "vm/reclaim.h"
#include "vm/shrinker.h"
#include "vm/vma.h"

#define DROP_ROUNDS   3
#define DROP_PAUSE_NS (2 * NSEC_PER_MSEC)

#define CENTISEC_NS (NSEC_PER_SEC / 100)

/* Unused names and inodes, as Linux's dentry-state: all, unused, and four that are always 0. */
static int
show_dentry_state(struct seq *seq)
{
	u64 nr_dentries, nr_unused;

	dcache_stats(&nr_dentries, &nr_unused);
	seq_printf(seq, "%lu\t%lu\t0\t0\t0\t0\n", nr_dentries, nr_unused);
	return 0;
}

static int
show_inode_nr(struct seq *seq)
{
	u64 nr_inodes, nr_unused;

	inode_cache_stats(&nr_inodes, &nr_unused);
	seq_printf(seq, "%lu\t%lu\n", nr_inodes, nr_unused);
	return 0;
}

/* Again and again: what other harts keep of a slab is there when they have taken an interrupt. */
static void
drop_objects(void)
{
	for (int i = 0; i < DROP_ROUNDS; i++) {
		if (i > 0)
			task_sleep_ns(DROP_PAUSE_NS, false);
		shrinkers_run(GFP_KERNEL, 0);
		slab_shrink_all();
	}
}

/* 1: clean pages that nobody has mapped, and blocks; 2: names, inodes and slabs; 3: both. */
static int
write_drop_caches(const char *text)
{
	if (text[0] < '1' || text[0] > '3' || text[1])
		return -EINVAL;
	printk(LOG_DEBUG, "%s (%d): drop_caches: %s", current->name, current->tid, text);
	if (text[0] != '1') {
		vmstat_add(DROP_SLAB, 1);
		dcache_shrink(NULL, UINT64_MAX);
		inode_cache_shrink(UINT64_MAX / 2);
	}
	if (text[0] != '2') {
		vmstat_add(DROP_PAGECACHE, 1);
		drop_pagecache();
		qfs_buffers_shrink(UINT64_MAX);
	}
	if (text[0] != '1')
		drop_objects();
	return 0;
}

/* A number as C writes it, without anything around it, for a setter that checks its range. */
static int
write_number(const char *text, int (*set)(u64 value))
{
	u64 value;

	while (*text == ' ' || *text == '\t')
		text++;
	return kstrtou64(text, 0, &value) ? -EINVAL : set(value);
}

static int
show_number(struct seq *seq, u64 value)
{
	seq_printf(seq, "%lu\n", value);
	return 0;
}

static int
show_min_free_kbytes(struct seq *seq)
{
	return show_number(seq, min_free_kbytes());
}

static int
write_min_free_kbytes(const char *text)
{
	return write_number(text, min_free_kbytes_set);
}

static int
show_watermark_scale_factor(struct seq *seq)
{
	return show_number(seq, watermark_scale_factor());
}

static int
write_watermark_scale_factor(const char *text)
{
	return write_number(text, watermark_scale_factor_set);
}

static int
show_lowmem_reserve_ratio(struct seq *seq)
{
	for (unsigned i = 0; i < NR_ZONES; i++)
		seq_printf(seq, "%s%lu", i ? "\t" : "", lowmem_reserve_ratio(i));
	seq_putc(seq, '\n');
	return 0;
}

/* => the number at *text, which is moved behind it and the blanks that follow; -EINVAL */
static int
next_number(const char **text, u64 *value)
{
	char digits[24];
	size_t len = strcspn(*text, " \t");

	if (len == 0 || len >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, *text, len);
	digits[len] = '\0';
	*text += len + strspn(*text + len, " \t");
	return kstrtou64(digits, 0, value) ? -EINVAL : 0;
}

/* As many numbers as are given, from the lowest zone on; none is set when one is no number. */
static int
write_lowmem_reserve_ratio(const char *text)
{
	u64 ratios[NR_ZONES];
	unsigned nr = 0;
	int error = 0;

	text += strspn(text, " \t");
	while (*text && !error)
		error = nr < NR_ZONES ? next_number(&text, &ratios[nr++]) : -EINVAL;
	for (unsigned i = 0; i < nr && !error; i++)
		error = lowmem_reserve_ratio_set(i, ratios[i]);
	return nr ? error : -EINVAL;
}

static int
show_dirty_expire(struct seq *seq)
{
	return show_number(seq, READ_ONCE(dirty_expire_ns) / CENTISEC_NS);
}

static int
dirty_expire_centisecs_set(u64 centisecs)
{
	if (centisecs > UINT32_MAX)
		return -EINVAL;
	dirty_expire_set(centisecs * CENTISEC_NS);
	return 0;
}

static int
write_dirty_expire(const char *text)
{
	return write_number(text, dirty_expire_centisecs_set);
}

/* A file that shows one side of a bound for dirty pages, and sets it. */
#define DIRTY_KNOB(name, bound, field)                           \
	static int show_##name(struct seq *seq)                  \
	{                                                        \
		return show_number(seq, READ_ONCE(bound.field)); \
	}                                                        \
	static int set_##name(u64 value)                         \
	{                                                        \
		return dirty_bound_set_##field(&bound, value);   \
	}                                                        \
	static int write_##name(const char *text)                \
	{                                                        \
		return write_number(text, set_##name);           \
	}

DIRTY_KNOB(dirty_ratio, dirty_hard, percent)
DIRTY_KNOB(dirty_bytes, dirty_hard, bytes)
DIRTY_KNOB(dirty_background_ratio, dirty_background, percent)
DIRTY_KNOB(dirty_background_bytes, dirty_background, bytes)

void INIT
proc_sys_vm_init(void)
{
	procfs_register("sys/fs/dentry-state", show_dentry_state);
	procfs_register("sys/fs/inode-nr", show_inode_nr);
	procfs_register_writable("sys/vm/drop_caches", NULL, write_drop_caches);
	procfs_register_writable("sys/vm/min_free_kbytes", show_min_free_kbytes,
				 write_min_free_kbytes);
	procfs_register_writable("sys/vm/watermark_scale_factor", show_watermark_scale_factor,
				 write_watermark_scale_factor);
	procfs_register_writable("sys/vm/lowmem_reserve_ratio", show_lowmem_reserve_ratio,
				 write_lowmem_reserve_ratio);
	procfs_register_writable("sys/vm/dirty_expire_centisecs", show_dirty_expire,
				 write_dirty_expire);
	procfs_register_number("sys/vm/swappiness", &swappiness, 0, SWAPPINESS_MAX);
	procfs_register_writable("sys/vm/dirty_ratio", show_dirty_ratio, write_dirty_ratio);
	procfs_register_writable("sys/vm/dirty_bytes", show_dirty_bytes, write_dirty_bytes);
	procfs_register_writable("sys/vm/dirty_background_ratio", show_dirty_background_ratio,
				 write_dirty_background_ratio);
	procfs_register_writable("sys/vm/dirty_background_bytes", show_dirty_background_bytes,
				 write_dirty_background_bytes);
	procfs_register_number("sys/vm/max_map_count", &max_map_count, 0, INT32_MAX);
}
