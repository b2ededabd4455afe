/*
 * The line editor. The terminal is put into raw mode for one line at a time, so that programs find
 * it as they expect it; Ctrl-C is a signal all the same, so that one that is typed while the mode
 * changes back is not lost. Bytes are read one by one: what is typed ahead stays in the terminal for
 * the program that runs next.
 *
 * The prompt and the text are one long string that the terminal wraps at its width. The cursor's
 * place in that string gives its row and column; redrawing goes up to the prompt's row, prints
 * everything, clears what follows, and goes to the cursor. Text added at the end is just printed.
 */
#include "lineedit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "shell.h"
#include "traps.h"

#define WIDTH_DEFAULT 80
#define CONTROL(c)    ((c)&0x1f)
#define KEY_ESCAPE    27
#define KEY_DELETE    127

/* Keys that arrive as escape sequences. */
enum {
	KEY_UP = 256,
	KEY_DOWN,
	KEY_RIGHT,
	KEY_LEFT,
	KEY_HOME,
	KEY_END,
	KEY_DEL,
	KEY_UNKNOWN,
};

struct editor {
	const char *prompt;
	size_t prompt_len;
	struct strbuf text;
	size_t pos;
	size_t width;
	size_t row;  /* of the cursor on the screen, from the prompt's row */
	int history; /* 0: the line being typed, n: the n-th newest */
	char *typed; /* that line, while history shows another */
	int tabs;    /* pressed in a row */
};

static char *kill_buffer;

static size_t
terminal_width(void)
{
	struct winsize size;

	return ioctl(1, TIOCGWINSZ, &size) == 0 && size.ws_col > 10 ? size.ws_col : WIDTH_DEFAULT;
}

static void
show(struct strbuf *out)
{
	if (out->len > 0)
		write(1, out->text, out->len);
	buf_free(out);
}

static void
move(struct strbuf *out, size_t n, char direction)
{
	char sequence[24];

	if (n > 0) {
		snprintf(sequence, sizeof(sequence), "\033[%zu%c", n, direction);
		buf_puts(out, sequence);
	}
}

/* From wherever the cursor is after printing up to place end, to the place of pos. */
static void
cursor_place(struct editor *editor, struct strbuf *out, size_t end)
{
	size_t place = editor->prompt_len + editor->pos;

	if (end % editor->width == 0 && end > 0)
		buf_puts(out, "\r\n");
	move(out, end / editor->width - place / editor->width, 'A');
	buf_putc(out, '\r');
	move(out, place % editor->width, 'C');
	editor->row = place / editor->width;
}

static void
redraw(struct editor *editor)
{
	struct strbuf out = {0};

	move(&out, editor->row, 'A');
	buf_puts(&out, "\r");
	buf_puts(&out, editor->prompt);
	buf_puts(&out, editor->text.text);
	buf_puts(&out, "\033[J");
	cursor_place(editor, &out, editor->prompt_len + editor->text.len);
	show(&out);
}

static void
insert(struct editor *editor, const char *text, size_t n)
{
	struct strbuf out = {0};
	int at_end = editor->pos == editor->text.len;
	size_t place;

	buf_add(&editor->text, text, n);
	memmove(editor->text.text + editor->pos + n, editor->text.text + editor->pos,
		editor->text.len - n - editor->pos);
	memcpy(editor->text.text + editor->pos, text, n);
	editor->pos += n;
	place = editor->prompt_len + editor->pos;
	if (!at_end) {
		redraw(editor);
		return;
	}
	buf_add(&out, text, n);
	if (place % editor->width == 0)
		buf_puts(&out, "\r\n");
	editor->row = place / editor->width;
	show(&out);
}

/* Removes the text from start to end; keep puts it where Ctrl-Y finds it. */
static void
erase(struct editor *editor, size_t start, size_t end, int keep)
{
	if (start >= end)
		return;
	if (keep) {
		free(kill_buffer);
		kill_buffer = mem_copy_n(editor->text.text + start, end - start);
	}
	memmove(editor->text.text + start, editor->text.text + end, editor->text.len - end + 1);
	editor->text.len -= end - start;
	editor->pos = start;
	redraw(editor);
}

static void
line_replace(struct editor *editor, const char *text)
{
	editor->text.len = 0;
	buf_puts(&editor->text, text);
	editor->pos = editor->text.len;
	redraw(editor);
}

