/*
 * Split virtqueues (VIRTIO 1.1, 2.6): three arrays that driver and device share.
 *
 *	desc[]    pieces of memory, chained by `next`      the driver writes
 *	avail     ring of heads of chains to work on       the driver writes
 *	used      ring of heads that are done              the device writes
 *
 * Indices of the rings count for ever, modulo 2^16; the slot is the index modulo the size, a
 * power of two. The driver's own counters and the tokens are in memory that the device is not
 * told about; what it writes into `used` is checked before it is believed: an index that went
 * too far, an id out of range or not in flight makes the queue `broken`, and the owner resets
 * the device.
 *
 * Notifications, in either direction, are suppressed by flags or, with EVENT_IDX, by "tell me
 * when you pass this index". Both sides write their index, then read the other's wish; the full
 * fence between is what keeps a notification from getting lost. QEMU before 8.1 leaves fences out when one
 * thread emulates all harts (one hart, or -icount), though its devices are other threads, so that an
 * interrupt can get lost. A device register is read with a lock of QEMU's, which is a fence.
 *
 * Memory: one block, laid out as version 1 demands (desc, avail, then used on the next page).
 */
#include "dev/virtio.h"

#include "core/panic.h"
#include "dev/virtio_mmio.h"
#include "lib/bitops.h"
#include "lib/errno.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"
#include "riscv/io.h"

#define DESC_NEXT     1
#define DESC_WRITE    2
#define DESC_INDIRECT 4

#define USED_NO_NOTIFY 1

struct virtq_desc {
	u64 pa;
	u32 len;
	u16 flags;
	u16 next;
};
STATIC_ASSERT(sizeof(struct virtq_desc) == VIRTIO_DESC_BYTES);

struct virtq_avail {
	u16 flags;
	u16 idx;
	u16 ring[]; /* `size` entries, then used_event */
};

struct virtq_used_entry {
	u32 id;
	u32 len;
};

struct virtq_used {
	u16 flags;
	u16 idx;
	struct virtq_used_entry ring[]; /* `size` entries, then avail_event */
};

static u64
used_offset(u32 size)
{
	u64 end_of_avail = sizeof(struct virtq_desc) * size + sizeof(u16) * (3 + size);

	return ALIGN_UP(end_of_avail, PAGE_SIZE);
}

static u64
queue_bytes(u32 size)
{
	return used_offset(size) + sizeof(u16) * 3 + sizeof(struct virtq_used_entry) * size;
}

static u16 *
used_event(struct virtqueue *vq)
{
	return &vq->avail->ring[vq->size];
}

static u16 *
avail_event(struct virtqueue *vq)
{
	return (u16 *)&vq->used->ring[vq->size];
}

static void
write_pa(struct virtio_device *vdev, u32 reg, u64 pa)
{
	writel((u32)pa, vdev->regs + reg);
	writel(pa >> 32, vdev->regs + reg + 4);
}

/* Tell the device where the queue is. The queue is selected. */
static void
queue_attach(struct virtqueue *vq)
{
	struct virtio_device *vdev = vq->vdev;

	writel(vq->size, vdev->regs + VIRTIO_MMIO_QUEUE_NUM);
	if (vdev->legacy) {
		writel(PAGE_SIZE, vdev->regs + VIRTIO_MMIO_QUEUE_ALIGN);
		writel(kva_to_pa(vq->mem) >> PAGE_SHIFT, vdev->regs + VIRTIO_MMIO_QUEUE_PFN);
		return;
	}
	write_pa(vdev, VIRTIO_MMIO_QUEUE_DESC, kva_to_pa(vq->desc));
	write_pa(vdev, VIRTIO_MMIO_QUEUE_AVAIL, kva_to_pa(vq->avail));
	write_pa(vdev, VIRTIO_MMIO_QUEUE_USED, kva_to_pa(vq->used));
	writel(1, vdev->regs + VIRTIO_MMIO_QUEUE_READY);
}

static int
queue_alloc(struct virtqueue *vq)
{
	vq->mem_order = order_base_2(DIV_ROUND_UP(queue_bytes(vq->size), PAGE_SIZE));
	vq->mem = pages_alloc_kva(GFP_KERNEL | GFP_ZERO, vq->mem_order);
	vq->tokens = kzalloc(vq->size * sizeof(*vq->tokens), GFP_KERNEL);
	if (!vq->mem || !vq->tokens) {
		virtqueue_destroy(vq);
		return -ENOMEM;
	}
	vq->desc = vq->mem;
	vq->avail = (struct virtq_avail *)(vq->desc + vq->size);
	vq->used = (struct virtq_used *)((char *)vq->mem + used_offset(vq->size));
	for (u32 i = 0; i < vq->size; i++)
		vq->desc[i].next = i + 1;
	vq->nr_free = vq->size;
	return 0;
}

int
virtqueue_init(struct virtqueue *vq, struct virtio_device *vdev, u32 index, u32 max_size)
{
	u32 size;
	int err;

	writel(index, vdev->regs + VIRTIO_MMIO_QUEUE_SEL);
	size = MIN(readl(vdev->regs + VIRTIO_MMIO_QUEUE_NUM_MAX), max_size);
	if (size == 0)
		return -ENOENT;
	*vq = (struct virtqueue){
		.vdev = vdev,
		.index = index,
		.size = 1U << ilog2(size),
		.event_idx = virtio_has(vdev, VIRTIO_F_EVENT_IDX),
	};
	err = queue_alloc(vq);
	if (!err)
		queue_attach(vq);
	return err;
}

