/* Reading directories. */
#pragma once

#include "fs/types.h"

/*
 * What readdir fills. pos is the file system's cookie of the next entry: 0 is the beginning, and any
 * value it passed to dir_emit() as `next` is a place to go on from, also after changes in between.
 */
struct dir_context {
	u64 pos;
	/* => false when there is no room: stop, and emit this entry again next time */
	bool (*actor)(struct dir_context *ctx, const char *name, u32 len, u64 ino, u32 dt_type,
		      u64 next);
};

/* Emits one entry; on success ctx->pos becomes `next`. => false: return 0 from readdir now */
static inline bool
dir_emit(struct dir_context *ctx, const char *name, u32 len, u64 ino, u32 dt_type, u64 next)
{
	if (!ctx->actor(ctx, name, len, ino, dt_type, next))
		return false;
	ctx->pos = next;
	return true;
}
