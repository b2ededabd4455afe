#pragma once

/* /proc/sys/vm/drop_caches. */

/* Clean pages of files that nobody has mapped or uses go. No spinning lock held. */
void drop_pagecache(void);
