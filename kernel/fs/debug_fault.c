/*
 * /sys/kernel/debug/failslab and fail_page_alloc: the fields of a struct fault_attr
 * (mem/fault_inject.h) as files, with Linux's names; and blk_fail, the text of dev/block_fail.h.
 */
#include "fs/debugfs.h"

#include "dev/block_fail.h"
#include "fs/proc_node.h"
#include "lib/parse.h"
#include "lib/string.h"
#include "mem/fault_inject.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"

static void
update_all(void)
{
	fault_attr_update(&fail_page_alloc);
	fault_attr_update(&failslab);
}

static int
show_number(struct seq *seq, void *arg)
{
	seq_printf(seq, "%d\n", READ_ONCE(*(s32 *)arg));
	return 0;
}

static int
write_between(void *arg, const char *text, s64 least, s64 most)
{
	s64 value;

	if (kstrtos64(text, 0, &value) || value < least || value > most)
		return -EINVAL;
	WRITE_ONCE(*(s32 *)arg, (s32)value);
	update_all();
	return 0;
}

static int
write_number(void *arg, const char *text)
{
	return write_between(arg, text, 0, INT32_MAX);
}

/* -1: without end. */
static int
write_times(void *arg, const char *text)
{
	return write_between(arg, text, -1, INT32_MAX);
}

static int
write_percentage(void *arg, const char *text)
{
	return write_between(arg, text, 0, 100);
}

static int
write_order(void *arg, const char *text)
{
	return write_between(arg, text, 0, MAX_ORDER);
}

static int
write_flag(void *arg, const char *text)
{
	bool value;

	if (debugfs_parse_bool(text, &value))
		return -EINVAL;
	WRITE_ONCE(*(bool *)arg, value);
	return 0;
}

static int
show_cache(struct seq *seq, void *arg)
{
	const struct fault_attr *attr = arg;

	seq_printf(seq, "%s\n", attr->cache);
	return 0;
}

static bool
cache_exists(const char *name)
{
	struct slab_stats stats;

	for (unsigned i = 0; slab_stats_get(i, &stats); i++)
		if (strcmp(stats.name, name) == 0)
			return true;
	return false;
}

/* Nothing: all caches. A name that no cache has is a slip: nothing would ever fail. */
static int
write_cache(void *arg, const char *text)
{
	struct fault_attr *attr = arg;

	if (strlen(text) >= sizeof(attr->cache))
		return -EINVAL;
	if (*text && !cache_exists(text))
		return -ENOENT;
	strscpy(attr->cache, text, sizeof(attr->cache));
	return 0;
}

static int
write_count(void *arg, const char *text)
{
	u64 value;

	if (kstrtou64(text, 0, &value))
		return -EINVAL;
	__atomic_store_n((u64 *)arg, value, __ATOMIC_RELAXED);
	return 0;
}

static int
show_count(struct seq *seq, void *arg)
{
	seq_printf(seq, "%lu\n", READ_ONCE(*(u64 *)arg));
	return 0;
}

static int
write_disk_failure(void *arg, const char *text)
{
	(void)arg;
	return block_fail_configure(text);
}

/* How many requests failed since the last text. */
static int
show_disk_failures(struct seq *seq, void *arg)
{
	(void)arg;
	seq_printf(seq, "%lu\n", block_fail_count());
	return 0;
}

static const struct debugfs_ops disk_ops = {.show = show_disk_failures,
					    .write = write_disk_failure};
static const struct debugfs_ops count_ops = {.show = show_count, .write = write_count};
static const struct debugfs_ops number_ops = {.show = show_number, .write = write_number};
static const struct debugfs_ops times_ops = {.show = show_number, .write = write_times};
static const struct debugfs_ops order_ops = {.show = show_number, .write = write_order};
static const struct debugfs_ops percentage_ops = {.show = show_number, .write = write_percentage};
static const struct debugfs_ops flag_ops = {.show = debugfs_show_bool, .write = write_flag};
static const struct debugfs_ops cache_ops = {.show = show_cache, .write = write_cache};

static const struct {
	const char *path;
	const struct debugfs_ops *ops;
	void *arg;
} files[] = {
#define COMMON_FILES(dir, attr)                                               \
	{dir "/probability", &percentage_ops, &(attr).probability},           \
		{dir "/interval", &number_ops, &(attr).interval},             \
		{dir "/times", &times_ops, &(attr).times},                    \
		{dir "/space", &number_ops, &(attr).space},                   \
		{dir "/verbose", &number_ops, &(attr).verbose},               \
		{dir "/task-filter", &flag_ops, &(attr).task_filter},         \
		{dir "/ignore-gfp-wait", &flag_ops, &(attr).ignore_gfp_wait}, \
		{dir "/require-start", &debugfs_hex, &(attr).require_start},  \
		{dir "/require-end", &debugfs_hex, &(attr).require_end},      \
		{dir "/reject-start", &debugfs_hex, &(attr).reject_start},    \
		{dir "/reject-end", &debugfs_hex, &(attr).reject_end},        \
		{dir "/requests", &count_ops, &(attr).nr_requests},           \
	{                                                                     \
		dir "/failed", &debugfs_counter, &(attr).nr_failed            \
	}
	COMMON_FILES("fail_page_alloc", fail_page_alloc),
	{"fail_page_alloc/ignore-gfp-highmem", &flag_ops, &fail_page_alloc.ignore_gfp_highmem},
	{"fail_page_alloc/min-order", &order_ops, &fail_page_alloc.min_order},
	{"blk_fail", &disk_ops, NULL},
	COMMON_FILES("failslab", failslab),
	{"failslab/cache", &cache_ops, &failslab},
	{"failslab/min-size", &number_ops, &failslab.min_size},
};

void INIT
debug_fault_init(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(files); i++)
		debugfs_register(files[i].path, files[i].ops, files[i].arg);
}
