#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#ifdef __linux__
#include <sys/sysmacros.h> /* major() and minor(), which macOS has in the former */
#endif
#include <unistd.h>

#include "fs/qfs/format.h"

#define PIECE_BYTES (256u * QFS_BLOCK_SIZE)

void *
xalloc(size_t bytes)
{
	void *p = calloc(1, bytes ? bytes : 1);

	if (!p)
		die("out of memory");
	return p;
}

static char *
xstrdup(const char *s)
{
	char *copy = strdup(s);

	if (!copy)
		die("out of memory");
	return copy;
}

struct node *
tree_new(void)
{
	struct node *root = xalloc(sizeof(*root));

	root->name = xstrdup("");
	root->mode = S_IFDIR | 0755;
	root->parent = root;
	return root;
}

static char *
read_target(const char *host_path)
{
	char buf[QFS_SYMLINK_MAX + 1];
	ssize_t len = readlink(host_path, buf, sizeof(buf));

	if (len < 0)
		die("%s: %s", host_path, strerror(errno));
	if (len > (ssize_t)QFS_SYMLINK_MAX)
		die("%s: the symbolic link is too long", host_path);
	buf[len] = 0;
	return xstrdup(buf);
}

static void
node_fill(struct node *node, const char *host_path)
{
	struct stat st;

	if (lstat(host_path, &st) < 0)
		die("%s: %s", host_path, strerror(errno));
	node->host_path = xstrdup(host_path);
	node->mode = st.st_mode;
	node->uid = st.st_uid;
	node->gid = st.st_gid;
	node->rdev = major(st.st_rdev) << 8 | minor(st.st_rdev);
	node->size = S_ISREG(st.st_mode) ? st.st_size : 0;
	node->host_dev = st.st_dev;
	node->host_ino = st.st_ino;
	node->host_nlink = S_ISDIR(st.st_mode) ? 1 : st.st_nlink;
	if (node->size > QFS_MAX_BYTES)
		die("%s: larger than 4 GiB", host_path);
	if (S_ISLNK(st.st_mode)) {
		node->target = read_target(host_path);
		node->size = strlen(node->target);
	}
}

