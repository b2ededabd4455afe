/* The files of /proc about the machine as a whole. */
#include "fs/proc_node.h"

#include "core/clock.h"
#include "core/cpu.h"
#include "core/machine.h"
#include "core/uts.h"
#include "dev/block.h"
#include "dev/plic.h"
#include "fs/dentry.h"
#include "fs/file.h"
#include "fs/files.h"
#include "fs/super.h"
#include "sched/pid.h"
#include "sched/sched.h"

#define USER_HZ	       100
#define NSEC_PER_TICK  (NSEC_PER_SEC / USER_HZ)
#define NSEC_PER_CENTI (NSEC_PER_SEC / 100)
#define BLOCKS_PER_KIB (1024 / SECTOR_SIZE)

static void
add_cpu_times(u32 cpu, struct cpu_times *sum)
{
	struct cpu_times times;

	sched_cpu_times(cpu, &times);
	sum->user_ns += times.user_ns;
	sum->nice_ns += times.nice_ns;
	sum->system_ns += times.system_ns;
	sum->idle_ns += times.idle_ns;
	sum->iowait_ns += times.iowait_ns;
}

static struct cpu_times
all_cpu_times(void)
{
	struct cpu_times sum = {};

	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		add_cpu_times(cpu, &sum);
	return sum;
}

static void
show_seconds(struct seq *seq, u64 ns, char end)
{
	seq_printf(seq, "%lu.%02lu%c", ns / NSEC_PER_SEC, ns % NSEC_PER_SEC / NSEC_PER_CENTI, end);
}

static int
show_uptime(struct seq *seq)
{
	show_seconds(seq, clock_now_ns(), ' ');
	show_seconds(seq, all_cpu_times().idle_ns, '\n');
	return 0;
}

/* One hart, or all: user, nice, system, idle, iowait, and what is not told apart here. */
static void
show_cpu_times(struct seq *seq, const struct cpu_times *times)
{
	u64 idle_ns = times->idle_ns - times->iowait_ns;

	seq_printf(seq, " %lu %lu %lu %lu %lu 0 0 0 0 0\n", times->user_ns / NSEC_PER_TICK,
		   times->nice_ns / NSEC_PER_TICK, times->system_ns / NSEC_PER_TICK,
		   idle_ns / NSEC_PER_TICK, times->iowait_ns / NSEC_PER_TICK);
}

static int
show_stat(struct seq *seq)
{
	struct cpu_times times = all_cpu_times();
	u64 interrupts = 0;

	seq_puts(seq, "cpu ");
	show_cpu_times(seq, &times);
	for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
		times = (struct cpu_times){};
		add_cpu_times(cpu, &times);
		seq_printf(seq, "cpu%u", cpu);
		show_cpu_times(seq, &times);
		interrupts += cpus[cpu].nr_interrupts;
	}
	seq_printf(seq, "intr %lu\nctxt %lu\nbtime %lu\n", interrupts, sched_nr_switches(),
		   (clock_realtime_ns() - clock_now_ns()) / NSEC_PER_SEC);
	seq_printf(seq, "processes %lu\nprocs_running %u\nprocs_blocked %u\n", task_count_created(),
		   sched_nr_running(), sched_nr_iowait());
	return 0;
}

static int
show_loadavg(struct seq *seq)
{
	u64 loads[3];

	sched_loadavg(loads);
	for (unsigned i = 0; i < 3; i++)
		seq_printf(seq, "%lu.%02lu ", loads[i] >> 16, (loads[i] & 0xffff) * 100 >> 16);
	seq_printf(seq, "%u/%lu %d\n", sched_nr_running(), task_count(),
		   proc_self_hook ? proc_self_hook().pid : 0);
	return 0;
}

static int
show_version(struct seq *seq)
{
	seq_puts(seq, UTS_SYSNAME " version " UTS_RELEASE " (Quire) " UTS_VERSION "\n");
	return 0;
}

static int
show_ostype(struct seq *seq)
{
	seq_puts(seq, UTS_SYSNAME "\n");
	return 0;
}

static int
show_hostname(struct seq *seq)
{
	seq_puts(seq, UTS_NODENAME "\n");
	return 0;
}

static int
show_osrelease(struct seq *seq)
{
	seq_puts(seq, UTS_RELEASE "\n");
	return 0;
}

static int
show_osversion(struct seq *seq)
{
	seq_puts(seq, UTS_VERSION "\n");
	return 0;
}

static int
show_pid_max(struct seq *seq)
{
	seq_printf(seq, "%u\n", TID_MAX);
	return 0;
}

static int
show_cmdline(struct seq *seq)
{
	seq_printf(seq, "%s\n", machine.bootargs);
	return 0;
}

static int
show_filesystems(struct seq *seq)
{
	struct fs_type *type;

	for (unsigned n = 0; (type = fs_type_get(n)) != NULL; n++)
		seq_printf(seq, "%s\t%s\n", type->flags & FS_NEEDS_DEVICE ? "" : "nodev",
			   type->name);
	return 0;
}

