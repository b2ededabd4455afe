#include "core/clock.h"
#include "core/printk.h"
#include "fs/qfs/csum.h"
#include "fs/qfs/io.h"
#include "fs/qfs/mount.h"
#include "fs/qfs/pages.h"
#include "fs/qfs/replay.h"
#include "lib/crc32c.h"
#include "lib/err.h"
#include "lib/string.h"
#include "sched/task.h"

static u8 *
commit_block(struct qfs_log *log)
{
	return log->scratch + QFS_BLOCK_SIZE;
}

static void
head_init(struct qfs_log_head *head, u32 kind, u64 seq, u32 count)
{
	memset(head, 0, QFS_BLOCK_SIZE);
	head->magic = QFS_LOG_MAGIC;
	head->kind = kind;
	head->seq = seq;
	head->count = count;
}

/* Give each image its checksum and write all, with the descriptor; fill in the commit block. */
static int
write_images(struct qfs *fs)
{
	struct qfs_log *log = &fs->log;
	struct qfs_log_desc *desc = (void *)log->scratch;
	struct qfs_log_head *commit = (void *)commit_block(log);
	u32 first = fs->disk.log_start + log->pos;
	struct qfs_batch batch;
	struct qfs_buf *buf;
	u32 nr = 0;

	head_init(&desc->head, QFS_LOG_DESC, log->seq, log->nr_running);
	list_for_each_entry(buf, &log->running, running_link)
		desc->block[nr++] = buf->block;
	qfs_log_seal(fs->seed, &desc->head, QFS_BLOCK_SIZE);
	head_init(commit, QFS_LOG_COMMIT, log->seq, nr);
	commit->payload_crc = crc32c(fs->seed, desc, QFS_BLOCK_SIZE);
	commit->time = clock_realtime_ns();
	qfs_batch_start(&batch, fs->bdev);
	qfs_batch_write(&batch, first++, desc);
	list_for_each_entry(buf, &log->running, running_link) {
		qfs_buf_seal(fs, buf);
		commit->payload_crc = crc32c(commit->payload_crc, buf->data, QFS_BLOCK_SIZE);
		qfs_batch_write(&batch, first++, buf->data);
	}
	qfs_log_seal(fs->seed, commit, QFS_BLOCK_SIZE);
	return qfs_batch_finish(&batch);
}

static int
write_commit_block(struct qfs *fs)
{
	struct qfs_log *log = &fs->log;
	u32 block = fs->disk.log_start + log->pos + 1 + log->nr_running;
	int err = block_flush(fs->bdev);

	if (!err)
		err = qfs_block_write(fs->bdev, block, commit_block(log));
	if (!err)
		err = block_flush(fs->bdev);
	return err;
}

/* What ran has been committed: its buffers wait to go to their place. */
static void
running_to_waiting(struct qfs *fs)
{
	struct qfs_log *log = &fs->log;

	while (!list_empty(&log->running)) {
		struct qfs_buf *buf = list_first_entry(&log->running, struct qfs_buf, running_link);
		bool waits_already = buf->log_flags & BUF_WAITING;

		spin_lock(&log->lock);
		list_del(&buf->running_link);
		buf->log_flags = BUF_WAITING;
		if (!waits_already)
			list_add_tail(&buf->waiting_link, &log->waiting);
		log->nr_running--;
		spin_unlock(&log->lock);
		if (waits_already)
			qfs_buf_put(fs, buf);
	}
}

static bool
log_is_too_full(const struct qfs *fs)
{
	return fs->log.pos + fs->log.max_running + 2 > fs->disk.log_blocks;
}

static int
commit_running(struct qfs *fs)
{
	struct qfs_log *log = &fs->log;
	int err;

	if (log->nr_running == 0)
		return 0;
	err = write_images(fs);
	if (!err)
		err = write_commit_block(fs);
	if (err)
		return err;
	log->pos += log->nr_running + 2;
	__atomic_store_n(&log->seq, log->seq + 1, __ATOMIC_RELEASE);
	log->nr_commits++;
	running_to_waiting(fs);
	return log_is_too_full(fs) ? qfs_checkpoint_locked(fs) : 0;
}

int
qfs_commit_locked(struct qfs *fs)
{
	int err;

	qfs_data_wait(fs);
	qfs_write_failed_undo_locked(fs);
	if (fs->log.error)
		return -EROFS;
	err = commit_running(fs);
	if (err)
		qfs_abort(fs, err, "the log cannot be written");
	return err;
}

static int
io_write(void *ctx, u32 block, const void *data)
{
	struct qfs *fs = ctx;

	return qfs_block_write(fs->bdev, block, data);
}

static int
empty_log(struct qfs *fs)
{
	struct qfs_io io = {.ctx = fs, .write = io_write};
	int err = block_flush(fs->bdev);

	if (!err)
		err = qfs_log_reset(&fs->disk, &io, fs->log.seq, fs->log.scratch);
	if (!err)
		err = block_flush(fs->bdev);
	return err;
}

