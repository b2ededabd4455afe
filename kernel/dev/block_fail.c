#include "dev/block_fail.h"

#include "core/machine.h"
#include "core/printk.h"
#include "lib/parse.h"
#include "lib/string.h"

static struct {
	char disk[32];
	u64 interval; /* 0: off */
	u64 nr_left;
	u64 nr_seen;
} fail;

bool
block_fail_now(const struct block_device *bdev)
{
	u64 interval = __atomic_load_n(&fail.interval, __ATOMIC_ACQUIRE);

	if (likely(interval == 0))
		return false;
	if (strcmp(bdev->name, fail.disk) && strcmp(bdev->serial, fail.disk))
		return false;
	if (__atomic_add_fetch(&fail.nr_seen, 1, __ATOMIC_RELAXED) % interval)
		return false;
	if (__atomic_load_n(&fail.nr_left, __ATOMIC_RELAXED) == 0)
		return false;
	__atomic_fetch_sub(&fail.nr_left, 1, __ATOMIC_RELAXED);
	return true;
}

void
block_fail_set(const char *disk, u64 interval, u64 nr_times)
{
	__atomic_store_n(&fail.interval, 0, __ATOMIC_RELEASE);
	strscpy(fail.disk, disk, sizeof(fail.disk));
	fail.nr_seen = 0;
	fail.nr_left = nr_times;
	__atomic_store_n(&fail.interval, interval, __ATOMIC_RELEASE);
}

void
block_fail_init(void)
{
	char text[64];
	char *colon;
	const char *end;
	u64 interval, nr_times = UINT64_MAX;

	if (bootarg_get("blk_fail", text, sizeof(text)) < 0)
		return;
	colon = strchr(text, ':');
	if (!colon || parse_u64(colon + 1, &end, 10, &interval) ||
	    (*end == ':' && kstrtou64(end + 1, 10, &nr_times)) || (*end && *end != ':')) {
		pr_err("blk_fail=%s: want DISK:INTERVAL[:COUNT]", text);
		return;
	}
	*colon = '\0';
	block_fail_set(text, interval, nr_times);
	pr_notice("%s: every %lu-th request will fail", text, interval);
}
