/*
 * /proc/<pid>: files of text by proc_pid_ops, links to where a process is, its descriptors, and its
 * threads: /proc/<pid>/task/<tid> has what a process's directory has, but for `task`.
 */
#include "fs/proc_node.h"

#include "fs/dentry.h"
#include "fs/files.h"
#include "fs/generic_file.h"
#include "fs/pipe.h"
#include "fs/readdir.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/slab.h"

static const struct inode_ops pid_dir_iops, pid_file_iops, pid_link_iops, fd_dir_iops,
	task_dir_iops;

static const struct {
	const char *name;
	u32 kind, mode;
} specials[] = {
	{"cwd", PROC_PID_CWD, S_IFLNK | 0777},	     {"root", PROC_PID_ROOT, S_IFLNK | 0777},
	{"exe", PROC_PID_EXE, S_IFLNK | 0777},	     {"fd", PROC_PID_FD_DIR, S_IFDIR | 0500},
	{"task", PROC_PID_TASK_DIR, S_IFDIR | 0555}, /* the last: a thread has none */
};

static unsigned
nr_specials(struct proc_who who)
{
	return ARRAY_SIZE(specials) - (who.tid != 0);
}

/* Cookies of a process's directory: 2 + index of a file, this + index of a special. */
#define FIRST_SPECIAL_COOKIE 0x400

/* Asks each time whether he is still there, for an inode that is in use outlives him. */
struct inode *
proc_pid_inode_get(struct inode *dir, struct proc_who who, u32 kind)
{
	if (!proc_pid_ops->exists(who))
		return ERR_PTR(-ENOENT);
	return inode_get(dir->sb, proc_ino(who, kind));
}

/* As on Linux, the directory of a dead process may not even be searched; a dead thread's is empty. */
static struct inode *
pid_dir_lookup(struct inode *dir, const struct name *name)
{
	struct proc_who who = proc_ino_who(dir->ino);

	if (!who.tid && !proc_pid_ops->exists(who))
		return ERR_PTR(-ESRCH);
	for (unsigned i = 0; proc_pid_ops->files[i]; i++) {
		if (strlen(proc_pid_ops->files[i]) == name->len &&
		    memcmp(proc_pid_ops->files[i], name->text, name->len) == 0)
			return proc_pid_inode_get(dir, who, PROC_PID_FILE + i);
	}
	for (unsigned i = 0; i < nr_specials(who); i++) {
		if (strlen(specials[i].name) == name->len &&
		    memcmp(specials[i].name, name->text, name->len) == 0)
			return proc_pid_inode_get(dir, who, specials[i].kind);
	}
	return ERR_PTR(-ENOENT);
}

/* "." and "..". => false when there is no room */
static bool
emit_dots(struct dir_context *ctx, u64 ino, u64 parent)
{
	if (ctx->pos == 0 && !dir_emit(ctx, ".", 1, ino, MODE_TO_DT(S_IFDIR), 1))
		return false;
	return ctx->pos != 1 || dir_emit(ctx, "..", 2, parent, MODE_TO_DT(S_IFDIR), 2);
}

static int
pid_dir_readdir(struct inode *dir, struct dir_context *ctx)
{
	struct proc_who who = proc_ino_who(dir->ino);
	u64 parent = PROC_ROOT;

	if (!proc_pid_ops->exists(who))
		return -ENOENT;
	if (who.tid)
		parent = proc_ino((struct proc_who){.pid = who.pid}, PROC_PID_TASK_DIR);
	if (!emit_dots(ctx, dir->ino, parent))
		return 0;
	for (u64 i = 0; proc_pid_ops->files[i]; i++) {
		const char *name = proc_pid_ops->files[i];

		if (ctx->pos <= 2 + i &&
		    !dir_emit(ctx, name, strlen(name), proc_ino(who, PROC_PID_FILE + i),
			      MODE_TO_DT(S_IFREG), 3 + i))
			return 0;
	}
	for (u64 i = 0; i < nr_specials(who); i++) {
		if (ctx->pos <= FIRST_SPECIAL_COOKIE + i &&
		    !dir_emit(ctx, specials[i].name, strlen(specials[i].name),
			      proc_ino(who, specials[i].kind), MODE_TO_DT(specials[i].mode),
			      FIRST_SPECIAL_COOKIE + i + 1))
			return 0;
	}
	return 0;
}

