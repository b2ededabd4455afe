/*
 * Timers, one tree for each hart, and its clock interrupt. stimecmp is used where the
 * hart has it (Sstc), else the firmware. Nothing due means no interrupt: an idle hart
 * sleeps until something happens.
 *
 * A timer is in the tree of the hart that armed it, whose lock guards it. fn runs without
 * the lock; `running` lets timer_cancel() wait for it.
 */

#include "sched/timer.h"

#include "core/clock.h"
#include "core/cpu.h"
#include "core/panic.h"
#include "core/spinlock.h"
#include "riscv/sbi.h"
#include "riscv/sstc.h"
#include "sched/rq.h"
#include "sched/sched.h"

struct timer_queue {
	struct spinlock lock; /* TIMER, interrupts off */
	struct rb_root timers;
	struct timer *running;
	u64 deadlines[NR_TIMER_DEADLINES]; /* of the scheduler; 0 for none */
	u64 set_ns;			   /* what the clock is set to, or 0 */
	bool sstc;
} ALIGNED(64);

static struct timer_queue queues[NR_CPUS];

static int
timer_compare(const struct rb_node *a, const struct rb_node *b)
{
	u64 first = rb_entry(a, struct timer, node)->expires_ns;
	u64 second = rb_entry(b, struct timer, node)->expires_ns;

	return first < second ? -1 : first > second;
}

static void
clock_set(struct timer_queue *queue, u64 ticks)
{
	if (queue->sstc)
		sstc_write(ticks);
	else
		sbi_set_timer(ticks);
}

/* What is due first, 0 for nothing. => queue->lock held */
static u64
next_due_ns(const struct timer_queue *queue)
{
	struct rb_node *first = rb_first(&queue->timers);
	u64 next = first ? rb_entry(first, struct timer, node)->expires_ns : 0;

	for (unsigned i = 0; i < NR_TIMER_DEADLINES; i++) {
		u64 deadline = queue->deadlines[i];

		if (deadline && (!next || deadline < next))
			next = deadline;
	}
	return next;
}

/* Set this hart's clock, or stop it. => queue->lock held, interrupts off */
static void
clock_program(struct timer_queue *queue, u64 next_ns)
{
	queue->set_ns = next_ns;
	clock_set(queue, next_ns ? clock_ns_to_ticks(next_ns) : ~0UL);
}

/* The same, if what is due first has changed. */
static void
clock_update(struct timer_queue *queue)
{
	u64 next_ns = next_due_ns(queue);

	if (next_ns != queue->set_ns)
		clock_program(queue, next_ns);
}

void
timer_init(struct timer *timer, void (*fn)(struct timer *timer))
{
	timer->fn = fn;
	timer->armed = false;
	timer->cpu = 0;
	rb_clear_node(&timer->node);
}

/* Lock the queue that the timer is or was last in. */
static struct timer_queue *
timer_lock(struct timer *timer, u64 *flags)
{
	for (;;) {
		struct timer_queue *queue = &queues[READ_ONCE(timer->cpu)];

		*flags = spin_lock_irqsave(&queue->lock);
		if (queue == &queues[READ_ONCE(timer->cpu)])
			return queue;
		spin_unlock_irqrestore(&queue->lock, *flags);
	}
}

static bool
timer_remove(struct timer *timer)
{
	u64 flags;
	struct timer_queue *queue = timer_lock(timer, &flags);
	bool was_armed = timer->armed;

	if (was_armed) {
		rb_erase(&timer->node, &queue->timers);
		timer->armed = false;
	}
	spin_unlock_irqrestore(&queue->lock, flags);
	return was_armed;
}

void
timer_arm(struct timer *timer, u64 expires_ns)
{
	struct timer_queue *queue;
	u64 flags;

	timer_remove(timer);
	flags = irq_save();
	queue = &queues[cpu_id()];
	spin_lock(&queue->lock);
	timer->cpu = cpu_id();
	timer->expires_ns = MAX(expires_ns, 1UL);
	timer->armed = true;
	rb_insert(&queue->timers, &timer->node, timer_compare);
	clock_update(queue);
	spin_unlock(&queue->lock);
	irq_restore(flags);
}

bool
timer_cancel(struct timer *timer)
{
	bool was_armed = timer_remove(timer);

	for (u32 i = 0; i < nr_cpus; i++)
		while (__atomic_load_n(&queues[i].running, __ATOMIC_ACQUIRE) == timer)
			barrier();
	return was_armed;
}

/* => the next timer that is due, taken out, or NULL; queue->lock held */
static struct timer *
take_due(struct timer_queue *queue, u64 now)
{
	struct rb_node *first = rb_first(&queue->timers);
	struct timer *timer = first ? rb_entry(first, struct timer, node) : NULL;

	if (!timer || timer->expires_ns > now)
		return NULL;
	rb_erase(&timer->node, &queue->timers);
	timer->armed = false;
	return timer;
}

/* Is it over? Then it is no longer waited for. => queue->lock held */
static bool
take_deadline(struct timer_queue *queue, enum timer_deadline which, u64 now)
{
	if (!queue->deadlines[which] || queue->deadlines[which] > now)
		return false;
	queue->deadlines[which] = 0;
	return true;
}

void
timer_interrupt(bool from_user)
{
	struct timer_queue *queue = &queues[cpu_id()];
	u64 now = clock_now_ns();
	struct timer *timer;
	bool slice_over, tick;

	spin_lock(&queue->lock);
	while ((timer = take_due(queue, now))) {
		queue->running = timer;
		spin_unlock(&queue->lock);
		timer->fn(timer);
		spin_lock(&queue->lock);
		__atomic_store_n(&queue->running, NULL, __ATOMIC_RELEASE);
	}
	slice_over = take_deadline(queue, TIMER_SLICE, now);
	tick = take_deadline(queue, TIMER_TICK, now);
	clock_program(queue, next_due_ns(queue)); /* it goes on firing until it is set */
	spin_unlock(&queue->lock);
	if (tick)
		sched_sample(from_user);
	if (slice_over)
		sched_tick();
}

void
timer_set_deadline(enum timer_deadline which, u64 deadline_ns)
{
	u64 flags = irq_save();
	struct timer_queue *queue = &queues[cpu_id()];

	spin_lock(&queue->lock);
	queue->deadlines[which] = deadline_ns;
	clock_update(queue);
	spin_unlock(&queue->lock);
	irq_restore(flags);
}

void
timer_init_cpu(void)
{
	struct timer_queue *queue = &queues[cpu_id()];

	spin_init(&queue->lock, "timers", RANK_TIMER);
	queue->timers.node = NULL;
	queue->sstc = sstc_probe();
	clock_set(queue, ~0UL);
	csr_set(sie, SIE_STIE | SIE_SSIE);
	csr_write(scounteren, SCOUNTEREN_TM);
}
