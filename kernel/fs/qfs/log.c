#include "fs/qfs/log.h"

#include "core/clock.h"
#include "fs/qfs/mount.h"
#include "lib/err.h"
#include "mem/page_alloc.h"

/* A commit of full size must fit twice: descriptor and commit block included (see log.h). */
static u32
max_running_for(u32 log_blocks)
{
	return MIN((log_blocks - 1) / 2 - 2, (u32)QFS_LOG_DESC_MAX);
}

void
qfs_log_init(struct qfs *fs)
{
	struct qfs_log *log = &fs->log;

	rwsem_init(&log->barrier, "qfs_log", RANK_LOG);
	spin_init(&log->lock, "qfs_log_lists", RANK_MAPPING);
	list_init(&log->running);
	list_init(&log->waiting);
	wait_queue_init(&log->wq);
}

int
qfs_log_start(struct qfs *fs)
{
	struct qfs_log *log = &fs->log;

	log->max_running = max_running_for(fs->disk.log_blocks);
	log->pos = 1;
	log->scratch = pages_alloc_kva(GFP_KERNEL, 1);
	return log->scratch ? 0 : -ENOMEM;
}

/* Buffers that never got to the disk (after an error) are dropped with their list. */
static void
drop_list(struct qfs *fs, struct list_head *list, bool waiting)
{
	while (!list_empty(list)) {
		struct list_head *link = list->next;
		struct qfs_buf *buf = waiting ? list_entry(link, struct qfs_buf, waiting_link)
					      : list_entry(link, struct qfs_buf, running_link);

		list_del(link);
		qfs_buf_put(fs, buf);
	}
}

void
qfs_log_destroy(struct qfs *fs)
{
	drop_list(fs, &fs->log.running, false);
	drop_list(fs, &fs->log.waiting, true);
	if (fs->log.scratch)
		pages_free_kva(fs->log.scratch, 1);
}

/* Take room in the running transaction, and blocks. => false: not now */
static bool
handle_promise(struct qfs_handle *h)
{
	struct qfs *fs = h->fs;
	struct qfs_log *log = &fs->log;
	bool ok;

	if (!qfs_space_claim(fs, h->claimed))
		return false;
	spin_lock(&log->lock);
	ok = log->nr_running + log->promised + h->log_room <= log->max_running;
	if (ok)
		log->promised += h->log_room;
	spin_unlock(&log->lock);
	if (!ok)
		qfs_space_unclaim(fs, h->claimed);
	return ok;
}

/*
 * Make room: commit, and if blocks are short, a checkpoint too, which lets the freed ones be used. All
 * under the exclusive barrier, so that nobody takes the room before us.
 */
static int
begin_slowly(struct qfs_handle *h)
{
	struct qfs *fs = h->fs;
	int err;

	rwsem_write_lock(&fs->log.barrier);
	err = qfs_commit_locked(fs);
	if (!err && !handle_promise(h)) {
		err = qfs_checkpoint_locked(fs);
		if (!err && !handle_promise(h))
			err = -ENOSPC;
	}
	if (err)
		rwsem_write_unlock(&fs->log.barrier);
	else
		rwsem_downgrade(&fs->log.barrier);
	return err;
}

int
qfs_begin_reserved(struct qfs_handle *h, struct qfs *fs, u32 nr_bufs, u32 nr_blocks)
{
	*h = (struct qfs_handle){.fs = fs, .claimed = nr_blocks};
	h->log_room = MIN(nr_bufs, fs->log.max_running);
	if (READ_ONCE(fs->log.error))
		return -EROFS;
	rwsem_read_lock(&fs->log.barrier);
	if (handle_promise(h))
		return 0;
	rwsem_read_unlock(&fs->log.barrier);
	return begin_slowly(h);
}

int
qfs_begin(struct qfs_handle *h, struct qfs *fs, u32 nr_bufs, u32 nr_blocks)
{
	int err = qfs_space_reserve(fs, nr_blocks);

	if (err)
		return err;
	err = qfs_begin_reserved(h, fs, nr_bufs, nr_blocks);
	if (err)
		qfs_space_unreserve(fs, nr_blocks);
	else
		h->reserved = true;
	return err;
}

void
qfs_end(struct qfs_handle *h)
{
	struct qfs_log *log = &h->fs->log;

	spin_lock(&log->lock);
	log->promised -= h->log_room;
	spin_unlock(&log->lock);
	qfs_space_unclaim(h->fs, h->claimed);
	if (h->reserved)
		qfs_space_unreserve(h->fs, h->claimed);
	rwsem_read_unlock(&log->barrier);
}

void
qfs_dirty(struct qfs_handle *h, struct qfs_buf *buf)
{
	struct qfs_log *log = &h->fs->log;
	bool added = false, first = false;

	spin_lock(&log->lock);
	if (!(buf->log_flags & BUF_RUNNING)) {
		assert(h->log_room > 0);
		h->log_room--;
		log->promised--;
		buf->log_flags |= BUF_RUNNING;
		list_add_tail(&buf->running_link, &log->running);
		added = true;
		first = log->nr_running++ == 0;
		if (first)
			log->started_ns = clock_now_ns();
	}
	spin_unlock(&log->lock);
	if (added)
		qfs_buf_ref(h->fs, buf);
	if (first)
		wake_up_all(&log->wq);
}

void
qfs_forget(struct qfs_handle *h, struct qfs_buf *buf)
{
	struct qfs_log *log = &h->fs->log;
	u32 was;

	spin_lock(&log->lock);
	was = buf->log_flags;
	buf->log_flags = 0;
	if (was & BUF_RUNNING) {
		list_del(&buf->running_link);
		log->nr_running--;
		log->promised++;
		h->log_room++;
	}
	if (was & BUF_WAITING)
		list_del(&buf->waiting_link);
	spin_unlock(&log->lock);
	qfs_buf_unhash(h->fs, buf);
	if (was & BUF_RUNNING)
		qfs_buf_put(h->fs, buf);
	if (was & BUF_WAITING)
		qfs_buf_put(h->fs, buf);
	qfs_buf_put(h->fs, buf);
}

void
qfs_data_begin(struct qfs *fs)
{
	__atomic_add_fetch(&fs->log.nr_data, 1, __ATOMIC_ACQ_REL);
}

/* Lives for ever: the mount may be gone when its last write wakes the waiter. */
static struct wait_queue data_wq = WAIT_QUEUE_INIT(data_wq);

void
qfs_data_end(struct qfs *fs)
{
	if (__atomic_sub_fetch(&fs->log.nr_data, 1, __ATOMIC_ACQ_REL) == 0)
		wake_up_all(&data_wq);
}

void
qfs_data_wait(struct qfs *fs)
{
	wait_event(&data_wq, __atomic_load_n(&fs->log.nr_data, __ATOMIC_ACQUIRE) == 0);
}
