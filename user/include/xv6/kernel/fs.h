/*
 * What programs use of xv6's file-system header: reading a directory gives struct dirent, made by
 * user/user.h's read from the real entries. Longer names are cut to DIRSIZ bytes.
 */
#pragma once

#include "kernel/types.h"

#define ROOTINO	  1
#define BSIZE	  1024
#define NDIRECT	  12
#define NINDIRECT (BSIZE / sizeof(uint))
#define MAXFILE	  (NDIRECT + NINDIRECT)
#define DIRSIZ	  14

struct dirent {
	ushort inum;
	char name[DIRSIZ];
};
