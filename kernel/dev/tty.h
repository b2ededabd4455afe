#pragma once

/*
 * Terminals: the line discipline between a character device and the programs that
 * read and write it. The theory is in dev/tty.c.
 *
 * Nothing here touches user memory: reads, writes and requests work on kernel buffers,
 * and fs/devfs.c copies. What a process, a group or a session is belongs to proc/, which
 * sets the hooks at the end; while they are not set everything is allowed.
 */

#include "core/spinlock.h"
#include "dev/termios.h"
#include "lib/bitmap.h"
#include "lib/ring.h"
#include "sched/wait.h"

struct tty;

/* What a terminal needs of the device below it. Nothing here sleeps. */
struct tty_ops {
	/* All of buf or nothing. => false when there is not enough room now */
	bool (*write)(struct tty *tty, const void *buf, u32 len);
	/* Bytes that a program's write should offer at most now; echo may take a few more. */
	u32 (*room)(struct tty *tty);
	/* Bytes not sent yet. */
	u32 (*pending)(struct tty *tty);
	/* A reader made room: tty_input() will take more. */
	void (*input_room)(struct tty *tty);
};

#define TTY_INPUT_BYTES	 4096 /* as on Linux: a line has at most 4095 bytes and its end */
#define TTY_OUTPUT_BYTES 1024 /* processed output that is handed down in one piece */
#define TTY_ECHO_BYTES	 128

struct tty {
	const struct tty_ops *ops;
	char name[16];
	u32 dev; /* device number for stat(2), TIOCGSID aside */

	struct spinlock lock; /* everything below but the wait queues */
	struct termios termios;
	struct winsize winsize;
	s32 session;	/* id of the session that it controls, 0 for none */
	s32 foreground; /* process group that reads and gets signals, 0 for none */

	struct ring input; /* tail .. line_start may be read, line_start .. head is being edited */
	u32 line_start;
	u8 input_buf[TTY_INPUT_BYTES];
	BITMAP_DECLARE(line_end, TTY_INPUT_BYTES); /* of input_buf: this byte ends a line */
	bool literal_next;			   /* ^V: the next character has no meaning */
	bool output_stopped;			   /* ^S */

	u32 column, line_column; /* of the cursor now, and where the line being edited began */
	u8 echo[TTY_ECHO_BYTES]; /* not yet handed down */
	u32 echo_len;

	u32 writing;		     /* somebody is in tty_write() */
	u8 output[TTY_OUTPUT_BYTES]; /* of that writer */

	struct wait_queue read_wq;  /* there is input to read */
	struct wait_queue write_wq; /* there is room for output, or the writer is done */
};

/* name stays, ops too. Settings as on Linux: canonical, echo, signals. */
void tty_init(struct tty *tty, const char *name, u32 dev, const struct tty_ops *ops);

/*
 * Characters from the device. Thread context.
 * => how many were taken; fewer than len when the buffer is full of lines nobody reads
 */
u32 tty_input(struct tty *tty, const u8 *buf, u32 len);

/* The device has room for output, or is idle. Any context. */
void tty_output_room(struct tty *tty);

/*
 * Into and from kernel memory; may sleep. A read in canonical mode gives at most one line.
 * => bytes (0 at ^D), -EAGAIN when it would have to wait and nonblock is set, -ERESTARTSYS for
 *    a signal, or what tty_check_hook says. A write that a signal ends early returns what it did.
 */
ssize_t tty_read(struct tty *tty, char *kbuf, size_t len, bool nonblock);
ssize_t tty_write(struct tty *tty, const char *kbuf, size_t len, bool nonblock);

/* => POLLIN (1) and POLLOUT (4) as they hold now; sleep on read_wq and write_wq for changes */
u32 tty_poll(struct tty *tty);

/*
 * The size and direction of the argument behind a request's pointer, so that devfs can copy it.
 * Requests that take a number (TCFLSH, TIOCSCTTY ...) have size 0.
 * => -ENOTTY for a request that terminals do not know
 */
struct tty_ioctl_arg {
	u32 bytes;
	bool in, out; /* to the terminal, from it */
};
int tty_ioctl_arg(u32 request, struct tty_ioctl_arg *arg);

/*
 * karg: a kernel copy of the argument, at least as large as tty_ioctl_arg() says; number: the
 * argument itself when that is what the request takes.
 * => 0 or -errno
 */
int tty_ioctl(struct tty *tty, u32 request, void *karg, u64 number);

/* For proc/: the session that tty controls, and its foreground group. 0 for none. */
void tty_set_session(struct tty *tty, s32 session, s32 foreground);
void tty_set_foreground(struct tty *tty, s32 foreground);

/* Signals that terminals send; numbers of Linux. */
#define TTY_SIGINT   2
#define TTY_SIGQUIT  3
#define TTY_SIGTSTP  20
#define TTY_SIGTTIN  21
#define TTY_SIGTTOU  22
#define TTY_SIGWINCH 28

/* Hooks of proc/. No tty lock is held; thread context. */

/* Send sig to every process of the group. */
extern void (*tty_signal_hook)(s32 pgid, int sig);

/*
 * Before current reads (sig is SIGTTIN), or writes with TOSTOP or changes settings (SIGTTOU):
 * may it? => 0: yes. -EIO: no. -ERESTARTSYS: sig was sent to its group, try again after.
 */
extern int (*tty_check_hook)(struct tty *tty, int sig);

/*
 * TIOCSCTTY, TIOCNOTTY, TIOCGPGRP, TIOCSPGRP, TIOCGSID for the current process: rules and all.
 * *value is the group or session, in or out; TIOCSCTTY: in, 1 to steal the terminal.
 */
extern int (*tty_job_hook)(struct tty *tty, u32 request, s32 *value);
