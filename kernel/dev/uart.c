/*
 * The 16550 UART.
 *
 *	try_write, write ──> tx ring ──> FIFO (16 bytes at a time) ──> line
 *	read <── rx ring <── FIFO
 *
 * A writer fills the FIFO itself while the UART takes it; when bytes are left it turns the
 * transmit interrupt on, whose handler sends the rest and turns it off again. Only the handler
 * turns it off, and it tells the client each time it finds the ring at most half full: so a
 * writer who saw no room always hears from it.
 *
 * A full rx ring turns the receive interrupt off until somebody reads: bytes then stay in the
 * FIFO and the sender has to wait; none is lost under QEMU.
 *
 * The lock has the last rank, because printk is called with any other lock held. During a panic
 * its holder may be dead: it is waited for a little, then ignored.
 *
 * Source: PC16550D data sheet; register distance and width from the FDT.
 */
#include "core/clock.h"
#include "core/machine.h"
#include "core/panic.h"
#include "core/printk.h"
#include "core/spinlock.h"
#include "dev/console_device.h"
#include "dev/plic.h"
#include "lib/errno.h"
#include "lib/ring.h"
#include "mem/vmalloc.h"
#include "riscv/io.h"

/* Registers. */
#define UART_DATA 0 /* read: RBR, write: THR */
#define UART_IER  1
#define UART_FCR  2 /* write */
#define UART_LCR  3
#define UART_MCR  4
#define UART_LSR  5

#define IER_RX 0x01
#define IER_TX 0x02

#define FCR_ENABLE 0x01

#define LCR_8N1 0x03

#define MCR_DTR	 0x01
#define MCR_RTS	 0x02
#define MCR_OUT2 0x08 /* interrupts leave the chip */

#define LSR_DATA     0x01
#define LSR_TX_EMPTY 0x20

#define FIFO_BYTES 16
/* A screen of 80 by 50 and more: a full-screen redraw does not wait. */
#define TX_BYTES 8192
/* Enough for a pasted page while the reader is busy. */
#define RX_BYTES 4096
/* FIFO loads that are sent at a time with interrupts off, some 20 microseconds each. */
#define LOADS_AT_ONCE 4
/* After that long without an empty FIFO a polling writer gives up: nobody reads the line. */
#define POLL_LIMIT_NS (2 * NSEC_PER_SEC)

static struct {
	struct spinlock lock;
	char *regs;
	u8 ier;	      /* as in the register */
	bool polled;  /* there is no interrupt */
	bool stalled; /* nobody took what was sent last */
	bool rx_held; /* rx is full, the receive interrupt off */
	struct ring tx, rx;
	u8 tx_buf[TX_BYTES], rx_buf[RX_BYTES];
	const struct console_client *client;
} uart = {.lock = SPINLOCK_INIT("uart", RANK_CONSOLE)};

static u8
reg_read(u32 reg)
{
	return readb(uart.regs + ((u64)reg << machine.uart_reg_shift));
}

static void
reg_write(u32 reg, u8 value)
{
	writeb(value, uart.regs + ((u64)reg << machine.uart_reg_shift));
}

/* => locked; false during a panic when the holder does not give it up */
static bool
uart_lock(u64 *flags)
{
	u64 give_up_ns;

	if (likely(!panic_in_progress())) {
		*flags = spin_lock_irqsave(&uart.lock);
		return true;
	}
	*flags = irq_save();
	give_up_ns = clock_now_ns() + 10 * NSEC_PER_MSEC;
	while (!spin_trylock(&uart.lock)) {
		if (clock_now_ns() > give_up_ns)
			return false;
	}
	return true;
}

static void
uart_unlock(bool locked, u64 flags)
{
	if (locked)
		spin_unlock(&uart.lock);
	irq_restore(flags);
}

static void
ier_set(u8 ier)
{
	if (uart.ier == ier)
		return;
	uart.ier = ier;
	reg_write(UART_IER, ier);
}

/* One FIFO load from the ring. => the FIFO was empty */
static bool
tx_load_locked(void)
{
	if (!(reg_read(UART_LSR) & LSR_TX_EMPTY))
		return false;
	for (int i = 0; i < FIFO_BYTES; i++) {
		int byte = ring_get_byte(&uart.tx);

		if (byte < 0)
			break;
		reg_write(UART_DATA, byte);
	}
	return true;
}

static void
tx_pump_locked(void)
{
	for (int i = 0; i < LOADS_AT_ONCE && !ring_empty(&uart.tx); i++) {
		if (!tx_load_locked())
			return;
	}
}

