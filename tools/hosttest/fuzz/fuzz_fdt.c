/*
 * Device trees from any bytes: opened or refused, never a wild access. The first byte chooses how the
 * blob comes about:
 *
 *	even	the rest is a blob; only its magic number, versions and total size are put right, or most
 *		inputs would end there
 *	odd	the rest is a list of four-byte orders to write tokens, good and bad, with property
 *		names that the reader knows
 */
#include "lib/fdt_walk.h"

#include <stdlib.h>
#include <string.h>

#define HEADER_BYTES  40
#define RESERVE_BYTES 16
#define STRUCT_OFF    (HEADER_BYTES + RESERVE_BYTES)
#define MAX_ORDERS    200
#define ORDER_BYTES   4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* All names in one block, each beginning where the one before ends. */
static const char names[] = "#address-cells\0#size-cells\0reg\0phandle\0#interrupt-cells\0"
			    "interrupt-parent\0interrupts\0interrupts-extended\0compatible\0"
			    "device_type\0status";
static const u8 name_off[] = {0, 15, 27, 31, 39, 56, 73, 84, 104, 115, 127};

struct writer {
	u8 *out;
	u32 bytes;
};

static void
put_be32(u8 *p, u32 value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (u8)(value >> (24 - 8 * i));
}

static void
add_cell(struct writer *w, u32 value)
{
	put_be32(w->out + w->bytes, value);
	w->bytes += 4;
}

/* A property of up to seven cells, whose stated length may be a lie. */
static void
add_prop(struct writer *w, const u8 *order, bool lie)
{
	u32 nr_cells = order[2] % 8;

	add_cell(w, 3);
	add_cell(w, lie ? (u32)(s8)order[3] : 4 * nr_cells);
	add_cell(w, name_off[order[1] % ARRAY_SIZE(name_off)]);
	for (u32 i = 0; i < nr_cells; i++)
		add_cell(w, (order[3] + i * (order[2] >> 3)) % 16);
}

static void
add_order(struct writer *w, const u8 *order)
{
	switch (order[0] % 8) {
	case 0:
	case 1:
		add_cell(w, 1);
		add_cell(w, order[1] ? 0x61000000U : 0);
		break;
	case 2:
		add_cell(w, 2);
		break;
	case 3:
	case 4:
	case 5:
		add_prop(w, order, order[0] >= 248);
		break;
	case 6:
		add_cell(w, 4);
		break;
	case 7:
		add_cell(w, (u32)order[1] << 24 | order[3]);
		break;
	}
}

/* Returns a blob of exactly *bytes bytes. */
static u8 *
blob_from_orders(const u8 *data, size_t nr_orders, size_t *bytes)
{
	u8 buf[STRUCT_OFF + MAX_ORDERS * 40 + 64 + sizeof(names)] = {0};
	struct writer w = {buf + STRUCT_OFF, 0};

	add_cell(&w, 1);
	add_cell(&w, 0);
	for (size_t i = 0; i < nr_orders && i < MAX_ORDERS; i++)
		add_order(&w, data + i * ORDER_BYTES);
	/* What the orders left open is closed, as far as they are to be believed. */
	for (u32 i = *data / 16; i != 0; i--)
		add_cell(&w, 2);
	add_cell(&w, 9);
	memcpy(w.out + w.bytes, names, sizeof(names));
	put_be32(buf + 8, STRUCT_OFF);
	put_be32(buf + 12, STRUCT_OFF + w.bytes);
	put_be32(buf + 16, HEADER_BYTES);
	put_be32(buf + 32, sizeof(names));
	put_be32(buf + 36, w.bytes);
	*bytes = STRUCT_OFF + w.bytes + sizeof(names);

	u8 *blob = malloc(*bytes);

	memcpy(blob, buf, *bytes);
	return blob;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct fdt fdt;
	u8 *blob;

	if (bytes < HEADER_BYTES || bytes > 1 << 20)
		return 0;
	if (data[0] % 2 == 1) {
		blob = blob_from_orders(data + 1, (bytes - 1) / ORDER_BYTES, &bytes);
	} else {
		blob = malloc(bytes);
		memcpy(blob, data, bytes);
	}
	put_be32(blob, 0xd00dfeedU);
	put_be32(blob + 4, (u32)bytes);
	put_be32(blob + 20, 17);
	put_be32(blob + 24, 16);
	if (fdt_open(&fdt, blob, bytes) == 0)
		fdt_walk_all(&fdt);
	free(blob);
	return 0;
}
