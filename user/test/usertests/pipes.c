/* Pipes and descriptors. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#define PIPE_BUF_BYTES 4096

static void
pipe_end_of_file(void)
{
	int fds[2];
	char text[8];

	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(write(fds[1], "abc", 3), 3);
	CHECK_EQ(write(fds[1], "", 0), 0);
	CHECK_EQ(close(fds[1]), 0);
	CHECK_EQ(read(fds[0], text, 2), 2);
	CHECK_EQ(read(fds[0], text, 8), 1);
	CHECK_EQ(read(fds[0], text, 8), 0);
	CHECK_EQ(read(fds[0], text, 8), 0);
}

static void
write_to_nobody(void *fds)
{
	(void)!write(((int *)fds)[1], "x", 1);
}

static void
pipe_no_reader(void)
{
	int fds[2];

	CHECK_EQ(pipe(fds), 0);
	close(fds[0]);
	check_killed(write_to_nobody, fds, SIGPIPE);
	signal(SIGPIPE, SIG_IGN);
	CHECK_ERRNO(write(fds[1], "x", 1), EPIPE);
}

static void
pipe_wrong_end(void)
{
	int fds[2];
	char byte = 0;

	CHECK_EQ(pipe(fds), 0);
	CHECK_ERRNO(write(fds[0], &byte, 1), EBADF);
	CHECK_ERRNO(read(fds[1], &byte, 1), EBADF);
	CHECK_ERRNO(lseek(fds[0], 0, SEEK_SET), ESPIPE);
	CHECK_ERRNO(pread(fds[0], &byte, 1, 0), ESPIPE);
	CHECK_ERRNO(ftruncate(fds[1], 0), EINVAL);
}

static void
pipe_nonblocking(void)
{
	static char page[PAGE];
	int fds[2];
	size_t total = 0;

	CHECK_EQ(pipe2(fds, O_NONBLOCK), 0);
	CHECK_ERRNO(read(fds[0], page, 1), EAGAIN);
	while (write(fds[1], page, PAGE) == (ssize_t)PAGE)
		total += PAGE;
	CHECK_EQ(errno, EAGAIN);
	CHECK(total >= PAGE);
	while (total > 0) {
		ssize_t got = read(fds[0], page, PAGE);

		CHECK(got > 0);
		total -= got;
	}
	CHECK_ERRNO(read(fds[0], page, 1), EAGAIN);
}

static void
pipe_full_blocks(void)
{
	static char page[PAGE];
	int fds[2], status;
	size_t room = 0;
	pid_t child;

	CHECK_EQ(pipe2(fds, O_NONBLOCK), 0);
	while (write(fds[1], page, PAGE) > 0)
		room++;
	CHECK_EQ(fcntl(fds[1], F_SETFL, 0), 0);
	child = fork_checked();
	if (child == 0)
		_exit(write(fds[1], page, PAGE) == (ssize_t)PAGE ? 0 : 1);
	sleep_ms(100);
	CHECK_EQ(waitpid(child, &status, WNOHANG), 0);
	for (size_t i = 0; i < room; i++)
		CHECK(read(fds[0], page, PAGE) > 0);
	check_exit(child);
}

static void
pipe_large_transfer(void)
{
	static unsigned char buffer[70001];
	uint64_t total = 5 * MIB + 13, offset = 0;
	int fds[2];
	pid_t child;

	CHECK_EQ(pipe(fds), 0);
	child = fork_checked();
	if (child == 0) {
		close(fds[0]);
		while (offset < total) {
			size_t part =
				total - offset < sizeof(buffer) ? total - offset : sizeof(buffer);

			pattern_fill(buffer, part, offset, 4);
			CHECK_EQ(write(fds[1], buffer, part), part);
			offset += part;
		}
		_exit(0);
	}
	close(fds[1]);
	for (;;) {
		ssize_t got = read(fds[0], buffer, 1 + offset % 9973);

		CHECK(got >= 0);
		if (got == 0)
			break;
		CHECK(pattern_holds(buffer, got, offset, 4));
		offset += got;
	}
	CHECK_EQ(offset, total);
	check_exit(child);
}

/* Writers of whole PIPE_BUFs never mix. */
static void
pipe_atomic_writes(void)
{
	static char record[PIPE_BUF_BYTES];
	pid_t children[4];
	int fds[2];

	CHECK_EQ(pipe(fds), 0);
	for (int i = 0; i < 4; i++) {
		children[i] = fork_checked();
		if (children[i] == 0) {
			size_t length = i % 2 ? PIPE_BUF_BYTES : 512;

			memset(record, 'a' + i, length);
			for (int n = 0; n < 50; n++)
				CHECK_EQ(write(fds[1], record, length), length);
			_exit(0);
		}
	}
	close(fds[1]);
	for (;;) {
		size_t done = 1, length;
		ssize_t got = read(fds[0], record, 1);

		if (got == 0)
			break;
		CHECK_EQ(got, 1);
		length = (record[0] - 'a') % 2 ? PIPE_BUF_BYTES : 512;
		for (; done < length; done += got) {
			got = read(fds[0], record + done, length - done);
			CHECK(got > 0);
		}
		for (size_t i = 1; i < length; i++)
			CHECK_EQ(record[i], record[0]);
	}
	for (int i = 0; i < 4; i++)
		check_exit(children[i]);
}

