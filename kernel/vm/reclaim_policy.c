#include "vm/reclaim_policy.h"

#include "core/machine.h"
#include "core/printk.h"
#include "lib/string.h"

static const struct reclaim_policy *const policies[] = {
	&policy_lru,
	&policy_fifo,
	&policy_clock,
	&policy_age,
};

const struct reclaim_policy *reclaim_policy = &policy_lru;

const struct reclaim_policy *
reclaim_policy_find(const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(policies); i++)
		if (strcmp(policies[i]->name, name) == 0)
			return policies[i];
	return NULL;
}

void
policy_no_refill(struct lru *lru, enum lru_kind kind, u64 nr)
{
	(void)lru;
	(void)kind;
	(void)nr;
}

void
policy_note_touch(struct page *page)
{
	if (!page_test(page, PG_referenced))
		page_set(page, PG_referenced);
}

void INIT
reclaim_policy_init(void)
{
	const struct reclaim_policy *policy;
	char name[16];

	if (bootarg_get("reclaim", name, sizeof(name)) < 0)
		return;
	policy = reclaim_policy_find(name);
	if (policy)
		reclaim_policy = policy;
	else
		printk(LOG_WARNING, "reclaim=%s: there is no such policy\n", name);
}
