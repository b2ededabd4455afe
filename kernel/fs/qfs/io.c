#include "fs/qfs/io.h"

#include "mem/page.h"

static u64
sector_of(u32 block)
{
	return (u64)block * QFS_SECTORS_PER_BLOCK;
}

int
qfs_block_read(struct block_device *bdev, u32 block, void *data)
{
	return block_read(bdev, sector_of(block), kva_to_page(data), 0, QFS_BLOCK_SIZE);
}

int
qfs_block_write(struct block_device *bdev, u32 block, const void *data)
{
	return block_write(bdev, sector_of(block), kva_to_page(data), 0, QFS_BLOCK_SIZE);
}

static void
batch_note_error(struct qfs_batch *batch, int error)
{
	int none = 0;

	if (error)
		__atomic_compare_exchange_n(&batch->error, &none, error, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST);
}

/* Lives for ever: the batch may be gone when its last request wakes the waiter. */
static struct wait_queue batch_wq = WAIT_QUEUE_INIT(batch_wq);

static void
batch_done(struct bio *bio)
{
	struct qfs_batch *batch = bio->private;

	batch_note_error(batch, bio->status);
	bio_free(bio);
	if (__atomic_sub_fetch(&batch->nr_inflight, 1, __ATOMIC_ACQ_REL) == 0)
		wake_up_all(&batch_wq);
}

void
qfs_batch_start(struct qfs_batch *batch, struct block_device *bdev)
{
	batch->bdev = bdev;
	batch->bio = NULL;
	batch->nr_inflight = 0;
	batch->error = 0;
	block_plug_start(&batch->plug);
}

static void
batch_submit(struct qfs_batch *batch)
{
	struct bio *bio = batch->bio;

	if (!bio)
		return;
	batch->bio = NULL;
	__atomic_add_fetch(&batch->nr_inflight, 1, __ATOMIC_ACQ_REL);
	bio_submit(batch->bdev, bio);
}

static bool
batch_continue(struct qfs_batch *batch, u32 block, const void *data)
{
	return batch->bio && block == batch->next_block &&
	       bio_add(batch->bio, kva_to_page(data), 0, QFS_BLOCK_SIZE);
}

void
qfs_batch_write(struct qfs_batch *batch, u32 block, const void *data)
{
	struct bio *bio;

	if (!batch_continue(batch, block, data)) {
		batch_submit(batch);
		bio = bio_alloc(GFP_NOIO);
		if (!bio) {
			batch_note_error(batch, qfs_block_write(batch->bdev, block, data));
			return;
		}
		bio->op = BIO_WRITE;
		bio->sector = sector_of(block);
		bio->done = batch_done;
		bio->private = batch;
		bio_add(bio, kva_to_page(data), 0, QFS_BLOCK_SIZE);
		batch->bio = bio;
	}
	batch->next_block = block + 1;
}

int
qfs_batch_finish(struct qfs_batch *batch)
{
	batch_submit(batch);
	block_plug_finish(&batch->plug);
	wait_event(&batch_wq, __atomic_load_n(&batch->nr_inflight, __ATOMIC_ACQUIRE) == 0);
	return batch->error;
}
