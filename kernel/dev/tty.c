/*
 * Terminals.
 *
 *	device ──> tty_input() ──> editing, echo, signals ──> input buffer ──> tty_read()
 *	device <── ops->write() <── echo, output processing <── tty_write()
 *
 * tty_input.c does what characters mean, tty_output.c output and echo, tty_ioctl.c the settings;
 * here are the programs' sides: reading, writing, waiting.
 *
 * tty->lock covers the state. No interrupt handler takes it, but proc/ does with its own lock held,
 * which handlers do take: so interrupts are off all the same. A reader copies under it, so
 * concurrent readers each get whole lines. A writer works in pieces of TTY_OUTPUT_BYTES: it claims
 * the terminal (`writing`) for the whole call, processes a piece under the lock, and hands it to
 * the device, which takes it as a whole; so neither another program's text nor a kernel message
 * comes inside a piece, and another program's not inside a write.
 */
#include "dev/tty.h"

#include "core/clock.h"
#include "dev/tty_line.h"
#include "lib/errno.h"

#define DECISECOND_NS (100 * NSEC_PER_MSEC)

/* poll(2) */
#define POLLIN	1
#define POLLOUT 4

void (*tty_signal_hook)(s32 pgid, int sig);
int (*tty_check_hook)(struct tty *tty, int sig);
int (*tty_job_hook)(struct tty *tty, u32 request, s32 *value);

static const struct termios default_termios = {
	.c_iflag = ICRNL | IXON | IMAXBEL | IUTF8,
	.c_oflag = OPOST | ONLCR,
	.c_cflag = B38400 | CS8 | CREAD | HUPCL,
	.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
	.c_cc =
		{
			[VINTR] = 0x03,	 /* ^C */
			[VQUIT] = 0x1c,	 /* ^\ */
			[VERASE] = 0x7f, /* DEL */
			[VKILL] = 0x15,	 /* ^U */
			[VEOF] = 0x04,	 /* ^D */
			[VMIN] = 1,
			[VSTART] = 0x11,   /* ^Q */
			[VSTOP] = 0x13,	   /* ^S */
			[VSUSP] = 0x1a,	   /* ^Z */
			[VREPRINT] = 0x12, /* ^R */
			[VDISCARD] = 0x0f, /* ^O */
			[VWERASE] = 0x17,  /* ^W */
			[VLNEXT] = 0x16,   /* ^V */
		},
};

void
tty_init(struct tty *tty, const char *name, u32 dev, const struct tty_ops *ops)
{
	memset(tty, 0, sizeof(*tty));
	spin_init(&tty->lock, "tty", RANK_DEVICE);
	wait_queue_init(&tty->read_wq);
	wait_queue_init(&tty->write_wq);
	strscpy(tty->name, name, sizeof(tty->name));
	tty->dev = dev;
	tty->ops = ops;
	tty->termios = default_termios;
	tty->winsize = (struct winsize){.ws_row = 24, .ws_col = 80};
	ring_init(&tty->input, tty->input_buf, TTY_INPUT_BYTES);
}

void
tty_output_room(struct tty *tty)
{
	if (wait_queue_active(&tty->write_wq))
		wake_up(&tty->write_wq);
}

/* The mark that ^D left is next. */
static bool
eof_is_next(const struct tty *tty)
{
	u32 at = tty->input.tail % TTY_INPUT_BYTES;

	return tty_readable(tty) && tty->input_buf[at] == 0 && bitmap_test(tty->line_end, at);
}

/* Copy up to len bytes, and not past the end of a line. => bytes */
static size_t
copy_line_locked(struct tty *tty, char *kbuf, size_t len)
{
	size_t n = 0;

	while (n < len && tty_readable(tty) && !eof_is_next(tty)) {
		bool ends = bitmap_test(tty->line_end, tty->input.tail % TTY_INPUT_BYTES);

		kbuf[n++] = ring_get_byte(&tty->input);
		if (ends)
			return n;
	}
	/* ^D after text gives the text to the reader, and is used up by that. */
	if (eof_is_next(tty))
		ring_get_byte(&tty->input);
	return n;
}