void
virtqueue_destroy(struct virtqueue *vq)
{
	if (vq->mem)
		pages_free_kva(vq->mem, vq->mem_order);
	kfree(vq->tokens);
	vq->mem = NULL;
	vq->tokens = NULL;
}

/* Put the chain that begins at head into the avail ring. */
static void
queue_offer(struct virtqueue *vq, u16 head, void *token)
{
	vq->tokens[head] = token;
	vq->avail->ring[vq->avail_idx & (vq->size - 1)] = head;
	vq->avail_idx++;
}

int
virtqueue_add(struct virtqueue *vq, const struct virtio_buffer *buffers, unsigned nr, void *token)
{
	u16 head = vq->free_head, i = head;

	if (vq->broken)
		return -EIO;
	if (nr > vq->nr_free)
		return -ENOSPC;
	for (unsigned n = 0; n < nr; n++) {
		struct virtq_desc *desc = &vq->desc[i];

		desc->pa = buffers[n].pa;
		desc->len = buffers[n].len;
		desc->flags =
			(buffers[n].device_writes ? DESC_WRITE : 0) | (n + 1 < nr ? DESC_NEXT : 0);
		i = desc->next;
	}
	vq->free_head = i;
	vq->nr_free -= nr;
	queue_offer(vq, head, token);
	return 0;
}

int
virtqueue_add_indirect(struct virtqueue *vq, const struct virtio_buffer *buffers, unsigned nr,
		       struct virtio_indirect indirect, void *token)
{
	struct virtq_desc *table = indirect.table;
	u16 head = vq->free_head;

	if (vq->broken)
		return -EIO;
	if (vq->nr_free == 0)
		return -ENOSPC;
	for (unsigned n = 0; n < nr; n++) {
		table[n].pa = buffers[n].pa;
		table[n].len = buffers[n].len;
		table[n].flags =
			(buffers[n].device_writes ? DESC_WRITE : 0) | (n + 1 < nr ? DESC_NEXT : 0);
		table[n].next = n + 1;
	}
	vq->free_head = vq->desc[head].next;
	vq->nr_free--;
	vq->desc[head].pa = indirect.table_pa;
	vq->desc[head].len = nr * sizeof(*table);
	vq->desc[head].flags = DESC_INDIRECT;
	queue_offer(vq, head, token);
	return 0;
}

bool
virtqueue_publish(struct virtqueue *vq)
{
	u16 before = vq->published_idx, now = vq->avail_idx;

	if (before == now)
		return false;
	dma_wmb();
	WRITE_ONCE(vq->avail->idx, now);
	vq->published_idx = now;
	dma_mb();
	if (!vq->event_idx)
		return !(READ_ONCE(vq->used->flags) & USED_NO_NOTIFY);
	/* Did the index pass the one that the device waits for? */
	return (u16)(now - READ_ONCE(*avail_event(vq)) - 1) < (u16)(now - before);
}

void
virtqueue_notify(struct virtqueue *vq)
{
	writel(vq->index, vq->vdev->regs + VIRTIO_MMIO_QUEUE_NOTIFY);
}

/* Give the descriptors of a chain back. */
static void
chain_free(struct virtqueue *vq, u16 head)
{
	u16 last = head, nr = 1;

	while (vq->desc[last].flags & DESC_NEXT) {
		last = vq->desc[last].next;
		nr++;
	}
	vq->desc[last].next = vq->free_head;
	vq->free_head = head;
	vq->nr_free += nr;
}

void *
virtqueue_get(struct virtqueue *vq, u32 *len)
{
	u16 nr_done = READ_ONCE(vq->used->idx) - vq->last_used;
	struct virtq_used_entry *entry = &vq->used->ring[vq->last_used & (vq->size - 1)];
	void *token;
	u32 id;

	if (nr_done == 0 || vq->broken)
		return NULL;
	dma_rmb();
	id = READ_ONCE(entry->id);
	if (nr_done > vq->size || id >= vq->size || !vq->tokens[id]) {
		vq->broken = true;
		return NULL;
	}
	*len = READ_ONCE(entry->len);
	token = vq->tokens[id];
	vq->tokens[id] = NULL;
	chain_free(vq, id);
	vq->last_used++;
	return token;
}

bool
virtqueue_arm(struct virtqueue *vq)
{
	if (vq->event_idx) {
		WRITE_ONCE(*used_event(vq), vq->last_used);
		dma_mb();
		readl(vq->vdev->regs + VIRTIO_MMIO_INTERRUPT_STATUS);
	}
	return !vq->broken && READ_ONCE(vq->used->idx) != vq->last_used;
}

void *
virtqueue_detach(struct virtqueue *vq)
{
	vq->broken = true;
	for (u32 id = 0; id < vq->size; id++) {
		void *token = vq->tokens[id];

		if (token) {
			vq->tokens[id] = NULL;
			return token;
		}
	}
	return NULL;
}
