/* /proc/sys/vm: what happens when memory is out, and how much of it is promised. */
#include "fs/proc_node.h"

#include "vm/commit.h"
#include "vm/oom.h"

void INIT
proc_oom_init(void)
{
	procfs_register_number("sys/vm/panic_on_oom", &panic_on_oom, 0, 2);
	procfs_register_number("sys/vm/oom_kill_allocating_task", &oom_kill_allocating_task, 0, 1);
	procfs_register_number("sys/vm/oom_dump_tasks", &oom_dump_tasks, 0, 1);
	procfs_register_number("sys/vm/overcommit_memory", &overcommit_memory, OVERCOMMIT_GUESS,
			       OVERCOMMIT_NEVER);
	procfs_register_number("sys/vm/overcommit_ratio", &overcommit_ratio, 0, UINT32_MAX);
	procfs_register_number("sys/vm/overcommit_kbytes", &overcommit_kbytes, 0, UINT32_MAX);
	procfs_register_number("sys/vm/user_reserve_kbytes", &user_reserve_kbytes, 0, UINT32_MAX);
}
