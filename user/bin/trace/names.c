/* Names of flags, errors and signals. */
#include <errno.h>
#include <stddef.h>

#include "calls.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct name open_flags[] = {
	{0, "O_RDONLY"},
	{1, "O_WRONLY"},
	{2, "O_RDWR"},
	{0100, "O_CREAT"},
	{0200, "O_EXCL"},
	{0400, "O_NOCTTY"},
	{01000, "O_TRUNC"},
	{02000, "O_APPEND"},
	{04000, "O_NONBLOCK"},
	{04010000, "O_SYNC"},
	{010000, "O_DSYNC"},
	{020200000, "O_TMPFILE"},
	{0200000, "O_DIRECTORY"},
	{040000, "O_DIRECT"},
	{01000000, "O_NOATIME"},
	{0400000, "O_NOFOLLOW"},
	{02000000, "O_CLOEXEC"},
	{010000000, "O_PATH"},
	{0100000, "O_LARGEFILE"},
	{0, NULL},
};
static const struct name fd_flags[] = {
	{02000000, "O_CLOEXEC"},
	{04000, "O_NONBLOCK"},
	{0, NULL},
};
static const struct name at_flags[] = {
	{0x100, "AT_SYMLINK_NOFOLLOW"},
	{0x200, "AT_REMOVEDIR"},
	{0x400, "AT_SYMLINK_FOLLOW"},
	{0x1000, "AT_EMPTY_PATH"},
	{0, NULL},
};
static const struct name access_modes[] = {
	{0, "F_OK"}, {4, "R_OK"}, {2, "W_OK"}, {1, "X_OK"}, {0, NULL},
};
static const struct name protections[] = {
	{0, "PROT_NONE"}, {1, "PROT_READ"}, {2, "PROT_WRITE"}, {4, "PROT_EXEC"}, {0, NULL},
};
static const struct name map_flags[] = {
	{1, "MAP_SHARED"},
	{2, "MAP_PRIVATE"},
	{3, "MAP_SHARED_VALIDATE"},
	{0x10, "MAP_FIXED"},
	{0x20, "MAP_ANONYMOUS"},
	{0x100, "MAP_GROWSDOWN"},
	{0x2000, "MAP_LOCKED"},
	{0x4000, "MAP_NORESERVE"},
	{0x8000, "MAP_POPULATE"},
	{0x20000, "MAP_STACK"},
	{0x100000, "MAP_FIXED_NOREPLACE"},
	{0x800, "MAP_DENYWRITE"},
	{0, NULL},
};
static const struct name remap_flags[] = {
	{1, "MREMAP_MAYMOVE"},
	{2, "MREMAP_FIXED"},
	{4, "MREMAP_DONTUNMAP"},
	{0, NULL},
};
static const struct name sync_flags[] = {
	{1, "MS_ASYNC"},
	{2, "MS_INVALIDATE"},
	{4, "MS_SYNC"},
	{0, NULL},
};
static const struct name clone_flags[] = {
	{0x100, "CLONE_VM"},
	{0x200, "CLONE_FS"},
	{0x400, "CLONE_FILES"},
	{0x800, "CLONE_SIGHAND"},
	{0x4000, "CLONE_VFORK"},
	{0x8000, "CLONE_PARENT"},
	{0x10000, "CLONE_THREAD"},
	{0x40000, "CLONE_SYSVSEM"},
	{0x80000, "CLONE_SETTLS"},
	{0x100000, "CLONE_PARENT_SETTID"},
	{0x200000, "CLONE_CHILD_CLEARTID"},
	{0x400000, "CLONE_DETACHED"},
	{0x1000000, "CLONE_CHILD_SETTID"},
	{17, "SIGCHLD"},
	{0, NULL},
};
static const struct name wait_flags[] = {
	{1, "WNOHANG"},	   {2, "WUNTRACED"},	   {4, "WEXITED"},
	{8, "WCONTINUED"}, {0x1000000, "WNOWAIT"}, {0, NULL},
};
static const struct name whences[] = {
	{0, "SEEK_SET"},  {1, "SEEK_CUR"},  {2, "SEEK_END"},
	{3, "SEEK_DATA"}, {4, "SEEK_HOLE"}, {0, NULL},
};
static const struct name fcntl_commands[] = {
	{0, "F_DUPFD"},		{1, "F_GETFD"},		{2, "F_SETFD"},
	{3, "F_GETFL"},		{4, "F_SETFL"},		{1030, "F_DUPFD_CLOEXEC"},
	{1031, "F_SETPIPE_SZ"}, {1032, "F_GETPIPE_SZ"}, {0, NULL},
};
static const struct name advices[] = {
	{0, "MADV_NORMAL"},	    {1, "MADV_RANDOM"},		 {2, "MADV_SEQUENTIAL"},
	{3, "MADV_WILLNEED"},	    {4, "MADV_DONTNEED"},	 {8, "MADV_FREE"},
	{9, "MADV_REMOVE"},	    {10, "MADV_DONTFORK"},	 {11, "MADV_DOFORK"},
	{16, "MADV_DONTDUMP"},	    {17, "MADV_DODUMP"},	 {18, "MADV_WIPEONFORK"},
	{19, "MADV_KEEPONFORK"},    {20, "MADV_COLD"},		 {21, "MADV_PAGEOUT"},
	{22, "MADV_POPULATE_READ"}, {23, "MADV_POPULATE_WRITE"}, {0, NULL},
};
static const struct name futex_operations[] = {
	{0, "FUTEX_WAIT"},
	{1, "FUTEX_WAKE"},
	{3, "FUTEX_REQUEUE"},
	{4, "FUTEX_CMP_REQUEUE"},
	{5, "FUTEX_WAKE_OP"},
	{9, "FUTEX_WAIT_BITSET"},
	{10, "FUTEX_WAKE_BITSET"},
	{128, "FUTEX_PRIVATE_FLAG"},
	{256, "FUTEX_CLOCK_REALTIME"},
	{0, NULL},
};
static const struct name clocks[] = {
	{0, "CLOCK_REALTIME"},		{1, "CLOCK_MONOTONIC"},	    {2, "CLOCK_PROCESS_CPUTIME_ID"},
	{3, "CLOCK_THREAD_CPUTIME_ID"}, {4, "CLOCK_MONOTONIC_RAW"}, {5, "CLOCK_REALTIME_COARSE"},
	{6, "CLOCK_MONOTONIC_COARSE"},	{7, "CLOCK_BOOTTIME"},	    {0, NULL},
};
static const struct name resources[] = {
	{0, "RLIMIT_CPU"},     {1, "RLIMIT_FSIZE"}, {2, "RLIMIT_DATA"},	  {3, "RLIMIT_STACK"},
	{4, "RLIMIT_CORE"},    {5, "RLIMIT_RSS"},   {6, "RLIMIT_NPROC"},  {7, "RLIMIT_NOFILE"},
	{8, "RLIMIT_MEMLOCK"}, {9, "RLIMIT_AS"},    {10, "RLIMIT_LOCKS"}, {0, NULL},
};
static const struct name mask_changes[] = {
	{0, "SIG_BLOCK"},
	{1, "SIG_UNBLOCK"},
	{2, "SIG_SETMASK"},
	{0, NULL},
};
static const struct name terminal_requests[] = {
	{0x5401, "TCGETS"},
	{0x5402, "TCSETS"},
	{0x5403, "TCSETSW"},
	{0x5404, "TCSETSF"},
	{0x540e, "TIOCSCTTY"},
	{0x540f, "TIOCGPGRP"},
	{0x5410, "TIOCSPGRP"},
	{0x5413, "TIOCGWINSZ"},
	{0x5414, "TIOCSWINSZ"},
	{0x541b, "FIONREAD"},
	{0, NULL},
};
static const struct name descriptor_flags[] = {{1, "FD_CLOEXEC"}, {0, NULL}};
static const struct name timer_flags[] = {{1, "TIMER_ABSTIME"}, {0, NULL}};
static const struct name mlock_flags[] = {{1, "MLOCK_ONFAULT"}, {0, NULL}};
static const struct name mlockall_flags[] = {
	{1, "MCL_CURRENT"},
	{2, "MCL_FUTURE"},
	{4, "MCL_ONFAULT"},
	{0, NULL},
};
static const struct name fallocate_modes[] = {
	{1, "FALLOC_FL_KEEP_SIZE"},
	{2, "FALLOC_FL_PUNCH_HOLE"},
	{0x10, "FALLOC_FL_ZERO_RANGE"},
	{0, NULL},
};
static const struct name memfd_flags[] = {
	{1, "MFD_CLOEXEC"},
	{2, "MFD_ALLOW_SEALING"},
	{0, NULL},
};
static const struct name rename_flags[] = {
	{1, "RENAME_NOREPLACE"},
	{2, "RENAME_EXCHANGE"},
	{0, NULL},
};
static const struct name random_flags[] = {
	{1, "GRND_NONBLOCK"},
	{2, "GRND_RANDOM"},
	{4, "GRND_INSECURE"},
	{0, NULL},
};
static const struct name action_flags[] = {
	{1, "SA_NOCLDSTOP"},
	{2, "SA_NOCLDWAIT"},
	{4, "SA_SIGINFO"},
	{0x08000000, "SA_ONSTACK"},
	{0x10000000, "SA_RESTART"},
	{0x40000000, "SA_NODEFER"},
	{0x80000000, "SA_RESETHAND"},
	{0, NULL},
};
static const struct name stack_flags[] = {
	{1, "SS_ONSTACK"},
	{2, "SS_DISABLE"},
	{0, NULL},
};
static const struct name poll_events[] = {
	{1, "POLLIN"},	      {2, "POLLPRI"},	     {4, "POLLOUT"},
	{8, "POLLERR"},	      {0x10, "POLLHUP"},     {0x20, "POLLNVAL"},
	{0x40, "POLLRDNORM"}, {0x100, "POLLWRNORM"}, {0, NULL},
};
static const struct name interval_timers[] = {
	{0, "ITIMER_REAL"},
	{1, "ITIMER_VIRTUAL"},
	{2, "ITIMER_PROF"},
	{0, NULL},
};
static const struct name id_types[] = {
	{0, "P_ALL"},
	{1, "P_PID"},
	{2, "P_PGID"},
	{0, NULL},
};
static const struct name usage_of[] = {
	{0, "RUSAGE_SELF"},
	{-1UL, "RUSAGE_CHILDREN"},
	{1, "RUSAGE_THREAD"},
	{0, NULL},
};
static const struct name priority_of[] = {
	{0, "PRIO_PROCESS"},
	{1, "PRIO_PGRP"},
	{2, "PRIO_USER"},
	{0, NULL},
};
static const struct name process_options[] = {
	{15, "PR_SET_NAME"},
	{16, "PR_GET_NAME"},
	{0, NULL},
};

