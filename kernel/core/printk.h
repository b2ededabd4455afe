#pragma once

/*
 * Kernel messages. They go to a ring (dmesg, sys_syslog) and, when their level is
 * below console_loglevel, to the console.
 */

#include "lib/compiler.h"
#include "lib/types.h"

enum log_level {
	LOG_EMERG,
	LOG_ALERT,
	LOG_CRIT,
	LOG_ERR,
	LOG_WARNING,
	LOG_NOTICE,
	LOG_INFO,
	LOG_DEBUG
};

extern int console_loglevel;

/* => any context; never sleeps, never allocates. One call is one line; the newline is added. */
void printk(enum log_level level, const char *fmt, ...) PRINTF(2, 3);

#define pr_err(...)    printk(LOG_ERR, __VA_ARGS__)
#define pr_warn(...)   printk(LOG_WARNING, __VA_ARGS__)
#define pr_notice(...) printk(LOG_NOTICE, __VA_ARGS__)
#define pr_info(...)   printk(LOG_INFO, __VA_ARGS__)
#define pr_debug(...)  printk(LOG_DEBUG, __VA_ARGS__)

/* The console's output hook: called with whole chunks, any context. Until one is set, SBI is used. */
typedef void (*console_write_fn)(const char *buf, size_t len);
void printk_set_console(console_write_fn write);

/*
 * From now on each of the kernel's lines on the console begins with "\x1e<nonce>k ", by
 * which a script tells them from the output of programs (boot argument init.nonce=).
 */
void printk_mark_lines(const char *nonce);

/* Write to the console at once, past the ring: panics and the banner. */
void console_emergency_write(const char *buf, size_t len);

/*
 * Copy ring contents, oldest first, as "<level>[ssss.uuuuuu] text\n" records.
 * pos is an absolute byte position; 0 means the oldest there is.
 * => returns the bytes copied and advances *pos
 */
size_t printk_ring_read(u64 *pos, char *buf, size_t len);
size_t printk_ring_size(void);
