#include "dev/ramdisk.h"

#include "core/machine.h"
#include "core/panic.h"
#include "core/printk.h"
#include "lib/err.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/kmap.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"
#include "mem/vmalloc.h"

struct ramdisk {
	struct block_device bdev;
	struct page *first;  /* the initrd: pages in a row */
	struct page **pages; /* otherwise: page by page */
	u64 nr_pages;
};

static u32 nr_created;

static struct page *
ramdisk_page(const struct ramdisk *disk, u64 index)
{
	return disk->pages ? disk->pages[index] : disk->first + index;
}

/* Between two pages, whether or not they have kernel addresses. */
static void
copy_part(struct page *dst, u32 dst_offset, struct page *src, u32 src_offset, u32 len)
{
	char *to = kmap_local_page(dst);
	char *from = kmap_local_page(src);

	memcpy(to + dst_offset, from + src_offset, len);
	kunmap_local(from);
	kunmap_local(to);
}

/* Move one segment that begins at byte `pos` of the disk; it may lie across two disk pages. */
static void
move_segment(struct ramdisk *disk, enum bio_op op, const struct bio_seg *seg, u64 pos)
{
	u32 moved = 0;

	while (moved < seg->len) {
		struct page *page = ramdisk_page(disk, (pos + moved) >> PAGE_SHIFT);
		u32 at = (pos + moved) & (PAGE_SIZE - 1);
		u32 len = MIN(seg->len - moved, PAGE_SIZE - at);

		if (op == BIO_READ)
			copy_part(seg->page, seg->offset + moved, page, at, len);
		else
			copy_part(page, at, seg->page, seg->offset + moved, len);
		moved += len;
	}
}

static int
ramdisk_submit(struct block_device *bdev, struct bio *bio)
{
	struct ramdisk *disk = bdev->driver;
	u64 pos = bio->sector * SECTOR_SIZE;

	for (unsigned i = 0; i < bio->nr_segs; i++) {
		move_segment(disk, bio->op, &bio->segs[i], pos);
		pos += bio->segs[i].len;
	}
	bio_end(bio, 0);
	return 0;
}

static const struct block_device_ops ramdisk_ops = {.submit = ramdisk_submit};

static int
ramdisk_register(struct ramdisk *disk, u64 bytes)
{
	u32 n = __atomic_fetch_add(&nr_created, 1, __ATOMIC_RELAXED);

	snprintf(disk->bdev.name, sizeof(disk->bdev.name), "ram%u", n);
	disk->bdev.nr_sectors = bytes / SECTOR_SIZE;
	disk->bdev.ops = &ramdisk_ops;
	disk->bdev.driver = disk;
	disk->bdev.dev = BLOCK_DEV(BLOCK_MAJOR_RAM, n);
	return block_register(&disk->bdev);
}

void INIT
ramdisk_init(void)
{
	struct ramdisk *disk;

	if (machine.initrd_size == 0)
		return;
	if (!IS_ALIGNED(machine.initrd_pa, PAGE_SIZE)) {
		pr_err("initrd at 0x%lx is not page-aligned: ignored", machine.initrd_pa);
		return;
	}
	disk = kzalloc(sizeof(*disk), GFP_KERNEL);
	assert(disk);
	disk->first = pa_to_page(machine.initrd_pa);
	disk->nr_pages = DIV_ROUND_UP(machine.initrd_size, PAGE_SIZE);
	if (ramdisk_register(disk, machine.initrd_size))
		kfree(disk);
}

static void
ramdisk_free(struct ramdisk *disk)
{
	for (u64 i = 0; i < disk->nr_pages; i++) {
		if (disk->pages[i])
			page_put(disk->pages[i]);
	}
	vfree(disk->pages);
	kfree(disk);
}

static int
ramdisk_alloc_pages(struct ramdisk *disk)
{
	disk->pages = vmalloc(disk->nr_pages * sizeof(*disk->pages), GFP_KERNEL | GFP_ZERO);
	if (!disk->pages)
		return -ENOMEM;
	for (u64 i = 0; i < disk->nr_pages; i++) {
		disk->pages[i] = page_alloc(GFP_HIGHUSER | GFP_ZERO | GFP_NOWARN);
		if (!disk->pages[i])
			return -ENOMEM;
	}
	return 0;
}

struct block_device *
ramdisk_create(u64 bytes)
{
	struct ramdisk *disk = kzalloc(sizeof(*disk), GFP_KERNEL);
	int err;

	if (!disk)
		return NULL;
	disk->nr_pages = DIV_ROUND_UP(bytes, PAGE_SIZE);
	err = ramdisk_alloc_pages(disk);
	if (!err)
		err = ramdisk_register(disk, disk->nr_pages * PAGE_SIZE);
	if (!err)
		return &disk->bdev;
	if (!disk->pages)
		disk->nr_pages = 0;
	ramdisk_free(disk);
	return err == -ENOMEM ? NULL : ERR_PTR(err);
}

void
ramdisk_destroy(struct block_device *bdev)
{
	block_unregister(bdev);
	ramdisk_free(bdev->driver);
}
