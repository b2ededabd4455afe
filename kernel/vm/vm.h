#pragma once

/* Virtual memory as a whole. */

/*
 * Caches, the zero page, LRU lists, reclaim. Once, at boot, after the block layer; before the VFS.
 */
void vm_init(void);