static int
show_cpuinfo(struct seq *seq)
{
	for (cpumask_t left = sched_harts(); left; left &= left - 1) {
		u32 cpu = __builtin_ctz(left);

		seq_printf(seq,
			   "processor\t: %u\nhart\t\t: %u\nisa\t\t: rv64imafdc\nmmu\t\t: sv39\n\n",
			   cpu, cpus[cpu].hartid);
	}
	return 0;
}

static void
show_device_interrupts(struct seq *seq)
{
	struct irq_stats stats;

	for (u32 irq = 1; irq <= irq_max(); irq++) {
		if (!irq_stats_get(irq, &stats))
			continue;
		seq_printf(seq, "%3u:", irq);
		for (u32 cpu = 0; cpu < nr_cpus; cpu++)
			seq_printf(seq, " %10lu ", stats.count[cpu]);
		seq_printf(seq, " PLIC %s\n", stats.name);
	}
}

static int
show_interrupts(struct seq *seq)
{
	seq_puts(seq, "    ");
	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		seq_printf(seq, "       CPU%-2u", cpu);
	seq_puts(seq, "\nALL:");
	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		seq_printf(seq, " %10lu ", cpus[cpu].nr_interrupts);
	seq_puts(seq, "\nTIM:");
	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		seq_printf(seq, " %10lu ", cpus[cpu].nr_timer_irqs);
	seq_puts(seq, "\nIPI:");
	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		seq_printf(seq, " %10lu ", cpus[cpu].nr_ipis);
	seq_putc(seq, '\n');
	show_device_interrupts(seq);
	return 0;
}

static int
show_partitions(struct seq *seq)
{
	struct block_device *bdev;

	seq_puts(seq, "major minor  #blocks  name\n\n");
	for (unsigned n = 0; (bdev = block_get(n)) != NULL; n++)
		seq_printf(seq, "%4u %8u %10lu %s\n", dev_major(bdev->dev), dev_minor(bdev->dev),
			   bdev->nr_sectors / BLOCKS_PER_KIB, bdev->name);
	return 0;
}

static int
show_diskstats(struct seq *seq)
{
	struct block_device *bdev;

	for (unsigned n = 0; (bdev = block_get(n)) != NULL; n++) {
		const struct block_stats *stats = &bdev->stats;

		seq_printf(seq, "%4u %7u %s %lu 0 %lu 0 %lu 0 %lu 0 0 0 0 %lu 0 0 0 %lu 0\n",
			   dev_major(bdev->dev), dev_minor(bdev->dev), bdev->name, stats->reads,
			   stats->sectors_read, stats->writes, stats->sectors_written,
			   stats->discards, stats->flushes);
	}
	return 0;
}

static void
show_mount(struct super_block *sb, void *arg)
{
	struct seq *seq = arg;
	char buf[256], *path = dentry_path(sb->root_dentry, buf, sizeof(buf));

	seq_escape(seq, sb->bdev && sb->source[0] != '/' ? "/dev/" : "", "");
	seq_escape(seq, sb->source, " \t\n");
	seq_putc(seq, ' ');
	seq_escape(seq, IS_ERR(path) ? "?" : path, " \t\n");
	seq_printf(seq, " %s %s", sb->type->name, sb->read_only ? "ro" : "rw");
	if (sb->ops->show_options)
		sb->ops->show_options(sb, seq);
	seq_puts(seq, " 0 0\n");
}

void
procfs_show_mounts(struct seq *seq)
{
	super_for_each(show_mount, seq);
}

static int
show_mounts(struct seq *seq)
{
	procfs_show_mounts(seq);
	return 0;
}

static int
show_file_nr(struct seq *seq)
{
	seq_printf(seq, "%lu\t0\t%u\n", file_nr_open(), UINT32_MAX);
	return 0;
}

void INIT
proc_system_init(void)
{
	procfs_register("uptime", show_uptime);
	procfs_register("stat", show_stat);
	procfs_register("loadavg", show_loadavg);
	procfs_register("version", show_version);
	procfs_register("cmdline", show_cmdline);
	procfs_register("filesystems", show_filesystems);
	procfs_register("cpuinfo", show_cpuinfo);
	procfs_register("interrupts", show_interrupts);
	procfs_register("partitions", show_partitions);
	procfs_register("diskstats", show_diskstats);
	procfs_register("mounts", show_mounts);
	procfs_register("sys/fs/file-nr", show_file_nr);
	procfs_register("sys/kernel/ostype", show_ostype);
	procfs_register("sys/kernel/hostname", show_hostname);
	procfs_register("sys/kernel/osrelease", show_osrelease);
	procfs_register("sys/kernel/version", show_osversion);
	procfs_register("sys/kernel/pid_max", show_pid_max);
}
