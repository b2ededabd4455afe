#pragma once

/*
 * virtio over MMIO: finding devices, feature negotiation, and split virtqueues.
 * Source: Virtual I/O Device (VIRTIO) specification 1.1: 2.6 "Split Virtqueues",
 * 3.1 "Device Initialization", 4.2 "Virtio Over MMIO" (4.2.4 for the legacy interface).
 */

#include "core/machine.h"
#include "lib/compiler.h"

/* Device ids. */
#define VIRTIO_ID_BLOCK	  2
#define VIRTIO_ID_CONSOLE 3

/* Feature bits of the transport. */
#define VIRTIO_F_INDIRECT_DESC 28
#define VIRTIO_F_EVENT_IDX     29
#define VIRTIO_F_VERSION_1     32

struct virtio_device {
	char *regs;
	u32 irq;
	u32 device_id;
	bool legacy;   /* version 1 */
	u64 features;  /* negotiated */
	char name[16]; /* "virtio3", for messages and /proc/interrupts */
};

/* One piece of memory that a request hands to the device. */
struct virtio_buffer {
	u64 pa;
	u32 len;
	bool device_writes;
};

struct virtq_desc; /* as the device sees them: dev/virtqueue.c */
struct virtq_avail;
struct virtq_used;

/*
 * A queue. The owner's lock covers every call. A request is a chain of descriptors, or one
 * descriptor that points to an indirect table in the caller's memory; `token` is what comes back
 * when the device is done with it.
 */
struct virtqueue {
	struct virtio_device *vdev;
	u32 index, size;
	bool event_idx;
	bool broken;   /* the device returned nonsense: nothing comes back any more */
	u16 free_head; /* list of free descriptors through desc.next */
	u16 nr_free;
	u16 avail_idx;	   /* next to fill */
	u16 last_used;	   /* next to look at */
	u16 published_idx; /* avail_idx as the device knows it */
	struct virtq_desc *desc;
	struct virtq_avail *avail;
	struct virtq_used *used;
	void **tokens; /* by head descriptor; NULL: not in flight */
	void *mem;
	unsigned mem_order;
};

/* Finds the devices and starts their drivers. Boot hart, once, after block_init and plic_init. */
void virtio_init(void);

/*
 * Reset, acknowledge, and accept those of `wanted` (1 << feature) that the device offers.
 * => 0; -ENODEV when the device refuses
 */
int virtio_negotiate(struct virtio_device *vdev, u64 wanted);

static inline bool
virtio_has(const struct virtio_device *vdev, unsigned feature)
{
	return vdev->features & BIT(feature);
}

/* After the queues were made: the device may work. Or: it may not, and must be left alone. */
void virtio_start(struct virtio_device *vdev);
/* The device forgets its queues: no memory access of its own after this. */
void virtio_reset(struct virtio_device *vdev);
void virtio_fail(struct virtio_device *vdev);
/* => the device says that it is lost until a reset */
bool virtio_needs_reset(struct virtio_device *vdev);

/* The device's configuration space; offsets of the device type. */
u32 virtio_config_read32(struct virtio_device *vdev, u32 offset);
u64 virtio_config_read64(struct virtio_device *vdev, u32 offset);

#define VIRTIO_INTERRUPT_USED	BIT(0)
#define VIRTIO_INTERRUPT_CONFIG BIT(1)

/* In the interrupt handler: what happened. */
u32 virtio_ack_interrupt(struct virtio_device *vdev);

/*
 * Queue `index` with up to max_size descriptors. May sleep for memory.
 * => -ENOENT when the device has no such queue, -ENOMEM
 */
int virtqueue_init(struct virtqueue *vq, struct virtio_device *vdev, u32 index, u32 max_size);
/* => the device was reset */
void virtqueue_destroy(struct virtqueue *vq);

/*
 * Make a request of nr buffers, the ones that the device writes last; not visible to it before
 * virtqueue_publish(). token is not NULL.
 * => -ENOSPC when there are not enough descriptors now, -EIO when the queue is broken
 */
int virtqueue_add(struct virtqueue *vq, const struct virtio_buffer *buffers, unsigned nr,
		  void *token);

/* The same with an indirect table of nr entries: takes one descriptor. nr * 16 bytes at table. */
struct virtio_indirect {
	void *table; /* in the direct map; the caller's until the request comes back */
	u64 table_pa;
};
int virtqueue_add_indirect(struct virtqueue *vq, const struct virtio_buffer *buffers, unsigned nr,
			   struct virtio_indirect indirect, void *token);
#define VIRTIO_DESC_BYTES 16

/*
 * Make what was added visible to the device. => true when it wants to be notified: call
 * virtqueue_notify(), which needs no lock and, the device working at once, may take long
 */
bool virtqueue_publish(struct virtqueue *vq);
void virtqueue_notify(struct virtqueue *vq);

/*
 * The next request that the device has finished. len: bytes it says it wrote. A queue that
 * returns nonsense becomes broken.
 * => its token, or NULL
 */
void *virtqueue_get(struct virtqueue *vq, u32 *len);

/* Ask for an interrupt at the next completion. => true when there are some already: look again */
bool virtqueue_arm(struct virtqueue *vq);

/* => tokens of all requests in flight, one at each call, as if they had come back; NULL at the
 * end. Only after virtio_reset(). */
void *virtqueue_detach(struct virtqueue *vq);
