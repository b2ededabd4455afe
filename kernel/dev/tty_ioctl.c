/* Settings of terminals, and the requests that ask for them. */
#include "dev/tty_line.h"
#include "lib/errno.h"

int
tty_ioctl_arg(u32 request, struct tty_ioctl_arg *arg)
{
	*arg = (struct tty_ioctl_arg){.bytes = 0};
	switch (request) {
	case TCGETS:
		*arg = (struct tty_ioctl_arg){sizeof(struct termios), false, true};
		return 0;
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		*arg = (struct tty_ioctl_arg){sizeof(struct termios), true, false};
		return 0;
	case TIOCGWINSZ:
		*arg = (struct tty_ioctl_arg){sizeof(struct winsize), false, true};
		return 0;
	case TIOCSWINSZ:
		*arg = (struct tty_ioctl_arg){sizeof(struct winsize), true, false};
		return 0;
	case TIOCGPGRP:
	case TIOCGSID:
	case FIONREAD:
	case TIOCOUTQ:
		*arg = (struct tty_ioctl_arg){sizeof(s32), false, true};
		return 0;
	case TIOCSPGRP:
		*arg = (struct tty_ioctl_arg){sizeof(s32), true, false};
		return 0;
	case TIOCSCTTY:
	case TIOCNOTTY:
	case TCFLSH:
	case TCXONC:
	case TCSBRK:
		return 0;
	default:
		return -ENOTTY;
	}
}

/* Sleep until everything was sent. => -ERESTARTSYS */
static int
wait_until_sent(struct tty *tty)
{
	return wait_event_interruptible(&tty->write_wq, tty->ops->pending(tty) == 0);
}

static void
output_set_stopped(struct tty *tty, bool stopped)
{
	WRITE_ONCE(tty->output_stopped, stopped);
	tty_output_room(tty);
}

static void
flush_input(struct tty *tty)
{
	u64 flags;

	flags = spin_lock_irqsave(&tty->lock);
	tty_flush_input_locked(tty);
	spin_unlock_irqrestore(&tty->lock, flags);
	tty->ops->input_room(tty);
}

static void
termios_set(struct tty *tty, const struct termios *termios)
{
	u32 changed;
	u64 flags;

	flags = spin_lock_irqsave(&tty->lock);
	changed = tty->termios.c_lflag ^ termios->c_lflag;
	tty->termios = *termios;
	if (changed & ICANON)
		tty_canonical_changed_locked(tty);
	spin_unlock_irqrestore(&tty->lock, flags);
	if (changed & ICANON)
		wake_up(&tty->read_wq);
	if (!(termios->c_iflag & IXON))
		output_set_stopped(tty, false);
}

static int
ioctl_set_termios(struct tty *tty, u32 request, const struct termios *termios)
{
	int err = tty_check_hook ? tty_check_hook(tty, TTY_SIGTTOU) : 0;

	if (!err && request != TCSETS)
		err = wait_until_sent(tty);
	if (err)
		return err;
	if (request == TCSETSF)
		flush_input(tty);
	termios_set(tty, termios);
	return 0;
}

static int
ioctl_set_winsize(struct tty *tty, const struct winsize *winsize)
{
	bool changed;
	s32 foreground;
	u64 flags;

	flags = spin_lock_irqsave(&tty->lock);
	changed = memcmp(&tty->winsize, winsize, sizeof(*winsize)) != 0;
	tty->winsize = *winsize;
	foreground = tty->foreground;
	spin_unlock_irqrestore(&tty->lock, flags);
	if (changed && foreground && tty_signal_hook)
		tty_signal_hook(foreground, TTY_SIGWINCH);
	return 0;
}

static int
ioctl_flush(struct tty *tty, u64 queue)
{
	if (queue > TCIOFLUSH)
		return -EINVAL;
	if (queue != TCOFLUSH)
		flush_input(tty);
	return 0;
}

static int
ioctl_flow(struct tty *tty, u64 action)
{
	if (action != TCOOFF && action != TCOON)
		return -EINVAL;
	output_set_stopped(tty, action == TCOOFF);
	return 0;
}

/* Bytes that a read could give now; the marks of ^D are none. */
static s32
count_readable(struct tty *tty)
{
	s32 n = 0;
	u64 flags;

	flags = spin_lock_irqsave(&tty->lock);
	for (u32 pos = tty->input.tail; pos != tty->line_start; pos++) {
		u32 at = pos % TTY_INPUT_BYTES;

		n += tty->input_buf[at] != 0 || !bitmap_test(tty->line_end, at);
	}
	spin_unlock_irqrestore(&tty->lock, flags);
	return n;
}

/* Requests about sessions and groups: proc/ knows. Without it there is one group, of all. */
static int
ioctl_job(struct tty *tty, u32 request, s32 *value)
{
	if (tty_job_hook)
		return tty_job_hook(tty, request, value);
	if (request == TIOCGPGRP)
		*value = tty->foreground;
	else if (request == TIOCGSID)
		*value = tty->session;
	else if (request == TIOCSPGRP)
		tty_set_foreground(tty, *value);
	return 0;
}

static int
ioctl_get(struct tty *tty, u32 request, void *karg)
{
	u64 flags;

	flags = spin_lock_irqsave(&tty->lock);
	if (request == TCGETS)
		memcpy(karg, &tty->termios, sizeof(tty->termios));
	else
		memcpy(karg, &tty->winsize, sizeof(tty->winsize));
	spin_unlock_irqrestore(&tty->lock, flags);
	return 0;
}

int
tty_ioctl(struct tty *tty, u32 request, void *karg, u64 number)
{
	s32 steal = number != 0;

	switch (request) {
	case TCGETS:
	case TIOCGWINSZ:
		return ioctl_get(tty, request, karg);
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return ioctl_set_termios(tty, request, karg);
	case TIOCSWINSZ:
		return ioctl_set_winsize(tty, karg);
	case TIOCSCTTY:
	case TIOCNOTTY:
		return ioctl_job(tty, request, &steal);
	case TIOCGPGRP:
	case TIOCSPGRP:
	case TIOCGSID:
		return ioctl_job(tty, request, karg);
	case FIONREAD:
		*(s32 *)karg = count_readable(tty);
		return 0;
	case TIOCOUTQ:
		*(s32 *)karg = tty->ops->pending(tty);
		return 0;
	case TCFLSH:
		return ioctl_flush(tty, number);
	case TCXONC:
		return ioctl_flow(tty, number);
	case TCSBRK:
		return number ? wait_until_sent(tty) : 0;
	default:
		return -ENOTTY;
	}
}
