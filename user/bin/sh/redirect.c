/* Redirections. */
#include "redirect.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "expand.h"
#include "jobs.h"
#include "shell.h"

#define FD_SAVED 10

struct saved_fd {
	int fd;
	int copy; /* -1: it was closed */
	struct saved_fd *next;
};

static void
text_write(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

/* A descriptor from which the text can be read: a pipe, filled at once or by a child. */
static int
here_open(const char *text)
{
	size_t len = strlen(text);
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	if (len <= PIPE_BUF) {
		text_write(fds[1], text, len);
	} else if (job_fork(NULL, 0) == 0) {
		text_write(fds[1], text, len);
		_exit(0);
	}
	close(fds[1]);
	return fds[0];
}

static int
file_open(enum redir_kind kind, const char *path)
{
	switch (kind) {
	case REDIR_READ:
		return open(path, O_RDONLY | O_CLOEXEC);
	case REDIR_WRITE:
		return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	case REDIR_APPEND:
		return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	default:
		return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	}
}

static void
fd_save(int fd, struct saved_fd **saved)
{
	struct saved_fd *entry;

	for (entry = *saved; entry; entry = entry->next)
		if (entry->fd == fd)
			return;
	entry = arena_alloc(&shell.temp, sizeof(*entry));
	*entry = (struct saved_fd){fd, fcntl(fd, F_DUPFD_CLOEXEC, FD_SAVED), *saved};
	*saved = entry;
}

/* n>&m and n>&-. */
static int
duplicate(int fd, const char *target)
{
	char *end;
	long source;

	if (strcmp(target, "-") == 0) {
		close(fd);
		return 0;
	}
	source = strtol(target, &end, 10);
	if (*end || end == target) {
		shell_error("%s: not a descriptor", target);
		return -1;
	}
	if (dup2((int)source, fd) < 0 || fcntl(fd, F_SETFD, 0) < 0) {
		shell_error("%s: %s", target, strerror(errno));
		return -1;
	}
	return 0;
}

static int
redir_do(const struct redir *redir, struct saved_fd **saved)
{
	char *target = redir->kind != REDIR_HERE ? expand_string(redir->target)
		       : redir->literal		 ? redir->target
						 : expand_here(redir->target);
	int fd;

	if (shell.flow == FLOW_ABORT)
		return -1;
	if (saved)
		fd_save(redir->fd, saved);
	if (redir->kind == REDIR_DUPLICATE)
		return duplicate(redir->fd, target);
	fd = redir->kind == REDIR_HERE ? here_open(target) : file_open(redir->kind, target);
	if (fd < 0) {
		shell_error("%s: %s", redir->kind == REDIR_HERE ? "here-document" : target,
			    strerror(errno));
		return -1;
	}
	if (fd == redir->fd) {
		fcntl(fd, F_SETFD, 0);
		return 0;
	}
	if (dup2(fd, redir->fd) < 0) {
		shell_error("%d: %s", redir->fd, strerror(errno));
		close(fd);
		return -1;
	}
	close(fd);
	return 0;
}

int
redirs_do(const struct redir *redirs, struct saved_fd **saved)
{
	for (; redirs; redirs = redirs->next)
		if (redir_do(redirs, saved) < 0)
			return -1;
	return 0;
}

void
redirs_undo(struct saved_fd *saved)
{
	for (; saved; saved = saved->next) {
		if (saved->copy >= 0) {
			dup2(saved->copy, saved->fd);
			close(saved->copy);
		} else {
			close(saved->fd);
		}
	}
}

void
redirs_keep(struct saved_fd *saved)
{
	for (; saved; saved = saved->next)
		if (saved->copy >= 0)
			close(saved->copy);
}
