#pragma once

/* /proc/sys/vm/drop_caches. */

#include "lib/types.h"

/* Clean pages of files that nobody has mapped or uses go. No spinning lock held. => pages freed */
u64 drop_pagecache(void);
