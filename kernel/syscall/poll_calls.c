/* ppoll and pselect6. */
#include "core/clock.h"
#include "fs/files.h"
#include "fs/poll.h"
#include "lib/bitmap.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "proc/signal.h"
#include "syscall_proto.h"
#include "vm/usercopy.h"

struct pollfd {
	s32 fd;
	s16 events, revents;
};

struct poll_timespec {
	s64 sec, nsec;
};

#define INLINE_TARGETS 8

/* When a timeout that a program gave ends. => 0 and *deadline_ns, or -errno */
static int
timeout_get(uva_t timeout, u64 *deadline_ns)
{
	struct poll_timespec ts;
	u64 ns;

	*deadline_ns = UINT64_MAX;
	if (!timeout)
		return 0;
	if (copy_from_user(&ts, timeout, sizeof(ts)))
		return -EFAULT;
	if (ts.sec < 0 || ts.nsec < 0 || ts.nsec >= (s64)NSEC_PER_SEC)
		return -EINVAL;
	if (ts.sec >= (s64)(INT64_MAX / NSEC_PER_SEC))
		return 0;
	ns = ts.sec * NSEC_PER_SEC + ts.nsec;
	*deadline_ns = ns ? clock_now_ns() + ns : 0;
	return 0;
}

/*
 * What is left of a timeout is told to the program, so that the call may be run again after a signal
 * without a handler; one that cannot be told is not run again.
 */
static long
timeout_put(uva_t timeout, u64 deadline_ns, long result)
{
	u64 now = clock_now_ns();
	u64 left_ns = deadline_ns > now ? deadline_ns - now : 0;
	struct poll_timespec left = {left_ns / NSEC_PER_SEC, left_ns % NSEC_PER_SEC};

	if (!timeout || deadline_ns == 0 || deadline_ns == UINT64_MAX ||
	    copy_to_user(timeout, &left, sizeof(left)) == 0)
		return result;
	return result == -ERESTARTNOHAND ? -EINTR : result;
}

/* => 0 and whether there is a mask, or -errno */
static int
sigmask_get(uva_t sigmask, size_t size, u64 *mask, bool *present)
{
	*present = sigmask != 0;
	if (!sigmask)
		return 0;
	if (size != sizeof(*mask))
		return -EINVAL;
	return get_user_u64(mask, sigmask);
}

/* poll_targets() with a signal mask of its own. */
static int
poll_with_mask(struct poll_target *targets, unsigned nr, u64 deadline_ns, u64 mask, bool masked)
{
	int result;

	if (masked)
		signal_begin_temporary_mask(mask);
	result = poll_targets(targets, nr, deadline_ns);
	if (masked)
		signal_end_temporary_mask(result);
	return result;
}

static void
targets_put(struct poll_target *targets, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++) {
		if (targets[i].file)
			file_put(targets[i].file);
	}
}

/* The targets of a list of struct pollfd. A descriptor that is not open is ready, with POLLNVAL. */
static int
pollfds_get(struct poll_target *targets, uva_t fds, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++) {
		struct pollfd pollfd;

		if (copy_from_user(&pollfd, fds + i * sizeof(pollfd), sizeof(pollfd))) {
			targets_put(targets, i);
			return -EFAULT;
		}
		targets[i].file = pollfd.fd >= 0 ? fd_get(pollfd.fd) : NULL;
		targets[i].events = (u16)pollfd.events;
		targets[i].revents = pollfd.fd >= 0 && !targets[i].file ? POLLNVAL : 0;
	}
	return 0;
}

static int
pollfds_set_results(const struct poll_target *targets, uva_t fds, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++) {
		uva_t field = fds + i * sizeof(struct pollfd) + offsetof(struct pollfd, revents);
		u16 revents = targets[i].revents;

		if (copy_to_user(field, &revents, sizeof(revents)))
			return -EFAULT;
	}
	return 0;
}

static bool
any_revents(const struct poll_target *targets, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++) {
		if (targets[i].revents)
			return true;
	}
	return false;
}

/* INLINE_TARGETS or fewer fit into what the caller has on its stack. => NULL for no memory */
static struct poll_target *
targets_alloc(struct poll_target *some, unsigned nr)
{
	return nr <= INLINE_TARGETS ? some : kmalloc(nr * sizeof(*some), GFP_KERNEL);
}

