#include "core/clock.h"
#include "core/panic.h"
#include "core/printk.h"
#include "core/uts.h"
#include "dev/random.h"
#include "fs/qfs/qfs.h"
#include "fs/super.h"
#include "lib/string.h"
#include "mem/page_alloc.h"
#include "mem/vmstat.h"
#include "mem/zone.h"
#include "proc/process.h"
#include "sched/sched.h"
#include "syscall_proto.h"
#include "vm/pagecache.h"
#include "vm/swap.h"
#include "vm/usercopy.h"

/* Calls about the machine as a whole. */

#define REBOOT_MAGIC1  0xfee1deadU
#define REBOOT_MAGIC2  672274793U
#define REBOOT_MAGIC2A 85072278U
#define REBOOT_MAGIC2B 369367448U
#define REBOOT_MAGIC2C 537993216U

#define REBOOT_RESTART	 0x01234567U
#define REBOOT_HALT	 0xcdef0123U
#define REBOOT_CAD_ON	 0x89abcdefU
#define REBOOT_CAD_OFF	 0x00000000U
#define REBOOT_POWER_OFF 0x4321fedcU

struct user_utsname {
	char sysname[65], nodename[65], release[65], version[65], machine[65], domainname[65];
};

long
sys_uname(uva_t buf)
{
	static const struct user_utsname name = {
		.sysname = UTS_SYSNAME,
		.nodename = UTS_NODENAME,
		.release = UTS_RELEASE,
		.version = UTS_VERSION,
		.machine = "riscv64",
		.domainname = "(none)",
	};

	return copy_to_user(buf, &name, sizeof(name));
}

struct user_sysinfo {
	s64 uptime;
	u64 loads[3];
	u64 totalram, freeram, sharedram, bufferram;
	u64 totalswap, freeswap;
	u16 procs, pad;
	u32 pad2;
	u64 totalhigh, freehigh;
	u32 mem_unit, pad3;
};
STATIC_ASSERT(sizeof(struct user_sysinfo) == 112);

long
sys_sysinfo(uva_t info)
{
	struct user_sysinfo out = {
		.uptime = clock_now_ns() / NSEC_PER_SEC,
		.totalram = nr_total_pages() * PAGE_SIZE,
		.freeram = nr_free_pages() * PAGE_SIZE,
		.sharedram = vmstat_get(NR_SHMEM) * PAGE_SIZE,
		.bufferram = qfs_nr_buffers() * PAGE_SIZE,
		.totalhigh = zones[ZONE_HIGHMEM].nr_managed * PAGE_SIZE,
		.freehigh = zone_nr_free_all(&zones[ZONE_HIGHMEM]) * PAGE_SIZE,
		.procs = process_count(),
		.mem_unit = 1,
	};

	swap_totals(&out.totalswap, &out.freeswap);
	out.totalswap *= PAGE_SIZE;
	out.freeswap *= PAGE_SIZE;
	sched_loadavg(out.loads);
	return copy_to_user(info, &out, sizeof(out));
}

enum syslog_action {
	SYSLOG_CLOSE,
	SYSLOG_OPEN,
	SYSLOG_READ,
	SYSLOG_READ_ALL,
	SYSLOG_READ_CLEAR,
	SYSLOG_CLEAR,
	SYSLOG_CONSOLE_OFF,
	SYSLOG_CONSOLE_ON,
	SYSLOG_CONSOLE_LEVEL,
	SYSLOG_SIZE_UNREAD,
	SYSLOG_SIZE_BUFFER,
};

#define SYSLOG_CHUNK	256
#define SYSLOG_RETRY_NS (100 * NSEC_PER_MSEC)

static u64 syslog_read_pos;  /* where the next SYSLOG_READ goes on */
static u64 syslog_clear_pos; /* what SYSLOG_CLEAR hid lies before it */

/* Copy records from *pos on. => bytes, -EFAULT */
static long
syslog_copy(u64 *pos, uva_t buf, size_t len)
{
	char chunk[SYSLOG_CHUNK];
	size_t done = 0, n;

	while (done < len) {
		n = printk_ring_read(pos, chunk, MIN(len - done, sizeof(chunk)));
		if (n == 0)
			break;
		if (copy_to_user(buf + done, chunk, n))
			return -EFAULT;
		done += n;
	}
	return done;
}

