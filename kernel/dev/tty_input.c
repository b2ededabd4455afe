/*
 * What typed characters do: signals, flow control, editing of the line, and otherwise text.
 *
 *	      tail            line_start          head
 *	input  │ complete lines    │ being edited  │
 *
 * A byte with a bit in line_end ends a line: newline, VEOL, or the mark that ^D leaves, which is
 * a NUL with the bit and is not given to the reader. Outside canonical mode nothing is edited,
 * and line_start follows head.
 */
#include "dev/tty_line.h"

#define BELL 0x07

/* One byte of the buffer is kept for the end of the line. */
#define INPUT_LIMIT (TTY_INPUT_BYTES - 1)

static u8
input_at(const struct tty *tty, u32 pos)
{
	return tty->input_buf[pos % TTY_INPUT_BYTES];
}

static bool
line_is_empty(const struct tty *tty)
{
	return tty->line_start == tty->input.head;
}

void
tty_flush_input_locked(struct tty *tty)
{
	ring_reset(&tty->input);
	tty->line_start = tty->input.head;
	tty->literal_next = false;
	bitmap_zero(tty->line_end, TTY_INPUT_BYTES);
}

/* => the buffer has a place for another ordinary character */
static bool
input_has_room(const struct tty *tty)
{
	return ring_used(&tty->input) < INPUT_LIMIT;
}

static void
input_put(struct tty *tty, u8 c, bool ends_line)
{
	u32 at = tty->input.head % TTY_INPUT_BYTES;

	if (!ring_put_byte(&tty->input, c))
		return;
	if (ends_line)
		bitmap_set(tty->line_end, at);
	else
		bitmap_clear(tty->line_end, at);
	if (ends_line || !tty_lflag(tty, ICANON)) {
		tty->line_start = tty->input.head;
		wake_up(&tty->read_wq);
	}
}

/* An ordinary character. Of a line that is too long the rest is dropped. */
static void
input_text(struct tty *tty, u8 c)
{
	if (!input_has_room(tty)) {
		if (tty_iflag(tty, IMAXBEL))
			tty_echo_raw_locked(tty, BELL);
		return;
	}
	if (line_is_empty(tty))
		tty->line_column = tty->column;
	if (tty_lflag(tty, ECHO)) {
		if (c == '\n')
			tty_echo_raw_locked(tty, c);
		else
			tty_echo_locked(tty, c);
	}
	input_put(tty, c, false);
}

/* The column of the cursor when the edited line is shown up to `end`. */
static u32
column_at(const struct tty *tty, u32 end)
{
	u32 column = tty->line_column;

	for (u32 pos = tty->line_start; pos != end; pos++)
		column = tty_column_after(tty, input_at(tty, pos), column);
	return column;
}

/* Shorten the edited line to `end`, on the screen too. `key` is echoed if it cannot be wiped. */
static void
erase_to(struct tty *tty, u32 end, u8 key)
{
	u32 old = column_at(tty, tty->input.head);
	u32 new = column_at(tty, end);

	tty->input.head = end;
	if (!tty_lflag(tty, ECHO))
		return;
	if (tty_lflag(tty, ECHOE))
		tty_echo_erase_locked(tty, old - new);
	else
		tty_echo_locked(tty, key);
}

/* The position before the last character: of UTF-8, all its bytes. */
static u32
before_char(const struct tty *tty)
{
	u32 pos = tty->input.head;

	if (pos != tty->line_start)
		pos--;
	while (pos != tty->line_start && tty_iflag(tty, IUTF8) &&
	       (input_at(tty, pos) & 0xc0) == 0x80)
		pos--;
	return pos;
}

static bool
is_word_char(u8 c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '_' || c >= 0x80;
}

/* The position before the last word and what follows it. */
static u32
before_word(const struct tty *tty)
{
	u32 pos = tty->input.head;

	while (pos != tty->line_start && !is_word_char(input_at(tty, pos - 1)))
		pos--;
	while (pos != tty->line_start && is_word_char(input_at(tty, pos - 1)))
		pos--;
	return pos;
}

