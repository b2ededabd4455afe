#include "dev/virtio.h"

#include "core/clock.h"
#include "core/panic.h"
#include "core/printk.h"
#include "dev/virtio_blk.h"
#include "dev/virtio_console.h"
#include "dev/virtio_mmio.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "mem/slab.h"
#include "mem/vmalloc.h"
#include "riscv/io.h"

/* Device status bits: VIRTIO 1.1, 2.1. */
#define STATUS_ACKNOWLEDGE 1
#define STATUS_DRIVER	   2
#define STATUS_DRIVER_OK   4
#define STATUS_FEATURES_OK 8
#define STATUS_NEEDS_RESET 64
#define STATUS_FAILED	   128

static void
status_add(struct virtio_device *vdev, u32 bits)
{
	writel(readl(vdev->regs + VIRTIO_MMIO_STATUS) | bits, vdev->regs + VIRTIO_MMIO_STATUS);
}

void
virtio_reset(struct virtio_device *vdev)
{
	u64 deadline_ns = clock_now_ns() + NSEC_PER_SEC;

	writel(0, vdev->regs + VIRTIO_MMIO_STATUS);
	while (readl(vdev->regs + VIRTIO_MMIO_STATUS) != 0 && clock_now_ns() < deadline_ns)
		barrier();
}

void
virtio_start(struct virtio_device *vdev)
{
	status_add(vdev, STATUS_DRIVER_OK);
}

void
virtio_fail(struct virtio_device *vdev)
{
	status_add(vdev, STATUS_FAILED);
}

bool
virtio_needs_reset(struct virtio_device *vdev)
{
	return readl(vdev->regs + VIRTIO_MMIO_STATUS) & STATUS_NEEDS_RESET;
}

static u64
features_read(struct virtio_device *vdev)
{
	u64 features;

	writel(0, vdev->regs + VIRTIO_MMIO_DEVICE_FEATURES_SEL);
	features = readl(vdev->regs + VIRTIO_MMIO_DEVICE_FEATURES);
	if (vdev->legacy)
		return features;
	writel(1, vdev->regs + VIRTIO_MMIO_DEVICE_FEATURES_SEL);
	return features | (u64)readl(vdev->regs + VIRTIO_MMIO_DEVICE_FEATURES) << 32;
}

static void
features_write(struct virtio_device *vdev)
{
	writel(0, vdev->regs + VIRTIO_MMIO_DRIVER_FEATURES_SEL);
	writel((u32)vdev->features, vdev->regs + VIRTIO_MMIO_DRIVER_FEATURES);
	if (vdev->legacy)
		return;
	writel(1, vdev->regs + VIRTIO_MMIO_DRIVER_FEATURES_SEL);
	writel(vdev->features >> 32, vdev->regs + VIRTIO_MMIO_DRIVER_FEATURES);
}

int
virtio_negotiate(struct virtio_device *vdev, u64 wanted)
{
	virtio_reset(vdev);
	status_add(vdev, STATUS_ACKNOWLEDGE);
	status_add(vdev, STATUS_DRIVER);
	if (!vdev->legacy)
		wanted |= BIT(VIRTIO_F_VERSION_1);
	vdev->features = features_read(vdev) & wanted;
	if (!vdev->legacy && !virtio_has(vdev, VIRTIO_F_VERSION_1))
		return -ENODEV;
	features_write(vdev);
	if (vdev->legacy) {
		writel(PAGE_SIZE, vdev->regs + VIRTIO_MMIO_GUEST_PAGE_SIZE);
		return 0;
	}
	status_add(vdev, STATUS_FEATURES_OK);
	if (!(readl(vdev->regs + VIRTIO_MMIO_STATUS) & STATUS_FEATURES_OK))
		return -ENODEV;
	return 0;
}

u32
virtio_config_read32(struct virtio_device *vdev, u32 offset)
{
	return readl(vdev->regs + VIRTIO_MMIO_CONFIG + offset);
}

static u32
config_generation(struct virtio_device *vdev)
{
	return vdev->legacy ? 0 : readl(vdev->regs + VIRTIO_MMIO_CONFIG_GENERATION);
}

u64
virtio_config_read64(struct virtio_device *vdev, u32 offset)
{
	u32 generation;
	u64 value;

	do {
		generation = config_generation(vdev);
		value = virtio_config_read32(vdev, offset);
		value |= (u64)virtio_config_read32(vdev, offset + 4) << 32;
	} while (generation != config_generation(vdev));
	return value;
}

u32
virtio_ack_interrupt(struct virtio_device *vdev)
{
	u32 bits = readl(vdev->regs + VIRTIO_MMIO_INTERRUPT_STATUS);

	writel(bits, vdev->regs + VIRTIO_MMIO_INTERRUPT_ACK);
	return bits;
}

static int
device_start(struct virtio_device *vdev)
{
	switch (vdev->device_id) {
	case VIRTIO_ID_BLOCK:
		return virtio_blk_probe(vdev);
	case VIRTIO_ID_CONSOLE:
		return virtio_console_probe(vdev);
	default:
		pr_info("%s: no driver for device type %u", vdev->name, vdev->device_id);
		return 0;
	}
}

/* Fill vdev in from its registers. => false: there is nothing in this slot */
static bool
device_identify(struct virtio_device *vdev)
{
	u32 version;

	if (readl(vdev->regs + VIRTIO_MMIO_MAGIC) != VIRTIO_MMIO_MAGIC_VALUE)
		return false;
	vdev->device_id = readl(vdev->regs + VIRTIO_MMIO_DEVICE_ID);
	if (vdev->device_id == 0)
		return false;
	version = readl(vdev->regs + VIRTIO_MMIO_VERSION);
	if (version != 1 && version != 2) {
		pr_warn("%s: unknown transport version %u", vdev->name, version);
		return false;
	}
	vdev->legacy = version == 1;
	return true;
}

static void
slot_probe(u32 slot)
{
	struct virtio_device *vdev = kzalloc(sizeof(*vdev), GFP_KERNEL);
	int err;

	assert(vdev);
	snprintf(vdev->name, sizeof(vdev->name), "virtio%u", slot);
	vdev->irq = machine.virtio[slot].irq;
	vdev->regs = ioremap(machine.virtio[slot].pa, machine.virtio[slot].size);
	assert(vdev->regs);
	if (!device_identify(vdev)) {
		iounmap(vdev->regs);
		kfree(vdev);
		return;
	}
	if (vdev->irq == 0)
		pr_err("%s: no interrupt controller that is driven has its interrupt", vdev->name);
	err = device_start(vdev);
	if (err) {
		virtio_fail(vdev);
		pr_err("%s: device type %u does not start: error %d", vdev->name, vdev->device_id,
		       err);
	}
}

void INIT
virtio_init(void)
{
	for (u32 slot = 0; slot < machine.nr_virtio; slot++)
		slot_probe(slot);
}
