#include "core/clock.h"
#include "lib/compiler.h"
#include "lib/errno.h"
#include "proc/futex.h"
#include "syscall/timespec.h"
#include "syscall_proto.h"
#include "vm/usercopy.h"

#define FUTEX_WAIT	  0
#define FUTEX_WAKE	  1
#define FUTEX_REQUEUE	  3
#define FUTEX_CMP_REQUEUE 4
#define FUTEX_WAIT_BITSET 9
#define FUTEX_WAKE_BITSET 10

#define FUTEX_PRIVATE_FLAG   128
#define FUTEX_CLOCK_REALTIME 256

/* The end of a wait by clock_now_ns(). WAIT has a length, WAIT_BITSET a time. */
static int
get_deadline(uva_t timeout, int op, u64 *deadline_ns)
{
	u64 ns, now = clock_now_ns(), clock;
	int err;

	*deadline_ns = ~0UL;
	if (!timeout)
		return 0;
	err = timespec_get(timeout, &ns);
	if (err)
		return err;
	if ((op & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME)) == FUTEX_WAIT) {
		*deadline_ns = now + ns;
		return 0;
	}
	clock = op & FUTEX_CLOCK_REALTIME ? clock_realtime_ns() : now;
	*deadline_ns = now + (ns > clock ? ns - clock : 0);
	return 0;
}

static long
call_wait(uva_t uaddr, int op, u32 val, uva_t timeout, u32 bitset)
{
	struct futex_key key;
	u64 deadline_ns;
	int err;

	if (!bitset)
		return -EINVAL;
	err = get_deadline(timeout, op, &deadline_ns);
	if (!err)
		err = futex_key_get(uaddr, op & FUTEX_PRIVATE_FLAG, &key);
	if (!err)
		err = futex_wait(uaddr, &key, val, bitset, deadline_ns);
	/* Run again it would wait the whole time anew: a handler ends it, SA_RESTART or not. */
	return err == -ERESTARTSYS && timeout ? -ERESTARTNOHAND : err;
}

static long
call_wake(uva_t uaddr, int op, u32 nr, u32 bitset)
{
	struct futex_key key;
	int err;

	if (!bitset)
		return -EINVAL;
	err = futex_key_get(uaddr, op & FUTEX_PRIVATE_FLAG, &key);
	return err ? err : futex_wake(&key, nr, bitset);
}

static long
call_requeue(uva_t uaddr, uva_t uaddr2, int op, u32 nr_wake, u32 nr_requeue, const u32 *expected)
{
	bool is_private = op & FUTEX_PRIVATE_FLAG;
	struct futex_key key, to;
	u32 found;
	int err = futex_key_get(uaddr, is_private, &key);

	if (!err)
		err = futex_key_get(uaddr2, is_private, &to);
	if (!err && expected)
		err = get_user_u32(&found, uaddr);
	if (err)
		return err;
	if (expected && found != *expected)
		return -EAGAIN;
	return futex_requeue(&key, &to, nr_wake, nr_requeue);
}

long
sys_futex(uva_t uaddr, int op, u32 val, u64 timeout, uva_t uaddr2, u32 val3)
{
	switch (op & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME)) {
	case FUTEX_WAIT:
		return call_wait(uaddr, op, val, timeout, FUTEX_BITSET_ANY);
	case FUTEX_WAIT_BITSET:
		return call_wait(uaddr, op, val, timeout, val3);
	case FUTEX_WAKE:
		return call_wake(uaddr, op, val, FUTEX_BITSET_ANY);
	case FUTEX_WAKE_BITSET:
		return call_wake(uaddr, op, val, val3);
	case FUTEX_REQUEUE:
		return call_requeue(uaddr, uaddr2, op, val, timeout, NULL);
	case FUTEX_CMP_REQUEUE:
		return call_requeue(uaddr, uaddr2, op, val, timeout, &val3);
	default:
		return -ENOSYS;
	}
}
