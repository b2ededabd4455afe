/* /proc/sys/vm: what happens when memory is out, and how much of it is promised. */
#include "fs/proc_node.h"

#include "lib/parse.h"
#include "vm/commit.h"
#include "vm/oom.h"

static int
show_number(struct seq *seq, u32 value)
{
	seq_printf(seq, "%u\n", value);
	return 0;
}

static int
show_ratio(struct seq *seq)
{
	return show_number(seq, overcommit_ratio);
}

static int
show_kbytes(struct seq *seq)
{
	return show_number(seq, overcommit_kbytes);
}

/* Either says what the limit is: the other is 0 then. */
static int
limit_write(const char *text, u32 *number, u32 *other)
{
	u64 value;

	if (kstrtou64(text, 10, &value) || value > UINT32_MAX)
		return -EINVAL;
	*number = value;
	*other = 0;
	return 0;
}

static int
write_ratio(const char *text)
{
	return limit_write(text, &overcommit_ratio, &overcommit_kbytes);
}

static int
write_kbytes(const char *text)
{
	return limit_write(text, &overcommit_kbytes, &overcommit_ratio);
}

void INIT
proc_oom_init(void)
{
	procfs_register_number("sys/vm/panic_on_oom", &panic_on_oom, 0, 2);
	procfs_register_number("sys/vm/oom_kill_allocating_task", &oom_kill_allocating_task, 0, 1);
	procfs_register_number("sys/vm/oom_dump_tasks", &oom_dump_tasks, 0, 1);
	procfs_register_number("sys/vm/overcommit_memory", &overcommit_memory, OVERCOMMIT_GUESS,
			       OVERCOMMIT_NEVER);
	procfs_register_writable("sys/vm/overcommit_ratio", show_ratio, write_ratio);
	procfs_register_writable("sys/vm/overcommit_kbytes", show_kbytes, write_kbytes);
	procfs_register_number("sys/vm/user_reserve_kbytes", &user_reserve_kbytes, 0, UINT32_MAX);
}