/* => bytes, 0 for a ^D alone; -EAGAIN when another reader or a flush was faster */
static ssize_t
copy_input(struct tty *tty, char *kbuf, size_t len, bool *canonical)
{
	bool was_full;
	ssize_t n;
	u64 flags;

	flags = spin_lock_irqsave(&tty->lock);
	was_full = ring_used(&tty->input) >= TTY_INPUT_BYTES - 1;
	*canonical = tty_lflag(tty, ICANON);
	if (!tty_readable(tty))
		n = -EAGAIN;
	else if (*canonical)
		n = copy_line_locked(tty, kbuf, len);
	else
		n = ring_get(&tty->input, kbuf, MIN(len, (size_t)TTY_INPUT_BYTES));
	spin_unlock_irqrestore(&tty->lock, flags);
	if (was_full)
		tty->ops->input_room(tty);
	return n;
}

/* Sleep until there is input. => -ERESTARTSYS; -ETIMEDOUT when deadline_ns (0 for none) has passed */
static int
wait_for_input(struct tty *tty, u64 deadline_ns)
{
	struct waiter waiter = WAITER_INIT(waiter);
	int err = 0;

	might_sleep();
	while (!tty_readable(tty) && !err) {
		wait_prepare(&tty->read_wq, &waiter, TASK_INTERRUPTIBLE);
		if (tty_readable(tty))
			break;
		if (signal_pending())
			err = -ERESTARTSYS;
		else if (deadline_ns == 0)
			schedule();
		else if (clock_now_ns() >= deadline_ns)
			err = -ETIMEDOUT;
		else
			task_sleep_until(deadline_ns);
	}
	wait_finish(&tty->read_wq, &waiter);
	return err;
}

static int
check_access(struct tty *tty, int sig)
{
	return tty_check_hook ? tty_check_hook(tty, sig) : 0;
}

/* One line, or as much of it as fits. */
static ssize_t
read_canonical(struct tty *tty, char *kbuf, size_t len, bool nonblock)
{
	bool canonical;
	ssize_t got;
	int err;

	for (;;) {
		err = check_access(tty, TTY_SIGTTIN);
		if (err)
			return err;
		got = copy_input(tty, kbuf, len, &canonical);
		if (got != -EAGAIN)
			return got;
		if (nonblock)
			return -EAGAIN;
		err = wait_for_input(tty, 0);
		if (err)
			return err;
	}
}

/*
 * Bytes, as VMIN and VTIME say: at least VMIN of them; with VTIME, after the first, no longer than
 * that between two; VMIN 0: what there is, or what comes first within VTIME.
 */
static ssize_t
read_raw(struct tty *tty, char *kbuf, size_t len, bool nonblock)
{
	size_t min = READ_ONCE(tty->termios.c_cc[VMIN]);
	u64 interval_ns = READ_ONCE(tty->termios.c_cc[VTIME]) * DECISECOND_NS;
	u64 deadline_ns = min == 0 ? clock_now_ns() + interval_ns : 0;
	size_t wanted = MIN(len, MAX(min, (size_t)1)), n = 0;
	bool canonical;
	ssize_t got;
	int err;

	for (;;) {
		err = check_access(tty, TTY_SIGTTIN);
		if (err)
			break;
		got = copy_input(tty, kbuf + n, len - n, &canonical);
		if (got >= 0)
			n += got;
		if (got >= 0 && min != 0 && interval_ns != 0)
			deadline_ns = clock_now_ns() + interval_ns;
		if (n >= wanted || (got >= 0 && canonical))
			break;
		err = nonblock ? -EAGAIN : wait_for_input(tty, deadline_ns);
		if (err)
			break;
	}
	if (err == -ETIMEDOUT || (err == -EAGAIN && min == 0))
		err = 0;
	return n ? (ssize_t)n : err;
}

