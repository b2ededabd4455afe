#pragma once

/*
 * The console: kernel messages and one terminal share one device, the UART of the
 * machine or, where there is none, the firmware's console.
 */

#include "dev/tty.h"

/* Finds the device and makes it printk's console. Once, at boot, after sched_init and plic_init. */
void console_init(void);

/* The terminal behind /dev/console, /dev/ttyS0 and (through the session) /dev/tty. */
struct tty *console_tty(void);

/* Send everything that waits, by polling. Before the machine goes off; any context. */
void console_flush(void);
