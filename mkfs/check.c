#include "check.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "fs/qfs/csum.h"
#include "fs/qfs/layout.h"
#include "fs/qfs/replay.h"

#define MAX_PRINTED 50u

void
problem(struct check *c, const char *fmt, ...)
{
	va_list ap;

	c->nr_problems++;
	if (!c->opt->out || (c->nr_problems > MAX_PRINTED && !c->opt->verbose))
		return;
	va_start(ap, fmt);
	vfprintf(c->opt->out, fmt, ap);
	va_end(ap);
	fputc('\n', c->opt->out);
}

void
note(struct check *c, const char *fmt, ...)
{
	va_list ap;

	if (!c->opt->out || !c->opt->verbose)
		return;
	fputs("note: ", c->opt->out);
	va_start(ap, fmt);
	vfprintf(c->opt->out, fmt, ap);
	va_end(ap);
	fputc('\n', c->opt->out);
}

static int
image_read(void *ctx, u32 block, void *data)
{
	memcpy(data, block_at(ctx, block), QFS_BLOCK_SIZE);
	return 0;
}

static int
image_write(void *ctx, u32 block, const void *data)
{
	memcpy(block_at(ctx, block), data, QFS_BLOCK_SIZE);
	return 0;
}

static int
image_flush(void *ctx)
{
	struct check *c = ctx;

	if (c->opt->flush)
		c->opt->flush(c->base, (u64)c->sb.nr_blocks << QFS_BLOCK_SHIFT);
	return 0;
}

static void
replay_log(struct check *c)
{
	struct qfs_io io = {c, image_read, image_write, image_flush};
	struct qfs_replay rp = {.scratch = aligned_alloc(8, 3 * QFS_BLOCK_SIZE)};

	if (!rp.scratch)
		abort();
	if (qfs_replay(&c->sb, &io, &rp))
		problem(c, "the log cannot be replayed: %s", rp.error);
	else if (rp.nr_transactions)
		note(c, "the log held %u transactions with %u blocks, now replayed",
		     rp.nr_transactions, rp.nr_images);
	else
		note(c, "the log is empty");
	free(rp.scratch);
}

/* Take the superblock, or its copy in the last block if that is the only good one. */
static bool
load_super(struct check *c, u64 nr_blocks)
{
	const char *why, *why_copy;

	memcpy(&c->sb, block_at(c, 0), sizeof(c->sb));
	why = qfs_super_check(&c->sb, nr_blocks);
	if (!why)
		return true;
	problem(c, "the superblock is bad: %s", why);
	memcpy(&c->sb, block_at(c, nr_blocks - 1), sizeof(c->sb));
	why_copy = qfs_super_check(&c->sb, nr_blocks);
	if (why_copy)
		return false;
	problem(c, "its copy in the last block is good; the rest is checked with that");
	return true;
}

static void
check_all(struct check *c)
{
	c->seed = qfs_seed(&c->sb);
	c->owner = calloc(c->sb.nr_blocks, sizeof(c->owner[0]));
	c->inodes = calloc(c->sb.nr_inodes, sizeof(c->inodes[0]));
	if (!c->owner || !c->inodes)
		abort();
	replay_log(c);
	load_orphans(c);
	check_inodes(c);
	check_dirs(c);
	check_maps(c);
	free(c->owner);
	free(c->inodes);
}

u32
qfs_check(u8 *base, u64 bytes, const struct check_options *opt)
{
	struct check c = {.base = base, .opt = opt};
	u64 nr_blocks = bytes >> QFS_BLOCK_SHIFT;

	if (nr_blocks == 0) {
		problem(&c, "the image is smaller than a block");
		return c.nr_problems;
	}
	if (nr_blocks > UINT32_MAX)
		nr_blocks = UINT32_MAX;
	if (load_super(&c, nr_blocks))
		check_all(&c);
	if (opt->out && !opt->verbose && c.nr_problems > MAX_PRINTED)
		fprintf(opt->out, "... and %u more problems (-v shows all)\n",
			c.nr_problems - MAX_PRINTED);
	if (opt->out && opt->verbose)
		fprintf(opt->out, "%u of %u inodes and %u of %u blocks in use, %u orphans\n",
			c.nr_used_inodes, c.sb.nr_inodes, c.nr_used_blocks, c.sb.nr_blocks,
			c.nr_orphans);
	return c.nr_problems;
}
