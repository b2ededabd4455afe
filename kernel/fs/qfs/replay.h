/* Recovery: bring what is in the log to its place. Pure: the kernel, fsck and the host tests compile it. */
#pragma once

#include "fs/qfs/format.h"

/* The disk, in blocks. Each function returns 0 or -errno. */
struct qfs_io {
	void *ctx;
	int (*read)(void *ctx, u32 block, void *data);
	int (*write)(void *ctx, u32 block, const void *data);
	int (*flush)(void *ctx);
};

struct qfs_replay {
	/* In: three blocks of scratch memory, 8-byte aligned. */
	u8 *scratch;
	/* In: it was unmounted in order, so an empty log is empty and need not be searched. */
	bool was_clean;
	/* Out. */
	u64 next_seq;	     /* of the next transaction to write */
	u32 nr_transactions; /* applied */
	u32 nr_images;	     /* written to their place */
	const char *error;   /* why -EUCLEAN, in words */
};

/*
 * Apply every complete transaction in the log, make it durable, and empty the log. Nothing is written if
 * the log is empty already. A transaction that is cut off at the end is a crash's normal trace
 * and is ignored. => 0; -EUCLEAN: the header is damaged, or an acknowledged transaction is, and nothing
 * was written since the last good one; or what the io functions return.
 *
 * Doing it again after a crash in the middle is harmless.
 */
int qfs_replay(const struct qfs_super *sb, const struct qfs_io *io, struct qfs_replay *rp);

/* Write the log's header: the log is empty, and `next_seq` comes next. The caller flushes after. */
int qfs_log_reset(const struct qfs_super *sb, const struct qfs_io *io, u64 next_seq, void *scratch);
