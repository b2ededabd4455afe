/*
 * A poller first puts itself on the queues of all files while asking each what is ready, and stays on
 * them until it is done. It keeps running meanwhile, for it may sleep for memory. Before it sleeps for
 * the files it sets its state and asks all once more, without queueing: so no wake-up is lost.
 */
#include "fs/poll.h"

#include "core/clock.h"
#include "mem/slab.h"

static void
poll_table_init(struct poll_table *table)
{
	table->first.next = NULL;
	table->first.nr = 0;
	table->last = &table->first;
	table->no_memory = false;
}

void
poll_wait(struct poll_table *table, struct wait_queue *wq)
{
	struct poll_chunk *chunk;
	struct poll_entry *entry;

	if (!table)
		return;
	chunk = table->last;
	if (chunk->nr == POLL_INLINE) {
		chunk = kmalloc(sizeof(*chunk), GFP_KERNEL);
		if (!chunk) {
			table->no_memory = true;
			return;
		}
		chunk->next = NULL;
		chunk->nr = 0;
		table->last->next = chunk;
		table->last = chunk;
	}
	entry = &chunk->entries[chunk->nr++];
	entry->waiter = (struct waiter)WAITER_INIT(entry->waiter);
	entry->wq = wq;
	wait_prepare(wq, &entry->waiter, TASK_RUNNING);
}

static void
poll_table_destroy(struct poll_table *table)
{
	struct poll_chunk *chunk = &table->first, *next;

	for (; chunk; chunk = next) {
		next = chunk->next;
		for (unsigned i = 0; i < chunk->nr; i++)
			wait_finish(chunk->entries[i].wq, &chunk->entries[i].waiter);
		if (chunk != &table->first)
			kfree(chunk);
	}
	task_set_state(TASK_RUNNING);
}

static u32
poll_file(struct file *file, struct poll_table *table)
{
	if (!file->ops->poll)
		return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
	return file->ops->poll(file, table);
}

/* => how many are ready */
static int
poll_scan(struct poll_target *targets, unsigned nr, struct poll_table *table)
{
	int nr_ready = 0;

	for (unsigned i = 0; i < nr; i++) {
		struct poll_target *target = &targets[i];

		if (target->file)
			target->revents = poll_file(target->file, table) &
					  (target->events | POLLERR | POLLHUP);
		nr_ready += target->revents != 0;
	}
	return nr_ready;
}

/* One sleep, after a last look. => how many are ready, 0 to go on, or -errno */
static int
poll_sleep(struct poll_target *targets, unsigned nr, u64 deadline_ns)
{
	int nr_ready;

	task_set_state(TASK_INTERRUPTIBLE);
	nr_ready = poll_scan(targets, nr, NULL);
	if (nr_ready > 0)
		return nr_ready;
	if (signal_pending())
		return -ERESTARTNOHAND;
	if (deadline_ns == UINT64_MAX)
		schedule();
	else
		task_sleep_until(deadline_ns);
	return 0;
}

int
poll_targets(struct poll_target *targets, unsigned nr, u64 deadline_ns)
{
	struct poll_table table;
	int result;

	if (deadline_ns == 0)
		return poll_scan(targets, nr, NULL);
	poll_table_init(&table);
	result = poll_scan(targets, nr, &table);
	if (result == 0 && table.no_memory)
		result = -ENOMEM;
	while (result == 0) {
		result = poll_sleep(targets, nr, deadline_ns);
		if (deadline_ns != UINT64_MAX && clock_now_ns() >= deadline_ns)
			break;
	}
	if (result == 0)
		result = poll_scan(targets, nr, NULL);
	poll_table_destroy(&table);
	return result;
}
