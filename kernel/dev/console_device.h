#pragma once

/*
 * What the console needs of the hardware below it: the UART (dev/uart.c) or, where there
 * is none, the firmware (dev/sbi_console.c). Nothing here sleeps; any context.
 */

#include "lib/types.h"

/* The device's news, given without a lock, possibly in an interrupt. */
struct console_client {
	void (*input)(void);  /* read() has something */
	void (*output)(void); /* there is room, or all was sent */
};

struct console_device {
	/* => -ENODEV when the machine has none, -ENOMEM. Output works from now on. */
	int (*init)(const struct console_client *client);
	/* All of buf in one piece, or nothing. => false when there is no room */
	bool (*try_write)(const void *buf, u32 len);
	/* All of buf in one piece, '\n' as "\r\n"; waits by polling while there is no room. */
	void (*write)(const char *buf, size_t len);
	/* => bytes received, up to len */
	u32 (*read)(void *buf, u32 len);
	u32 (*room)(void);    /* bytes that try_write() would take */
	u32 (*pending)(void); /* bytes not sent yet */
	void (*flush)(void);  /* send them, by polling */
};

extern const struct console_device uart_console, sbi_console;
