/*
 * Kernel messages: a ring of text records, and the console.
 *
 * The ring holds "<level>[seconds.micros] text\n" records end to end. Positions are
 * absolute byte counts that never wrap; ring_head - ring_tail <= RING_SIZE. When room is
 * needed whole records go from the tail.
 */

#include "core/printk.h"

#include <stdarg.h>

#include "core/clock.h"
#include "core/panic.h"
#include "core/spinlock.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "riscv/sbi.h"

#define RING_SIZE  32768
#define RECORD_MAX 512
#define MARK_MAX   40

int console_loglevel = LOG_INFO + 1;

static struct spinlock printk_lock = SPINLOCK_INIT("printk", RANK_PRINTK);
static char ring[RING_SIZE];
static u64 ring_head, ring_tail; /* printk_lock */
static console_write_fn console_write;
static char line_mark[MARK_MAX]; /* empty unless the boot arguments ask for one */

void
printk_set_console(console_write_fn write)
{
	console_write = write;
}

void
printk_mark_lines(const char *nonce)
{
	scnprintf(line_mark, sizeof(line_mark), "\x1e%sk ", nonce);
}

static void
console_put(const char *buf, size_t len)
{
	if (console_write)
		console_write(buf, len);
	else
		sbi_console_write(buf, len);
}

/* One line in one write, so that no program's output comes between the mark and the text. */
static void
console_put_marked(const char *line, size_t len)
{
	char marked[MARK_MAX + RECORD_MAX];
	size_t mark_len = strlen(line_mark);

	len = len < RECORD_MAX ? len : RECORD_MAX;
	memcpy(marked, line_mark, mark_len);
	memcpy(marked + mark_len, line, len);
	console_put(marked, mark_len + len);
}

void
console_emergency_write(const char *buf, size_t len)
{
	if (!line_mark[0]) {
		console_put(buf, len);
		return;
	}
	while (len > 0) {
		const char *newline = memchr(buf, '\n', len);
		size_t line_len = newline ? (size_t)(newline - buf) + 1 : len;

		console_put_marked(buf, line_len);
		buf += line_len;
		len -= line_len;
	}
}

static void
ring_put_locked(const char *record, size_t len)
{
	while (ring_head + len - ring_tail > RING_SIZE) {
		while (ring[ring_tail % RING_SIZE] != '\n')
			ring_tail++;
		ring_tail++;
	}
	for (size_t i = 0; i < len; i++)
		ring[ring_head++ % RING_SIZE] = record[i];
}

void
printk(enum log_level level, const char *fmt, ...)
{
	char record[RECORD_MAX];
	u64 us = clock_now_ns() / NSEC_PER_USEC;
	size_t prefix = scnprintf(record, sizeof(record), "<%d>", level);
	size_t len = prefix;
	u64 flags;
	va_list args;

	len += scnprintf(record + len, sizeof(record) - len, "[%5lu.%06lu] ", us / 1000000,
			 us % 1000000);
	va_start(args, fmt);
	len += vscnprintf(record + len, sizeof(record) - len - 1, fmt, args);
	va_end(args);
	if (record[len - 1] != '\n')
		record[len++] = '\n';

	/* In a panic the dying code may hold the lock, and all others have stopped. */
	if (panic_in_progress()) {
		console_emergency_write(record + prefix, len - prefix);
		return;
	}
	flags = spin_lock_irqsave(&printk_lock);
	ring_put_locked(record, len);
	if ((int)level < console_loglevel)
		console_emergency_write(record + prefix, len - prefix);
	spin_unlock_irqrestore(&printk_lock, flags);
}

size_t
printk_ring_read(u64 *pos, char *buf, size_t len)
{
	u64 flags = spin_lock_irqsave(&printk_lock);
	size_t n = 0;

	if (*pos < ring_tail)
		*pos = ring_tail;
	while (n < len && *pos < ring_head)
		buf[n++] = ring[(*pos)++ % RING_SIZE];
	spin_unlock_irqrestore(&printk_lock, flags);
	return n;
}

size_t
printk_ring_size(void)
{
	return RING_SIZE;
}