static void
kill_line(struct tty *tty, u8 c)
{
	if (tty_lflag(tty, ECHOKE) && tty_lflag(tty, ECHOE)) {
		erase_to(tty, tty->line_start, c);
		return;
	}
	tty->input.head = tty->line_start;
	if (tty_lflag(tty, ECHO)) {
		tty_echo_locked(tty, c);
		if (tty_lflag(tty, ECHOK))
			tty_echo_raw_locked(tty, '\n');
	}
}

static void
reprint_line(struct tty *tty, u8 c)
{
	tty_echo_locked(tty, c);
	tty_echo_raw_locked(tty, '\n');
	tty->line_column = tty->column;
	for (u32 pos = tty->line_start; pos != tty->input.head; pos++)
		tty_echo_locked(tty, input_at(tty, pos));
}

/* ^V: shows a ^ until the next character comes. */
static void
quote_next(struct tty *tty)
{
	tty->literal_next = true;
	if (tty_lflag(tty, ECHO) && tty_lflag(tty, ECHOCTL)) {
		tty_echo_raw_locked(tty, '^');
		tty_echo_raw_locked(tty, '\b');
	}
}

/* Characters that edit. => c was one */
static bool
input_edit(struct tty *tty, u8 c)
{
	bool extended = tty_lflag(tty, IEXTEN);

	if (tty_is_cc(tty, c, VERASE)) {
		if (!line_is_empty(tty))
			erase_to(tty, before_char(tty), c);
	} else if (extended && tty_is_cc(tty, c, VWERASE)) {
		erase_to(tty, before_word(tty), c);
	} else if (tty_is_cc(tty, c, VKILL)) {
		kill_line(tty, c);
	} else if (extended && tty_is_cc(tty, c, VREPRINT) && tty_lflag(tty, ECHO)) {
		reprint_line(tty, c);
	} else if (extended && tty_is_cc(tty, c, VLNEXT)) {
		quote_next(tty);
	} else {
		return false;
	}
	return true;
}

/* Characters that end the line. => c was one */
static bool
input_end_line(struct tty *tty, u8 c)
{
	if (c == '\n') {
		if (tty_lflag(tty, ECHO | ECHONL))
			tty_echo_raw_locked(tty, c);
		input_put(tty, c, true);
	} else if (tty_is_cc(tty, c, VEOF)) {
		input_put(tty, 0, true);
	} else if (tty_is_cc(tty, c, VEOL) ||
		   (tty_lflag(tty, IEXTEN) && tty_is_cc(tty, c, VEOL2))) {
		if (tty_lflag(tty, ECHO))
			tty_echo_locked(tty, c);
		input_put(tty, c, true);
	} else {
		return false;
	}
	return true;
}

static void
output_restart(struct tty *tty)
{
	tty->output_stopped = false;
	wake_up(&tty->write_wq);
}

/* ^S and ^Q. => c was one */
static bool
input_flow_control(struct tty *tty, u8 c)
{
	if (!tty_iflag(tty, IXON))
		return false;
	if (tty_is_cc(tty, c, VSTART)) {
		output_restart(tty);
	} else if (tty_is_cc(tty, c, VSTOP)) {
		tty->output_stopped = true;
	} else {
		if (tty->output_stopped && tty_iflag(tty, IXANY))
			output_restart(tty);
		return false;
	}
	return true;
}

/* => the signal that c asks for, 0 for none */
static int
signal_of(const struct tty *tty, u8 c)
{
	if (!tty_lflag(tty, ISIG))
		return 0;
	if (tty_is_cc(tty, c, VINTR))
		return TTY_SIGINT;
	if (tty_is_cc(tty, c, VQUIT))
		return TTY_SIGQUIT;
	return tty_is_cc(tty, c, VSUSP) ? TTY_SIGTSTP : 0;
}