static int
write_in_place(struct qfs *fs)
{
	struct qfs_batch batch;
	struct qfs_buf *buf;

	qfs_batch_start(&batch, fs->bdev);
	list_for_each_entry(buf, &fs->log.waiting, waiting_link)
		qfs_batch_write(&batch, buf->block, buf->data);
	return qfs_batch_finish(&batch);
}

int
qfs_checkpoint_locked(struct qfs *fs)
{
	struct qfs_log *log = &fs->log;
	int err;

	if (log->error)
		return -EROFS;
	assert(log->nr_running == 0);
	if (log->pos == 1)
		return 0;
	err = write_in_place(fs);
	if (!err)
		err = empty_log(fs);
	if (err) {
		qfs_abort(fs, err, "metadata cannot be written");
		return err;
	}
	while (!list_empty(&log->waiting)) {
		struct qfs_buf *buf = list_first_entry(&log->waiting, struct qfs_buf, waiting_link);

		spin_lock(&log->lock);
		list_del(&buf->waiting_link);
		buf->log_flags = 0;
		spin_unlock(&log->lock);
		qfs_buf_put(fs, buf);
	}
	log->pos = 1;
	log->nr_checkpoints++;
	qfs_space_release_held(fs);
	return 0;
}

int
qfs_commit_through(struct qfs *fs, u64 seq)
{
	struct qfs_log *log = &fs->log;
	u64 before;
	int err = 0;

	if (__atomic_load_n(&log->seq, __ATOMIC_ACQUIRE) <= seq) {
		rwsem_write_lock(&log->barrier);
		before = log->seq;
		if (log->seq <= seq)
			err = qfs_commit_locked(fs);
		rwsem_write_unlock(&log->barrier);
		if (err || before != log->seq)
			return err;
	}
	if (log->error)
		return -EIO;
	return block_flush(fs->bdev);
}

int
qfs_commit_all(struct qfs *fs)
{
	return qfs_commit_through(fs, __atomic_load_n(&fs->log.seq, __ATOMIC_ACQUIRE));
}

int
qfs_checkpoint_all(struct qfs *fs)
{
	int err;

	rwsem_write_lock(&fs->log.barrier);
	err = qfs_commit_locked(fs);
	if (!err)
		err = qfs_checkpoint_locked(fs);
	rwsem_write_unlock(&fs->log.barrier);
	return err;
}

/* Lives for ever: the mount may be gone when the thread has said that it stopped. */
static struct wait_queue stop_wq = WAIT_QUEUE_INIT(stop_wq);

static bool
has_work(struct qfs_log *log)
{
	return READ_ONCE(log->stop) || (READ_ONCE(log->nr_running) && !READ_ONCE(log->error));
}

/* What does not wait for the interval. */
static bool
has_urgent_work(struct qfs *fs)
{
	return READ_ONCE(fs->log.stop) || READ_ONCE(fs->log.want_checkpoint) ||
	       qfs_has_write_failed(fs);
}

void
qfs_checkpoint_soon(struct qfs_log *log)
{
	if (log->pos <= 1 || READ_ONCE(log->error) || READ_ONCE(log->want_checkpoint))
		return;
	WRITE_ONCE(log->want_checkpoint, true);
	wake_up_all(&log->wq);
}

static void
commit_thread_step(struct qfs *fs)
{
	if (!READ_ONCE(fs->log.want_checkpoint)) {
		qfs_commit_all(fs);
		return;
	}
	WRITE_ONCE(fs->log.want_checkpoint, false);
	qfs_checkpoint_all(fs);
}

static void
commit_thread(void *arg)
{
	struct qfs *fs = arg;
	struct qfs_log *log = &fs->log;

	while (!READ_ONCE(log->stop)) {
		wait_event(&log->wq, has_work(log) || has_urgent_work(fs));
		wait_event_deadline(&log->wq, has_urgent_work(fs),
				    READ_ONCE(log->started_ns) + QFS_COMMIT_INTERVAL_NS);
		if (!READ_ONCE(log->stop))
			commit_thread_step(fs);
	}
	WRITE_ONCE(log->stopped, true);
	wake_up_all(&stop_wq);
}

int
qfs_commit_thread_start(struct qfs *fs)
{
	struct task *task = kthread_start("qfs_commit", commit_thread, fs);
	int err = err_or_null_to_errno(task);

	fs->log.has_thread = !err;
	return err;
}

void
qfs_commit_thread_stop(struct qfs *fs)
{
	if (!fs->log.has_thread)
		return;
	WRITE_ONCE(fs->log.stop, true);
	wake_up_all(&fs->log.wq);
	wait_event(&stop_wq, READ_ONCE(fs->log.stopped));
}
