/* Numbers of the Linux riscv64 ABI that files and paths are made of. */
#pragma once

#include "lib/types.h"

#define NAME_MAX 255  /* bytes of one name */
#define PATH_MAX 4096 /* bytes of a path, the terminator included */

/* What a mode says: the type and twelve permission bits. */
#define S_IFMT	  0170000
#define S_IFSOCK  0140000
#define S_IFLNK	  0120000
#define S_IFREG	  0100000
#define S_IFBLK	  0060000
#define S_IFDIR	  0040000
#define S_IFCHR	  0020000
#define S_IFIFO	  0010000
#define S_ISUID	  0004000
#define S_ISGID	  0002000
#define S_ISVTX	  0001000
#define S_IALLUGO 07777

#define S_ISLNK(mode)  (((mode)&S_IFMT) == S_IFLNK)
#define S_ISREG(mode)  (((mode)&S_IFMT) == S_IFREG)
#define S_ISDIR(mode)  (((mode)&S_IFMT) == S_IFDIR)
#define S_ISCHR(mode)  (((mode)&S_IFMT) == S_IFCHR)
#define S_ISBLK(mode)  (((mode)&S_IFMT) == S_IFBLK)
#define S_ISFIFO(mode) (((mode)&S_IFMT) == S_IFIFO)

/* d_type of a directory entry: the type bits of the mode. */
#define DT_UNKNOWN	 0
#define MODE_TO_DT(mode) (((mode)&S_IFMT) >> 12)

/* open(2) and fcntl(2). */
#define O_RDONLY    00
#define O_WRONLY    01
#define O_RDWR	    02
#define O_ACCMODE   03
#define O_CREAT	    0100
#define O_EXCL	    0200
#define O_NOCTTY    0400
#define O_TRUNC	    01000
#define O_APPEND    02000
#define O_NONBLOCK  04000
#define O_DSYNC	    010000
#define O_DIRECT    040000
#define O_LARGEFILE 0100000
#define O_DIRECTORY 0200000
#define O_NOFOLLOW  0400000
#define O_NOATIME   01000000
#define O_CLOEXEC   02000000
#define O_SYNC	    04010000
#define O_PATH	    010000000

#define F_DUPFD		0
#define F_GETFD		1
#define F_SETFD		2
#define F_GETFL		3
#define F_SETFL		4
#define F_GETLK		5
#define F_SETLK		6
#define F_SETLKW	7
#define F_SETOWN	8
#define F_GETOWN	9
#define F_DUPFD_CLOEXEC 1030
#define F_SETPIPE_SZ	1031
#define F_GETPIPE_SZ	1032
#define FD_CLOEXEC	1

#define SEEK_SET  0
#define SEEK_CUR  1
#define SEEK_END  2
#define SEEK_DATA 3
#define SEEK_HOLE 4

/* The ...at calls. */
#define AT_FDCWD	    (-100)
#define AT_SYMLINK_NOFOLLOW 0x100
#define AT_EACCESS	    0x200
#define AT_REMOVEDIR	    0x200
#define AT_SYMLINK_FOLLOW   0x400
#define AT_NO_AUTOMOUNT	    0x800
#define AT_EMPTY_PATH	    0x1000

#define RENAME_NOREPLACE 1
#define RENAME_EXCHANGE	 2

#define R_OK 4
#define W_OK 2
#define X_OK 1

#define MS_RDONLY  1
#define MS_REMOUNT 32

/* poll(2). */
#define POLLIN	   0x0001
#define POLLPRI	   0x0002
#define POLLOUT	   0x0004
#define POLLERR	   0x0008
#define POLLHUP	   0x0010
#define POLLNVAL   0x0020
#define POLLRDNORM 0x0040
#define POLLWRNORM 0x0100
#define POLLRDHUP  0x2000

/* Device numbers as st_rdev and mknod(2) carry them. */
static inline u32
dev_make(u32 major, u32 minor)
{
	return (minor & 0xff) | major << 8 | (minor & ~0xffU) << 12;
}

static inline u32
dev_major(u32 dev)
{
	return dev >> 8 & 0xfff;
}

static inline u32
dev_minor(u32 dev)
{
	return (dev & 0xff) | (dev >> 12 & 0xfff00);
}

/* struct stat, 128 bytes. */
struct linux_stat {
	u64 st_dev;
	u64 st_ino;
	u32 st_mode;
	u32 st_nlink;
	u32 st_uid;
	u32 st_gid;
	u64 st_rdev;
	u64 pad1;
	s64 st_size;
	s32 st_blksize;
	s32 pad2;
	s64 st_blocks; /* of 512 bytes */
	s64 st_atime_sec;
	u64 st_atime_nsec;
	s64 st_mtime_sec;
	u64 st_mtime_nsec;
	s64 st_ctime_sec;
	u64 st_ctime_nsec;
	u32 unused[2];
};

/* struct statfs, 120 bytes. */
struct linux_statfs {
	s64 f_type;
	s64 f_bsize;
	u64 f_blocks;
	u64 f_bfree;
	u64 f_bavail;
	u64 f_files;
	u64 f_ffree;
	s32 f_fsid[2];
	s64 f_namelen;
	s64 f_frsize;
	s64 f_flags;
	s64 f_spare[4];
};

/* struct linux_dirent64: a name, terminated, follows; d_reclen is a multiple of 8. */
struct linux_dirent64 {
	u64 d_ino;
	s64 d_off;
	u16 d_reclen;
	u8 d_type;
	char d_name[];
};
