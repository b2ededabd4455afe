/*
 * Input goes from the device's interrupt, which only stores bytes, to the thread "console",
 * which runs the line discipline: so that takes no interrupt-safe lock, and it may send signals.
 * When the terminal takes no more the thread leaves the rest in the device's buffer and waits for
 * a reader to make room.
 */
#include "dev/console.h"

#include "core/panic.h"
#include "core/printk.h"
#include "dev/console_device.h"
#include "lib/err.h"
#include "sched/task.h"

/* Linux numbers /dev/ttyS0 so. */
#define CONSOLE_DEV (4U << 8 | 64)

/* Room in the device's buffer that is left for echo when programs fill it. */
#define ECHO_RESERVE 256

static const struct console_device *device;
static struct tty tty;
static struct wait_queue input_wq = WAIT_QUEUE_INIT(input_wq);
static u32 input_news; /* atomic bool: look at the device and the terminal again */

static void
input_poke(void)
{
	__atomic_store_n(&input_news, 1, __ATOMIC_RELEASE);
	wake_up(&input_wq);
}

static void
output_poke(void)
{
	tty_output_room(&tty);
}

static const struct console_client client = {.input = input_poke, .output = output_poke};

static bool
console_tty_write(struct tty *unused, const void *buf, u32 len)
{
	(void)unused;
	return device->try_write(buf, len);
}

static u32
console_tty_room(struct tty *unused)
{
	u32 room = device->room();

	(void)unused;
	return room < ECHO_RESERVE ? 0 : room - ECHO_RESERVE;
}

static u32
console_tty_pending(struct tty *unused)
{
	(void)unused;
	return device->pending();
}

static void
console_tty_input_room(struct tty *unused)
{
	(void)unused;
	input_poke();
}

static const struct tty_ops console_ops = {
	.write = console_tty_write,
	.room = console_tty_room,
	.pending = console_tty_pending,
	.input_room = console_tty_input_room,
};

/* The thread: bytes that the terminal did not take stay in buf until there is news. */
static void
input_loop(void *arg)
{
	u8 buf[64];
	u32 at = 0, len = 0;

	(void)arg;
	for (;;) {
		wait_event(&input_wq, __atomic_exchange_n(&input_news, 0, __ATOMIC_ACQ_REL));
		do {
			if (at == len) {
				at = 0;
				len = device->read(buf, sizeof(buf));
			}
			at += tty_input(&tty, buf + at, len - at);
		} while (at == len && len != 0);
	}
}

static void
console_write(const char *buf, size_t len)
{
	device->write(buf, len);
}

struct tty *
console_tty(void)
{
	return &tty;
}

void
console_flush(void)
{
	if (device)
		device->flush();
}

void INIT
console_init(void)
{
	struct task *thread;

	tty_init(&tty, "ttyS0", CONSOLE_DEV, &console_ops);
	device = &uart_console;
	if (device->init(&client)) {
		device = &sbi_console;
		device->init(&client);
	}
	printk_set_console(console_write);
	thread = kthread_start("console", input_loop, NULL);
	assert(!IS_ERR_OR_NULL(thread));
}
