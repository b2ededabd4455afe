#include "lib/string.h"
#include "proc/job_control.h"
#include "proc/process.h"
#include "syscall_proto.h"
#include "vm/usercopy.h"

/* Who am I: numbers of the process, and the thread's name. Every user is root. */

#define PR_SET_NAME 15
#define PR_GET_NAME 16

long
sys_getpid(void)
{
	return current->process->pid;
}

long
sys_getppid(void)
{
	return READ_ONCE(current->process->ppid);
}

long
sys_gettid(void)
{
	return current->tid;
}

long
sys_getuid(void)
{
	return 0;
}

long
sys_geteuid(void)
{
	return 0;
}

long
sys_getgid(void)
{
	return 0;
}

long
sys_getegid(void)
{
	return 0;
}

long
sys_setpgid(int pid, int pgid)
{
	return process_change_group(pid, pgid);
}

long
sys_getpgid(int pid)
{
	return process_get_group(pid);
}

long
sys_getsid(int pid)
{
	return process_get_session(pid);
}

long
sys_setsid(void)
{
	return process_new_session();
}

long
sys_set_tid_address(uva_t tidptr)
{
	current->clear_child_tid = tidptr;
	return current->tid;
}

static long
set_name(uva_t uva)
{
	char name[TASK_NAME_MAX];
	ssize_t len = strncpy_from_user(name, uva, sizeof(name));

	if (len < 0 && len != -ENAMETOOLONG)
		return len;
	name[sizeof(name) - 1] = '\0';
	strscpy(current->name, name, sizeof(current->name));
	return 0;
}

long
sys_prctl(int option, u64 arg2, u64 arg3, u64 arg4, u64 arg5)
{
	char name[TASK_NAME_MAX] = "";

	(void)arg3;
	(void)arg4;
	(void)arg5;
	switch (option) {
	case PR_SET_NAME:
		return set_name(arg2);
	case PR_GET_NAME:
		strscpy(name, current->name, sizeof(name));
		return copy_to_user(arg2, name, sizeof(name));
	default:
		return -EINVAL;
	}
}
