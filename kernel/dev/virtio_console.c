/*
 * A virtio console without MULTIPORT (VIRTIO 1.1, 5.3): queue 0 receives, queue 1 transmits.
 *
 * Sending: one buffer of a page. A writer fills it, gives it to the device and waits until it is
 * back. Receiving: a few buffers, each either with the device or, with data in it, in the list
 * `filled`; when a reader has emptied one it goes back. A host that sends more has to wait.
 */
#include "dev/virtio_console.h"

#include "core/panic.h"
#include "core/spinlock.h"
#include "dev/plic.h"
#include "lib/errno.h"
#include "lib/list.h"
#include "lib/string.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"
#include "sched/mutex.h"

#define QUEUE_RX 0
#define QUEUE_TX 1

#define QUEUE_SIZE 8
#define RX_BUFFERS 4
#define RX_BYTES   1000

/* In the direct map: the device writes data. */
struct rx_buffer {
	struct list_head link; /* in port.filled */
	u32 len, at;
	u8 data[RX_BYTES];
};

static struct {
	struct virtio_device *vdev; /* NULL: there is no port */
	struct spinlock lock;	    /* the queues, the list, tx_busy */
	struct virtqueue rx, tx;
	struct list_head filled;
	struct mutex write_lock;
	char *tx_data; /* one page */
	bool tx_busy;  /* the device has it */
	struct wait_queue read_wq, write_wq;
} port = {
	.lock = SPINLOCK_INIT("virtio_console", RANK_DEVICE),
	.filled = LIST_HEAD_INIT(port.filled),
	.write_lock = MUTEX_INIT(port.write_lock, "virtio_console_write", RANK_TTY),
	.read_wq = WAIT_QUEUE_INIT(port.read_wq),
	.write_wq = WAIT_QUEUE_INIT(port.write_wq),
};

bool
virtio_console_present(void)
{
	return port.vdev != NULL;
}

/* Give a buffer to the device. => true: notify the rx queue */
static bool
rx_offer_locked(struct rx_buffer *buffer)
{
	struct virtio_buffer piece = {kva_to_pa(buffer->data), RX_BYTES, true};

	buffer->at = 0;
	virtqueue_add(&port.rx, &piece, 1, buffer);
	return virtqueue_publish(&port.rx);
}

static void
rx_reap_locked(void)
{
	struct rx_buffer *buffer;
	u32 len;

	do {
		while ((buffer = virtqueue_get(&port.rx, &len))) {
			buffer->len = MIN(len, (u32)RX_BYTES);
			list_add_tail(&buffer->link, &port.filled);
		}
	} while (virtqueue_arm(&port.rx));
}

static void
tx_reap_locked(void)
{
	u32 len;

	do {
		while (virtqueue_get(&port.tx, &len))
			port.tx_busy = false;
	} while (virtqueue_arm(&port.tx));
	if (port.tx.broken)
		port.tx_busy = false;
}

static void
port_interrupt(void *arg)
{
	(void)arg;
	virtio_ack_interrupt(port.vdev);
	spin_lock(&port.lock);
	rx_reap_locked();
	tx_reap_locked();
	spin_unlock(&port.lock);
	wake_up(&port.read_wq);
	wake_up(&port.write_wq);
}

static bool
tx_idle(void)
{
	u64 flags = spin_lock_irqsave(&port.lock);
	bool idle;

	tx_reap_locked();
	idle = !port.tx_busy;
	spin_unlock_irqrestore(&port.lock, flags);
	return idle;
}

/* Give the device the first len bytes of tx_data. => the page is not busy */
static int
tx_send(u32 len)
{
	struct virtio_buffer piece = {kva_to_pa(port.tx_data), len, false};
	u64 flags = spin_lock_irqsave(&port.lock);
	int err = virtqueue_add(&port.tx, &piece, 1, port.tx_data);
	bool notify = !err && virtqueue_publish(&port.tx);

	port.tx_busy = !err;
	spin_unlock_irqrestore(&port.lock, flags);
	if (notify)
		virtqueue_notify(&port.tx);
	return err;
}

ssize_t
virtio_console_write(const char *kbuf, size_t len)
{
	size_t done = 0;
	int err = 0;

	if (!port.vdev)
		return -ENODEV;
	mutex_lock(&port.write_lock);
	while (done < len && !err) {
		u32 n = MIN(len - done, (size_t)PAGE_SIZE);

		err = wait_event_interruptible(&port.write_wq, tx_idle());
		if (err)
			break;
		memcpy(port.tx_data, kbuf + done, n);
		err = tx_send(n);
		if (!err)
			done += n;
	}
	if (!err)
		(void)wait_event_interruptible(&port.write_wq, tx_idle());
	mutex_unlock(&port.write_lock);
	return done ? (ssize_t)done : err;
}

/* Copy what was received. => bytes */
static size_t
rx_copy(char *kbuf, size_t len)
{
	u64 flags = spin_lock_irqsave(&port.lock);
	struct rx_buffer *buffer = list_first_entry_or_null(&port.filled, struct rx_buffer, link);
	bool notify = false;
	size_t n = 0;

	if (buffer) {
		n = MIN(len, (size_t)(buffer->len - buffer->at));
		memcpy(kbuf, buffer->data + buffer->at, n);
		buffer->at += n;
		if (buffer->at == buffer->len) {
			list_del(&buffer->link);
			notify = rx_offer_locked(buffer);
		}
	}
	spin_unlock_irqrestore(&port.lock, flags);
	if (notify)
		virtqueue_notify(&port.rx);
	return n;
}

ssize_t
virtio_console_read(char *kbuf, size_t len, bool nonblock)
{
	if (!port.vdev)
		return -ENODEV;
	if (len == 0)
		return 0;
	for (;;) {
		size_t n = rx_copy(kbuf, len);
		int err;

		if (n)
			return n;
		if (nonblock)
			return -EAGAIN;
		err = wait_event_interruptible(&port.read_wq, !list_empty(&port.filled));
		if (err)
			return err;
	}
}

static int
port_alloc(void)
{
	port.tx_data = page_alloc_kva(GFP_KERNEL);
	if (!port.tx_data)
		return -ENOMEM;
	for (unsigned i = 0; i < RX_BUFFERS; i++) {
		struct rx_buffer *buffer = kzalloc(sizeof(*buffer), GFP_KERNEL);

		if (!buffer)
			return -ENOMEM;
		list_init(&buffer->link);
		rx_offer_locked(buffer);
	}
	return 0;
}

/* A device that fails here keeps its memory: it is one page at boot. */
int
virtio_console_probe(struct virtio_device *vdev)
{
	int err;

	if (port.vdev)
		return -EBUSY;
	err = virtio_negotiate(vdev, BIT(VIRTIO_F_EVENT_IDX));
	if (!err)
		err = virtqueue_init(&port.rx, vdev, QUEUE_RX, QUEUE_SIZE);
	if (!err)
		err = virtqueue_init(&port.tx, vdev, QUEUE_TX, QUEUE_SIZE);
	if (!err)
		err = port_alloc();
	if (err)
		return err;
	port.vdev = vdev;
	virtqueue_arm(&port.rx);
	virtqueue_arm(&port.tx);
	virtio_start(vdev);
	virtqueue_notify(&port.rx);
	return irq_register(vdev->irq, vdev->name, port_interrupt, NULL);
}
