/* qfs, the on-disk file system with a log. docs: fs/qfs/format.h (layout), fs/qfs/log.h (crashes). */
#pragma once

/* At boot: registers the type "qfs" and makes its caches. */
void qfs_init(void);