/* Send until the ring has that much room. Output that nobody takes is dropped in the end. */
static void
tx_poll_locked(u32 room)
{
	u64 give_up_ns = 0;

	while (ring_space(&uart.tx) < room) {
		if (tx_load_locked()) {
			uart.stalled = false;
			give_up_ns = 0;
			continue;
		}
		if (give_up_ns == 0)
			give_up_ns = clock_now_ns() + POLL_LIMIT_NS;
		if (uart.stalled || clock_now_ns() > give_up_ns) {
			uart.stalled = true;
			ring_reset(&uart.tx);
		}
	}
}

/* Send what can be sent now; the interrupt does the rest. */
static void
tx_start_locked(void)
{
	tx_pump_locked();
	if (panic_in_progress() || uart.polled)
		tx_poll_locked(TX_BYTES);
	else if (!ring_empty(&uart.tx))
		ier_set(uart.ier | IER_TX);
}

static bool
uart_try_write(const void *buf, u32 len)
{
	u64 flags;
	bool locked = uart_lock(&flags);
	bool fits = len <= ring_space(&uart.tx);

	if (fits) {
		ring_put(&uart.tx, buf, len);
		tx_start_locked();
	}
	uart_unlock(locked, flags);
	return fits;
}

static void
uart_write(const char *buf, size_t len)
{
	u64 flags;
	bool locked = uart_lock(&flags);

	for (size_t i = 0; i < len; i++) {
		tx_poll_locked(2);
		if (buf[i] == '\n')
			ring_put_byte(&uart.tx, '\r');
		ring_put_byte(&uart.tx, buf[i]);
	}
	tx_start_locked();
	uart_unlock(locked, flags);
}

/*
 * Whoever sleeps for what these say is woken by the interrupt. So they look under the lock: what a writer has just
 * put into the ring, and sends by itself at once, comes without one.
 */
static u32
uart_pending(void)
{
	u64 flags;
	bool locked = uart_lock(&flags);
	u32 nr = ring_used(&uart.tx);

	uart_unlock(locked, flags);
	return nr;
}

static u32
uart_room(void)
{
	return TX_BYTES - uart_pending();
}

static void
uart_flush(void)
{
	u64 flags;
	bool locked = uart_lock(&flags);

	tx_poll_locked(TX_BYTES);
	uart_unlock(locked, flags);
}

/* => something was received */
static bool
rx_drain_locked(void)
{
	u32 before = uart.rx.head;

	while (!ring_full(&uart.rx) && reg_read(UART_LSR) & LSR_DATA)
		ring_put_byte(&uart.rx, reg_read(UART_DATA));
	return uart.rx.head != before;
}

static u32
uart_read(void *buf, u32 len)
{
	u64 flags = spin_lock_irqsave(&uart.lock);
	u32 n = ring_get(&uart.rx, buf, len);

	if (n && uart.rx_held) {
		uart.rx_held = false;
		ier_set(uart.ier | IER_RX);
	}
	spin_unlock_irqrestore(&uart.lock, flags);
	return n;
}

static void
uart_interrupt(void *arg)
{
	bool input, output = false;

	(void)arg;
	spin_lock(&uart.lock);
	input = rx_drain_locked();
	if (ring_full(&uart.rx)) {
		uart.rx_held = true;
		ier_set(uart.ier & ~IER_RX);
	}
	if (uart.ier & IER_TX) {
		tx_pump_locked();
		output = ring_used(&uart.tx) <= TX_BYTES / 2;
		if (ring_empty(&uart.tx))
			ier_set(uart.ier & ~IER_TX);
	}
	spin_unlock(&uart.lock);
	if (input)
		uart.client->input();
	if (output)
		uart.client->output();
}

static int
uart_init(const struct console_client *client)
{
	if (machine.uart.size == 0)
		return -ENODEV;
	uart.regs = ioremap(machine.uart.pa, machine.uart.size);
	if (!uart.regs)
		return -ENOMEM;
	ring_init(&uart.tx, uart.tx_buf, TX_BYTES);
	ring_init(&uart.rx, uart.rx_buf, RX_BYTES);
	uart.client = client;
	/* The firmware has set the speed. What was typed ahead stays in the FIFO. */
	reg_write(UART_IER, 0);
	reg_write(UART_LCR, LCR_8N1);
	reg_write(UART_FCR, FCR_ENABLE);
	reg_write(UART_MCR, MCR_DTR | MCR_RTS | MCR_OUT2);
	if (irq_register(machine.uart.irq, "uart", uart_interrupt, NULL)) {
		uart.polled = true;
		pr_warn("uart: no interrupt: output is polled, input is dead");
		return 0;
	}
	ier_set(IER_RX);
	return 0;
}

const struct console_device uart_console = {
	.init = uart_init,
	.try_write = uart_try_write,
	.write = uart_write,
	.read = uart_read,
	.room = uart_room,
	.pending = uart_pending,
	.flush = uart_flush,
};
