/*
 * The device tree reader: on a small tree built here, on the one that QEMU makes (where there is a
 * QEMU), and on damaged copies of both. Blobs lie directly before a page that faults.
 */
#include "hosttest.h"
#include "lib/compiler.h"
#include "lib/errno.h"
#include "lib/fdt.h"
#include "lib/fdt_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_BYTES  40
#define RESERVE_BYTES 48

struct builder {
	u8 body[4096];
	size_t bytes;
	char strings[512];
	size_t strings_bytes;
};

static void
put_be32(u8 *p, u32 value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (u8)(value >> (24 - 8 * i));
}

static void
put_be64(u8 *p, u64 value)
{
	put_be32(p, value >> 32);
	put_be32(p + 4, (u32)value);
}

static void
add_cell(struct builder *b, u32 value)
{
	put_be32(b->body + b->bytes, value);
	b->bytes += 4;
}

static void
add_padded(struct builder *b, const void *data, size_t bytes)
{
	memcpy(b->body + b->bytes, data, bytes);
	b->bytes = ALIGN_UP(b->bytes + bytes, 4);
}

static void
begin(struct builder *b, const char *name)
{
	add_cell(b, 1);
	add_padded(b, name, strlen(name) + 1);
}

static void
end(struct builder *b)
{
	add_cell(b, 2);
}

static void
prop(struct builder *b, const char *name, const void *data, size_t bytes)
{
	add_cell(b, 3);
	add_cell(b, (u32)bytes);
	add_cell(b, (u32)b->strings_bytes);
	add_padded(b, data, bytes);
	strcpy(b->strings + b->strings_bytes, name);
	b->strings_bytes += strlen(name) + 1;
}

static void
prop_string(struct builder *b, const char *name, const char *value)
{
	prop(b, name, value, strlen(value) + 1);
}

/* Up to 8 cells. */
static void
prop_cells(struct builder *b, const char *name, size_t nr, const u32 *cells)
{
	u8 data[32];

	for (size_t i = 0; i < nr; i++)
		put_be32(data + 4 * i, cells[i]);
	prop(b, name, data, 4 * nr);
}

#define PROP_CELLS(b, name, ...) \
	prop_cells(b, name, sizeof((u32[]){__VA_ARGS__}) / sizeof(u32), (u32[]){__VA_ARGS__})

/* Puts the blob together before a guard page. */
static u8 *
finish(struct builder *b, size_t *bytes)
{
	add_cell(b, 9);

	size_t off_struct = HEADER_BYTES + RESERVE_BYTES;
	size_t off_strings = off_struct + b->bytes;

	*bytes = off_strings + b->strings_bytes;

	u8 *blob = guarded_alloc(*bytes, true);
	const u32 header[] = {
		0xd00dfeed, (u32)*bytes, (u32)off_struct,	(u32)off_strings, HEADER_BYTES, 17,
		16,	    3,		 (u32)b->strings_bytes, (u32)b->bytes};

	for (size_t i = 0; i < ARRAY_SIZE(header); i++)
		put_be32(blob + 4 * i, header[i]);
	put_be64(blob + HEADER_BYTES, 0x80000000);
	put_be64(blob + HEADER_BYTES + 8, 0x20000);
	put_be64(blob + HEADER_BYTES + 16, 0x123456789a);
	put_be64(blob + HEADER_BYTES + 24, 0x1000);
	memcpy(blob + off_struct, b->body, b->bytes);
	memcpy(blob + off_strings, b->strings, b->strings_bytes);
	return blob;
}