long
sys_ppoll(uva_t fds, u32 nfds, uva_t timeout, uva_t sigmask, size_t sigsetsize)
{
	struct poll_target some[INLINE_TARGETS], *targets;
	u64 deadline_ns, mask = 0;
	bool masked;
	long result = timeout_get(timeout, &deadline_ns);

	if (!result)
		result = sigmask_get(sigmask, sigsetsize, &mask, &masked);
	if (!result && nfds > rlimit_get(RLIMIT_NOFILE))
		result = -EINVAL;
	if (result)
		return result;
	targets = targets_alloc(some, nfds);
	if (!targets)
		return -ENOMEM;
	result = pollfds_get(targets, fds, nfds);
	if (!result) {
		result = poll_with_mask(targets, nfds, any_revents(targets, nfds) ? 0 : deadline_ns,
					mask, masked);
		targets_put(targets, nfds);
		if (result >= 0 && pollfds_set_results(targets, fds, nfds))
			result = -EFAULT;
	}
	if (targets != some)
		kfree(targets);
	return timeout_put(timeout, deadline_ns, result);
}

/* The three sets of pselect6, and the targets made of them: one per descriptor named in any. */
#define NR_SETS 3

static const u32 set_wants[NR_SETS] = {POLLIN, POLLOUT, POLLPRI};
/* What makes a descriptor appear in the resulting set. */
static const u32 set_accepts[NR_SETS] = {POLLIN | POLLRDNORM | POLLHUP | POLLERR,
					 POLLOUT | POLLWRNORM | POLLERR, POLLPRI};

struct select {
	uva_t user[NR_SETS];
	BITMAP_DECLARE(in[NR_SETS], FILES_MAX);
	BITMAP_DECLARE(out[NR_SETS], FILES_MAX);
	unsigned nr_fds, nr_targets;
	u16 fds[FILES_MAX];
	struct poll_target targets[FILES_MAX];
};

static size_t
select_set_bytes(const struct select *select)
{
	return BITMAP_WORDS(select->nr_fds) * sizeof(u64);
}

static u32
select_events(const struct select *select, unsigned fd)
{
	u32 events = 0;

	for (unsigned set = 0; set < NR_SETS; set++) {
		if (bitmap_test(select->in[set], fd))
			events |= set_wants[set];
	}
	return events;
}

/* => 0 or -EFAULT, -EBADF; then no file is held */
static int
select_get(struct select *select)
{
	for (unsigned set = 0; set < NR_SETS; set++) {
		if (select->user[set] &&
		    copy_from_user(select->in[set], select->user[set], select_set_bytes(select)))
			return -EFAULT;
	}
	for (unsigned fd = 0; fd < select->nr_fds; fd++) {
		struct poll_target *target = &select->targets[select->nr_targets];
		u32 events = select_events(select, fd);

		if (!events)
			continue;
		*target = (struct poll_target){.file = fd_get(fd), .events = events};
		if (!target->file) {
			targets_put(select->targets, select->nr_targets);
			return -EBADF;
		}
		select->fds[select->nr_targets++] = fd;
	}
	return 0;
}

/* => how many bits are set in the results, or -EFAULT */
static long
select_set_results(struct select *select)
{
	long nr = 0;

	for (unsigned i = 0; i < select->nr_targets; i++) {
		for (unsigned set = 0; set < NR_SETS; set++) {
			if (!bitmap_test(select->in[set], select->fds[i]) ||
			    !(select->targets[i].revents & set_accepts[set]))
				continue;
			bitmap_set(select->out[set], select->fds[i]);
			nr++;
		}
	}
	for (unsigned set = 0; set < NR_SETS; set++) {
		if (select->user[set] &&
		    copy_to_user(select->user[set], select->out[set], select_set_bytes(select)))
			return -EFAULT;
	}
	return nr;
}

static long
select_run(struct select *select, u64 deadline_ns, u64 mask, bool masked)
{
	long result = select_get(select);

	if (result)
		return result;
	result = poll_with_mask(select->targets, select->nr_targets, deadline_ns, mask, masked);
	targets_put(select->targets, select->nr_targets);
	return result < 0 ? result : select_set_results(select);
}

long
sys_pselect6(int nfds, uva_t readfds, uva_t writefds, uva_t exceptfds, uva_t timeout, uva_t sigmask)
{
	struct {
		u64 set, bytes;
	} mask_arg = {0, 0};
	struct select *select;
	u64 deadline_ns, mask = 0;
	bool masked;
	long result;

	if (nfds < 0)
		return -EINVAL;
	if (sigmask && copy_from_user(&mask_arg, sigmask, sizeof(mask_arg)))
		return -EFAULT;
	result = timeout_get(timeout, &deadline_ns);
	if (!result)
		result = sigmask_get(mask_arg.set, mask_arg.bytes, &mask, &masked);
	if (result)
		return result;
	select = kzalloc(sizeof(*select), GFP_KERNEL);
	if (!select)
		return -ENOMEM;
	select->user[0] = readfds;
	select->user[1] = writefds;
	select->user[2] = exceptfds;
	select->nr_fds = MIN(nfds, FILES_MAX);
	result = select_run(select, deadline_ns, mask, masked);
	kfree(select);
	return timeout_put(timeout, deadline_ns, result);
}