static void
pipe_poll(void)
{
	int fds[2];
	char byte;
	struct pollfd polls[3];

	CHECK_EQ(pipe(fds), 0);
	polls[0] = (struct pollfd){fds[0], POLLIN, 0};
	polls[1] = (struct pollfd){fds[1], POLLOUT, 0};
	polls[2] = (struct pollfd){-1, POLLIN, 99};
	CHECK_EQ(poll(polls, 1, 0), 0);
	CHECK_EQ(poll(polls, 3, 0), 1);
	CHECK_EQ(polls[1].revents, POLLOUT);
	CHECK_EQ(polls[2].revents, 0);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	CHECK_EQ(poll(polls, 1, -1), 1);
	CHECK_EQ(polls[0].revents, POLLIN);
	CHECK_EQ(read(fds[0], &byte, 1), 1);
	close(fds[1]);
	CHECK_EQ(poll(polls, 1, -1), 1);
	CHECK_EQ(polls[0].revents, POLLHUP);
	polls[0].fd = 999;
	CHECK_EQ(poll(polls, 1, -1), 1);
	CHECK_EQ(polls[0].revents, POLLNVAL);
}

static void
fifo_poll(void)
{
	struct pollfd poll_fd = {.events = POLLIN};
	int writer;

	CHECK_EQ(mkfifo("fifo", 0600), 0);
	poll_fd.fd = open("fifo", O_RDONLY | O_NONBLOCK);
	CHECK(poll_fd.fd >= 0);
	CHECK_EQ(poll(&poll_fd, 1, 0), 0);
	writer = open("fifo", O_WRONLY);
	CHECK(writer >= 0);
	CHECK_EQ(poll(&poll_fd, 1, 0), 0);
	CHECK_EQ(close(writer), 0);
	CHECK_EQ(poll(&poll_fd, 1, 0), 1);
	CHECK_EQ(poll_fd.revents, POLLHUP);
	CHECK_EQ(close(poll_fd.fd), 0);
	CHECK_EQ(unlink("fifo"), 0);
}

static void
poll_timeouts(void)
{
	int64_t start = now_us();
	int fds[2];
	struct pollfd wait;
	pid_t child;

	CHECK_EQ(poll(NULL, 0, 50), 0);
	CHECK(now_us() - start >= 50000);
	CHECK_EQ(pipe(fds), 0);
	wait = (struct pollfd){fds[0], POLLIN, 0};
	child = fork_checked();
	if (child == 0) {
		sleep_ms(50);
		CHECK_EQ(write(fds[1], "x", 1), 1);
		_exit(0);
	}
	CHECK_EQ(poll(&wait, 1, 60000), 1);
	check_exit(child);
}

