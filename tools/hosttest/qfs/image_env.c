#define _GNU_SOURCE
#include "image_env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fs/qfs/layout.h"
#include "hosttest.h"
#include "mkfs/check.h"
#include "mkfs/image.h"
#include "mkfs/tree.h"
#include "sim.h"

void
die(const char *fmt, ...)
{
	hosttest_fail(__FILE__, __LINE__, "mkfs: %s", fmt);
}

u8 *
simfs_mkfs(u32 nr_blocks, u32 nr_inodes)
{
	struct image_params params = {.fd = memfd_create("image", 0), .time = 1};
	struct node *root = tree_new();
	size_t bytes = (size_t)nr_blocks * QFS_BLOCK_SIZE;
	u8 *image = malloc(bytes);

	CHECK(ftruncate(params.fd, bytes) == 0);
	params.last_ino = tree_number(root);
	memcpy(params.sb.magic, QFS_MAGIC, sizeof(params.sb.magic));
	params.sb.version = QFS_VERSION;
	params.sb.state = QFS_STATE_CLEAN;
	params.sb.root_ino = QFS_ROOT_INO;
	tree_uuid(root, nr_blocks, params.sb.uuid);
	CHECK(qfs_layout_fill(&params.sb, nr_blocks, nr_inodes, 0));
	image_write(&params, root);
	CHECK(pread(params.fd, image, bytes, 0) == (ssize_t)bytes);
	close(params.fd);
	free(root->name);
	free(root);
	return image;
}

u32
image_check(const u8 *image, u32 nr_blocks)
{
	size_t bytes = (size_t)nr_blocks * QFS_BLOCK_SIZE;
	struct check_options opt = {.out = sim_verbose ? stderr : NULL};
	u8 *copy = malloc(bytes);
	u32 nr_problems;

	memcpy(copy, image, bytes);
	nr_problems = qfs_check(copy, bytes, &opt);
	free(copy);
	return nr_problems;
}