static u32
child_position(const struct node *dir, const char *name)
{
	u32 low = 0, high = dir->nr_children;

	while (low < high) {
		u32 mid = (low + high) / 2;

		if (strcmp(dir->child[mid]->name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The child of that name: the one that is there if both are directories, else a new one. */
static struct node *
child_get(struct node *dir, const char *name, bool is_dir)
{
	u32 at = child_position(dir, name);
	struct node *node;

	if (at < dir->nr_children && strcmp(dir->child[at]->name, name) == 0) {
		node = dir->child[at];
		if (!is_dir || !S_ISDIR(node->mode))
			node->nr_children = 0;
		return node;
	}
	dir->child = realloc(dir->child, (dir->nr_children + 1) * sizeof(dir->child[0]));
	if (!dir->child)
		die("out of memory");
	memmove(dir->child + at + 1, dir->child + at,
		(dir->nr_children - at) * sizeof(dir->child[0]));
	node = xalloc(sizeof(*node));
	node->name = xstrdup(name);
	node->parent = dir;
	dir->child[at] = node;
	dir->nr_children++;
	return node;
}

static void
add_dir(struct node *dir, const char *host_dir)
{
	DIR *stream = opendir(host_dir);
	struct dirent *entry;

	if (!stream)
		die("%s: %s", host_dir, strerror(errno));
	while ((entry = readdir(stream))) {
		struct node found = {0}, *node;
		char *path;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (asprintf(&path, "%s/%s", host_dir, entry->d_name) < 0)
			die("out of memory");
		node_fill(&found, path);
		if (S_ISSOCK(found.mode)) {
			fprintf(stderr, "mkfs: %s: a socket, skipped\n", path);
			continue;
		}
		node = child_get(dir, entry->d_name, S_ISDIR(found.mode));
		found.name = node->name;
		found.parent = dir;
		found.child = node->child;
		found.nr_children = node->nr_children;
		*node = found;
		if (S_ISDIR(node->mode))
			add_dir(node, path);
		free(path);
	}
	closedir(stream);
}

void
tree_add(struct node *root, const char *host_dir)
{
	struct stat st;

	if (stat(host_dir, &st) < 0)
		die("%s: %s", host_dir, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		die("%s: not a directory", host_dir);
	add_dir(root, host_dir);
}

void
tree_walk(struct node *node, void (*visit)(struct node *node, void *ctx), void *ctx)
{
	visit(node, ctx);
	for (u32 i = 0; i < node->nr_children; i++)
		tree_walk(node->child[i], visit, ctx);
}

struct numbering {
	u32 next_ino;
	struct node **linked; /* first names of files with several */
	u32 nr_linked;
};

static struct node *
first_name_of(struct numbering *nb, struct node *node)
{
	for (u32 i = 0; i < nb->nr_linked; i++)
		if (nb->linked[i]->host_ino == node->host_ino &&
		    nb->linked[i]->host_dev == node->host_dev)
			return nb->linked[i];
	nb->linked = realloc(nb->linked, (nb->nr_linked + 1) * sizeof(nb->linked[0]));
	if (!nb->linked)
		die("out of memory");
	nb->linked[nb->nr_linked++] = node;
	return node;
}

static void
number_one(struct node *node, void *ctx)
{
	struct numbering *nb = ctx;
	struct node *first = node;

	if (node->host_nlink > 1)
		first = first_name_of(nb, node);
	if (first != node) {
		node->same = first;
		node->ino = first->ino;
		first->nlink++;
		return;
	}
	node->ino = nb->next_ino++;
	node->nlink = 1;
	if (S_ISDIR(node->mode)) {
		node->nlink = 2;
		if (node->parent != node)
			node->parent->nlink++;
	}
}

u32
tree_number(struct node *root)
{
	struct numbering nb = {.next_ino = QFS_ROOT_INO};

	tree_walk(root, number_one, &nb);
	free(nb.linked);
	return nb.next_ino - 1;
}

void
host_file_read(const char *host_path, u64 size, void (*piece)(const u8 *data, u32 bytes, void *ctx),
	       void *ctx)
{
	u8 *buf = xalloc(PIECE_BYTES);
	int fd = open(host_path, O_RDONLY);

	if (fd < 0)
		die("%s: %s", host_path, strerror(errno));
	while (size) {
		u32 want = size < PIECE_BYTES ? size : PIECE_BYTES;
		u32 got = 0;

		while (got < want) {
			ssize_t n = read(fd, buf + got, want - got);

			if (n <= 0)
				die("%s: %s", host_path, n ? strerror(errno) : "it shrank");
			got += n;
		}
		piece(buf, got, ctx);
		size -= got;
	}
	close(fd);
	free(buf);
}

/* Two FNV-1a hashes with different starts make 128 bits: an identity, not a signature. */
struct hash {
	u64 a, b;
};

static void
hash_piece(const u8 *data, u32 bytes, void *ctx)
{
	struct hash *hash = ctx;

	for (u32 i = 0; i < bytes; i++) {
		hash->a = (hash->a ^ data[i]) * 0x100000001b3ull;
		hash->b = (hash->b ^ data[i]) * 0x100000001b3ull + (hash->b >> 47);
	}
}

static void
hash_node(struct node *node, void *ctx)
{
	u64 facts[] = {node->mode, node->ino, node->size, node->rdev};

	hash_piece((const u8 *)facts, sizeof(facts), ctx);
	hash_piece((const u8 *)node->name, strlen(node->name) + 1, ctx);
	if (node->target)
		hash_piece((const u8 *)node->target, strlen(node->target) + 1, ctx);
	else if (S_ISREG(node->mode) && !node->same)
		host_file_read(node->host_path, node->size, hash_piece, ctx);
}

void
tree_uuid(struct node *root, u64 salt, u8 uuid[16])
{
	struct hash hash = {0xcbf29ce484222325ull ^ salt, 0x6c62272e07bb0142ull ^ salt};

	tree_walk(root, hash_node, &hash);
	memcpy(uuid, &hash.a, 8);
	memcpy(uuid + 8, &hash.b, 8);
	uuid[6] = (uuid[6] & 0x0f) | 0x80; /* a uuid of version 8, made by rules of one's own */
	uuid[8] = (uuid[8] & 0x3f) | 0x80;
}
