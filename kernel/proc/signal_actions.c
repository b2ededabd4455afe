#include "proc/signal_actions.h"

#include "core/panic.h"
#include "lib/string.h"
#include "mem/slab.h"

static struct kmem_cache *signal_actions_cache;

struct signal_actions *
signal_actions_create(void)
{
	struct signal_actions *table =
		kmem_cache_alloc(signal_actions_cache, GFP_KERNEL | GFP_ZERO);

	if (!table)
		return NULL;
	refcount_set(&table->refs, 1);
	spin_init(&table->lock, "signal_actions", RANK_ACTIONS);
	return table;
}

void
signal_actions_copy(struct signal_actions *to, struct signal_actions *from)
{
	u64 flags = spin_lock_irqsave(&from->lock);

	memcpy(to->actions, from->actions, sizeof(to->actions));
	spin_unlock_irqrestore(&from->lock, flags);
}

void
signal_actions_get(struct signal_actions *table)
{
	refcount_inc(&table->refs);
}

void
signal_actions_put(struct signal_actions *table)
{
	if (refcount_dec_and_test(&table->refs))
		kmem_cache_free(signal_actions_cache, table);
}

struct sigaction
signal_action_get(struct signal_actions *table, int sig)
{
	u64 flags = spin_lock_irqsave(&table->lock);
	struct sigaction action = table->actions[sig - 1];

	spin_unlock_irqrestore(&table->lock, flags);
	return action;
}

struct sigaction
signal_action_set(struct signal_actions *table, int sig, const struct sigaction *action)
{
	u64 flags = spin_lock_irqsave(&table->lock);
	struct sigaction old = table->actions[sig - 1];

	table->actions[sig - 1] = *action;
	spin_unlock_irqrestore(&table->lock, flags);
	return old;
}

struct sigaction
signal_action_take(struct signal_actions *table, int sig)
{
	u64 flags = spin_lock_irqsave(&table->lock);
	struct sigaction action = table->actions[sig - 1];

	if (action.handler != SIG_IGN && (action.flags & SA_RESETHAND))
		table->actions[sig - 1].handler = SIG_DFL;
	spin_unlock_irqrestore(&table->lock, flags);
	return action;
}

void
signal_action_unignore(struct signal_actions *table, int sig, bool anyhow)
{
	u64 flags = spin_lock_irqsave(&table->lock);

	if (anyhow || table->actions[sig - 1].handler == SIG_IGN)
		table->actions[sig - 1].handler = SIG_DFL;
	spin_unlock_irqrestore(&table->lock, flags);
}

void
signal_actions_forget_handlers(struct signal_actions *table)
{
	u64 flags = spin_lock_irqsave(&table->lock);

	for (int i = 0; i < NSIG; i++)
		table->actions[i] = (struct sigaction){
			.handler = table->actions[i].handler == SIG_IGN ? SIG_IGN : SIG_DFL};
	spin_unlock_irqrestore(&table->lock, flags);
}

void INIT
signal_actions_init(void)
{
	signal_actions_cache =
		kmem_cache_create("signal_actions", sizeof(struct signal_actions), 0, 0, NULL);
	assert(signal_actions_cache);
}
