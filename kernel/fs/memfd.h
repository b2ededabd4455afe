/* Files in memory that have a descriptor and no path: memfd_create(2). */
#pragma once

#include "fs/file.h"
#include "fs/inode.h"

/* What may never be done to the file again; Linux's numbers. */
#define F_SEAL_SEAL	    1U /* adding a seal */
#define F_SEAL_SHRINK	    2U
#define F_SEAL_GROW	    4U
#define F_SEAL_WRITE	    8U
#define F_SEAL_FUTURE_WRITE 16U /* but for what is mapped already */
#define F_SEAL_EXEC	    32U /* making it a program, or none */
#define F_SEAL_ALL	    63U
/* In inode->seals: a file that can have seals. */
#define MEMFD_SEALABLE (1U << 31)

/*
 * A new empty file with these permissions, open for reading and writing. name is what /proc shows; seals:
 * what it begins with, F_SEAL_SEAL if none may be added. => NULL for no memory, ERR_PTR
 */
struct file *memfd_create(const char *name, u32 mode, u32 seals);

/* fcntl's F_ADD_SEALS and F_GET_SEALS. => the seals or 0; -EINVAL: no memfd; -EPERM, -EBUSY */
long memfd_add_seals(struct file *file, u32 seals);
long memfd_get_seals(const struct file *file);

/* May it be stored to, by a call or by a mapping that is made now? */
static inline bool
inode_write_sealed(const struct inode *inode)
{
	return READ_ONCE(inode->seals) & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE);
}

/* Once, at boot, after ramfs_init(). */
void memfd_init(void);
