/*
 * mkfs -o IMAGE [-s SIZE] [-i INODES] [-L LABEL] [-U UUID] [-k] [DIR]...
 *
 * The same trees and options give the same bytes: names are sorted, times are SOURCE_DATE_EPOCH or a
 * fixed one, and the uuid follows from the contents.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/qfs/layout.h"
#include "image.h"
#include "tree.h"

#define FIXED_TIME_SEC	 1735689600 /* 2025-01-01, when SOURCE_DATE_EPOCH is not set */
#define NSEC_PER_SEC	 1000000000ll
#define SPARE_BLOCKS	 (16u << 20 >> QFS_BLOCK_SHIFT)
#define BLOCKS_PER_INODE 4u
#define MIN_SPARE_INODES 256u
#define MAX_IMAGE_BLOCKS 0xfffffff0ull

struct options {
	const char *image;
	const char *label;
	u64 nr_blocks; /* 0: choose */
	u32 nr_inodes; /* 0: choose */
	bool minimal;  /* -s min: little more than the tree */
	bool keep_owner;
	bool have_uuid;
	u8 uuid[16];
};

static const char *unfinished_image;

void
die(const char *fmt, ...)
{
	va_list ap;

	fputs("mkfs: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	if (unfinished_image)
		unlink(unfinished_image);
	exit(1);
}

static _Noreturn void
usage(void)
{
	fputs("usage: mkfs -o IMAGE [options] [DIR]...\n"
	      "Make a qfs file system in IMAGE with the contents of the DIRs (later ones win).\n"
	      "  -s SIZE    of the image: a number with K, M or G; 'min' for little spare room\n"
	      "             (default: the tree, half as much again and 16M)\n"
	      "  -i NUMBER  of inodes\n"
	      "  -L LABEL   up to 32 bytes\n"
	      "  -U UUID    instead of one that follows from the contents\n"
	      "  -k         keep owners (default: everything belongs to root)\n",
	      stderr);
	exit(2);
}

static u64
parse_size(const char *text)
{
	static const char units[] = "KMG";
	char *end;
	u64 size = strtoull(text, &end, 10);
	const char *unit = *end ? strchr(units, *end) : NULL;

	if (end == text || (*end && (!unit || end[1])))
		die("'%s' is not a size", text);
	if (unit)
		size <<= 10 * (unit - units + 1);
	if (size >> QFS_BLOCK_SHIFT > MAX_IMAGE_BLOCKS)
		die("'%s': the largest image is 16 TiB", text);
	return size >> QFS_BLOCK_SHIFT;
}

static void
parse_uuid(const char *text, u8 uuid[16])
{
	u32 digits = 0;

	for (; *text; text++) {
		char pair[2] = {*text, 0};
		char *end;
		u32 value = strtoul(pair, &end, 16);

		if (*text == '-')
			continue;
		if (*end || digits == 32)
			die("not a uuid");
		uuid[digits / 2] = uuid[digits / 2] << 4 | value;
		digits++;
	}
	if (digits != 32)
		die("not a uuid");
}

static void
parse_options(struct options *opt, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "o:s:i:L:U:k")) != -1) {
		switch (c) {
		case 'o':
			opt->image = optarg;
			break;
		case 's':
			opt->minimal = strcmp(optarg, "min") == 0;
			opt->nr_blocks = opt->minimal ? 0 : parse_size(optarg);
			break;
		case 'i':
			opt->nr_inodes = strtoul(optarg, NULL, 0) + 1;
			break;
		case 'L':
			opt->label = optarg;
			break;
		case 'U':
			parse_uuid(optarg, opt->uuid);
			opt->have_uuid = true;
			break;
		case 'k':
			opt->keep_owner = true;
			break;
		default:
			usage();
		}
	}
	if (!opt->image)
		usage();
	if (opt->label && strlen(opt->label) > sizeof(((struct qfs_super *)0)->label))
		die("the label is longer than 32 bytes");
}

