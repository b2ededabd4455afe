/*
 * A transaction counts if its descriptor, its commit block and everything between are intact, which the
 * checksum in the commit block decides: no order of writes within a transaction is relied upon.
 * The kernel starts transaction N + 1 only after N is durable. So where N is broken, a crash cut it
 * off and nothing of N + 1 can exist. If something does, the disk lost what it had acknowledged:
 * then the log is damaged, and to go on would lose metadata silently.
 */
#include "fs/qfs/replay.h"

#include "fs/qfs/csum.h"
#include "fs/qfs/layout.h"
#include "lib/crc32c.h"
#include "lib/errno.h"
#include "lib/string.h"

struct replay_state {
	const struct qfs_super *sb;
	const struct qfs_io *io;
	struct qfs_replay *rp;
	u32 seed;
	u32 pos; /* block within the log where the next transaction starts */
	struct qfs_log_desc *desc;
	struct qfs_log_head *commit;
	u8 *image;
};

enum verdict { INTACT, CUT_OFF };

static int
log_read(struct replay_state *rs, u32 pos, void *data)
{
	return rs->io->read(rs->io->ctx, rs->sb->log_start + pos, data);
}

static int
damaged(struct replay_state *rs, const char *why)
{
	rs->rp->error = why;
	return -EUCLEAN;
}

static bool
is_head_of(struct replay_state *rs, const struct qfs_log_head *head, u32 kind, u64 seq)
{
	return head->kind == kind && head->seq == seq && qfs_log_ok(rs->seed, head, QFS_BLOCK_SIZE);
}

/* Is there a complete transaction `seq` at rs->pos? Leaves its descriptor in rs->desc. */
static int
transaction_verify(struct replay_state *rs, u64 seq, enum verdict *verdict)
{
	u32 count, crc;
	int err;

	*verdict = CUT_OFF;
	if (rs->pos + 3 > rs->sb->log_blocks)
		return 0;
	err = log_read(rs, rs->pos, rs->desc);
	if (err || !is_head_of(rs, &rs->desc->head, QFS_LOG_DESC, seq))
		return err;
	count = rs->desc->head.count;
	if (count == 0 || count > QFS_LOG_DESC_MAX || count + 2 > rs->sb->log_blocks - rs->pos)
		return 0;
	err = log_read(rs, rs->pos + 1 + count, rs->commit);
	if (err || !is_head_of(rs, rs->commit, QFS_LOG_COMMIT, seq) || rs->commit->count != count)
		return err;
	crc = crc32c(rs->seed, rs->desc, QFS_BLOCK_SIZE);
	for (u32 i = 0; i < count; i++) {
		err = log_read(rs, rs->pos + 1 + i, rs->image);
		if (err)
			return err;
		crc = crc32c(crc, rs->image, QFS_BLOCK_SIZE);
	}
	if (crc == rs->commit->payload_crc)
		*verdict = INTACT;
	return 0;
}

/* May the log write this block? Metadata areas but the superblock and the log, and data blocks. */
static bool
is_loggable(const struct qfs_super *sb, u32 block)
{
	return block >= sb->imap_start && block < sb->nr_blocks - 1;
}

static int
transaction_apply(struct replay_state *rs)
{
	u32 count = rs->desc->head.count;
	int err;

	for (u32 i = 0; i < count; i++)
		if (!is_loggable(rs->sb, rs->desc->block[i]))
			return damaged(rs,
				       "the log wants to write a block outside the file system");
	for (u32 i = 0; i < count; i++) {
		err = log_read(rs, rs->pos + 1 + i, rs->image);
		if (!err)
			err = rs->io->write(rs->io->ctx, rs->desc->block[i], rs->image);
		if (err)
			return err;
	}
	rs->rp->nr_transactions++;
	rs->rp->nr_images += count;
	rs->pos += count + 2;
	return 0;
}

/* Nothing later than transaction `seq`, which is missing or cut off, may exist. */
static int
check_nothing_later(struct replay_state *rs, u64 seq)
{
	struct qfs_log_head *head = &rs->desc->head;
	int err;

	for (u32 pos = rs->pos; pos < rs->sb->log_blocks; pos++) {
		err = log_read(rs, pos, rs->desc);
		if (err)
			return err;
		if (head->magic == QFS_LOG_MAGIC && head->seq > seq &&
		    qfs_log_ok(rs->seed, head, QFS_BLOCK_SIZE))
			return damaged(rs, "a transaction in the middle of the log is broken");
	}
	return 0;
}

static int
read_header(struct replay_state *rs, u64 *seq)
{
	struct qfs_log_head *head = &rs->desc->head;
	int err = log_read(rs, 0, head);

	if (err)
		return err;
	if (head->kind != QFS_LOG_HEADER || !qfs_log_ok(rs->seed, head, QFS_SUPER_BYTES))
		return damaged(rs, "the header of the log is damaged");
	*seq = head->seq;
	return 0;
}

int
qfs_log_reset(const struct qfs_super *sb, const struct qfs_io *io, u64 next_seq, void *scratch)
{
	struct qfs_log_head *head = scratch;

	memset(scratch, 0, QFS_BLOCK_SIZE);
	head->magic = QFS_LOG_MAGIC;
	head->kind = QFS_LOG_HEADER;
	head->seq = next_seq;
	qfs_log_seal(qfs_seed(sb), head, QFS_SUPER_BYTES);
	return io->write(io->ctx, sb->log_start, scratch);
}

static int
empty_log(struct replay_state *rs, u64 seq)
{
	int err = rs->io->flush(rs->io->ctx);

	if (!err)
		err = qfs_log_reset(rs->sb, rs->io, seq, rs->image);
	if (!err)
		err = rs->io->flush(rs->io->ctx);
	return err;
}

int
qfs_replay(const struct qfs_super *sb, const struct qfs_io *io, struct qfs_replay *rp)
{
	struct replay_state rs = {
		.sb = sb,
		.io = io,
		.rp = rp,
		.seed = qfs_seed(sb),
		.pos = 1,
		.desc = (void *)rp->scratch,
		.commit = (void *)(rp->scratch + QFS_BLOCK_SIZE),
		.image = rp->scratch + 2 * QFS_BLOCK_SIZE,
	};
	enum verdict verdict = INTACT;
	u64 seq = 0;
	int err;

	rp->nr_transactions = rp->nr_images = 0;
	rp->error = NULL;
	err = read_header(&rs, &seq);
	while (!err) {
		err = transaction_verify(&rs, seq, &verdict);
		if (err || verdict == CUT_OFF)
			break;
		err = transaction_apply(&rs);
		seq++;
	}
	if (!err && !(rp->was_clean && rp->nr_transactions == 0))
		err = check_nothing_later(&rs, seq);
	if (!err && rp->nr_transactions)
		err = empty_log(&rs, seq);
	rp->next_seq = seq;
	return err;
}
