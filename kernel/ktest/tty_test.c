/* The line discipline, on a terminal of its own whose device is a buffer. */
#include "dev/tty.h"

#include "ktest/ktest.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"

static char sent[512];
static u32 nr_sent;
static bool sent_full;
static int last_signal;

static bool
fake_write(struct tty *tty, const void *buf, u32 len)
{
	(void)tty;
	if (sent_full || len > sizeof(sent) - 1 - nr_sent)
		return false;
	memcpy(sent + nr_sent, buf, len);
	nr_sent += len;
	sent[nr_sent] = '\0';
	return true;
}

static u32
fake_room(struct tty *tty)
{
	(void)tty;
	return sent_full ? 0 : sizeof(sent) - 1 - nr_sent;
}

static u32
fake_pending(struct tty *tty)
{
	(void)tty;
	return 0;
}

static void
fake_input_room(struct tty *tty)
{
	(void)tty;
}

static const struct tty_ops fake_ops = {
	.write = fake_write,
	.room = fake_room,
	.pending = fake_pending,
	.input_room = fake_input_room,
};

static struct tty *
tty_new(void)
{
	struct tty *tty = kmalloc(sizeof(*tty), GFP_KERNEL);

	tty_init(tty, "ktest", 0, &fake_ops);
	nr_sent = 0;
	sent[0] = '\0';
	sent_full = false;
	last_signal = 0;
	return tty;
}

static void
type(struct tty *tty, const char *text)
{
	nr_sent = 0;
	sent[0] = '\0';
	tty_input(tty, (const u8 *)text, strlen(text));
}

/* Does a read that must not wait give this text? */
static bool
reads(struct tty *tty, const char *text)
{
	char buf[128];
	ssize_t n = tty_read(tty, buf, sizeof(buf), true);

	return n == (ssize_t)strlen(text) && !memcmp(buf, text, n);
}

static bool
would_wait(struct tty *tty)
{
	char c;

	return tty_read(tty, &c, 1, true) == -EAGAIN;
}

static void
set_raw(struct tty *tty, u8 min, u8 time)
{
	struct termios termios;

	tty_ioctl(tty, TCGETS, &termios, 0);
	termios.c_lflag &= ~(ICANON | ECHO | ISIG);
	termios.c_cc[VMIN] = min;
	termios.c_cc[VTIME] = time;
	tty_ioctl(tty, TCSETS, &termios, 0);
}

KTEST(tty_reads_lines)
{
	struct tty *tty = tty_new();
	char buf[8];

	type(tty, "one");
	KTEST_CHECK(would_wait(tty) && tty_poll(tty) == 0);
	type(tty, "\rtwo\nrest");
	KTEST_CHECK(!strcmp(sent, "\r\ntwo\r\nrest"));
	KTEST_CHECK(reads(tty, "one\n"));
	KTEST_CHECK(tty_read(tty, buf, 2, true) == 2 && !memcmp(buf, "tw", 2));
	KTEST_CHECK(reads(tty, "o\n"));
	KTEST_CHECK(would_wait(tty));
	kfree(tty);
}

KTEST(tty_edits)
{
	struct tty *tty = tty_new();

	type(tty, "abc\x7f\x7f");
	KTEST_CHECK(!strcmp(sent, "abc\b \b\b \b"));
	type(tty, "\x7f\x7f\x7f"
		  "x\n");
	KTEST_CHECK(!strcmp(sent, "\b \bx\r\n"));
	KTEST_CHECK(reads(tty, "x\n"));
	type(tty, "hello big world\x17\x17s\n");
	KTEST_CHECK(reads(tty, "hello s\n"));
	type(tty, "gone\x15kept\n");
	KTEST_CHECK(reads(tty, "kept\n"));
	type(tty, "a\tb\x01");
	KTEST_CHECK(!strcmp(sent, "a\tb^A"));
	type(tty, "\x7f\x7f\x7f");
	KTEST_CHECK(!strcmp(sent, "\b \b\b \b\b \b\b \b\b \b\b \b\b \b\b \b\b \b\b \b"));
	type(tty, "\n");
	KTEST_CHECK(reads(tty, "a\n"));
	type(tty, "\x16\x03z\n");
	KTEST_CHECK(reads(tty, "\x03z\n"));
	type(tty, "\xc3\xa4\xc3\xb6\x7f\n");
	KTEST_CHECK(reads(tty, "\xc3\xa4\n"));
	kfree(tty);
}

KTEST(tty_end_of_file)
{
	struct tty *tty = tty_new();
	char buf[3];

	type(tty, "\x04");
	KTEST_CHECK(reads(tty, ""));
	KTEST_CHECK(would_wait(tty));
	type(tty, "abc\x04\x04");
	KTEST_CHECK(tty_read(tty, buf, 3, true) == 3);
	KTEST_CHECK(reads(tty, ""));
	KTEST_CHECK(would_wait(tty));
	kfree(tty);
}

static void
note_signal(s32 pgid, int sig)
{
	if (pgid == 42)
		last_signal = sig;
}

KTEST(tty_sends_signals)
{
	struct tty *tty = tty_new();
	void (*hook)(s32 pgid, int sig) = tty_signal_hook;

	tty_signal_hook = note_signal;
	tty_set_session(tty, 41, 42);
	type(tty, "lost\x03");
	KTEST_CHECK(last_signal == TTY_SIGINT && !strcmp(sent, "lost^C"));
	type(tty, "\x1a");
	KTEST_CHECK(last_signal == TTY_SIGTSTP);
	type(tty, "\x1c"
		  "new\n");
	KTEST_CHECK(last_signal == TTY_SIGQUIT);
	KTEST_CHECK(reads(tty, "new\n"));
	tty_signal_hook = hook;
	kfree(tty);
}