static u8 *
small_tree(size_t *bytes)
{
	static struct builder b;

	memset(&b, 0, sizeof(b));
	add_cell(&b, 4); /* padding may stand anywhere */
	begin(&b, "");
	PROP_CELLS(&b, "#address-cells", 2);
	PROP_CELLS(&b, "#size-cells", 2);
	prop(&b, "compatible", "our,board\0generic", 18);
	PROP_CELLS(&b, "interrupt-parent", 9);
	begin(&b, "memory@80000000");
	prop_string(&b, "device_type", "memory");
	PROP_CELLS(&b, "reg", 0, 0x80000000, 0, 0x8000000, 1, 0, 0, 0x1000);
	end(&b);
	add_cell(&b, 4);
	add_cell(&b, 4);
	begin(&b, "cpus");
	PROP_CELLS(&b, "#address-cells", 1);
	PROP_CELLS(&b, "#size-cells", 0);
	begin(&b, "cpu@0");
	PROP_CELLS(&b, "reg", 0);
	prop_string(&b, "status", "okay");
	begin(&b, "interrupt-controller");
	PROP_CELLS(&b, "#interrupt-cells", 1);
	PROP_CELLS(&b, "phandle", 2);
	end(&b);
	end(&b);
	begin(&b, "cpu@1");
	PROP_CELLS(&b, "reg", 1);
	prop_string(&b, "status", "disabled");
	end(&b);
	end(&b);
	begin(&b, "soc");
	prop(&b, "ranges", "", 0);
	begin(&b, "plic@c000000");
	PROP_CELLS(&b, "#interrupt-cells", 2);
	PROP_CELLS(&b, "phandle", 9);
	PROP_CELLS(&b, "interrupts-extended", 2, 11, 9, 5, 6, 2, 12);
	PROP_CELLS(&b, "reg", 0, 0xc000000, 0x600000);
	end(&b);
	begin(&b, "serial@10000000");
	PROP_CELLS(&b, "interrupts", 10, 4, 11, 4);
	PROP_CELLS(&b, "big", 0x12345678, 0x9abcdef0);
	prop(&b, "bad-string", "abc", 3);
	end(&b);
	end(&b);
	end(&b);
	return finish(&b, bytes);
}

HOSTTEST(fdt_nodes)
{
	size_t bytes;
	u8 *blob = small_tree(&bytes);
	struct fdt fdt;

	CHECK_EQ(fdt_open(&fdt, blob, bytes), 0);
	CHECK_EQ(fdt.boot_hart, 3);
	CHECK_EQ(fdt_walk_all(&fdt), 9);

	fdt_node_t root = fdt_root(&fdt), memory = fdt_find_path(&fdt, "/memory");
	fdt_node_t cpus = fdt_find_path(&fdt, "/cpus"), cpu1 = fdt_find_path(&fdt, "cpus/cpu@1/");

	CHECK(root > 0 && fdt_find_path(&fdt, "/") == root);
	CHECK_STR(fdt_name(&fdt, root), "");
	CHECK_EQ(fdt_parent(&fdt, root), -ENOENT);
	CHECK_EQ(fdt_next_sibling(&fdt, root), -ENOENT);
	CHECK(memory == fdt_first_child(&fdt, root));
	CHECK(memory == fdt_find_path(&fdt, "/memory@80000000"));
	CHECK_STR(fdt_name(&fdt, memory), "memory@80000000");
	CHECK_EQ(fdt_first_child(&fdt, memory), -ENOENT);
	CHECK(fdt_next_sibling(&fdt, memory) == cpus && fdt_parent(&fdt, cpus) == root);
	CHECK(fdt_next_sibling(&fdt, fdt_first_child(&fdt, cpus)) == cpu1);
	CHECK_EQ(fdt_next_sibling(&fdt, cpu1), -ENOENT);
	CHECK_STR(fdt_name(&fdt, fdt_next_node(&fdt, cpu1)), "soc");
	CHECK_EQ(fdt_find_path(&fdt, "/memor"), -ENOENT);
	CHECK_EQ(fdt_find_path(&fdt, "/memory@8"), -ENOENT);
	CHECK_EQ(fdt_find_path(&fdt, "/cpus/cpu@1/none"), -ENOENT);
	CHECK(fdt_find_type(&fdt, -1, "memory") == memory);
	CHECK_EQ(fdt_find_type(&fdt, memory, "memory"), -ENOENT);
	CHECK(fdt_find_compatible(&fdt, -1, "generic") == root);
	CHECK_EQ(fdt_find_compatible(&fdt, root, "generic"), -ENOENT);
	CHECK_STR(fdt_name(&fdt, fdt_find_phandle(&fdt, 9)), "plic@c000000");
	CHECK_EQ(fdt_find_phandle(&fdt, 8), -ENOENT);
	CHECK(fdt_is_enabled(&fdt, memory) && !fdt_is_enabled(&fdt, cpu1));
	/* What is no node is refused, not followed. */
	CHECK(fdt_first_child(&fdt, memory + 4) < 0 && fdt_first_child(&fdt, memory + 1) < 0);
	CHECK(fdt_first_child(&fdt, -5) < 0 && fdt_first_child(&fdt, INT32_MAX) < 0);
	CHECK_STR(fdt_name(&fdt, -ENOENT), "");
}