static void
history_move(struct editor *editor, int n)
{
	const char *line = n == 0 ? editor->typed : history_get(n);

	if (n < 0 || !line)
		return;
	if (editor->history == 0) {
		free(editor->typed);
		editor->typed = mem_copy(editor->text.text);
	}
	editor->history = n;
	line_replace(editor, n == 0 ? editor->typed : line);
}

static size_t
word_start(const struct editor *editor)
{
	size_t pos = editor->pos;

	while (pos > 0 && editor->text.text[pos - 1] == ' ')
		pos--;
	while (pos > 0 && editor->text.text[pos - 1] != ' ')
		pos--;
	return pos;
}

/* Prints the candidates in columns below the line, and the line again. */
static void
candidates_show(struct editor *editor, const struct completions *found)
{
	struct strbuf out = {0};
	size_t longest = 0, columns;

	for (int i = 0; i < found->count; i++)
		if (strlen(found->words[i]) > longest)
			longest = strlen(found->words[i]);
	columns = editor->width / (longest + 2) ? editor->width / (longest + 2) : 1;
	for (int i = 0; i < found->count; i++) {
		buf_puts(&out, (size_t)i % columns == 0 ? "\r\n" : "  ");
		buf_puts(&out, found->words[i]);
		for (size_t len = strlen(found->words[i]); len < longest; len++)
			buf_putc(&out, ' ');
	}
	buf_puts(&out, "\r\n");
	show(&out);
	editor->row = 0;
	redraw(editor);
}

/* How many characters all candidates have in common. */
static size_t
common_length(const struct completions *found)
{
	size_t len = strlen(found->words[0]);

	for (int i = 1; i < found->count; i++) {
		size_t same = 0;

		while (same < len && found->words[i][same] == found->words[0][same])
			same++;
		len = same;
	}
	return len;
}

static void
complete(struct editor *editor)
{
	struct completions found;
	size_t typed, common;

	completions_find(&found, editor->text.text, editor->pos);
	typed = editor->pos - found.start;
	common = found.count > 0 ? common_length(&found) : 0;
	if (common > typed)
		insert(editor, found.words[0] + typed, common - typed);
	editor->tabs++;
	if (found.count == 1 && found.words[0][common - 1] != '/')
		insert(editor, " ", 1);
	else if (found.count > 1 && common <= typed && editor->tabs > 1)
		candidates_show(editor, &found);
	else if (found.count == 0)
		write(1, "\a", 1);
	completions_free(&found);
}

/* One byte; -1 at the end of input. An interrupt from before raw mode counts as Ctrl-C. */
static int
byte_read(void)
{
	char byte;
	ssize_t n = input_read(0, &byte);

	if (n < 0 && errno == EINTR) {
		interrupt_pending = 0;
		return CONTROL('C');
	}
	return n == 1 ? (unsigned char)byte : -1;
}

/* What follows an escape: ESC [ letter, ESC O letter, ESC [ number ~. */
static int
escape_read(void)
{
	int c = byte_read(), number = 0;

	if (c != '[' && c != 'O')
		return KEY_UNKNOWN;
	for (c = byte_read(); c >= '0' && c <= ';'; c = byte_read())
		number = c == ';' ? number : number * 10 + c - '0';
	switch (c) {
	case 'A':
		return KEY_UP;
	case 'B':
		return KEY_DOWN;
	case 'C':
		return KEY_RIGHT;
	case 'D':
		return KEY_LEFT;
	case 'H':
		return KEY_HOME;
	case 'F':
		return KEY_END;
	case '~':
		return number == 1 || number == 7   ? KEY_HOME
		       : number == 4 || number == 8 ? KEY_END
		       : number == 3		    ? KEY_DEL
						    : KEY_UNKNOWN;
	default:
		return KEY_UNKNOWN;
	}
}

static void
cursor_move(struct editor *editor, size_t pos)
{
	struct strbuf out = {0};
	size_t place = editor->prompt_len + pos;

	if (pos == editor->pos)
		return;
	if (editor->row > place / editor->width)
		move(&out, editor->row - place / editor->width, 'A');
	else
		move(&out, place / editor->width - editor->row, 'B');
	buf_putc(&out, '\r');
	move(&out, place % editor->width, 'C');
	editor->pos = pos;
	editor->row = place / editor->width;
	show(&out);
}

