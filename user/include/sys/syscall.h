/*
 * System call numbers (SYS_name), and the bare calls sys_name(), which return a value or -errno.
 * syscall() is the classic generic form: it sets errno and returns -1.
 */
#pragma once

#include "user_syscalls.h"

/* Numbers that the library uses even while the kernel answers them with ENOSYS. */
#ifndef SYS_prctl
#define SYS_prctl 167
#endif
#ifndef SYS_mremap
#define SYS_mremap 216
#endif
#ifndef SYS_swapon
#define SYS_swapon 224
#endif
#ifndef SYS_swapoff
#define SYS_swapoff 225
#endif
#ifndef SYS_msync
#define SYS_msync 227
#endif
#ifndef SYS_mlock
#define SYS_mlock 228
#endif
#ifndef SYS_munlock
#define SYS_munlock 229
#endif
#ifndef SYS_mlockall
#define SYS_mlockall 230
#endif
#ifndef SYS_munlockall
#define SYS_munlockall 231
#endif
#ifndef SYS_mincore
#define SYS_mincore 232
#endif
#ifndef SYS_madvise
#define SYS_madvise 233
#endif
#ifndef SYS_memfd_create
#define SYS_memfd_create 279
#endif
#ifndef SYS_mlock2
#define SYS_mlock2 284
#endif

long syscall(long number, ...);

/* Turns a bare call's result into the C library's: -1 and errno for an error. */
long syscall_result(long result);