HOSTTEST(fdt_properties)
{
	size_t bytes;
	u8 *blob = small_tree(&bytes);
	struct fdt fdt;
	struct fdt_prop p;
	struct fdt_range range;
	u32 cell;
	u64 number;

	CHECK_EQ(fdt_open(&fdt, blob, bytes), 0);

	fdt_node_t root = fdt_root(&fdt), memory = fdt_find_path(&fdt, "/memory");
	fdt_node_t serial = fdt_find_path(&fdt, "/soc/serial@10000000");

	CHECK_EQ(fdt_prop(&fdt, root, "compatible", &p), 0);
	CHECK_STR(fdt_prop_string(&p, 0), "our,board");
	CHECK_STR(fdt_prop_string(&p, 1), "generic");
	CHECK(!fdt_prop_string(&p, 2) && !fdt_prop_string(&p, UINT32_MAX));
	CHECK_EQ(fdt_prop(&fdt, root, "compat", &p), -ENOENT);
	/* The property of a child is not the parent's. */
	CHECK_EQ(fdt_prop(&fdt, root, "device_type", &p), -ENOENT);
	CHECK_EQ(fdt_prop_at(&fdt, memory, 1, &p), 0);
	CHECK_STR(p.name, "reg");
	CHECK_EQ(fdt_prop_at(&fdt, memory, 2, &p), -ENOENT);
	CHECK_EQ(fdt_get_u32(&fdt, root, "#size-cells", &cell), 0);
	CHECK_EQ(cell, 2);
	CHECK_EQ(fdt_get_u64(&fdt, root, "#size-cells", &number), 0);
	CHECK_EQ(number, 2);
	CHECK_EQ(fdt_get_u64(&fdt, serial, "big", &number), 0);
	CHECK_EQ(number, 0x123456789abcdef0);
	CHECK_EQ(fdt_get_u32(&fdt, fdt_find_path(&fdt, "/soc"), "ranges", &cell), -EINVAL);
	CHECK_EQ(fdt_get_u64(&fdt, memory, "reg", &number), -EINVAL);
	CHECK(!fdt_get_string(&fdt, serial, "bad-string") && !fdt_get_string(&fdt, serial, "x"));

	CHECK_EQ(fdt_reg(&fdt, memory, 0, &range), 0);
	CHECK(range.addr == 0x80000000 && range.bytes == 0x8000000);
	CHECK_EQ(fdt_reg(&fdt, memory, 1, &range), 0);
	CHECK(range.addr == 0x100000000 && range.bytes == 0x1000);
	CHECK_EQ(fdt_reg(&fdt, memory, 2, &range), -ENOENT);
	CHECK_EQ(fdt_reg(&fdt, fdt_find_path(&fdt, "/cpus/cpu@1"), 0, &range), 0);
	CHECK(range.addr == 1 && range.bytes == 0);
	CHECK_EQ(fdt_reg(&fdt, fdt_find_path(&fdt, "/soc/plic"), 0, &range), 0);
	CHECK(range.addr == 0xc000000 && range.bytes == 0x600000);
	CHECK_EQ(fdt_reg(&fdt, serial, 0, &range), -ENOENT);

	CHECK_EQ(fdt.nr_reserved, 2);
	CHECK_EQ(fdt_reserved(&fdt, 1, &range), 0);
	CHECK(range.addr == 0x123456789a && range.bytes == 0x1000);
	CHECK_EQ(fdt_reserved(&fdt, 2, &range), -ENOENT);
}