/* Keys that move the cursor or choose a line; false when the key is none of them. */
static int
key_moves(struct editor *editor, int key)
{
	switch (key) {
	case KEY_LEFT:
	case CONTROL('B'):
		cursor_move(editor, editor->pos > 0 ? editor->pos - 1 : 0);
		return 1;
	case KEY_RIGHT:
	case CONTROL('F'):
		cursor_move(editor, editor->pos < editor->text.len ? editor->pos + 1 : editor->pos);
		return 1;
	case KEY_HOME:
	case CONTROL('A'):
		cursor_move(editor, 0);
		return 1;
	case KEY_END:
	case CONTROL('E'):
		cursor_move(editor, editor->text.len);
		return 1;
	case KEY_UP:
	case CONTROL('P'):
		history_move(editor, editor->history + 1);
		return 1;
	case KEY_DOWN:
	case CONTROL('N'):
		history_move(editor, editor->history - 1);
		return 1;
	default:
		return 0;
	}
}

/* Keys that change the text, and characters. */
static void
key_edits(struct editor *editor, int key)
{
	size_t len = editor->text.len, pos = editor->pos;
	char c = (char)key;

	if (key == KEY_DELETE || key == CONTROL('H'))
		erase(editor, pos > 0 ? pos - 1 : 0, pos, 0);
	else if (key == KEY_DEL || key == CONTROL('D'))
		erase(editor, pos, pos < len ? pos + 1 : len, 0);
	else if (key == CONTROL('K'))
		erase(editor, pos, len, 1);
	else if (key == CONTROL('U'))
		erase(editor, 0, pos, 1);
	else if (key == CONTROL('W'))
		erase(editor, word_start(editor), pos, 1);
	else if (key == CONTROL('Y') && kill_buffer)
		insert(editor, kill_buffer, strlen(kill_buffer));
	else if (key == CONTROL('L')) {
		write(1, "\033[H\033[2J", 7);
		editor->row = 0;
		redraw(editor);
	} else if (key >= ' ' && key < 256)
		insert(editor, &c, 1);
}

/* Handles keys until the line is finished. */
static enum line_result
edit(struct editor *editor)
{
	for (;;) {
		int key = byte_read();

		if (key == KEY_ESCAPE)
			key = escape_read();
		if (key == '\t') {
			complete(editor);
			continue;
		}
		editor->tabs = 0;
		if (key < 0 || (key == CONTROL('D') && editor->text.len == 0))
			return LINE_END;
		if (key == CONTROL('C'))
			return LINE_INTERRUPTED;
		if (key == '\r' || key == '\n')
			return LINE_TEXT;
		if (!key_moves(editor, key))
			key_edits(editor, key);
	}
}

static enum line_result
plain_read(const char *prompt, struct strbuf *line)
{
	char c;
	ssize_t n;

	write(1, prompt, strlen(prompt));
	for (;;) {
		n = input_read(0, &c);
		if (n < 0 && errno == EINTR) {
			interrupt_pending = 0;
			write(1, "\n", 1);
			return LINE_INTERRUPTED;
		}
		if (n <= 0)
			return line->len > 0 ? LINE_TEXT : LINE_END;
		buf_putc(line, c);
		if (c == '\n')
			return LINE_TEXT;
	}
}

static enum line_result
edited_read(struct editor *editor, const struct termios *normal, struct strbuf *line)
{
	struct termios raw = *normal;
	enum line_result result;

	raw.c_iflag &= ~(tcflag_t)IXON;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | IEXTEN);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	if (tcsetattr(0, TCSADRAIN, &raw) < 0)
		return plain_read(editor->prompt, line);
	write(1, editor->prompt, editor->prompt_len);
	result = edit(editor);
	if (interrupt_pending) {
		interrupt_pending = 0;
		result = LINE_INTERRUPTED;
	}
	cursor_move(editor, editor->text.len);
	write(1, result == LINE_INTERRUPTED ? "^C\n" : "\n", result == LINE_INTERRUPTED ? 3 : 1);
	tcsetattr(0, TCSADRAIN, normal);
	buf_add(line, editor->text.text, editor->text.len);
	if (result == LINE_TEXT)
		buf_putc(line, '\n');
	return result;
}

enum line_result
line_read(const char *prompt, struct strbuf *line)
{
	struct editor editor = {.prompt = prompt, .prompt_len = strlen(prompt)};
	struct termios normal;
	enum line_result result;

	if (tcgetattr(0, &normal) < 0)
		return plain_read(prompt, line);
	editor.width = terminal_width();
	buf_puts(&editor.text, "");
	result = edited_read(&editor, &normal, line);
	buf_free(&editor.text);
	free(editor.typed);
	return result;
}
