/*
 * procfs: the tree. Registered files live in a table; processes are asked for when somebody looks. No
 * inode and no name is kept: an inode is made from its number alone (fs/proc_node.h), and goes with its
 * last user.
 */
#include "fs/procfs.h"

#include "fs/dentry.h"
#include "fs/file.h"
#include "fs/proc_node.h"
#include "fs/readdir.h"
#include "fs/super.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "sched/pid.h"

#define PROC_MAGIC	 0x9fa0
#define NODES_MAX	 224
#define FIRST_PID_COOKIE 0x1000 /* cookies of the root: 2 + index of a node, this + pid */

static struct proc_node nodes[NODES_MAX] = {
	[PROC_ROOT] = {.name = "", .parent = PROC_ROOT, .mode = S_IFDIR | 0555},
	[SYS_ROOT] = {.name = "", .parent = SYS_ROOT, .mode = S_IFDIR | 0555},
	[DEBUG_ROOT] = {.name = "", .parent = DEBUG_ROOT, .mode = S_IFDIR | 0555},
};
static u32 nr_nodes = PROC_FIRST_NODE;
static u32 thread_self_index; /* of /proc/thread-self */

const struct file_ops proc_dir_fops;
const struct proc_pid_ops *proc_pid_ops;
struct proc_who (*proc_self_hook)(void);

static const struct inode_ops proc_dir_iops, proc_file_iops, proc_self_iops;

const struct proc_node *
proc_node_get(u32 index)
{
	return index >= PROC_ROOT && index < nr_nodes ? &nodes[index] : NULL;
}

u32
proc_node_find(u32 parent, const char *name, u32 len)
{
	for (u32 i = PROC_FIRST_NODE; i < nr_nodes; i++) {
		if (nodes[i].parent == parent && nodes[i].name_len == len &&
		    memcmp(nodes[i].name, name, len) == 0)
			return i;
	}
	return 0;
}

static u32
node_add(u32 parent, const char *name, u32 len, u32 mode)
{
	assert(nr_nodes < NODES_MAX);
	nodes[nr_nodes] =
		(struct proc_node){.name = name, .name_len = len, .parent = parent, .mode = mode};
	return nr_nodes++;
}

struct proc_node *
proc_node_add(u32 root, const char *path, u32 mode)
{
	const char *slash;
	u32 dir = root;

	for (; (slash = strchr(path, '/')) != NULL; path = slash + 1) {
		u32 next = proc_node_find(dir, path, slash - path);

		dir = next ? next : node_add(dir, path, slash - path, S_IFDIR | 0555);
	}
	return &nodes[node_add(dir, path, strlen(path), mode)];
}

void
procfs_register(const char *path, proc_show_t show)
{
	proc_node_add(PROC_ROOT, path, S_IFREG | 0444)->show = show;
}

void
procfs_register_writable(const char *path, proc_show_t show, int (*write)(const char *text))
{
	struct proc_node *node = proc_node_add(PROC_ROOT, path, S_IFREG | (show ? 0644 : 0200));

	node->show = show;
	node->write = write;
}

void
procfs_register_words(const char *path, proc_words_t read)
{
	proc_node_add(PROC_ROOT, path, S_IFREG | 0400)->words = read;
}

void
procfs_register_number(const char *path, u32 *value, u32 min, u32 max)
{
	struct proc_node *node = proc_node_add(PROC_ROOT, path, S_IFREG | 0644);

	node->number = value;
	node->min = min;
	node->max = max;
}

s32
proc_parse_number(const char *text, u32 len)
{
	u64 n = 0;

	if (len == 0 || len > 10 || (text[0] == '0' && len > 1))
		return -1;
	for (u32 i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		n = n * 10 + (text[i] - '0');
	}
	return n <= INT32_MAX ? (s32)n : -1;
}

s32
proc_parse_pid(const struct name *name)
{
	s32 number = proc_parse_number(name->text, name->len);

	return number > 0 && number < TID_MAX ? number : 0;
}

/* Threads that are not their process's first are found by their numbers, too, but never listed. */
static struct inode *
proc_lookup(struct inode *dir, const struct name *name)
{
	u64 ino = proc_node_find(dir->ino, name->text, name->len);
	struct proc_who who = {};
	s32 tid;

	if (ino)
		return inode_get(dir->sb, ino);
	if (dir->ino != PROC_ROOT || !proc_pid_ops)
		return ERR_PTR(-ENOENT);
	tid = proc_parse_pid(name);
	who.pid = tid ? proc_pid_ops->process_of(tid) : 0;
	if (!who.pid)
		return ERR_PTR(-ENOENT);
	who.tid = tid == who.pid ? 0 : tid;
	return proc_pid_inode_get(dir, who, PROC_PID_DIR);
}

