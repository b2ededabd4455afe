/* Virtqueues against a device played by the test: its registers are a page of plain memory. */
#include "dev/virtio.h"

#include "dev/virtio_mmio.h"
#include "ktest/ktest.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"

#define QUEUE_SIZE 8

struct fake {
	struct virtio_device vdev;
	struct virtqueue vq;
	u16 nr_done; /* the device's index in the used ring */
};

static u32 payload[QUEUE_SIZE];

static struct fake *
fake_new(u64 features)
{
	struct fake *fake = kzalloc(sizeof(*fake), GFP_KERNEL);

	fake->vdev.regs = page_alloc_kva(GFP_KERNEL | GFP_ZERO);
	fake->vdev.legacy = true;
	fake->vdev.features = features;
	*(u32 *)(fake->vdev.regs + VIRTIO_MMIO_QUEUE_NUM_MAX) = QUEUE_SIZE;
	KTEST_CHECK(virtqueue_init(&fake->vq, &fake->vdev, 0, 256) == 0);
	return fake;
}

static void
fake_free(struct fake *fake)
{
	virtqueue_destroy(&fake->vq);
	page_free_kva(fake->vdev.regs);
	kfree(fake);
}

/* The rings as the device sees them: flags, idx, entries. */
static u16
fake_avail(const struct fake *fake, u16 n)
{
	return ((u16 *)fake->vq.avail)[2 + n % QUEUE_SIZE];
}

static void
fake_set_used_idx(struct fake *fake, u16 idx)
{
	((u16 *)fake->vq.used)[1] = idx;
}

static void
fake_complete(struct fake *fake, u32 id, u32 len)
{
	u32 *entry = (u32 *)fake->vq.used + 1 + fake->nr_done % QUEUE_SIZE * 2;

	entry[0] = id;
	entry[1] = len;
	fake_set_used_idx(fake, ++fake->nr_done);
}

static int
add_chain(struct fake *fake, unsigned nr, void *token)
{
	struct virtio_buffer buffers[QUEUE_SIZE + 1] = {{.pa = 4096, .len = 16}};

	return virtqueue_add(&fake->vq, buffers, nr, token);
}

/* Requests come back in any order; the ring's indices go around more than once. */
KTEST(virtqueue_returns_tokens)
{
	struct fake *fake = fake_new(0);
	u16 seen = 0;
	u32 len = 0;

	for (u32 round = 0; round < 20000; round++) {
		KTEST_REQUIRE(add_chain(fake, 2, &payload[0]) == 0);
		KTEST_REQUIRE(add_chain(fake, 3, &payload[1]) == 0);
		KTEST_REQUIRE(add_chain(fake, 3, &payload[2]) == 0);
		KTEST_REQUIRE(add_chain(fake, 1, &payload[3]) == -ENOSPC);
		KTEST_REQUIRE(virtqueue_publish(&fake->vq) && !virtqueue_publish(&fake->vq));
		for (u16 n = 3; n-- > 0;)
			fake_complete(fake, fake_avail(fake, seen + n), n);
		seen += 3;
		for (u32 n = 3; n-- > 0;) {
			KTEST_REQUIRE(virtqueue_get(&fake->vq, &len) == &payload[n]);
			KTEST_REQUIRE(len == n);
		}
		KTEST_REQUIRE(!virtqueue_get(&fake->vq, &len) && !virtqueue_arm(&fake->vq));
	}
	KTEST_CHECK(fake->vq.nr_free == QUEUE_SIZE);
	fake_free(fake);
}

static void
check_broken(void (*misbehave)(struct fake *fake))
{
	struct fake *fake = fake_new(0);
	u32 len;

	KTEST_CHECK(add_chain(fake, 1, &payload[0]) == 0);
	KTEST_CHECK(add_chain(fake, 1, &payload[1]) == 0);
	virtqueue_publish(&fake->vq);
	misbehave(fake);
	while (virtqueue_get(&fake->vq, &len))
		;
	KTEST_CHECK(fake->vq.broken && !virtqueue_arm(&fake->vq));
	KTEST_CHECK(add_chain(fake, 1, &payload[2]) == -EIO);
	KTEST_CHECK(virtqueue_detach(&fake->vq) != NULL);
	while (virtqueue_detach(&fake->vq))
		;
	fake_free(fake);
}

static void
return_bad_id(struct fake *fake)
{
	fake_complete(fake, 0x12345678, 0);
}

static void
return_idle_id(struct fake *fake)
{
	fake_complete(fake, 5, 0);
}

static void
return_twice(struct fake *fake)
{
	fake_complete(fake, fake_avail(fake, 0), 0);
	fake_complete(fake, fake_avail(fake, 0), 0);
}

static void
return_too_many(struct fake *fake)
{
	fake_set_used_idx(fake, QUEUE_SIZE + 1);
}

KTEST(virtqueue_survives_nonsense)
{
	check_broken(return_bad_id);
	check_broken(return_idle_id);
	check_broken(return_twice);
	check_broken(return_too_many);
}

/* The device says at which index it wants to be told. */
KTEST(virtqueue_notifies_on_demand)
{
	struct fake *fake = fake_new(BIT(VIRTIO_F_EVENT_IDX));
	u16 *avail_event = (u16 *)fake->vq.used + 2 + QUEUE_SIZE * 4;
	u16 *used_event = (u16 *)fake->vq.avail + 2 + QUEUE_SIZE;

	add_chain(fake, 1, &payload[0]);
	KTEST_CHECK(virtqueue_publish(&fake->vq));
	*avail_event = 2;
	add_chain(fake, 1, &payload[1]);
	KTEST_CHECK(!virtqueue_publish(&fake->vq));
	add_chain(fake, 1, &payload[2]);
	KTEST_CHECK(virtqueue_publish(&fake->vq));
	fake_complete(fake, fake_avail(fake, 0), 0);
	KTEST_CHECK(virtqueue_arm(&fake->vq));
	KTEST_CHECK(virtqueue_get(&fake->vq, &(u32){0}) == &payload[0]);
	KTEST_CHECK(!virtqueue_arm(&fake->vq) && *used_event == 1);
	fake_free(fake);
}