#define NUMBER (~0UL)

static const struct name_set name_sets[] = {
	{'O', 3, open_flags},	     {'E', 0, fd_flags},
	{'T', 0, at_flags},	     {'A', 0, access_modes},
	{'P', 0, protections},	     {'M', 3, map_flags},
	{'r', 0, remap_flags},	     {'Y', 0, sync_flags},
	{'C', 0xff, clone_flags},    {'W', 0, wait_flags},
	{'w', NUMBER, whences},	     {'F', NUMBER, fcntl_commands},
	{'a', NUMBER, advices},	     {'f', 127, futex_operations},
	{'k', NUMBER, clocks},	     {'R', NUMBER, resources},
	{'h', NUMBER, mask_changes}, {'I', NUMBER, terminal_requests},
	{'^', 0, descriptor_flags},  {'N', 0, timer_flags},
	{'B', 0, mlock_flags},	     {'L', 0, mlockall_flags},
	{'G', 0, fallocate_modes},   {'H', 0, memfd_flags},
	{'Q', 0, rename_flags},	     {'S', 0, random_flags},
	{'J', 0, action_flags},	     {'K', 0, stack_flags},
	{'V', 0, poll_events},	     {'U', NUMBER, interval_timers},
	{'X', NUMBER, id_types},     {'Z', NUMBER, usage_of},
	{'!', NUMBER, priority_of},  {'?', NUMBER, process_options},
};