HOSTTEST(fdt_interrupts)
{
	size_t bytes;
	u8 *blob = small_tree(&bytes);
	struct fdt fdt;
	struct fdt_interrupt irq;

	CHECK_EQ(fdt_open(&fdt, blob, bytes), 0);

	fdt_node_t plic = fdt_find_path(&fdt, "/soc/plic");
	fdt_node_t serial = fdt_find_path(&fdt, "/soc/serial");

	CHECK_EQ(fdt_interrupt(&fdt, plic, 0, &irq), 0);
	CHECK(irq.phandle == 2 && irq.number == 11);
	CHECK_EQ(fdt_interrupt(&fdt, plic, 1, &irq), 0);
	CHECK(irq.phandle == 9 && irq.number == 5);
	CHECK_EQ(fdt_interrupt(&fdt, plic, 2, &irq), 0);
	CHECK(irq.phandle == 2 && irq.number == 12);
	CHECK_EQ(fdt_interrupt(&fdt, plic, 3, &irq), -ENOENT);
	/* By the interrupt-parent of the root, with two cells each. */
	CHECK_EQ(fdt_interrupt(&fdt, serial, 1, &irq), 0);
	CHECK(irq.phandle == 9 && irq.number == 11);
	CHECK_EQ(fdt_interrupt(&fdt, serial, 2, &irq), -ENOENT);
	CHECK_EQ(fdt_interrupt(&fdt, fdt_root(&fdt), 0, &irq), -ENOENT);
}

HOSTTEST(fdt_refuses_bad_structure)
{
	static struct builder b;
	size_t bytes;
	struct fdt fdt;
	u8 *blob;

	/* Two roots, a property before the root or behind it, unclosed and overclosed nodes. */
	for (int kind = 0; kind < 7; kind++) {
		memset(&b, 0, sizeof(b));
		if (kind == 1)
			PROP_CELLS(&b, "x", 1);
		begin(&b, "");
		if (kind != 2)
			end(&b);
		if (kind == 3)
			end(&b);
		if (kind == 4)
			PROP_CELLS(&b, "x", 1);
		if (kind == 5)
			begin(&b, "");
		if (kind == 5)
			end(&b);
		if (kind == 6)
			add_cell(&b, 7);
		blob = finish(&b, &bytes);
		CHECK_EQ(fdt_open(&fdt, blob, bytes), kind == 0 ? 0 : -EINVAL);
	}
	/* Deep, and too deep. */
	for (int depth = FDT_MAX_DEPTH - 1; depth <= FDT_MAX_DEPTH + 1; depth++) {
		memset(&b, 0, sizeof(b));
		for (int i = 0; i < depth; i++)
			begin(&b, "n");
		for (int i = 0; i < depth; i++)
			end(&b);
		blob = finish(&b, &bytes);
		CHECK_EQ(fdt_open(&fdt, blob, bytes), depth <= FDT_MAX_DEPTH ? 0 : -EINVAL);
		if (depth <= FDT_MAX_DEPTH)
			CHECK_EQ(fdt_walk_all(&fdt), depth);
	}
}

