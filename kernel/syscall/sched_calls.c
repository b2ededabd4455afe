/*
 * Policies of scheduling: there is one, SCHED_OTHER, whose shares nice values decide. Nobody may have
 * another, as on a Linux that grants none. Where a thread runs, and who may change that.
 */
#include "core/clock.h"
#include "core/cpu.h"
#include "proc/priority.h"
#include "sched/rq.h"
#include "sched/sched.h"
#include "sched/task.h"
#include "syscall/timespec.h"
#include "syscall_proto.h"
#include "vm/usercopy.h"

enum sched_policy {
	SCHED_OTHER,
	SCHED_FIFO,
	SCHED_RR,
	SCHED_BATCH,
	SCHED_IDLE = 5,
	SCHED_DEADLINE,
};

#define RT_PRIORITY_MIN 1
#define RT_PRIORITY_MAX 99

/* 0: the current one. => a reference; NULL when there is none */
static struct task *
task_or_self(int tid)
{
	if (tid)
		return task_find(tid);
	task_get(current);
	return current;
}

/* => 0; -EINVAL, -ESRCH */
static int
check_thread(int tid)
{
	struct task *task = tid < 0 ? NULL : task_or_self(tid);

	if (!task)
		return tid < 0 ? -EINVAL : -ESRCH;
	task_put(task);
	return 0;
}

static bool
policy_is_realtime(int policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

static bool
policy_known(int policy)
{
	return policy >= SCHED_OTHER && policy <= SCHED_DEADLINE && policy != 4;
}

/* => 0; -EINVAL: no such policy, or not with this priority; -EPERM: nobody may have it */
static int
check_policy(int policy, u32 priority)
{
	if (policy_is_realtime(policy))
		return priority >= RT_PRIORITY_MIN && priority <= RT_PRIORITY_MAX ? -EPERM
										  : -EINVAL;
	if (!policy_known(policy) || policy == SCHED_DEADLINE || priority != 0)
		return -EINVAL;
	return policy == SCHED_OTHER ? 0 : -EPERM;
}

long
sys_sched_setscheduler(int tid, int policy, uva_t param)
{
	u32 priority;
	int error;

	if (!param || tid < 0 || policy < 0)
		return -EINVAL;
	if (get_user_u32(&priority, param))
		return -EFAULT;
	error = check_thread(tid);
	return error ? error : check_policy(policy, priority);
}

long
sys_sched_setparam(int tid, uva_t param)
{
	return sys_sched_setscheduler(tid, SCHED_OTHER, param);
}

long
sys_sched_getscheduler(int tid)
{
	int error = check_thread(tid);

	return error ? error : SCHED_OTHER;
}

long
sys_sched_getparam(int tid, uva_t param)
{
	int error = param ? check_thread(tid) : -EINVAL;

	return error ? error : put_user_u32(param, 0);
}

long
sys_sched_get_priority_max(int policy)
{
	if (policy_is_realtime(policy))
		return RT_PRIORITY_MAX;
	return policy_known(policy) ? 0 : -EINVAL;
}

long
sys_sched_get_priority_min(int policy)
{
	if (policy_is_realtime(policy))
		return RT_PRIORITY_MIN;
	return policy_known(policy) ? 0 : -EINVAL;
}

long
sys_sched_rr_get_interval(int tid, uva_t interval)
{
	int error = check_thread(tid);

	return error ? error : timespec_put(interval, SCHED_ROUND_NS);
}

long
sys_getcpu(uva_t cpu, uva_t node, uva_t unused)
{
	(void)unused;
	if (cpu && put_user_u32(cpu, cpu_id()))
		return -EFAULT;
	return node && put_user_u32(node, 0) ? -EFAULT : 0;
}

long
sys_sched_setaffinity(int tid, size_t len, uva_t mask)
{
	struct task *task;
	u64 harts = 0;

	if (copy_from_user(&harts, mask, MIN(len, sizeof(harts))))
		return -EFAULT;
	task = task_or_self(tid);
	if (!task)
		return -ESRCH;
	harts &= sched_harts();
	if (harts)
		sched_set_allowed(task, harts);
	task_put(task);
	return harts ? 0 : -EINVAL;
}

long
sys_sched_getaffinity(int tid, size_t len, uva_t mask)
{
	struct task *task;
	u64 harts;

	if (len < sizeof(harts) || len % sizeof(harts))
		return -EINVAL;
	task = task_or_self(tid);
	if (!task)
		return -ESRCH;
	harts = READ_ONCE(task->allowed) & sched_harts();
	task_put(task);
	return copy_to_user(mask, &harts, sizeof(harts)) ? -EFAULT : (long)sizeof(harts);
}

long
sys_setpriority(int which, int who, int nice)
{
	return priority_set(which, who, nice);
}

long
sys_getpriority(int which, int who)
{
	return priority_get(which, who);
}