static s64
image_time(void)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");

	return (epoch ? strtoll(epoch, NULL, 10) : FIXED_TIME_SEC) * NSEC_PER_SEC;
}

/* Lay the file system out around the tree, in the size asked for or one that suits. */
static void
choose_layout(struct qfs_super *sb, const struct options *opt, struct node *root, u32 nr_files)
{
	u64 data = image_blocks_needed(root) + 2;
	u64 nr_blocks = opt->nr_blocks;
	u64 nr_inodes = opt->nr_inodes;

	if (!nr_blocks)
		nr_blocks = opt->minimal ? data + data / 16 + QFS_MIN_LOG_BLOCKS * 4
					 : data + data / 2 + SPARE_BLOCKS;
	if (!nr_inodes)
		nr_inodes = nr_blocks / BLOCKS_PER_INODE;
	if (nr_inodes < nr_files + nr_files / 2 + MIN_SPARE_INODES && !opt->nr_inodes)
		nr_inodes = nr_files + nr_files / 2 + MIN_SPARE_INODES;
	if (!opt->nr_blocks) /* all but the bitmaps and the log is counted; they are under 1 in 16 */
		nr_blocks += nr_inodes / QFS_INODES_PER_BLOCK + nr_blocks / 16;
	if (nr_blocks > MAX_IMAGE_BLOCKS || nr_inodes > UINT32_MAX / 2 ||
	    !qfs_layout_fill(sb, nr_blocks, nr_inodes,
			     opt->minimal ? qfs_min_log_blocks(nr_blocks) : 0))
		die("%llu blocks and %llu inodes do not go together", (unsigned long long)nr_blocks,
		    (unsigned long long)nr_inodes);
}

static void
fill_super(struct qfs_super *sb, const struct options *opt, struct node *root, s64 time)
{
	memcpy(sb->magic, QFS_MAGIC, sizeof(sb->magic));
	sb->version = QFS_VERSION;
	sb->state = QFS_STATE_CLEAN;
	sb->root_ino = QFS_ROOT_INO;
	sb->mkfs_time = time;
	if (opt->label)
		memcpy(sb->label, opt->label, strlen(opt->label));
	if (opt->have_uuid)
		memcpy(sb->uuid, opt->uuid, sizeof(sb->uuid));
	else
		tree_uuid(root, (u64)sb->nr_blocks << 32 | sb->nr_inodes, sb->uuid);
}

static void
open_image(struct image_params *params, const struct options *opt)
{
	struct stat st;

	params->fd = open(opt->image, O_RDWR | O_CREAT, 0644);
	if (params->fd < 0 || fstat(params->fd, &st) < 0)
		die("%s: %s", opt->image, strerror(errno));
	params->is_device = !S_ISREG(st.st_mode);
	if (params->is_device)
		return;
	unfinished_image = opt->image;
	if (ftruncate(params->fd, 0) < 0 ||
	    ftruncate(params->fd, (off_t)params->sb.nr_blocks << QFS_BLOCK_SHIFT) < 0)
		die("%s: %s", opt->image, strerror(errno));
}

int
main(int argc, char **argv)
{
	struct image_params params = {.time = image_time()};
	struct options opt = {0};
	struct node *root = tree_new();
	u32 used;

	parse_options(&opt, argc, argv);
	for (int i = optind; i < argc; i++)
		tree_add(root, argv[i]);
	params.keep_owner = opt.keep_owner;
	params.last_ino = tree_number(root);
	choose_layout(&params.sb, &opt, root, params.last_ino);
	fill_super(&params.sb, &opt, root, params.time);
	open_image(&params, &opt);
	used = image_write(&params, root);
	if (fsync(params.fd) < 0 && errno != EINVAL)
		die("%s: %s", opt.image, strerror(errno));
	if (close(params.fd) < 0)
		die("%s: %s", opt.image, strerror(errno));
	printf("%s: %u blocks, %u inodes, %u blocks of data\n", opt.image, params.sb.nr_blocks,
	       params.sb.nr_inodes, used);
	return 0;
}