KTEST(tty_raw_mode)
{
	struct tty *tty = tty_new();
	char buf[8];
	s32 nr = -1;

	type(tty, "before");
	set_raw(tty, 1, 0);
	KTEST_CHECK(reads(tty, "before"));
	type(tty, "\x03\x04\r");
	KTEST_CHECK(sent[0] == '\0');
	KTEST_CHECK(tty_ioctl(tty, FIONREAD, &nr, 0) == 0 && nr == 3);
	KTEST_CHECK(tty_read(tty, buf, 2, false) == 2);
	KTEST_CHECK(tty_poll(tty) & 1);
	KTEST_CHECK(reads(tty, "\n"));
	set_raw(tty, 0, 0);
	KTEST_CHECK(tty_read(tty, buf, 2, false) == 0);
	set_raw(tty, 0, 1);
	KTEST_CHECK(tty_read(tty, buf, 2, false) == 0);
	set_raw(tty, 4, 1);
	type(tty, "ab");
	KTEST_CHECK(tty_read(tty, buf, 8, false) == 2);
	kfree(tty);
}

static void
set_canonical(struct tty *tty)
{
	struct termios termios;

	tty_ioctl(tty, TCGETS, &termios, 0);
	termios.c_lflag |= ICANON | ECHO | ISIG;
	tty_ioctl(tty, TCSETSW, &termios, 0);
}

/* Text typed ahead means what the mode says in which it is read. */
KTEST(tty_keeps_typed_ahead_text)
{
	struct tty *tty = tty_new();

	set_raw(tty, 1, 0);
	type(tty, "onf\x7f"
		  "e\r\x03two\r\x04rest");
	set_canonical(tty);
	KTEST_CHECK(sent[0] == '\0');
	KTEST_CHECK(reads(tty, "one\n"));
	KTEST_CHECK(reads(tty, "two\n"));
	KTEST_CHECK(reads(tty, ""));
	KTEST_CHECK(would_wait(tty));
	type(tty, "\x7f!\n\x04");
	KTEST_CHECK(reads(tty, "res!\n"));
	set_raw(tty, 1, 0);
	KTEST_CHECK(reads(tty, "\x04"));
	kfree(tty);
}

/* A line that is too long is cut; lines that nobody reads make the device wait. */
KTEST(tty_bounds_input)
{
	struct tty *tty = tty_new();
	static u8 text[TTY_INPUT_BYTES + 100];
	static char line[TTY_INPUT_BYTES];

	memset(text, 'x', sizeof(text));
	sent_full = true;
	KTEST_CHECK(tty_input(tty, text, sizeof(text)) == sizeof(text));
	KTEST_CHECK(tty_input(tty, (const u8 *)"\n", 1) == 1);
	KTEST_CHECK(tty_input(tty, (const u8 *)"y", 1) == 0);
	KTEST_CHECK(tty_read(tty, line, sizeof(line), true) == TTY_INPUT_BYTES);
	KTEST_CHECK(line[TTY_INPUT_BYTES - 1] == '\n');
	KTEST_CHECK(tty_input(tty, (const u8 *)"y\n", 2) == 2);
	KTEST_CHECK(reads(tty, "y\n"));
	kfree(tty);
}

KTEST(tty_processes_output)
{
	struct tty *tty = tty_new();
	struct termios termios;

	KTEST_CHECK(tty_write(tty, "a\nb\n", 4, false) == 4);
	KTEST_CHECK(!strcmp(sent, "a\r\nb\r\n"));
	tty_ioctl(tty, TCGETS, &termios, 0);
	termios.c_oflag |= XTABS;
	tty_ioctl(tty, TCSETS, &termios, 0);
	nr_sent = 0;
	KTEST_CHECK(tty_write(tty, "abc\tx", 5, false) == 5);
	KTEST_CHECK(!strcmp(sent, "abc     x"));
	sent_full = true;
	KTEST_CHECK(tty_write(tty, "more", 4, true) == -EAGAIN);
	sent_full = false;
	type(tty, "\x13");
	KTEST_CHECK(tty_write(tty, "more", 4, true) == -EAGAIN);
	type(tty, "\x11");
	KTEST_CHECK(tty_write(tty, "more", 4, true) == 4);
	kfree(tty);
}

KTEST(tty_answers_requests)
{
	struct tty *tty = tty_new();
	struct tty_ioctl_arg arg;
	struct winsize size = {30, 100, 0, 0}, got;

	KTEST_CHECK(sizeof(struct termios) == 36);
	KTEST_CHECK(tty_ioctl_arg(0x1234, &arg) == -ENOTTY);
	KTEST_CHECK(tty_ioctl_arg(TCSETSW, &arg) == 0 && arg.bytes == 36 && arg.in && !arg.out);
	KTEST_CHECK(tty_ioctl(tty, TIOCSWINSZ, &size, 0) == 0);
	KTEST_CHECK(tty_ioctl(tty, TIOCGWINSZ, &got, 0) == 0 && got.ws_col == 100);
	type(tty, "typed\n");
	KTEST_CHECK(tty_ioctl(tty, TCFLSH, NULL, TCIFLUSH) == 0 && would_wait(tty));
	KTEST_CHECK(tty_ioctl(tty, TCFLSH, NULL, 9) == -EINVAL);
	kfree(tty);
}