/* The open file of a descriptor's link, with a reference. => NULL when there is none */
static struct file *
link_file(const struct inode *inode)
{
	struct files *files = proc_pid_ops->files_of(proc_ino_pid(inode->ino));
	struct file *file;

	if (!files)
		return NULL;
	file = files_get(files, proc_ino_kind(inode->ino) - PROC_PID_FD);
	files_put(files);
	return file;
}

static struct dentry *
link_follow(struct inode *inode)
{
	s32 pid = proc_ino_pid(inode->ino);
	struct dentry *dentry = NULL;
	struct file *file;

	switch (proc_ino_kind(inode->ino)) {
	case PROC_PID_CWD:
		dentry = proc_pid_ops->cwd(pid);
		break;
	case PROC_PID_ROOT:
		dentry = proc_pid_ops->root(pid);
		break;
	case PROC_PID_EXE:
		dentry = proc_pid_ops->exe(pid);
		break;
	default:
		file = link_file(inode);
		if (!file)
			break;
		dentry = file->dentry ? dentry_ref(file->dentry) : pipe_dentry_new(file->inode);
		file_put(file);
		return dentry;
	}
	return dentry ? dentry : ERR_PTR(-ENOENT);
}

/* Copies a terminated text without its terminator. => its length, cut to size */
static ssize_t
text_copy(char *buf, size_t size, const char *text)
{
	size_t len = MIN(strlen(text), size);

	memcpy(buf, text, len);
	return len;
}

static ssize_t
link_readlink(struct inode *inode, char *buf, size_t size)
{
	char *text = kmalloc(PATH_MAX, GFP_KERNEL);
	struct dentry *dentry = NULL;
	struct file *file = NULL;
	const char *path;
	ssize_t len;

	if (!text)
		return -ENOMEM;
	if (proc_ino_kind(inode->ino) >= PROC_PID_FD)
		file = link_file(inode);
	else
		dentry = link_follow(inode);
	if (file)
		path = file_path(file, text, PATH_MAX);
	else if (!IS_ERR_OR_NULL(dentry))
		path = dentry_path(dentry, text, PATH_MAX);
	else
		path = ERR_PTR(-ENOENT);
	len = IS_ERR(path) ? PTR_ERR(path) : text_copy(buf, size, path);
	if (file)
		file_put(file);
	if (!IS_ERR(dentry))
		dentry_put(dentry);
	kfree(text);
	return len;
}

static struct inode *
fd_dir_lookup(struct inode *dir, const struct name *name)
{
	s32 fd = proc_parse_number(name->text, name->len);

	if (fd < 0 || fd >= FILES_MAX)
		return ERR_PTR(-ENOENT);
	return proc_pid_inode_get(dir, proc_ino_who(dir->ino), PROC_PID_FD + fd);
}

static int
fd_dir_readdir(struct inode *dir, struct dir_context *ctx)
{
	struct proc_who who = proc_ino_who(dir->ino);
	struct files *files;
	char name[12];
	int fd;

	if (!proc_pid_ops->exists(who))
		return -ENOENT;
	if (!emit_dots(ctx, dir->ino, proc_ino(who, PROC_PID_DIR)))
		return 0;
	files = proc_pid_ops->files_of(who.pid);
	if (!files)
		return 0;
	for (fd = ctx->pos - 2; (fd = files_next(files, fd)) >= 0; fd++) {
		int len = snprintf(name, sizeof(name), "%d", fd);

		if (!dir_emit(ctx, name, len, proc_ino(who, PROC_PID_FD + fd), MODE_TO_DT(S_IFLNK),
			      fd + 3))
			break;
	}
	files_put(files);
	return 0;
}

