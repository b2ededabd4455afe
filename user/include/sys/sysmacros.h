/* Device numbers, in Linux's user-space encoding. */
#pragma once

#define major(dev) ((unsigned int)(((dev) >> 32 & 0xfffff000) | ((dev) >> 8 & 0xfff)))
#define minor(dev) ((unsigned int)(((dev) >> 12 & 0xffffff00) | ((dev)&0xff)))
#define makedev(major, minor)                                                                   \
	(((unsigned long)((major)&0xfffff000u) << 32) | ((unsigned long)((major)&0xfff) << 8) | \
	 ((unsigned long)((minor)&0xffffff00u) << 12) | ((minor)&0xff))
