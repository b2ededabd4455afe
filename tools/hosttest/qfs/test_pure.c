/* The pure parts: arithmetic of the block map, bitmaps, directory blocks, log replay. */
#include <stdlib.h>
#include <string.h>

#include "fs/qfs/bits.h"
#include "fs/qfs/csum.h"
#include "fs/qfs/dirblock.h"
#include "fs/qfs/layout.h"
#include "fs/qfs/path.h"
#include "fs/qfs/replay.h"
#include "hosttest.h"
#include "lib/crc32c.h"
#include "lib/errno.h"

HOSTTEST(qfs_path_covers_every_index_once)
{
	struct qfs_path before, path;

	qfs_path_of(0, &before);
	CHECK_EQ(before.depth, 1);
	for (u32 index = 1; index < QFS_MAX_FILE_BLOCKS; index++) {
		u64 place, place_before;

		qfs_path_of(index, &path);
		CHECK(path.slot < QFS_NR_PTRS);
		CHECK(path.at[0] < QFS_PTRS_PER_BLOCK && path.at[1] < QFS_PTRS_PER_BLOCK);
		CHECK(qfs_slot_start(path.slot) <= index && index < qfs_slot_start(path.slot + 1));
		place = (u64)path.slot << 40 | (u64)path.at[0] << 20 | path.at[1];
		place_before = (u64)before.slot << 40 | (u64)before.at[0] << 20 | before.at[1];
		CHECK(place > place_before);
		before = path;
	}
}

HOSTTEST(qfs_bits_against_a_loop)
{
	static u64 body[QFS_BODY_BYTES / 8], held[QFS_BODY_BYTES / 8];

	for (u32 round = 0; round < 3000; round++) {
		u32 from = rnd_below(QFS_BITS_PER_BLOCK), to, bit, zeros = 0;
		bool dense = rnd_one_in(2);

		for (u32 i = 0; i < QFS_BODY_BYTES / 8; i++) {
			body[i] = dense ? ~(u64)0 : rnd() & rnd();
			held[i] = dense ? 0 : rnd() & rnd();
		}
		qfs_bit_clear(body, rnd_below(QFS_BITS_PER_BLOCK));
		qfs_bit_set(held, rnd_below(QFS_BITS_PER_BLOCK));
		to = from + rnd_below(QFS_BITS_PER_BLOCK + 1 - from);
		for (bit = from; bit < to; bit++)
			if (!qfs_bit_test(body, bit) && !qfs_bit_test(held, bit))
				break;
		CHECK_EQ(qfs_bits_find_zero(body, held, from, to), bit);
		for (bit = from; bit < to && !qfs_bit_test(body, bit); bit++)
			;
		CHECK_EQ(qfs_bits_find_one(body, from, to), bit);
		for (bit = 0; bit < to; bit++)
			zeros += !qfs_bit_test(body, bit);
		CHECK_EQ(qfs_bits_count_zero(body, to), zeros);
	}
}

/* Random additions and removals against a list of what is there. */
HOSTTEST(qfs_dirblock_against_a_model)
{
	u64 block[QFS_BLOCK_SIZE / 8];
	bool there[400] = {false};
	u32 nr_refused = 0;

	qfs_dirblock_init(block);
	for (u32 round = 0; round < 20000; round++) {
		u32 i = rnd_below(400), len = 1 + (i * 37) % 90;
		char name[100];
		struct qfs_dirent *entry;
		bool room;

		memset(name, 'a' + i % 26, sizeof(name));
		memcpy(name, &(u32){i | 0x80808080}, len < 4 ? len : 4);
		if (len < 4)
			continue;
		entry = qfs_dirblock_find(block, name, len);
		CHECK_EQ(entry != NULL, there[i]);
		room = qfs_dirblock_room(block, len);
		if (entry) {
			CHECK_EQ(entry->ino, i + 1);
			qfs_dirblock_remove(block, entry);
			there[i] = false;
		} else {
			there[i] = qfs_dirblock_add(block, i + 1, 8, name, len);
			CHECK_EQ(there[i], room);
			nr_refused += !room;
		}
		CHECK(qfs_dirblock_check(block, 401) == NULL);
	}
	CHECK(nr_refused > 0);
}