static void
dup_shares_the_position(void)
{
	int fd = open("file", O_CREAT | O_RDWR, 0644), copy = dup(fd), other;

	CHECK_EQ(write(fd, "abcdef", 6), 6);
	CHECK_EQ(lseek(copy, 0, SEEK_CUR), 6);
	CHECK_EQ(lseek(copy, 2, SEEK_SET), 2);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 2);
	other = open("file", O_RDWR);
	CHECK_EQ(lseek(other, 0, SEEK_CUR), 0);
	CHECK_EQ(close(fd), 0);
	CHECK_EQ(write(copy, "x", 1), 1);
}

static void
dup_numbers(void)
{
	int first = dup(0), fd;

	CHECK_EQ(dup2(first, 50), 50);
	CHECK_EQ(dup2(first, first), first);
	CHECK_EQ(dup3(first, 51, O_CLOEXEC), 51);
	CHECK_EQ(fcntl(51, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(50, F_GETFD), 0);
	CHECK_ERRNO(dup3(first, first, 0), EINVAL);
	CHECK_ERRNO(dup3(first, 52, 1), EINVAL);
	CHECK_ERRNO(dup2(999, 5), EBADF);
	CHECK_ERRNO(dup2(first, -1), EBADF);
	CHECK_ERRNO(dup2(first, 1 << 20), EBADF);
	CHECK_ERRNO(dup(-1), EBADF);
	fd = fcntl(first, F_DUPFD, 60);
	CHECK_EQ(fd, 60);
	fd = fcntl(first, F_DUPFD_CLOEXEC, 60);
	CHECK_EQ(fd, 61);
	CHECK_EQ(close(first), 0);
	CHECK_EQ(dup(0), first);
	CHECK_ERRNO(close(999), EBADF);
	CHECK_ERRNO(fcntl(first, 12345), EINVAL);
}

static void
descriptors_run_out(void)
{
	struct rlimit limit = {32, 1024};
	int fds[2], fd, last = 0;

	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	while ((fd = dup(0)) >= 0)
		last = fd;
	CHECK_EQ(errno, EMFILE);
	CHECK_EQ(last, 31);
	CHECK_ERRNO(open(".", O_RDONLY), EMFILE);
	CHECK_ERRNO(pipe(fds), EMFILE);
	close(last);
	CHECK_ERRNO(pipe(fds), EMFILE);
	CHECK_EQ(dup(0), last);
	CHECK_ERRNO(open("new", O_CREAT | O_RDWR, 0644), EMFILE);
	CHECK_ERRNO(access("new", F_OK), ENOENT);
}

static void
many_descriptors(void)
{
	int fd, count = 0;

	while ((fd = open(".", O_RDONLY)) >= 0)
		count++;
	CHECK_EQ(errno, EMFILE);
	CHECK(count > 200);
	for (int i = 0; i < 3; i++) {
		pid_t child = fork_checked();

		if (child == 0)
			_exit(fcntl(count / 2, F_GETFD) == 0 ? 0 : 1);
		check_exit(child);
	}
}

const struct test pipe_tests[] = {
	{"pipe_end_of_file", pipe_end_of_file, ANYWHERE},
	{"pipe_no_reader", pipe_no_reader, ANYWHERE},
	{"pipe_wrong_end", pipe_wrong_end, ANYWHERE},
	{"pipe_nonblocking", pipe_nonblocking, ANYWHERE},
	{"pipe_full_blocks", pipe_full_blocks, ANYWHERE},
	{"pipe_large_transfer", pipe_large_transfer, ANYWHERE},
	{"pipe_atomic_writes", pipe_atomic_writes, ANYWHERE},
	{"pipe_poll", pipe_poll, ANYWHERE},
	{"fifo_poll", fifo_poll, ANYWHERE},
	{"poll_timeouts", poll_timeouts, ANYWHERE},
	{"dup_shares_the_position", dup_shares_the_position, ANYWHERE},
	{"dup_numbers", dup_numbers, ANYWHERE},
	{"descriptors_run_out", descriptors_run_out, ANYWHERE},
	{"many_descriptors", many_descriptors, ON_OUR_SIZE},
	{NULL, NULL, ANYWHERE},
};