const struct name_set *
name_set_find(char letter)
{
	for (size_t i = 0; i < COUNT(name_sets); i++)
		if (name_sets[i].letter == letter)
			return &name_sets[i];
	return NULL;
}

#define ERROR(name) [name] = #name

static const char *const error_names[] = {
	ERROR(EPERM),
	ERROR(ENOENT),
	ERROR(ESRCH),
	ERROR(EINTR),
	ERROR(EIO),
	ERROR(ENXIO),
	ERROR(E2BIG),
	ERROR(ENOEXEC),
	ERROR(EBADF),
	ERROR(ECHILD),
	ERROR(EAGAIN),
	ERROR(ENOMEM),
	ERROR(EACCES),
	ERROR(EFAULT),
	ERROR(ENOTBLK),
	ERROR(EBUSY),
	ERROR(EEXIST),
	ERROR(EXDEV),
	ERROR(ENODEV),
	ERROR(ENOTDIR),
	ERROR(EISDIR),
	ERROR(EINVAL),
	ERROR(ENFILE),
	ERROR(EMFILE),
	ERROR(ENOTTY),
	ERROR(ETXTBSY),
	ERROR(EFBIG),
	ERROR(ENOSPC),
	ERROR(ESPIPE),
	ERROR(EROFS),
	ERROR(EMLINK),
	ERROR(EPIPE),
	ERROR(ERANGE),
	ERROR(ENAMETOOLONG),
	ERROR(ENOSYS),
	ERROR(ENOTEMPTY),
	ERROR(ELOOP),
	ERROR(EOVERFLOW),
	ERROR(EOPNOTSUPP),
	ERROR(ETIMEDOUT),
	[512] = "ERESTARTSYS",
	[513] = "ERESTARTNOINTR",
	[514] = "ERESTARTNOHAND",
	[516] = "ERESTART_RESTARTBLOCK",
};

const char *
errno_name(int error)
{
	if (error <= 0 || error >= (int)COUNT(error_names) || !error_names[error])
		return "?";
	return error_names[error];
}