HOSTTEST(qfs_layout_fits)
{
	for (u32 round = 0; round < 20000; round++) {
		struct qfs_super sb = {.version = QFS_VERSION, .state = QFS_STATE_CLEAN};
		u32 nr_blocks = rnd_scaled();

		memcpy(sb.magic, QFS_MAGIC, sizeof(sb.magic));
		sb.root_ino = QFS_ROOT_INO;
		if (!qfs_layout_fill(&sb, nr_blocks, 1 + rnd_below(nr_blocks / 4 + 1), 0))
			continue;
		qfs_super_seal(&sb);
		CHECK_STR(qfs_super_check(&sb, nr_blocks) ? "bad" : "good", "good");
		CHECK(qfs_super_check(&sb, (u64)nr_blocks - 1) != NULL);
		CHECK((u64)sb.bmap_blocks * QFS_BITS_PER_BLOCK >= nr_blocks);
	}
}

/* --- replay ------------------------------------------------------------------------------------------ */

#define LOG_TEST_BLOCKS 256u

static u8 disk[LOG_TEST_BLOCKS][QFS_BLOCK_SIZE] __attribute__((aligned(8)));
static struct qfs_super sb;
static u32 nr_writes, fail_after;

static int
disk_read(void *ctx, u32 block, void *data)
{
	(void)ctx;
	CHECK(block < LOG_TEST_BLOCKS);
	memcpy(data, disk[block], QFS_BLOCK_SIZE);
	return 0;
}

static int
disk_write(void *ctx, u32 block, const void *data)
{
	(void)ctx;
	CHECK(block < LOG_TEST_BLOCKS);
	if (fail_after && nr_writes >= fail_after)
		return -EIO;
	nr_writes++;
	memcpy(disk[block], data, QFS_BLOCK_SIZE);
	return 0;
}

static int
disk_flush(void *ctx)
{
	(void)ctx;
	return 0;
}

static const struct qfs_io io = {NULL, disk_read, disk_write, disk_flush};

static int
replay(struct qfs_replay *rp)
{
	static u64 scratch[3 * QFS_BLOCK_SIZE / 8];

	*rp = (struct qfs_replay){.scratch = (u8 *)scratch};
	nr_writes = 0;
	return qfs_replay(&sb, &io, rp);
}

static void
log_setup(void)
{
	u64 scratch[QFS_BLOCK_SIZE / 8];

	CHECK(qfs_layout_fill(&sb, LOG_TEST_BLOCKS, 64, 0));
	memset(disk, 0, sizeof(disk));
	CHECK_EQ(qfs_log_reset(&sb, &io, 7, scratch), 0);
}

/* Write a transaction at `pos` of the log that fills `count` blocks from `first` with `byte`. */
static u32
log_transaction(u32 pos, u64 seq, u32 first, u32 count, u8 byte)
{
	struct qfs_log_desc *desc = (void *)disk[sb.log_start + pos];
	struct qfs_log_head *commit = (void *)disk[sb.log_start + pos + 1 + count];
	u32 seed = qfs_seed(&sb);

	memset(desc, 0, QFS_BLOCK_SIZE);
	memset(commit, 0, QFS_BLOCK_SIZE);
	desc->head = (struct qfs_log_head){QFS_LOG_MAGIC, QFS_LOG_DESC, seq, 0, count, 0, 0, 0};
	*commit = (struct qfs_log_head){QFS_LOG_MAGIC, QFS_LOG_COMMIT, seq, 0, count, 0, 0, 0};
	for (u32 i = 0; i < count; i++) {
		desc->block[i] = first + i;
		memset(disk[sb.log_start + pos + 1 + i], byte, QFS_BLOCK_SIZE);
	}
	qfs_log_seal(seed, &desc->head, QFS_BLOCK_SIZE);
	commit->payload_crc = crc32c(seed, desc, (count + 1) * QFS_BLOCK_SIZE);
	qfs_log_seal(seed, commit, QFS_BLOCK_SIZE);
	return pos + count + 2;
}

