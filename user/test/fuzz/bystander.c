/* A process with a pattern in its memory, in a pipe and in a file, which looks at all three when asked. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz.h"

#define BYSTANDER_BYTES (256 * 1024)

static unsigned char
bystander_byte(size_t i)
{
	return (unsigned char)(i * 31 + (i >> 8));
}

/* Says "go on" by a byte in the pipe each round, until the pipe's other end is closed. */
static void
bystander_run(int from_parent, int to_parent)
{
	unsigned char *memory = malloc(BYSTANDER_BYTES), *copy = malloc(BYSTANDER_BYTES);
	char name[40], byte;
	int fd;

	snprintf(name, sizeof(name), "fuzz-bystander.%d", (int)getpid());
	fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (!memory || !copy || fd < 0)
		_exit(1);
	for (size_t i = 0; i < BYSTANDER_BYTES; i++)
		memory[i] = bystander_byte(i);
	if (write(fd, memory, BYSTANDER_BYTES) != BYSTANDER_BYTES)
		_exit(2);
	while (read(from_parent, &byte, 1) == 1) {
		for (size_t i = 0; i < BYSTANDER_BYTES; i++)
			if (memory[i] != bystander_byte(i))
				_exit(3);
		if (pread(fd, copy, BYSTANDER_BYTES, 0) != BYSTANDER_BYTES ||
		    memcmp(memory, copy, BYSTANDER_BYTES) != 0)
			_exit(4);
		if (write(to_parent, &byte, 1) != 1)
			_exit(5);
	}
	unlink(name);
	_exit(0);
}

int
bystander_start(struct bystander *bystander)
{
	int ask[2], answer[2];

	if (pipe(ask) < 0 || pipe(answer) < 0)
		return -1;
	bystander->pid = fork();
	if (bystander->pid == 0) {
		close(ask[1]);
		close(answer[0]);
		bystander_run(ask[0], answer[1]);
	}
	close(ask[0]);
	close(answer[1]);
	bystander->ask = ask[1];
	bystander->answer = answer[0];
	return bystander->pid < 0 ? -1 : 0;
}

int
bystander_is_well(const struct bystander *bystander)
{
	char byte = 'x';

	return write(bystander->ask, &byte, 1) == 1 && read(bystander->answer, &byte, 1) == 1;
}

/* => 0: it saw nothing amiss */
int
bystander_end(const struct bystander *bystander)
{
	int status;

	close(bystander->ask);
	if (waitpid(bystander->pid, &status, 0) != bystander->pid || status != 0) {
		printf("the bystander was disturbed: status %x\n", status);
		return -1;
	}
	return 0;
}
