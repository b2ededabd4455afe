/*
 * sysfs and debugfs: further roots of the table of nodes that procfs has (fs/procfs.c). sysfs has
 * the directory on which debugfs is mounted, and parameters of parts of the kernel.
 */
#include "fs/debugfs.h"

#include "fs/proc_node.h"
#include "fs/super.h"
#include "lib/parse.h"
#include "lib/string.h"

#define SYSFS_MAGIC   0x62656572
#define DEBUGFS_MAGIC 0x64626720

static void
file_register(u32 root, const char *path, const struct debugfs_ops *ops, void *arg)
{
	u32 mode = (ops->show ? 0444 : 0) | (ops->write ? 0200 : 0);
	struct proc_node *node = proc_node_add(root, path, S_IFREG | mode);

	node->debug_ops = ops;
	node->debug_arg = arg;
}

void
debugfs_register(const char *path, const struct debugfs_ops *ops, void *arg)
{
	file_register(DEBUG_ROOT, path, ops, arg);
}

void
sysfs_register(const char *path, const struct debugfs_ops *ops, void *arg)
{
	file_register(SYS_ROOT, path, ops, arg);
}

int
debugfs_show_bool(struct seq *seq, void *arg)
{
	seq_puts(seq, READ_ONCE(*(bool *)arg) ? "Y\n" : "N\n");
	return 0;
}

int
debugfs_parse_bool(const char *text, bool *value)
{
	if (text[0] == '\0' || text[1] != '\0' || !strchr("YyNn10", text[0]))
		return -EINVAL;
	*value = strchr("Yy1", text[0]) != NULL;
	return 0;
}

static int
show_u32(struct seq *seq, void *arg)
{
	seq_printf(seq, "%u\n", READ_ONCE(*(u32 *)arg));
	return 0;
}

static int
write_u32(void *arg, const char *text)
{
	u64 value;

	if (kstrtou64(text, 0, &value) || value > UINT32_MAX)
		return -EINVAL;
	WRITE_ONCE(*(u32 *)arg, (u32)value);
	return 0;
}

static int
show_counter(struct seq *seq, void *arg)
{
	seq_printf(seq, "%lu\n", READ_ONCE(*(u64 *)arg));
	return 0;
}

static int
show_hex(struct seq *seq, void *arg)
{
	seq_printf(seq, "%#lx\n", READ_ONCE(*(u64 *)arg));
	return 0;
}

static int
write_hex(void *arg, const char *text)
{
	u64 value;

	if (kstrtou64(text, 0, &value))
		return -EINVAL;
	WRITE_ONCE(*(u64 *)arg, value);
	return 0;
}

const struct debugfs_ops debugfs_u32 = {.show = show_u32, .write = write_u32};
const struct debugfs_ops debugfs_counter = {.show = show_counter};
const struct debugfs_ops debugfs_hex = {.show = show_hex, .write = write_hex};

static int
sysfs_mount(struct super_block *sb, const char *options)
{
	(void)options;
	return proc_mount_root(sb, SYS_ROOT, SYSFS_MAGIC);
}

static int
debugfs_mount(struct super_block *sb, const char *options)
{
	(void)options;
	return proc_mount_root(sb, DEBUG_ROOT, DEBUGFS_MAGIC);
}

void INIT
debugfs_init(void)
{
	static struct fs_type sysfs = {.name = "sysfs", .mount = sysfs_mount};
	static struct fs_type debugfs = {.name = "debugfs", .mount = debugfs_mount};

	fs_type_register(&sysfs);
	fs_type_register(&debugfs);
	proc_node_add(SYS_ROOT, "kernel/debug", S_IFDIR | 0555);
	debug_fault_init();
	debug_kmemleak_init();
	debug_zswap_init();
}
