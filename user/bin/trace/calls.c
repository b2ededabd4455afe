/* The system calls that trace can decode, and how. The letters are explained in show.c. */
#include <fcntl.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "calls.h"

#define CALL_GIVES(name, args, result) [SYS_##name] = {#name, args, result}
#define CALL(name, args)	       CALL_GIVES(name, args, 0)
#define INT_BITS		       0xffffffff

static const struct call calls[] = {
	CALL(getcwd, ">su"),
	CALL(dup, "d"),
	CALL(dup3, "ddE"),
	CALL(fcntl, "dFx"),
	CALL(ioctl, "dIp"),
	CALL(mknodat, "Dsox"),
	CALL(mkdirat, "Dso"),
	CALL(unlinkat, "DsT"),
	CALL(symlinkat, "sDs"),
	CALL(linkat, "DsDsT"),
	CALL(umount2, "sx"),
	CALL(mount, "sssxp"),
	CALL(statfs, "s>4"),
	CALL(fstatfs, "d>4"),
	CALL(truncate, "sd"),
	CALL(ftruncate, "dl"),
	CALL(fallocate, "dGll"),
	CALL(faccessat, "DsA"),
	CALL(faccessat2, "DsAT"),
	CALL(chdir, "s"),
	CALL(fchdir, "d"),
	CALL(fchmod, "do"),
	CALL(fchmodat, "Dso"),
	CALL(fchownat, "DsddT"),
	CALL(fchown, "ddd"),
	CALL(openat, "DsOo"),
	CALL(close, "d"),
	CALL(pipe2, ">2E"),
	CALL(getdents64, "dpu"),
	CALL(lseek, "dlw"),
	CALL(read, "d>bu"),
	CALL(write, "dbu"),
	CALL(readv, "d3d"),
	CALL(writev, "d3d"),
	CALL(pread64, "d>bul"),
	CALL(pwrite64, "dbul"),
	CALL(sendfile, "dd=#u"),
	CALL(pselect6, "d666tp"),
	CALL_GIVES(ppoll, "7dtmu", '7'),
	CALL(readlinkat, "Ds>bu"),
	CALL(newfstatat, "Ds>iT"),
	CALL(fstat, "d>i"),
	CALL(sync, ""),
	CALL(fsync, "d"),
	CALL(fdatasync, "d"),
	CALL(utimensat, "Ds%T"),
	CALL_GIVES(umask, "o", 'o'),
	CALL(renameat2, "DsDsQ"),
	CALL(memfd_create, "sH"),
	CALL(exit, "d"),
	CALL(exit_group, "d"),
	CALL(waitid, "Xd>zW>5"),
	CALL(set_tid_address, "p"),
	CALL(futex, "pfdpp"),
	CALL(set_robust_list, "pu"),
	CALL(get_robust_list, "dpp"),
	CALL(setpgid, "dd"),
	CALL(getpgid, "d"),
	CALL(getsid, "d"),
	CALL(setsid, ""),
	CALL(getrusage, "Z>5"),
	CALL(prctl, "?xxxx"),
	CALL(getpid, ""),
	CALL(getppid, ""),
	CALL(getuid, ""),
	CALL(geteuid, ""),
	CALL(getgid, ""),
	CALL(getegid, ""),
	CALL(gettid, ""),
	CALL(clone, "Cpppp"),
	CALL(execve, "svp"),
	CALL(wait4, "d>yW>5"),
	CALL(prlimit64, "dRq>q"),
	CALL(kill, "dg"),
	CALL(tkill, "dg"),
	CALL(tgkill, "ddg"),
	CALL(sigaltstack, "0>0"),
	CALL(rt_sigsuspend, "mu"),
	CALL(rt_sigaction, "gc>cu"),
	CALL(rt_sigprocmask, "hm>mu"),
	CALL(rt_sigpending, ">mu"),
	CALL(rt_sigtimedwait, "m>ztu"),
	CALL(rt_sigqueueinfo, "dgz"),
	CALL(rt_tgsigqueueinfo, "ddgz"),
	CALL(rt_sigreturn, ""),
	CALL_GIVES(brk, "p", 'x'),
	CALL(munmap, "pu"),
	CALL_GIVES(mmap, "puPMdx", 'x'),
	CALL_GIVES(mremap, "puurp", 'x'),
	CALL(mprotect, "puP"),
	CALL(msync, "puY"),
	CALL(mlock, "pu"),
	CALL(mlock2, "puB"),
	CALL(munlock, "pu"),
	CALL(mlockall, "L"),
	CALL(munlockall, ""),
	CALL(mincore, "pu>+"),
	CALL(madvise, "pua"),
	CALL(riscv_flush_icache, "ppx"),
	CALL(nanosleep, "tp"),
	CALL(getitimer, "U>e"),
	CALL(setitimer, "Ue>e"),
	CALL(timer_create, "kp>1"),
	CALL(timer_gettime, "d>j"),
	CALL(timer_getoverrun, "d"),
	CALL(timer_settime, "dNj>j"),
	CALL(timer_delete, "d"),
	CALL(clock_gettime, "k>t"),
	CALL(clock_getres, "k>t"),
	CALL(clock_nanosleep, "kNtp"),
	CALL(sched_setaffinity, "du@"),
	CALL(sched_getaffinity, "du>@"),
	CALL(sched_yield, ""),
	CALL(setpriority, "!dd"),
	CALL(getpriority, "!d"),
	CALL(restart_syscall, ""),
	CALL(times, ">9"),
	CALL(gettimeofday, ">np"),
	CALL(syslog, "d>bd"),
	CALL(reboot, "xxxp"),
	CALL(uname, ">*"),
	CALL(sysinfo, ">8"),
	CALL(getrandom, ">buS"),
	CALL(swapon, "sx"),
	CALL(swapoff, "s"),
};