ssize_t
tty_read(struct tty *tty, char *kbuf, size_t len, bool nonblock)
{
	if (len == 0)
		return 0;
	if (tty_lflag(tty, ICANON))
		return read_canonical(tty, kbuf, len, nonblock);
	return read_raw(tty, kbuf, len, nonblock);
}

static bool
try_claim(struct tty *tty)
{
	return !__atomic_exchange_n(&tty->writing, 1, __ATOMIC_ACQUIRE);
}

/* Be the only writer. => -EAGAIN, -ERESTARTSYS */
static int
writer_claim(struct tty *tty, bool nonblock)
{
	if (try_claim(tty))
		return 0;
	if (nonblock)
		return -EAGAIN;
	return wait_event_interruptible(&tty->write_wq, try_claim(tty));
}

static void
writer_release(struct tty *tty)
{
	__atomic_store_n(&tty->writing, 0, __ATOMIC_RELEASE);
	tty_output_room(tty);
}

/* Offer a piece to the device, unless ^S stopped the output. => it was taken */
static bool
try_output(struct tty *tty, u32 len)
{
	return !READ_ONCE(tty->output_stopped) && tty->ops->room(tty) >= len &&
	       tty->ops->write(tty, tty->output, len);
}

/* Process and send the beginning of kbuf. => bytes of kbuf, or -errno when nothing was sent */
static ssize_t
write_piece(struct tty *tty, const char *kbuf, size_t len, bool nonblock)
{
	u32 before, taken, n;
	int err = 0;
	u64 flags;

	flags = spin_lock_irqsave(&tty->lock);
	before = tty->column;
	n = tty_process_output_locked(tty, (const u8 *)kbuf, MIN(len, (size_t)UINT32_MAX),
				      tty->output, TTY_OUTPUT_BYTES, &taken);
	spin_unlock_irqrestore(&tty->lock, flags);
	if (!try_output(tty, n)) {
		err = nonblock ? -EAGAIN
			       : wait_event_interruptible(&tty->write_wq, try_output(tty, n));
	}
	if (!err)
		return taken;
	flags = spin_lock_irqsave(&tty->lock);
	tty->column = before;
	spin_unlock_irqrestore(&tty->lock, flags);
	return err;
}

ssize_t
tty_write(struct tty *tty, const char *kbuf, size_t len, bool nonblock)
{
	ssize_t err = 0;
	size_t done = 0;

	if (tty_lflag(tty, TOSTOP))
		err = check_access(tty, TTY_SIGTTOU);
	if (!err)
		err = writer_claim(tty, nonblock);
	if (err)
		return err;
	while (done < len && err >= 0) {
		err = write_piece(tty, kbuf + done, len - done, nonblock);
		if (err > 0)
			done += err;
	}
	writer_release(tty);
	return done ? (ssize_t)done : err;
}

/* => a read in the present mode would not wait */
static bool
read_would_succeed_locked(const struct tty *tty)
{
	u32 wanted = 1;

	if (!tty_lflag(tty, ICANON) && tty->termios.c_cc[VTIME] == 0)
		wanted = MAX(tty->termios.c_cc[VMIN], 1);
	return tty->line_start - tty->input.tail >= wanted;
}

u32
tty_poll(struct tty *tty)
{
	u32 events = 0;
	u64 flags;

	flags = spin_lock_irqsave(&tty->lock);
	if (read_would_succeed_locked(tty))
		events |= POLLIN;
	if (!tty->output_stopped && tty->ops->room(tty) >= TTY_OUTPUT_BYTES)
		events |= POLLOUT;
	spin_unlock_irqrestore(&tty->lock, flags);
	return events;
}

void
tty_set_session(struct tty *tty, s32 session, s32 foreground)
{
	u64 flags;

	flags = spin_lock_irqsave(&tty->lock);
	tty->session = session;
	tty->foreground = foreground;
	spin_unlock_irqrestore(&tty->lock, flags);
}

void
tty_set_foreground(struct tty *tty, s32 foreground)
{
	u64 flags;

	flags = spin_lock_irqsave(&tty->lock);
	tty->foreground = foreground;
	spin_unlock_irqrestore(&tty->lock, flags);
}