HOSTTEST(fdt_refuses_bad_header)
{
	size_t bytes;
	u8 *blob = small_tree(&bytes);
	struct fdt fdt;

	for (size_t max = 0; max < bytes; max++)
		CHECK_EQ(fdt_open(&fdt, blob, max), -EINVAL);
	for (size_t field = 0; field < HEADER_BYTES; field += 4) {
		static const u32 bad[] = {0,	      1,	  2,	      39,
					  0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff};

		for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
			u8 saved[4];

			memcpy(saved, blob + field, 4);
			put_be32(blob + field, bad[i]);
			if (fdt_open(&fdt, blob, bytes) == 0)
				fdt_walk_all(&fdt);
			memcpy(blob + field, saved, 4);
		}
	}
	CHECK_EQ(fdt_open(&fdt, blob, bytes), 0);
}

/* Each cell of the structure block in turn becomes each of many evil values. */
HOSTTEST(fdt_survives_evil_cells)
{
	size_t bytes;
	u8 *blob = small_tree(&bytes);
	struct fdt fdt;

	CHECK_EQ(fdt_open(&fdt, blob, bytes), 0);

	u32 first = fdt.struct_off, last = first + fdt.struct_bytes;

	for (u32 off = first; off < last; off += 4) {
		u8 saved[4];

		memcpy(saved, blob + off, 4);
		for (u32 evil = -200; evil != 200; evil++) {
			put_be32(blob + off, evil);
			if (fdt_open(&fdt, blob, bytes) == 0)
				fdt_walk_all(&fdt);
		}
		memcpy(blob + off, saved, 4);
	}
}

HOSTTEST(fdt_odd_cells)
{
	static struct builder b;
	struct fdt_range range;
	struct fdt_interrupt irq;
	struct fdt fdt;
	size_t bytes;

	begin(&b, "");
	PROP_CELLS(&b, "#address-cells", 3);
	begin(&b, "pic");
	PROP_CELLS(&b, "#interrupt-cells", 2);
	PROP_CELLS(&b, "phandle", 1);
	PROP_CELLS(&b, "reg", 0, 0, 0, 1);
	PROP_CELLS(&b, "interrupts-extended", 1, 7, 8, 1, 9);
	end(&b);
	begin(&b, "device");
	PROP_CELLS(&b, "interrupts-extended", 5, 7, 8);
	end(&b);
	begin(&b, "orphan");
	PROP_CELLS(&b, "interrupts", 7);
	end(&b);
	end(&b);

	u8 *blob = finish(&b, &bytes);

	CHECK_EQ(fdt_open(&fdt, blob, bytes), 0);

	fdt_node_t pic = fdt_find_path(&fdt, "/pic");

	CHECK_EQ(fdt_reg(&fdt, pic, 0, &range), -EINVAL);
	CHECK_EQ(fdt_interrupt(&fdt, pic, 0, &irq), 0);
	CHECK_EQ(fdt_interrupt(&fdt, pic, 1, &irq), -EINVAL);
	CHECK_EQ(fdt_interrupt(&fdt, fdt_find_path(&fdt, "/device"), 0, &irq), -EINVAL);
	CHECK_EQ(fdt_interrupt(&fdt, fdt_find_path(&fdt, "/orphan"), 0, &irq), -EINVAL);
}

/* Damages some bytes, cells or stretches of the first `used` bytes. */
static void
damage(u8 *blob, size_t used)
{
	for (u64 n = 1 + rnd_below(4); n != 0; n--) {
		size_t at = rnd_below(used);

		switch (rnd_below(4)) {
		case 0:
			blob[at] = (u8)rnd();
			break;
		case 1:
			blob[at] ^= BIT(rnd_below(8));
			break;
		case 2:
			at = ALIGN_DOWN(at, 4);
			put_be32(blob + at, (u32)(rnd_one_in(2) ? rnd_below(10) : rnd_scaled()));
			break;
		case 3:
			memmove(blob + at, blob + rnd_below(used),
				rnd_below(MIN(used - at, (size_t)64)) / 2);
			break;
		}
	}
}

