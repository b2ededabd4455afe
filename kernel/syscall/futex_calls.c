#include "syscall/futex_calls.h"

#include "core/clock.h"
#include "lib/compiler.h"
#include "lib/errno.h"
#include "proc/futex.h"
#include "proc/robust.h"
#include "syscall/timespec.h"
#include "syscall_proto.h"
#include "vm/usercopy.h"

#define FUTEX_WAIT	  0
#define FUTEX_WAKE	  1
#define FUTEX_REQUEUE	  3
#define FUTEX_CMP_REQUEUE 4
#define FUTEX_WAKE_OP	  5
#define FUTEX_WAIT_BITSET 9
#define FUTEX_WAKE_BITSET 10

#define FUTEX_PRIVATE_FLAG   128
#define FUTEX_CLOCK_REALTIME 256

/* What FUTEX_WAKE_OP does to the second word, and what it compares the old value for. */
enum futex_op { OP_SET, OP_ADD, OP_OR, OP_ANDN, OP_XOR, NR_OPS };
enum futex_comparison { CMP_EQ, CMP_NE, CMP_LT, CMP_LE, CMP_GT, CMP_GE, NR_COMPARISONS };

/* Its last argument: bit 31 a shift instead of a number, then op, comparison and two numbers. */
struct wake_op {
	enum futex_op op;
	enum futex_comparison comparison;
	s32 operand, compared;
};

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

/*
 * A wait with an end goes on after a signal without a handler until the same end; a handler ends it,
 * SA_RESTART or not.
 */
static long
wait_until(uva_t uaddr, bool is_private, u32 value, u32 bitset, u64 deadline_ns)
{
	struct futex_key key;
	int err = futex_key_get(uaddr, is_private, &key);

	if (!err)
		err = futex_wait(uaddr, &key, value, bitset, deadline_ns);
	if (err != -ERESTARTSYS || deadline_ns == ~0UL)
		return err;
	current->restart = (struct call_restart){.kind = RESTART_FUTEX,
						 .deadline_ns = deadline_ns,
						 .uva = uaddr,
						 .value = value,
						 .bitset = bitset,
						 .is_private = is_private};
	return -ERESTART_RESTARTBLOCK;
}

long
futex_restart(const struct call_restart *restart)
{
	return wait_until(restart->uva, restart->is_private, restart->value, restart->bitset,
			  restart->deadline_ns);
}

static long
call_wait(uva_t uaddr, int op, u32 val, uva_t timeout, u32 bitset)
{
	u64 deadline_ns;
	int err = get_deadline(timeout, op, &deadline_ns);

	if (!err && !bitset)
		err = -EINVAL;
	return err ? err : wait_until(uaddr, op & FUTEX_PRIVATE_FLAG, val, bitset, deadline_ns);
}

static long
call_wake(uva_t uaddr, int op, u32 nr, u32 bitset)
{
	struct futex_key key;
	int err;

	if (!bitset)
		return -EINVAL;
	err = futex_key_get(uaddr, op & FUTEX_PRIVATE_FLAG, &key);
	return err ? err : futex_wake(&key, MAX((s32)nr, 1), bitset);
}

static long
call_requeue(uva_t uaddr, uva_t uaddr2, int op, u32 nr_wake, u32 nr_requeue, const u32 *expected)
{
	bool is_private = op & FUTEX_PRIVATE_FLAG;
	struct futex_key key, to;
	int err;

	if ((s32)nr_wake < 0 || (s32)nr_requeue < 0)
		return -EINVAL;
	err = futex_key_get(uaddr, is_private, &key);
	if (!err)
		err = futex_key_get(uaddr2, is_private, &to);
	if (err)
		return err;
	return expected ? futex_requeue_if(uaddr, *expected, &key, &to, nr_wake, nr_requeue)
			: futex_requeue(&key, &to, nr_wake, nr_requeue);
}

