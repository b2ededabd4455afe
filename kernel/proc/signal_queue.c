#include "proc/signal.h"

#include "lib/bitops.h"
#include "mem/slab.h"

/*
 * A queue is a set of signal numbers, and a list of what is known about some of them.
 * When there is no memory for a siginfo the signal itself still arrives. Standard
 * signals (1 to 31) are queued once, and once for each timer that sends them, real-time signals each
 * time, up to a limit on all that are queued in the system: there is one user, whose limit it is.
 */

struct queued_signal {
	struct list_head link;
	struct siginfo info;
};

/* Faults are taken before others, so that their frame shows the instruction that faulted. */
#define SIG_FAULTS \
	(SIG_BIT(SIGSEGV) | SIG_BIT(SIGBUS) | SIG_BIT(SIGILL) | SIG_BIT(SIGFPE) | SIG_BIT(SIGTRAP))

static struct kmem_cache *queued_signal_cache;
static atomic64_t nr_queued;

u64
signal_nr_queued(void)
{
	return atomic64_read(&nr_queued);
}

void
signal_queue_init(struct signal_queue *queue)
{
	queue->set = 0;
	list_init(&queue->infos);
}

/* => NULL when there are too many, or no memory */
static struct queued_signal *
queued_alloc(bool is_bounded, u64 max_queued)
{
	struct queued_signal *queued = NULL;

	if ((u64)atomic64_add(&nr_queued, 1) <= max_queued || !is_bounded)
		queued = kmem_cache_alloc(queued_signal_cache, GFP_ATOMIC);
	if (!queued)
		atomic64_add(&nr_queued, -1);
	return queued;
}

static void
queued_free(struct queued_signal *queued)
{
	list_del(&queued->link);
	kmem_cache_free(queued_signal_cache, queued);
	atomic64_add(&nr_queued, -1);
}

/* => what is queued of the timer that sends info, whatever it was set to; NULL */
static struct queued_signal *
queued_find_timer(struct signal_queue *queue, const struct siginfo *info)
{
	struct queued_signal *queued;

	if (!info->timer)
		return NULL;
	list_for_each_entry(queued, &queue->infos, link)
		if (queued->info.timer == info->timer && queued->info.signo == info->signo)
			return queued;
	return NULL;
}

int
signal_queue_put(struct signal_queue *queue, int sig, const struct siginfo *info, u64 max_queued)
{
	bool is_again = queue->set & SIG_BIT(sig);
	struct queued_signal *queued;

	if (sig < SIGRTMIN && is_again && !info->timer)
		return 0;
	queued = queued_find_timer(queue, info);
	if (queued) {
		queued->info = *info;
		queued->info.signo = sig;
		return 0;
	}
	queued = queued_alloc(sig >= SIGRTMIN || is_again, max_queued);
	if (!queued && sig >= SIGRTMIN && info->code != SI_USER)
		return -EAGAIN;
	queue->set |= SIG_BIT(sig);
	if (!queued)
		return 0;
	queued->info = *info;
	queued->info.signo = sig;
	list_add_tail(&queued->link, &queue->infos);
	return 0;
}

/* Take the oldest info of sig off the list, and sig out of the set when it was the last. */
static void
queue_remove(struct signal_queue *queue, int sig, struct siginfo *info)
{
	struct queued_signal *queued, *first = NULL;

	*info = (struct siginfo){.signo = sig, .code = SI_USER};
	queue->set &= ~SIG_BIT(sig);
	list_for_each_entry(queued, &queue->infos, link) {
		if (queued->info.signo != sig)
			continue;
		if (first) {
			queue->set |= SIG_BIT(sig);
			break;
		}
		first = queued;
	}
	if (!first)
		return;
	*info = first->info;
	queued_free(first);
}

int
signal_queue_take(struct signal_queue *queue, u64 mask, struct siginfo *info)
{
	u64 ready = queue->set & ~mask;
	int sig;

	if (!ready)
		return 0;
	sig = ffs64((ready & SIG_FAULTS) ? (ready & SIG_FAULTS) : ready);
	queue_remove(queue, sig, info);
	return sig;
}

bool
signal_queue_has_timer(const struct signal_queue *queue, const struct siginfo *info)
{
	struct queued_signal *queued;

	list_for_each_entry(queued, &queue->infos, link)
		if (queued->info.timer == info->timer &&
		    queued->info.timer_generation == info->timer_generation)
			return true;
	return false;
}

static bool
has_info(const struct signal_queue *queue, int sig)
{
	struct queued_signal *queued;

	list_for_each_entry(queued, &queue->infos, link)
		if (queued->info.signo == sig)
			return true;
	return false;
}

bool
signal_queue_take_timer(struct signal_queue *queue, u64 set, struct siginfo *info)
{
	struct queued_signal *queued;

	list_for_each_entry(queued, &queue->infos, link) {
		if (!queued->info.timer || !(SIG_BIT(queued->info.signo) & set))
			continue;
		*info = queued->info;
		queued_free(queued);
		if (!has_info(queue, info->signo))
			queue->set &= ~SIG_BIT(info->signo);
		return true;
	}
	return false;
}

void
signal_queue_discard(struct signal_queue *queue, u64 set)
{
	struct queued_signal *queued, *tmp;

	queue->set &= ~set;
	list_for_each_entry_safe(queued, tmp, &queue->infos, link) {
		if (!(SIG_BIT(queued->info.signo) & set))
			continue;
		queued_free(queued);
	}
}

void INIT
signal_queue_cache_init(void)
{
	queued_signal_cache =
		kmem_cache_create("queued_signal", sizeof(struct queued_signal), 0, 0, NULL);
	assert(queued_signal_cache);
}