static struct inode *
task_dir_lookup(struct inode *dir, const struct name *name)
{
	struct proc_who who = proc_ino_who(dir->ino);

	if (!proc_pid_ops->exists(who))
		return ERR_PTR(-ESRCH);
	who.tid = proc_parse_pid(name);
	return who.tid ? proc_pid_inode_get(dir, who, PROC_PID_DIR) : ERR_PTR(-ENOENT);
}

/* Cookies: 2 + tid. */
static int
task_dir_readdir(struct inode *dir, struct dir_context *ctx)
{
	struct proc_who who = proc_ino_who(dir->ino);
	char name[12];

	if (!proc_pid_ops->exists(who))
		return -ENOENT;
	if (!emit_dots(ctx, dir->ino, proc_ino(who, PROC_PID_DIR)))
		return 0;
	who.tid = ctx->pos - 2;
	while ((who.tid = proc_pid_ops->next_thread(who.pid, who.tid)) > 0) {
		int len = snprintf(name, sizeof(name), "%d", who.tid);

		if (!dir_emit(ctx, name, len, proc_ino(who, PROC_PID_DIR), MODE_TO_DT(S_IFDIR),
			      who.tid + 2))
			break;
	}
	return 0;
}

static void
set_type(struct inode *inode, u32 mode, const struct inode_ops *iops, const struct file_ops *fops)
{
	inode->mode = mode;
	inode->iops = iops;
	inode->fops = fops;
	if (S_ISDIR(mode))
		inode->nlink = 2;
}

static void
set_file_type(struct inode *inode, unsigned file)
{
	set_type(inode, S_IFREG | proc_pid_ops->mode(file), &pid_file_iops,
		 proc_pid_ops->has_words(file) ? &proc_words_ops : &proc_file_ops);
}

/* A descriptor's link must have an open file behind it. */
static int
read_fd_inode(struct inode *inode)
{
	struct file *file = link_file(inode);
	u32 mode = S_IFLNK;

	if (!file)
		return -ENOENT;
	mode |= (file_is_readable(file) ? 0500 : 0) | (file_is_writable(file) ? 0300 : 0);
	file_put(file);
	set_type(inode, mode, &pid_link_iops, NULL);
	return 0;
}

int
proc_pid_read_inode(struct inode *inode)
{
	u32 kind = proc_ino_kind(inode->ino);

	if (kind == PROC_PID_DIR)
		set_type(inode, S_IFDIR | 0555, &pid_dir_iops, &proc_dir_fops);
	else if (kind < PROC_PID_CWD)
		set_file_type(inode, kind - PROC_PID_FILE);
	else if (kind == PROC_PID_FD_DIR)
		set_type(inode, S_IFDIR | 0500, &fd_dir_iops, &proc_dir_fops);
	else if (kind == PROC_PID_TASK_DIR)
		set_type(inode, S_IFDIR | 0555, &task_dir_iops, &proc_dir_fops);
	else if (kind < PROC_PID_FD)
		set_type(inode, S_IFLNK | 0777, &pid_link_iops, NULL);
	else
		return read_fd_inode(inode);
	return 0;
}

static int
pid_setattr(struct inode *inode, const struct iattr *attr)
{
	(void)inode;
	return attr->valid & (ATTR_MODE | ATTR_UID | ATTR_GID) ? -EPERM : 0;
}

static const struct inode_ops pid_dir_iops = {
	.lookup = pid_dir_lookup,
	.readdir = pid_dir_readdir,
	.setattr = pid_setattr,
};

static const struct inode_ops pid_file_iops = {
	.setattr = pid_setattr,
};

static const struct inode_ops pid_link_iops = {
	.readlink = link_readlink,
	.follow = link_follow,
};

static const struct inode_ops fd_dir_iops = {
	.lookup = fd_dir_lookup,
	.readdir = fd_dir_readdir,
	.setattr = pid_setattr,
};

static const struct inode_ops task_dir_iops = {
	.lookup = task_dir_lookup,
	.readdir = task_dir_readdir,
	.setattr = pid_setattr,
};