/* Bytes in the ring from pos on, and where they begin. */
static size_t
syslog_count(u64 *pos)
{
	char chunk[SYSLOG_CHUNK];
	u64 at = *pos;
	size_t total = 0, n;

	while ((n = printk_ring_read(&at, chunk, sizeof(chunk))) > 0)
		total += n;
	*pos = at - total;
	return total;
}

/* The last len bytes that were not cleared. */
static long
syslog_read_all(uva_t buf, size_t len)
{
	u64 pos = syslog_clear_pos;
	size_t total = syslog_count(&pos);

	if (total > len)
		pos += total - len;
	return syslog_copy(&pos, buf, len);
}

static void
syslog_clear(void)
{
	u64 pos = syslog_clear_pos;
	size_t total = syslog_count(&pos);

	syslog_clear_pos = pos + total;
}

/* What nobody has read yet; waits for some. */
static long
syslog_read(uva_t buf, size_t len)
{
	for (;;) {
		long n = syslog_copy(&syslog_read_pos, buf, len);

		if (n != 0)
			return n;
		if (task_sleep_ns(SYSLOG_RETRY_NS, true) && signal_pending())
			return -ERESTARTSYS;
	}
}

static long
syslog_level(int level)
{
	if (level < 1 || level > LOG_DEBUG + 1)
		return -EINVAL;
	console_loglevel = level;
	return 0;
}

long
sys_syslog(int type, uva_t buf, int len)
{
	bool reads = type == SYSLOG_READ || type == SYSLOG_READ_ALL || type == SYSLOG_READ_CLEAR;
	u64 pos;
	long n;

	if (reads && (!buf || len < 0))
		return -EINVAL;
	if (reads && len == 0)
		return 0;
	switch (type) {
	case SYSLOG_CLOSE:
	case SYSLOG_OPEN:
		return 0;
	case SYSLOG_READ:
		return syslog_read(buf, len);
	case SYSLOG_READ_ALL:
		return syslog_read_all(buf, len);
	case SYSLOG_READ_CLEAR:
		n = syslog_read_all(buf, len);
		syslog_clear();
		return n;
	case SYSLOG_CLEAR:
		syslog_clear();
		return 0;
	case SYSLOG_CONSOLE_OFF:
		return syslog_level(LOG_EMERG + 1);
	case SYSLOG_CONSOLE_ON:
		return syslog_level(LOG_INFO + 1);
	case SYSLOG_CONSOLE_LEVEL:
		return syslog_level(len);
	case SYSLOG_SIZE_UNREAD:
		pos = syslog_read_pos;
		return syslog_count(&pos);
	case SYSLOG_SIZE_BUFFER:
		return printk_ring_size();
	default:
		return -EINVAL;
	}
}

long
sys_reboot(u32 magic1, u32 magic2, u32 cmd, uva_t arg)
{
	if (magic1 != REBOOT_MAGIC1 || (magic2 != REBOOT_MAGIC2 && magic2 != REBOOT_MAGIC2A &&
					magic2 != REBOOT_MAGIC2B && magic2 != REBOOT_MAGIC2C))
		return -EINVAL;
	switch (cmd) {
	case REBOOT_CAD_ON:
	case REBOOT_CAD_OFF:
		return 0;
	case REBOOT_POWER_OFF:
	case REBOOT_HALT:
		vfs_shutdown();
		machine_power_off(cmd == REBOOT_POWER_OFF ? (int)arg : 0);
	case REBOOT_RESTART:
		vfs_shutdown();
		machine_reboot();
	default:
		return -EINVAL;
	}
}

#define GRND_NONBLOCK 1U
#define GRND_RANDOM   2U
#define GRND_INSECURE 4U
#define RANDOM_CHUNK  256
#define RANDOM_MAX    (32UL << 20) /* of one call */

long
sys_getrandom(uva_t buf, size_t count, u32 flags)
{
	u8 chunk[RANDOM_CHUNK];
	size_t done = 0;

	if (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	if ((flags & GRND_RANDOM) && (flags & GRND_INSECURE))
		return -EINVAL;
	count = MIN(count, RANDOM_MAX);
	while (done < count) {
		size_t n = MIN(count - done, sizeof(chunk));

		random_get_bytes(chunk, n);
		if (copy_to_user(buf + done, chunk, n))
			return done ? (long)done : -EFAULT;
		done += n;
		if (done < count && signal_pending())
			break;
		cond_resched();
	}
	return done;
}