/* Calls whose arguments depend on one of them. */
static const struct variant {
	uint64_t number;
	unsigned arg;
	uint64_t mask, value; /* the argument's bits that tell, and what they are */
	const char *args;
	char result;
} variants[] = {
	{SYS_openat, 2, O_CREAT, 0, "DsO", 0},
	{SYS_fcntl, 1, INT_BITS, F_GETFD, "dF", '^'},
	{SYS_fcntl, 1, INT_BITS, F_SETFD, "dF^", 0},
	{SYS_fcntl, 1, INT_BITS, F_GETFL, "dF", 'O'},
	{SYS_fcntl, 1, INT_BITS, F_SETFL, "dFO", 0},
	{SYS_fcntl, 1, INT_BITS, F_DUPFD, "dFd", 0},
	{SYS_fcntl, 1, INT_BITS, F_DUPFD_CLOEXEC, "dFd", 0},
	{SYS_fcntl, 1, INT_BITS, 1032, "dF", 0}, /* F_GETPIPE_SZ */
	{SYS_ioctl, 1, INT_BITS, TIOCGPGRP, "dI>1", 0},
	{SYS_ioctl, 1, INT_BITS, TIOCSPGRP, "dI1", 0},
	{SYS_ioctl, 1, INT_BITS, TIOCGWINSZ, "dI>&", 0},
	{SYS_ioctl, 1, INT_BITS, TIOCSWINSZ, "dI&", 0},
	{SYS_ioctl, 1, INT_BITS, FIONREAD, "dI>1", 0},
	{SYS_futex, 1, 127, 0, "pfdt", 0},	/* FUTEX_WAIT */
	{SYS_futex, 1, 127, 1, "pfd", 0},	/* FUTEX_WAKE */
	{SYS_futex, 1, 127, 3, "pfddp", 0},	/* FUTEX_REQUEUE */
	{SYS_futex, 1, 127, 4, "pfddpd", 0},	/* FUTEX_CMP_REQUEUE */
	{SYS_futex, 1, 127, 9, "pfdt-x", 0},	/* FUTEX_WAIT_BITSET */
	{SYS_futex, 1, 127, 10, "pfd--x", 0},	/* FUTEX_WAKE_BITSET */
	{SYS_mremap, 3, 6, 0, "puur", 'x'},	/* neither MREMAP_FIXED nor MREMAP_DONTUNMAP */
	{SYS_prctl, 0, INT_BITS, 15, "?s", 0},	/* PR_SET_NAME */
	{SYS_prctl, 0, INT_BITS, 16, "?>s", 0}, /* PR_GET_NAME */
};

const struct call *
call_find(uint64_t number)
{
	if (number >= sizeof(calls) / sizeof(calls[0]) || !calls[number].name)
		return NULL;
	return &calls[number];
}

struct call
call_of(const struct record *record)
{
	const struct call *found = call_find(record->number);
	struct call call = found ? *found : (struct call){NULL, "xxxxxx", 0};

	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
		const struct variant *variant = &variants[i];

		if (variant->number == record->number &&
		    (record->args[variant->arg] & variant->mask) == variant->value) {
			call.args = variant->args;
			call.result = variant->result;
		}
	}
	return call;
}
