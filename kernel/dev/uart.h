#pragma once

/*
 * The 16550 UART of the FDT. Output goes through a ring that the transmit interrupt
 * empties; input is handed on from the receive interrupt.
 */

#include "lib/types.h"

/* What the UART tells the console. Called in its interrupt, without a lock. */
struct uart_client {
	/* Bytes received. => how many were taken; the rest is offered again after uart_resume() */
	u32 (*received)(const u8 *buf, u32 len);
	/* The output ring has become half empty. */
	void (*output_room)(void);
};

/* => -ENODEV when the machine has none, -ENOMEM */
int uart_init(const struct uart_client *client);

/* Turn its interrupts on. => -errno when there is none: output stays polled, input dead */
int uart_enable_irq(void);

/* All of buf into the ring, or nothing. Any context. => false when there is no room */
bool uart_try_write(const void *buf, u32 len);

/* All of buf, '\n' as "\r\n", in one piece; sends by polling while the ring is full. Any context. */
void uart_write(const char *buf, size_t len);

/* Bytes in the ring. */
u32 uart_pending(void);

/* Send all that is in the ring, by polling. Any context. */
void uart_flush(void);

/* From now on the lock is ignored and everything is sent at once: other harts are dead. */
void uart_set_polled(void);

/* The client has room for input again. */
void uart_resume(void);
