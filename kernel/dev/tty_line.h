#pragma once

/* Between the files of the line discipline: dev/tty.c tells how they share the work. */

#include "dev/tty.h"

static inline bool
tty_lflag(const struct tty *tty, u32 flags)
{
	return tty->termios.c_lflag & flags;
}

static inline bool
tty_iflag(const struct tty *tty, u32 flags)
{
	return tty->termios.c_iflag & flags;
}

/* c is the control character with this index of c_cc, and that is not disabled. */
static inline bool
tty_is_cc(const struct tty *tty, u8 c, int index)
{
	return c != 0 && tty->termios.c_cc[index] == c;
}

/* May a read have something now? (A line, or a byte; not counting VMIN.) */
static inline bool
tty_readable(const struct tty *tty)
{
	return READ_ONCE(tty->line_start) != READ_ONCE(tty->input.tail);
}

/* All that was typed is gone. => tty->lock */
void tty_flush_input_locked(struct tty *tty);

/* ICANON changed: text that was typed before gets the meaning it has now. => tty->lock */
void tty_canonical_changed_locked(struct tty *tty);

/*
 * Output processing (OPOST) of in[len] into out[size]: stops when a character might not fit.
 * Follows the cursor. => bytes in out; *taken bytes of in. => tty->lock
 */
u32 tty_process_output_locked(struct tty *tty, const u8 *in, u32 len, u8 *out, u32 size,
			      u32 *taken);
/* No character becomes more bytes than that (a tab, expanded). */
#define TTY_EXPANSION_MAX 8

/* Echo a character as it is, or a control character as ^X. => tty->lock */
void tty_echo_raw_locked(struct tty *tty, u8 c);
void tty_echo_locked(struct tty *tty, u8 c);
/* Wipe `width` columns left of the cursor. */
void tty_echo_erase_locked(struct tty *tty, u32 width);
/* Hand what was echoed to the device. */
void tty_echo_flush_locked(struct tty *tty);

/* The column after c is shown at `column`, as an echo of it. */
u32 tty_column_after(const struct tty *tty, u8 c, u32 column);