static int
readdir_pids(struct dir_context *ctx)
{
	struct proc_who who = {.pid = MAX(ctx->pos, (u64)FIRST_PID_COOKIE) - FIRST_PID_COOKIE};
	char name[12];

	while (proc_pid_ops && (who.pid = proc_pid_ops->next(who.pid)) > 0) {
		int len = snprintf(name, sizeof(name), "%d", who.pid);

		if (!dir_emit(ctx, name, len, proc_ino(who, PROC_PID_DIR), MODE_TO_DT(S_IFDIR),
			      FIRST_PID_COOKIE + who.pid))
			break;
	}
	return 0;
}

static int
proc_readdir(struct inode *dir, struct dir_context *ctx)
{
	if (ctx->pos == 0 && !dir_emit(ctx, ".", 1, dir->ino, MODE_TO_DT(S_IFDIR), 1))
		return 0;
	if (ctx->pos == 1 &&
	    !dir_emit(ctx, "..", 2, nodes[dir->ino].parent, MODE_TO_DT(S_IFDIR), 2))
		return 0;
	for (u32 i = MAX(ctx->pos - 2, (u64)PROC_FIRST_NODE); i < nr_nodes; i++) {
		if (nodes[i].parent == dir->ino && !dir_emit(ctx, nodes[i].name, nodes[i].name_len,
							     i, MODE_TO_DT(nodes[i].mode), i + 3))
			return 0;
	}
	return dir->ino == PROC_ROOT ? readdir_pids(ctx) : 0;
}

static ssize_t
self_readlink(struct inode *inode, char *buf, size_t size)
{
	struct proc_who self = proc_self_hook ? proc_self_hook() : (struct proc_who){};
	char text[32];
	size_t len;

	if (!self.pid)
		return -ENOENT;
	if (inode->ino == thread_self_index)
		len = snprintf(text, sizeof(text), "%d/task/%d", self.pid, self.tid);
	else
		len = snprintf(text, sizeof(text), "%d", self.pid);
	len = MIN(len, size);
	memcpy(buf, text, len);
	return len;
}

static int
proc_read_node(struct inode *inode)
{
	const struct proc_node *node = proc_node_get(inode->ino);

	if (!node)
		return -ENOENT;
	inode->mode = node->mode;
	switch (node->mode & S_IFMT) {
	case S_IFDIR:
		inode->iops = &proc_dir_iops;
		inode->fops = &proc_dir_fops;
		inode->nlink = 2;
		break;
	case S_IFLNK:
		inode->iops = &proc_self_iops;
		break;
	default:
		inode->iops = &proc_file_iops;
		inode->fops = node->words ? &proc_words_ops : &proc_file_ops;
	}
	return 0;
}

static int
proc_read_inode(struct inode *inode)
{
	inode->atime_ns = inode->mtime_ns = inode->ctime_ns = inode_now_ns();
	return proc_ino_pid(inode->ino) ? proc_pid_read_inode(inode) : proc_read_node(inode);
}

/* The shell's `>` truncates what it writes to: nothing happens. */
static int
proc_setattr(struct inode *inode, const struct iattr *attr)
{
	(void)inode;
	return attr->valid & (ATTR_MODE | ATTR_UID | ATTR_GID) ? -EPERM : 0;
}

static int
proc_statfs(struct super_block *sb, struct linux_statfs *st)
{
	st->f_type = (u64)sb->private;
	return 0;
}

static void
proc_unmount(struct super_block *sb)
{
	(void)sb;
}

static const struct inode_ops proc_dir_iops = {
	.lookup = proc_lookup,
	.readdir = proc_readdir,
	.setattr = proc_setattr,
};

static const struct inode_ops proc_file_iops = {
	.setattr = proc_setattr,
};

static const struct inode_ops proc_self_iops = {
	.readlink = self_readlink,
};

static const struct super_ops proc_super_ops = {
	.read_inode = proc_read_inode,
	.statfs = proc_statfs,
	.unmount = proc_unmount,
};

int
proc_mount_root(struct super_block *sb, u32 index, u32 magic)
{
	struct inode *root;

	sb->ops = &proc_super_ops;
	sb->private = (void *)(u64)magic;
	root = inode_get(sb, index);
	if (IS_ERR_OR_NULL(root))
		return err_or_null_to_errno(root);
	sb->root = root;
	return 0;
}

static int
proc_mount(struct super_block *sb, const char *options)
{
	(void)options;
	sb->volatile_names = true;
	return proc_mount_root(sb, PROC_ROOT, PROC_MAGIC);
}

void INIT
procfs_init(void)
{
	static struct fs_type type = {.name = "proc", .mount = proc_mount};

	fs_type_register(&type);
	proc_node_add(PROC_ROOT, "self", S_IFLNK | 0777);
	thread_self_index = proc_node_add(PROC_ROOT, "thread-self", S_IFLNK | 0777) - nodes;
	proc_meminfo_init();
	proc_vmstat_init();
	proc_zoneinfo_init();
	proc_frames_init();
	proc_iomem_init();
	proc_sys_vm_init();
	proc_oom_init();
	proc_slabinfo_init();
	proc_swaps_init();
	proc_pagerefs_init();
	proc_system_init();
}