/* c asked for a signal: show it, and forget what was typed before. */
static void
input_interrupt(struct tty *tty, u8 c)
{
	if (!tty_lflag(tty, NOFLSH))
		tty_flush_input_locked(tty);
	if (tty->output_stopped)
		output_restart(tty);
	if (tty_lflag(tty, ECHO))
		tty_echo_locked(tty, c);
}

/* CR and NL as the settings want them. => false: c is dropped */
static bool
input_map_newline(const struct tty *tty, u8 *c)
{
	if (*c == '\r') {
		if (tty_iflag(tty, IGNCR))
			return false;
		if (tty_iflag(tty, ICRNL))
			*c = '\n';
	} else if (*c == '\n' && tty_iflag(tty, INLCR)) {
		*c = '\r';
	}
	return true;
}

/* A character that is neither signal nor flow control. */
static void
input_plain(struct tty *tty, u8 c)
{
	if (!input_map_newline(tty, &c))
		return;
	if (tty_lflag(tty, ICANON) && (input_edit(tty, c) || input_end_line(tty, c)))
		return;
	input_text(tty, c);
}

/* One character. => the signal to send, 0 for none */
static int
input_char(struct tty *tty, u8 c)
{
	int sig;

	if (tty_iflag(tty, ISTRIP))
		c &= 0x7f;
	if (tty->literal_next) {
		tty->literal_next = false;
		input_text(tty, c);
		return 0;
	}
	if (input_flow_control(tty, c))
		return 0;
	sig = signal_of(tty, c);
	if (sig)
		input_interrupt(tty, c);
	else
		input_plain(tty, c);
	return sig;
}

/*
 * What was typed ahead as bytes becomes lines: each byte is taken out and typed again, unseen. The
 * lines grow behind the bytes that are still to come, and never faster than those go.
 */
static void
bytes_to_lines(struct tty *tty)
{
	u32 nr = ring_used(&tty->input), flags = tty->termios.c_lflag;

	tty->line_start = tty->input.head;
	tty->termios.c_lflag &= ~(ECHO | ECHONL);
	while (nr-- > 0) {
		u8 c = ring_get_byte(&tty->input);

		if (!signal_of(tty, c))
			input_plain(tty, c);
	}
	tty->termios.c_lflag = flags;
}

/* What was typed ahead as lines becomes bytes: the marks of ^D turn into what was typed. */
static void
lines_to_bytes(struct tty *tty)
{
	for (u32 pos = tty->input.tail; pos != tty->input.head; pos++) {
		u32 at = pos % TTY_INPUT_BYTES;

		if (bitmap_test(tty->line_end, at) && tty->input_buf[at] == 0)
			tty->input_buf[at] = tty->termios.c_cc[VEOF];
		bitmap_clear(tty->line_end, at);
	}
	tty->line_start = tty->input.head;
}

/* Linux leaves the bytes alone: a line typed ahead at a prompt in raw mode ends in CR for ever. */
void
tty_canonical_changed_locked(struct tty *tty)
{
	tty->literal_next = false;
	if (tty_lflag(tty, ICANON))
		bytes_to_lines(tty);
	else
		lines_to_bytes(tty);
}

/* Full of what nobody has read: wait. A single line that is too long does not make it wait. */
static bool
input_must_wait(const struct tty *tty)
{
	return !input_has_room(tty) && tty_readable(tty);
}

u32
tty_input(struct tty *tty, const u8 *buf, u32 len)
{
	u32 taken = 0;
	s32 foreground;
	int sig;
	u64 flags;

	do {
		sig = 0;
		flags = spin_lock_irqsave(&tty->lock);
		while (taken < len && !sig && !input_must_wait(tty))
			sig = input_char(tty, buf[taken++]);
		tty_echo_flush_locked(tty);
		foreground = tty->foreground;
		spin_unlock_irqrestore(&tty->lock, flags);
		if (sig && foreground && tty_signal_hook)
			tty_signal_hook(foreground, sig);
	} while (sig && taken < len);
	return taken;
}
