/* qfs, the on-disk file system with a log. docs: fs/qfs/format.h (layout), fs/qfs/log.h (crashes). */
#pragma once

#include "lib/types.h"

/* At boot: registers the type "qfs" and makes its caches. */
void qfs_init(void);

/* Pages that hold metadata of mounted file systems: blocks of directories, inodes, maps. */
u64 qfs_nr_buffers(void);
/* Up to nr of those that nobody uses leave. => how many */
u64 qfs_buffers_shrink(u64 nr);
