/* Files in memory that have a descriptor and no path: memfd_create(2). */
#pragma once

#include "fs/file.h"

/*
 * A new empty file, open for reading and writing. name is what /proc shows. => NULL for no memory,
 * ERR_PTR
 */
struct file *memfd_create(const char *name);

/* Once, at boot, after ramfs_init(). */
void memfd_init(void);