static void
survive_damage(const u8 *good, size_t bytes, size_t used, int rounds)
{
	u8 *blob = guarded_alloc(bytes, true);
	struct fdt fdt;
	int opened = 0;

	memcpy(blob, good, bytes);
	for (int i = 0; i < rounds; i++) {
		damage(blob, used);
		if (fdt_open(&fdt, blob, bytes) == 0) {
			fdt_walk_all(&fdt);
			opened++;
		}
		memcpy(blob, good, used);
	}
	/* The damage is neither always fatal nor never. */
	CHECK(opened > rounds / 20 && opened < rounds);
}

HOSTTEST(fdt_survives_damage)
{
	size_t bytes;
	u8 *good = small_tree(&bytes);

	/* memmove() within guarded memory reads up to 32 bytes on: keep them inside. */
	survive_damage(good, bytes, bytes - 64, 20000);
}

/* QEMU's own tree, if the build could make it. */
static u8 *
qemu_tree(struct fdt *fdt, size_t *bytes)
{
	const char *dir = getenv("HOSTTEST_DATA");
	char path[512];

	snprintf(path, sizeof(path), "%s/virt.dtb", dir ? dir : ".");

	u8 *blob = (u8 *)file_read(path, bytes);

	if (!blob || *bytes == 0) {
		printf("no %s: skipped\n", path);
		free(blob);
		return NULL;
	}
	CHECK_EQ(fdt_open(fdt, blob, *bytes), 0);
	return blob;
}

HOSTTEST(fdt_qemu_virt)
{
	struct fdt fdt;
	struct fdt_range range;
	struct fdt_interrupt irq;
	size_t bytes;
	u32 frequency;
	u8 *blob = qemu_tree(&fdt, &bytes);
	unsigned nr_harts = 0, nr_virtio = 0;
	fdt_node_t node;

	if (!blob)
		return;
	CHECK(fdt_walk_all(&fdt) > 20);
	node = fdt_find_type(&fdt, -1, "memory");
	CHECK_EQ(fdt_reg(&fdt, node, 0, &range), 0);
	CHECK(range.addr == 0x80000000 && range.bytes == 256UL << 20);
	CHECK_EQ(fdt_get_u32(&fdt, fdt_find_path(&fdt, "/cpus"), "timebase-frequency", &frequency),
		 0);
	CHECK_EQ(frequency, 10000000);
	for (node = -1; (node = fdt_find_type(&fdt, node, "cpu")) >= 0;)
		nr_harts += fdt_is_enabled(&fdt, node);
	CHECK_EQ(nr_harts, 4);
	for (node = -1; (node = fdt_find_compatible(&fdt, node, "virtio,mmio")) >= 0; nr_virtio++) {
		CHECK_EQ(fdt_reg(&fdt, node, 0, &range), 0);
		CHECK_EQ(range.bytes, 0x1000);
		CHECK_EQ(fdt_interrupt(&fdt, node, 0, &irq), 0);
		CHECK_EQ(irq.number, (range.addr - 0x10001000) / 0x1000 + 1);
		CHECK(fdt_is_compatible(&fdt, fdt_find_phandle(&fdt, irq.phandle), "riscv,plic0"));
	}
	CHECK_EQ(nr_virtio, 8);
	node = fdt_find_compatible(&fdt, -1, "riscv,plic0");
	for (u32 i = 0; i < 8; i++) {
		CHECK_EQ(fdt_interrupt(&fdt, node, i, &irq), 0);
		CHECK_EQ(irq.number, i % 2 == 0 ? 11 : 9);
	}
	CHECK_EQ(fdt_interrupt(&fdt, node, 8, &irq), -ENOENT);
	free(blob);
}

HOSTTEST(fdt_qemu_survives_damage)
{
	struct fdt fdt;
	size_t bytes;
	u8 *blob = qemu_tree(&fdt, &bytes);

	if (!blob)
		return;

	/* QEMU pads the blob to a megabyte: leave out what is behind the two blocks. */
	size_t used = MAX(fdt.struct_off + fdt.struct_bytes, fdt.strings_off + fdt.strings_bytes);

	put_be32(blob + 4, (u32)used);
	survive_damage(blob, used, used - 64, 1000);
	free(blob);
}
