/*
 * The workload of the crash tests, and the check after them. The driver (grading/rings/crash.py)
 * ends the machine at a point of its choosing and looks whether what fsync promised is there.
 *
 *     helper_crash work DIR SEED STEPS    works on SLOTS files
 *     helper_crash verify DIR S:G:B...    slot S must hold generation G, B bytes long; G 0: no file
 *
 * Before each step it prints `@step N SLOT SLOT:GENERATION:BYTES`: the slot that the step is about
 * to touch, and what the step before has made durable. It then waits for a line of input, so the
 * driver knows what was on the disk at that moment. Between promises it makes noise: changes to
 * other files that nobody waits for, so that transactions have much in them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLOTS	       16
#define NOISE_FILES    24
#define NOISE_PER_STEP 4
#define MAX_BYTES      (200 * 1024)
#define CHUNK	       4096
#define PATH_BYTES     128

struct content {
	unsigned slot, generation, bytes;
};

static unsigned long random_state;

static unsigned
random_below(unsigned limit)
{
	random_state = random_state * 6364136223846793005ul + 1442695040888963407ul;
	return (unsigned)(random_state >> 33) % limit;
}

static void
fail(const char *what, const char *path)
{
	printf("helper_crash: %s %s: %s\n", what, path, strerror(errno));
	exit(1);
}

/* What a slot's generation holds at an offset: no two blocks are alike. */
static void
chunk_fill(unsigned char *chunk, const struct content *content, unsigned offset)
{
	unsigned long word = content->slot * 1000003ul + content->generation * 7919ul + offset;

	for (unsigned i = 0; i < CHUNK; i++) {
		if (i % 8 == 0)
			word = word * 6364136223846793005ul + 1442695040888963407ul;
		chunk[i] = (unsigned char)(word >> (i % 8 * 8));
	}
}

static void
slot_path(char *path, const char *dir, unsigned slot, const char *suffix)
{
	snprintf(path, PATH_BYTES, "%s/slot%u%s", dir, slot, suffix);
}

static void
write_whole(int fd, const struct content *content)
{
	unsigned char chunk[CHUNK];

	for (unsigned offset = 0; offset < content->bytes; offset += CHUNK) {
		unsigned left = content->bytes - offset;

		chunk_fill(chunk, content, offset);
		left = left < CHUNK ? left : CHUNK;
		if (write(fd, chunk, left) != (ssize_t)left)
			fail("write", "slot");
	}
}

static void
directory_sync(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY);

	if (fd < 0 || fsync(fd) < 0)
		fail("fsync", dir);
	close(fd);
}

/* Writes the file in place and syncs it. */
static void
slot_rewrite(const char *dir, const struct content *content)
{
	char path[PATH_BYTES];
	int fd;

	slot_path(path, dir, content->slot, "");
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0)
		fail("open", path);
	write_whole(fd, content);
	if (fsync(fd) < 0)
		fail("fsync", path);
	close(fd);
	directory_sync(dir);
}

/* Writes another file, syncs it, renames it over the old one, syncs the directory. */
static void
slot_replace(const char *dir, const struct content *content)
{
	char path[PATH_BYTES], temporary[PATH_BYTES];
	int fd;

	slot_path(path, dir, content->slot, "");
	slot_path(temporary, dir, content->slot, ".new");
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0)
		fail("open", temporary);
	write_whole(fd, content);
	if (fsync(fd) < 0)
		fail("fsync", temporary);
	close(fd);
	if (rename(temporary, path) < 0)
		fail("rename", path);
	directory_sync(dir);
}

static void
slot_remove(const char *dir, const struct content *content)
{
	char path[PATH_BYTES];

	slot_path(path, dir, content->slot, "");
	if (unlink(path) < 0 && errno != ENOENT)
		fail("unlink", path);
	directory_sync(dir);
}

static void
noise_write(const char *path)
{
	char block[CHUNK];
	int fd = open(path, O_WRONLY | O_CREAT | (random_below(2) ? O_APPEND : O_TRUNC), 0600);

	if (fd < 0)
		return;
	memset(block, 'n', sizeof(block));
	for (unsigned i = random_below(12); i > 0; i--)
		if (write(fd, block, 1 + random_below(CHUNK)) < 0)
			break;
	close(fd);
}