/* The 12 bits of bits that begin at `shift`, with their sign. */
static s32
signed_field(u32 bits, unsigned shift)
{
	return (s32)(bits << (20 - shift)) >> 20;
}

/* => -ENOSYS */
static int
wake_op_decode(u32 bits, struct wake_op *op)
{
	*op = (struct wake_op){bits >> 28 & 7, bits >> 24 & 15, signed_field(bits, 12),
			       signed_field(bits, 0)};
	if (bits >> 31)
		op->operand = (s32)(1U << (op->operand & 31));
	return op->op < NR_OPS && op->comparison < NR_COMPARISONS ? 0 : -ENOSYS;
}

static u32
wake_op_result(const struct wake_op *op, u32 old)
{
	switch (op->op) {
	case OP_ADD:
		return old + op->operand;
	case OP_OR:
		return old | op->operand;
	case OP_ANDN:
		return old & ~op->operand;
	case OP_XOR:
		return old ^ op->operand;
	default:
		return op->operand;
	}
}

static bool
wake_op_compares(const struct wake_op *op, s32 old)
{
	switch (op->comparison) {
	case CMP_EQ:
		return old == op->compared;
	case CMP_NE:
		return old != op->compared;
	case CMP_LT:
		return old < op->compared;
	case CMP_LE:
		return old <= op->compared;
	case CMP_GT:
		return old > op->compared;
	default:
		return old >= op->compared;
	}
}

/* => -EFAULT */
static int
wake_op_store(uva_t uaddr, const struct wake_op *op, u32 *old)
{
	u32 expected;
	int err = get_user_u32(old, uaddr);

	while (!err) {
		expected = *old;
		err = user_cmpxchg_u32(uaddr, expected, wake_op_result(op, expected), old);
		if (*old == expected)
			break;
	}
	return err;
}

/*
 * Change the second word, wake who waits for the first, and who waits for the second if the
 * comparison holds. A waiter reads its word after it can be found: none is missed.
 */
static long
call_wake_op(uva_t uaddr, uva_t uaddr2, int flags, u32 nr, u32 nr2, u32 bits)
{
	struct futex_key key, key2;
	struct wake_op op;
	u32 old;
	long woken;
	int err = futex_key_get(uaddr, flags & FUTEX_PRIVATE_FLAG, &key);

	if (!err)
		err = futex_key_get(uaddr2, flags & FUTEX_PRIVATE_FLAG, &key2);
	if (!err)
		err = wake_op_decode(bits, &op);
	if (!err)
		err = wake_op_store(uaddr2, &op, &old);
	if (err)
		return err;
	woken = futex_wake(&key, MAX((s32)nr, 1), FUTEX_BITSET_ANY);
	if (wake_op_compares(&op, old))
		woken += futex_wake(&key2, MAX((s32)nr2, 1), FUTEX_BITSET_ANY);
	return woken;
}

long
sys_futex(uva_t uaddr, int op, u32 val, u64 timeout, uva_t uaddr2, u32 val3)
{
	int command = op & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);

	/* All others have lengths, or no times at all. */
	if ((op & FUTEX_CLOCK_REALTIME) && command != FUTEX_WAIT_BITSET)
		return -ENOSYS;
	switch (command) {
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
	case FUTEX_WAKE_OP:
		return call_wake_op(uaddr, uaddr2, op, val, timeout, val3);
	default:
		return -ENOSYS;
	}
}

long
sys_set_robust_list(uva_t head, size_t len)
{
	if (len != ROBUST_HEAD_BYTES)
		return -EINVAL;
	current->robust_list = head;
	return 0;
}

long
sys_get_robust_list(int tid, uva_t head, uva_t len)
{
	struct task *task = tid ? task_find(tid) : current;
	uva_t list;
	int err;

	if (!task)
		return -ESRCH;
	list = READ_ONCE(task->robust_list);
	if (tid)
		task_put(task);
	err = put_user_u64(len, ROBUST_HEAD_BYTES);
	return err ? err : put_user_u64(head, list);
}
