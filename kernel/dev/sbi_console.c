/*
 * The firmware as console, for machines without a UART that we know: output goes out at once,
 * input is polled by a timer, for there is no interrupt.
 */
#include "core/clock.h"
#include "core/panic.h"
#include "core/spinlock.h"
#include "dev/console_device.h"
#include "lib/ring.h"
#include "riscv/sbi.h"
#include "sched/timer.h"

/* A person at a keyboard does not notice. */
#define POLL_NS (20 * NSEC_PER_MSEC)

#define RX_BYTES 256
/* The firmware needs physical memory: the caller's may be a stack. */
#define BOUNCE_BYTES 256

static struct {
	struct spinlock lock;
	struct ring rx;
	u8 rx_buf[RX_BYTES];
	char bounce[BOUNCE_BYTES];
	struct timer timer;
	const struct console_client *client;
} sbi = {.lock = SPINLOCK_INIT("sbi_console", RANK_CONSOLE)};

static void
write_locked(const char *buf, size_t len, bool add_cr)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (add_cr && buf[i] == '\n')
			sbi.bounce[n++] = '\r';
		sbi.bounce[n++] = buf[i];
		if (n >= BOUNCE_BYTES - 1) {
			sbi_console_write(sbi.bounce, n);
			n = 0;
		}
	}
	if (n)
		sbi_console_write(sbi.bounce, n);
}

static bool
sbi_try_write(const void *buf, u32 len)
{
	u64 flags = spin_lock_irqsave(&sbi.lock);

	write_locked(buf, len, false);
	spin_unlock_irqrestore(&sbi.lock, flags);
	return true;
}

static void
sbi_write(const char *buf, size_t len)
{
	u64 flags;

	if (panic_in_progress())
		return write_locked(buf, len, true);
	flags = spin_lock_irqsave(&sbi.lock);
	write_locked(buf, len, true);
	spin_unlock_irqrestore(&sbi.lock, flags);
}

static u32
sbi_read(void *buf, u32 len)
{
	u64 flags = spin_lock_irqsave(&sbi.lock);
	u32 n = ring_get(&sbi.rx, buf, len);

	spin_unlock_irqrestore(&sbi.lock, flags);
	return n;
}

static u32
sbi_room(void)
{
	return UINT32_MAX;
}

static u32
sbi_pending(void)
{
	return 0;
}

static void
sbi_flush(void)
{
}

static void
poll_input(struct timer *timer)
{
	bool input = false;
	int c;

	spin_lock(&sbi.lock);
	while (!ring_full(&sbi.rx) && (c = sbi_console_getchar()) >= 0)
		input |= ring_put_byte(&sbi.rx, c);
	spin_unlock(&sbi.lock);
	if (input)
		sbi.client->input();
	timer_arm(timer, clock_now_ns() + POLL_NS);
}

static int
sbi_console_start(const struct console_client *client)
{
	ring_init(&sbi.rx, sbi.rx_buf, RX_BYTES);
	sbi.client = client;
	timer_init(&sbi.timer, poll_input);
	timer_arm(&sbi.timer, clock_now_ns() + POLL_NS);
	return 0;
}

const struct console_device sbi_console = {
	.init = sbi_console_start,
	.try_write = sbi_try_write,
	.write = sbi_write,
	.read = sbi_read,
	.room = sbi_room,
	.pending = sbi_pending,
	.flush = sbi_flush,
};