/* One change that nobody waits for. Failures do not matter here. */
static void
noise_make(const char *dir)
{
	char path[PATH_BYTES], other[PATH_BYTES];
	unsigned file = random_below(NOISE_FILES);

	snprintf(path, sizeof(path), "%s/noise%u", dir, file);
	snprintf(other, sizeof(other), "%s/noise%u", dir, random_below(NOISE_FILES));
	switch (random_below(8)) {
	case 0:
		unlink(path);
		break;
	case 1:
		rename(path, other);
		break;
	case 2:
		link(path, other);
		break;
	case 3:
		symlink("noise0", other);
		break;
	case 4:
		snprintf(path, sizeof(path), "%s/dir%u", dir, file);
		if (mkdir(path, 0755) < 0)
			rmdir(path);
		break;
	case 5:
		if (truncate(path, random_below(MAX_BYTES)) == 0)
			break;
		/* fall through */
	default:
		noise_write(path);
	}
}

/* Tells the driver where we are, and waits until it has seen that. */
static void
announce(unsigned step, unsigned next_slot, const struct content *done)
{
	char answer;

	printf("@step %u %u %u:%u:%u\n", step, next_slot, done->slot, done->generation,
	       done->bytes);
	fflush(stdout);
	do {
		if (read(0, &answer, 1) != 1)
			exit(1);
	} while (answer != '\n');
}

static int
work(const char *dir, unsigned seed, unsigned steps)
{
	struct content done = {0, 0, 0};

	random_state = seed;
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		fail("mkdir", dir);
	directory_sync("/");
	for (unsigned step = 1; step <= steps; step++) {
		struct content next = {random_below(SLOTS), step, 1 + random_below(MAX_BYTES)};

		announce(step, next.slot, &done);
		for (unsigned i = 0; i < NOISE_PER_STEP; i++)
			noise_make(dir);
		switch (random_below(4)) {
		case 0:
			next.generation = next.bytes = 0;
			slot_remove(dir, &next);
			break;
		case 1:
			slot_rewrite(dir, &next);
			break;
		default:
			slot_replace(dir, &next);
		}
		done = next;
	}
	announce(steps + 1, SLOTS, &done);
	return 0;
}

/* Returns 0 if the slot's file is what was promised. */
static int
slot_verify(const char *dir, const struct content *content)
{
	unsigned char expected[CHUNK], found[CHUNK];
	char path[PATH_BYTES];
	struct stat st;
	int fd;

	slot_path(path, dir, content->slot, "");
	if (content->generation == 0) {
		if (stat(path, &st) == 0) {
			printf("%s: removed, but it is there\n", path);
			return 1;
		}
		return 0;
	}
	fd = open(path, O_RDONLY);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size != (off_t)content->bytes) {
		printf("%s: %s, %u bytes wanted\n", path, fd < 0 ? strerror(errno) : "wrong size",
		       content->bytes);
		return 1;
	}
	for (unsigned offset = 0; offset < content->bytes; offset += CHUNK) {
		unsigned left = content->bytes - offset < CHUNK ? content->bytes - offset : CHUNK;

		chunk_fill(expected, content, offset);
		if (read(fd, found, left) != (ssize_t)left || memcmp(found, expected, left) != 0) {
			printf("%s: generation %u is damaged at %u\n", path, content->generation,
			       offset);
			return 1;
		}
	}
	close(fd);
	return 0;
}

static int
verify(const char *dir, char **promises, int nr_promises)
{
	int bad = 0;

	for (int i = 0; i < nr_promises; i++) {
		struct content content;
		char *end;

		content.slot = strtoul(promises[i], &end, 10);
		content.generation = strtoul(end + 1, &end, 10);
		content.bytes = strtoul(end + 1, &end, 10);
		bad += slot_verify(dir, &content);
	}
	printf("%d promises, %d broken\n", nr_promises, bad);
	return bad != 0;
}

int
main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "work") == 0)
		return work(argv[2], strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10));
	if (argc >= 3 && strcmp(argv[1], "verify") == 0)
		return verify(argv[2], argv + 3, argc - 3);
	fprintf(stderr, "usage: helper_crash work DIR SEED STEPS | verify DIR SLOT:GEN:BYTES...\n");
	return 2;
}
