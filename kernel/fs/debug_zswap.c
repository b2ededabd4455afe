/*
 * /sys/module/zswap/parameters and /sys/kernel/debug/zswap: compressed swap (vm/zswap.h), with Linux's
 * names.
 */
#include "fs/debugfs.h"

#include "fs/proc_node.h"
#include "lib/parse.h"
#include "vm/zswap.h"

#define PARAMETERS "module/zswap/parameters"

static int
write_enabled(void *arg, const char *text)
{
	bool value;

	(void)arg;
	return debugfs_parse_bool(text, &value) ? -EINVAL : zswap_set_enabled(value);
}

static int
show_percent(struct seq *seq, void *arg)
{
	seq_printf(seq, "%u\n", READ_ONCE(*(u32 *)arg));
	return 0;
}

static int
write_percent(void *arg, const char *text)
{
	u64 value;

	if (kstrtou64(text, 0, &value) || value > 100)
		return -EINVAL;
	WRITE_ONCE(*(u32 *)arg, (u32)value);
	zswap_limits_changed();
	return 0;
}

static int
show_pool_total_size(struct seq *seq, void *arg)
{
	(void)arg;
	seq_printf(seq, "%lu\n", zswap_nr_pool_pages() << PAGE_SHIFT);
	return 0;
}

static int
show_stored_pages(struct seq *seq, void *arg)
{
	(void)arg;
	seq_printf(seq, "%lu\n", zswap_nr_stored());
	return 0;
}

static const struct debugfs_ops enabled_ops = {.show = debugfs_show_bool, .write = write_enabled};
static const struct debugfs_ops percent_ops = {.show = show_percent, .write = write_percent};
static const struct debugfs_ops size_ops = {.show = show_pool_total_size};
static const struct debugfs_ops stored_ops = {.show = show_stored_pages};

void
debug_zswap_init(void)
{
	static const struct {
		const char *path;
		u64 *counter;
	} counters[] = {
		{"zswap/pool_limit_hit", &zswap_stats.pool_limit_hit},
		{"zswap/reject_reclaim_fail", &zswap_stats.reject_reclaim_fail},
		{"zswap/reject_alloc_fail", &zswap_stats.reject_alloc_fail},
		{"zswap/reject_kmemcache_fail", &zswap_stats.reject_kmemcache_fail},
		{"zswap/reject_compress_poor", &zswap_stats.reject_compress_poor},
		{"zswap/decompress_fail", &zswap_stats.decompress_fail},
		{"zswap/written_back_pages", &zswap_stats.written_back_pages},
	};

	sysfs_register(PARAMETERS "/enabled", &enabled_ops, &zswap_enabled);
	sysfs_register(PARAMETERS "/max_pool_percent", &percent_ops, &zswap_max_pool_percent);
	sysfs_register(PARAMETERS "/accept_threshold_percent", &percent_ops,
		       &zswap_accept_threshold_percent);
	for (unsigned i = 0; i < ARRAY_SIZE(counters); i++)
		debugfs_register(counters[i].path, &debugfs_counter, counters[i].counter);
	debugfs_register("zswap/pool_total_size", &size_ops, NULL);
	debugfs_register("zswap/stored_pages", &stored_ops, NULL);
}
