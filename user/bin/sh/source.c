/* Text of commands, whole or line by line. */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jobs.h"
#include "lineedit.h"
#include "mem.h"
#include "shell.h"
#include "vars.h"

static void
source_append(struct source *source, const char *text, size_t n)
{
	source->text = mem_resize(source->text, source->len + n + 1);
	memcpy(source->text + source->len, text, n);
	source->len += n;
	source->text[source->len] = '\0';
}

void
source_from_text(struct source *source, const char *text)
{
	*source = (struct source){.line = 1, .fd = -1};
	source_append(source, text, strlen(text));
}

int
source_from_file(struct source *source, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error;
	char block[4096];
	ssize_t n;

	*source = (struct source){.line = 1, .fd = -1};
	if (fd < 0)
		return -1;
	while ((n = read(fd, block, sizeof(block))) > 0)
		source_append(source, block, (size_t)n);
	error = errno;
	close(fd);
	if (n < 0) {
		source_free(source);
		errno = error;
		return -1;
	}
	if (memchr(source->text ? source->text : "", '\0', source->len)) {
		source_free(source);
		errno = ENOEXEC;
		return -1;
	}
	return 0;
}

static int
line_from_fd(struct source *source, int continued)
{
	struct strbuf line = {0};
	char c;
	ssize_t n;

	(void)continued;
	for (;;) {
		n = read(source->fd, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		buf_putc(&line, c);
		if (c == '\n')
			break;
	}
	if (line.len > 0)
		source_append(source, line.text, line.len);
	n = (ssize_t)line.len;
	buf_free(&line);
	return n > 0;
}

void
source_from_fd(struct source *source, int fd)
{
	*source = (struct source){.line = 1, .fd = fd, .read_more = line_from_fd};
}

static int
line_from_terminal(struct source *source, int continued)
{
	const char *prompt;
	struct strbuf line = {0};
	enum line_result result;

	if (!continued)
		jobs_report();
	prompt = var_get(continued ? "PS2" : "PS1");
	result = line_read(prompt ? prompt : "", &line);
	if (result == LINE_INTERRUPTED) {
		shell.flow = FLOW_ABORT;
		shell.status = 128 + SIGINT;
		buf_free(&line);
		return 0;
	}
	if (result == LINE_TEXT) {
		history_add(line.text);
		source_append(source, line.text, line.len);
	}
	buf_free(&line);
	return result == LINE_TEXT;
}

void
source_from_terminal(struct source *source)
{
	*source = (struct source){.line = 1, .fd = 0, .read_more = line_from_terminal};
}

int
source_peek(struct source *source, size_t offset)
{
	while (source->pos + offset >= source->len) {
		if (source->at_end || !source->read_more)
			return -1;
		if (!source->read_more(source, source->started)) {
			source->at_end = 1;
			return -1;
		}
		if (shell.verbose)
			write(2, source->text + source->pos, source->len - source->pos);
	}
	return (unsigned char)source->text[source->pos + offset];
}

void
source_drop(struct source *source)
{
	if (source->read_more && source->pos > 0) {
		source->len -= source->pos;
		memmove(source->text, source->text + source->pos, source->len + 1);
		source->pos = 0;
	}
	source->started = 0;
}

void
source_reset(struct source *source)
{
	source->pos = source->len;
	source->at_end = 0;
	source_drop(source);
}

void
source_free(struct source *source)
{
	free(source->text);
	source->text = NULL;
	source->len = source->pos = 0;
}