HOSTTEST(qfs_replay_of_an_empty_log)
{
	struct qfs_replay rp;

	log_setup();
	CHECK_EQ(replay(&rp), 0);
	CHECK_EQ(rp.nr_transactions, 0);
	CHECK_EQ(rp.next_seq, 7);
	CHECK_EQ(nr_writes, 0);
}

HOSTTEST(qfs_replay_in_order_and_once)
{
	struct qfs_replay rp;
	u32 pos, place = sb.data_start + 100;

	log_setup();
	place = sb.data_start + 10;
	pos = log_transaction(1, 7, place, 3, 0x11);
	log_transaction(pos, 8, place + 2, 2, 0x22);
	CHECK_EQ(replay(&rp), 0);
	CHECK_EQ(rp.nr_transactions, 2);
	CHECK_EQ(rp.next_seq, 9);
	CHECK_EQ(disk[place][0], 0x11);
	CHECK_EQ(disk[place + 2][4095], 0x22);
	CHECK_EQ(disk[place + 3][5], 0x22);
	CHECK_EQ(replay(&rp), 0);
	CHECK_EQ(rp.nr_transactions, 0);
	CHECK_EQ(rp.next_seq, 9);
}

HOSTTEST(qfs_replay_ignores_what_was_cut_off)
{
	struct qfs_replay rp;
	u32 pos, place;

	log_setup();
	place = sb.data_start + 10;
	pos = log_transaction(1, 7, place, 2, 0x11);
	log_transaction(pos, 8, place, 4, 0x22);
	disk[sb.log_start + pos + 1 + rnd_below(4)][rnd_below(4096)] ^= 1;
	CHECK_EQ(replay(&rp), 0);
	CHECK_EQ(rp.nr_transactions, 1);
	CHECK_EQ(disk[place][0], 0x11);
	CHECK_EQ(rp.next_seq, 8);
}

HOSTTEST(qfs_replay_refuses_a_broken_middle)
{
	struct qfs_replay rp;
	u32 second, third, place;

	log_setup();
	place = sb.data_start + 10;
	second = log_transaction(1, 7, place, 2, 0x11);
	third = log_transaction(second, 8, place, 2, 0x22);
	log_transaction(third, 9, place, 2, 0x33);
	disk[sb.log_start + second + 1][77] ^= 1;
	CHECK_EQ(replay(&rp), -EUCLEAN);
	CHECK(rp.error != NULL);
}

HOSTTEST(qfs_replay_refuses_wild_blocks)
{
	struct qfs_replay rp;

	for (u32 wild = 0; wild < 3; wild++) {
		log_setup();
		log_transaction(1, 7,
				wild == 0   ? 0
				: wild == 1 ? sb.log_start
					    : LOG_TEST_BLOCKS,
				1, 0x11);
		CHECK_EQ(replay(&rp), -EUCLEAN);
		CHECK_EQ(nr_writes, 0);
	}
	log_setup();
	disk[sb.log_start][9] ^= 1;
	CHECK_EQ(replay(&rp), -EUCLEAN);
}

/* A replay that is itself cut off at any write leaves a log that can be replayed again. */
HOSTTEST(qfs_replay_can_be_repeated)
{
	struct qfs_replay rp;

	for (u32 cut = 1; cut < 6; cut++) {
		u32 place, pos;

		log_setup();
		place = sb.data_start + 10;
		pos = log_transaction(1, 7, place, 3, 0x11);
		log_transaction(pos, 8, place + 1, 2, 0x22);
		fail_after = cut;
		CHECK_EQ(replay(&rp), -EIO);
		fail_after = 0;
		CHECK_EQ(replay(&rp), 0);
		CHECK_EQ(rp.nr_transactions, 2);
		CHECK_EQ(disk[place][0], 0x11);
		CHECK_EQ(disk[place + 1][0], 0x22);
		CHECK_EQ(disk[place + 2][0], 0x22);
	}
}
