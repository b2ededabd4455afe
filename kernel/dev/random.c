#include "dev/random.h"

#include "core/clock.h"
#include "core/machine.h"
#include "core/printk.h"
#include "core/spinlock.h"
#include "lib/random.h"

static struct random generator;
/* Innermost of the device locks: interrupt handlers mix in times, the scheduler may want numbers. */
static struct spinlock lock = SPINLOCK_INIT("random", RANK_CONSOLE);

void
random_seed(void)
{
	u64 now[2] = {clock_now_ns(), clock_realtime_ns()};
	u64 flags = spin_lock_irqsave(&lock);

	random_init(&generator);
	random_mix(&generator, machine.rng_seed, machine.rng_seed_len);
	random_mix(&generator, now, sizeof(now));
	spin_unlock_irqrestore(&lock, flags);
	if (machine.rng_seed_len < sizeof(generator.key))
		pr_warn("random: no seed from the firmware, numbers can be guessed");
}

void
random_get_bytes(void *buf, size_t len)
{
	char *to = buf;

	/* A piece at a time, so that interrupts are not off for long. */
	while (len != 0) {
		size_t piece = MIN(len, (size_t)1024);
		u64 flags = spin_lock_irqsave(&lock);

		random_fill(&generator, to, piece);
		spin_unlock_irqrestore(&lock, flags);
		to += piece;
		len -= piece;
	}
}

void
random_add(const void *data, size_t len)
{
	u64 flags = spin_lock_irqsave(&lock);

	random_mix(&generator, data, len);
	spin_unlock_irqrestore(&lock, flags);
}
