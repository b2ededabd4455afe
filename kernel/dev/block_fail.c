#include "dev/block_fail.h"

#include "core/machine.h"
#include "core/printk.h"
#include "lib/errno.h"
#include "lib/parse.h"
#include "lib/string.h"

#define BIT_OF(op) (1U << (op))
#define ALL_OPS	   (~0U)

static struct {
	char disk[32];
	u32 ops;      /* a bit for each enum bio_op */
	u64 interval; /* 0: off */
	u64 nr_left;
	u64 nr_seen, nr_failed;
} fail;

bool
block_fail_now(const struct block_device *bdev, enum bio_op op)
{
	u64 interval = __atomic_load_n(&fail.interval, __ATOMIC_ACQUIRE);

	if (likely(interval == 0))
		return false;
	if (strcmp(bdev->name, fail.disk) && strcmp(bdev->serial, fail.disk))
		return false;
	if (!(fail.ops & BIT_OF(op)))
		return false;
	if (__atomic_add_fetch(&fail.nr_seen, 1, __ATOMIC_RELAXED) % interval)
		return false;
	if (__atomic_load_n(&fail.nr_left, __ATOMIC_RELAXED) == 0)
		return false;
	__atomic_fetch_sub(&fail.nr_left, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&fail.nr_failed, 1, __ATOMIC_RELAXED);
	return true;
}

static void
fail_set(const char *disk, u32 ops, u64 interval, u64 nr_times)
{
	__atomic_store_n(&fail.interval, 0, __ATOMIC_RELEASE);
	strscpy(fail.disk, disk, sizeof(fail.disk));
	fail.ops = ops;
	fail.nr_seen = 0;
	fail.nr_failed = 0;
	fail.nr_left = nr_times;
	__atomic_store_n(&fail.interval, interval, __ATOMIC_RELEASE);
}

void
block_fail_set(const char *disk, u64 interval, u64 nr_times)
{
	fail_set(disk, ALL_OPS, interval, nr_times);
}

u64
block_fail_count(void)
{
	return __atomic_load_n(&fail.nr_failed, __ATOMIC_RELAXED);
}

/* What follows the disk's name, which is cut off. => a bit for each operation; 0: nonsense */
static u32
direction_cut(char *disk)
{
	char *slash = strchr(disk, '/');

	if (!slash)
		return ALL_OPS;
	*slash = '\0';
	if (strcmp(slash + 1, "read") == 0)
		return BIT_OF(BIO_READ);
	return strcmp(slash + 1, "write") == 0 ? BIT_OF(BIO_WRITE) : 0;
}

int
block_fail_configure(const char *text)
{
	char disk[sizeof(fail.disk)];
	const char *colon = strchr(text, ':'), *end;
	u64 interval, nr_times = UINT64_MAX;
	u32 ops;

	if (!colon || (size_t)(colon - text) >= sizeof(disk))
		return -EINVAL;
	strscpy(disk, text, colon - text + 1);
	ops = direction_cut(disk);
	if (!ops || parse_u64(colon + 1, &end, 10, &interval))
		return -EINVAL;
	if ((*end == ':' && kstrtou64(end + 1, 10, &nr_times)) || (*end && *end != ':'))
		return -EINVAL;
	fail_set(disk, ops, interval, nr_times);
	return 0;
}

void INIT
block_fail_init(void)
{
	char text[64];

	if (bootarg_get("blk_fail", text, sizeof(text)) < 0)
		return;
	if (block_fail_configure(text) < 0) {
		pr_err("blk_fail=%s: want DISK[/read|/write]:INTERVAL[:COUNT]", text);
		return;
	}
	pr_notice("blk_fail=%s: requests will fail", text);
}
