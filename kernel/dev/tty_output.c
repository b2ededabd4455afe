/* Output processing, echo, and where the cursor is. */
#include "dev/tty_line.h"

#define TAB_WIDTH 8

/* ^X is X with bit 6 flipped; DEL is ^?. */
#define CARET_BIT 0x40

static bool
is_control(u8 c)
{
	return c < ' ' || c == 0x7f;
}

static bool
is_utf8_continuation(const struct tty *tty, u8 c)
{
	return tty_iflag(tty, IUTF8) && (c & 0xc0) == 0x80;
}

static u32
next_tab_stop(u32 column)
{
	return (column / TAB_WIDTH + 1) * TAB_WIDTH;
}

u32
tty_column_after(const struct tty *tty, u8 c, u32 column)
{
	if (c == '\t')
		return next_tab_stop(column);
	if (is_control(c))
		return tty_lflag(tty, ECHOCTL) ? column + 2 : column;
	return is_utf8_continuation(tty, c) ? column : column + 1;
}

/* Process one character into out. => bytes, at most TTY_EXPANSION_MAX */
static u32
process_char(struct tty *tty, u8 c, u8 *out)
{
	u32 flags = tty->termios.c_oflag, n = 0;

	if (c == '\r' && (flags & ONOCR) && tty->column == 0)
		return 0;
	if (c == '\r' && (flags & OCRNL))
		c = '\n';
	if (c == '\t') {
		u32 stop = next_tab_stop(tty->column);

		if ((flags & TABDLY) != XTABS)
			out[n++] = c;
		for (; tty->column < stop; tty->column++) {
			if ((flags & TABDLY) == XTABS)
				out[n++] = ' ';
		}
		return n;
	}
	if (c == '\n' && (flags & ONLCR))
		out[n++] = '\r';
	out[n++] = c;
	if (c == '\r' || (c == '\n' && (flags & (ONLCR | ONLRET))))
		tty->column = 0;
	else if (c == '\b')
		tty->column -= tty->column > 0;
	else if (!is_control(c) && !is_utf8_continuation(tty, c))
		tty->column++;
	return n;
}

u32
tty_process_output_locked(struct tty *tty, const u8 *in, u32 len, u8 *out, u32 size, u32 *taken)
{
	u32 i, n = 0;

	if (!(tty->termios.c_oflag & OPOST)) {
		*taken = MIN(len, size);
		memcpy(out, in, *taken);
		return *taken;
	}
	for (i = 0; i < len && n + TTY_EXPANSION_MAX <= size; i++)
		n += process_char(tty, in[i], out + n);
	*taken = i;
	return n;
}

/* Echo that the device has no room for is lost; the text itself is not. */
void
tty_echo_flush_locked(struct tty *tty)
{
	if (tty->echo_len)
		tty->ops->write(tty, tty->echo, tty->echo_len);
	tty->echo_len = 0;
}

void
tty_echo_raw_locked(struct tty *tty, u8 c)
{
	u32 taken;

	if (TTY_ECHO_BYTES - tty->echo_len < TTY_EXPANSION_MAX)
		tty_echo_flush_locked(tty);
	tty->echo_len += tty_process_output_locked(tty, &c, 1, tty->echo + tty->echo_len,
						   TTY_ECHO_BYTES - tty->echo_len, &taken);
}

void
tty_echo_locked(struct tty *tty, u8 c)
{
	if (is_control(c) && c != '\t' && tty_lflag(tty, ECHOCTL)) {
		tty_echo_raw_locked(tty, '^');
		tty_echo_raw_locked(tty, c ^ CARET_BIT);
	} else {
		tty_echo_raw_locked(tty, c);
	}
}

void
tty_echo_erase_locked(struct tty *tty, u32 width)
{
	for (; width > 0; width--) {
		tty_echo_raw_locked(tty, '\b');
		tty_echo_raw_locked(tty, ' ');
		tty_echo_raw_locked(tty, '\b');
	}
}
