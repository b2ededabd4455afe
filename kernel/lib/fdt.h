/*
 * A reader of flattened device trees (Devicetree Specification 0.4, chapter 5).
 *
 * The blob comes from the firmware and is not trusted: fdt_open() checks the header and walks the
 * whole structure once, and every later access is bounded all the same. Nothing is copied and
 * nothing is allocated: a node is an offset in the structure block, a property points into the blob.
 */
#pragma once

#include "lib/compiler.h"

struct fdt {
	const u8 *blob;
	u32 blob_bytes;
	u32 struct_off, struct_bytes;
	u32 strings_off, strings_bytes;
	u32 reserve_off;
	u32 nr_reserved;
	u32 boot_hart;
};

/* A node: the offset of its begin token in the structure block. Negative: none, or -errno. */
typedef s32 fdt_node_t;

/* Nodes may be nested this deep, the root included; more is refused by fdt_open(). */
#define FDT_MAX_DEPTH 16

struct fdt_prop {
	const char *name;
	const u8 *data;
	u32 bytes;
};

/* An address range; a cell pair as `reg` has it. */
struct fdt_range {
	u64 addr;
	u64 bytes;
};

/* One interrupt of a device: its controller's phandle and the first cell of the specifier. */
struct fdt_interrupt {
	u32 phandle;
	u32 number;
};

/*
 * Checks the blob, of which at most max_bytes may be read, and fills in *fdt.
 * Returns 0 or -EINVAL; the blob must stay where it is. It may have any alignment.
 */
int fdt_open(struct fdt *fdt, const void *blob, size_t max_bytes);

/* Memory reservations, 0 <= index < fdt->nr_reserved. Returns 0 or -ENOENT. */
int fdt_reserved(const struct fdt *fdt, u32 index, struct fdt_range *range);

/* Nodes. Each returns -ENOENT when there is none (or no more). */
fdt_node_t fdt_root(const struct fdt *fdt);
fdt_node_t fdt_first_child(const struct fdt *fdt, fdt_node_t node);
fdt_node_t fdt_next_sibling(const struct fdt *fdt, fdt_node_t node);
fdt_node_t fdt_parent(const struct fdt *fdt, fdt_node_t node);
/* The next node in depth-first order, whatever its depth. Begin with the root. */
fdt_node_t fdt_next_node(const struct fdt *fdt, fdt_node_t node);

#define fdt_for_each_child(child, fdt, node) \
	for (child = fdt_first_child(fdt, node); child >= 0; child = fdt_next_sibling(fdt, child))
#define fdt_for_each_node(node, fdt) \
	for (node = fdt_root(fdt); node >= 0; node = fdt_next_node(fdt, node))

/* The name with its unit address ("memory@80000000"); "" for the root. */
const char *fdt_name(const struct fdt *fdt, fdt_node_t node);
/* By path from the root; a component without '@' also matches a name with a unit address. */
fdt_node_t fdt_find_path(const struct fdt *fdt, const char *path);
/* The first node after `from` (-1: from the beginning) with this string in its `compatible`. */
fdt_node_t fdt_find_compatible(const struct fdt *fdt, fdt_node_t from, const char *compatible);
/* The same for device_type. */
fdt_node_t fdt_find_type(const struct fdt *fdt, fdt_node_t from, const char *type);
fdt_node_t fdt_find_phandle(const struct fdt *fdt, u32 phandle);

/* Properties. Returns 0 or -ENOENT. */
int fdt_prop(const struct fdt *fdt, fdt_node_t node, const char *name, struct fdt_prop *prop);
/* The index-th property of a node. */
int fdt_prop_at(const struct fdt *fdt, fdt_node_t node, u32 index, struct fdt_prop *prop);

/* The index-th cell of a property. Returns 0 or -ENOENT. */
int fdt_prop_u32(const struct fdt_prop *prop, u32 index, u32 *value);
/* A property of one or two cells, by its length. Returns 0 or -EINVAL. */
int fdt_prop_u64(const struct fdt_prop *prop, u64 *value);
/* The index-th string of a list; NULL if there is none or it is not terminated. */
const char *fdt_prop_string(const struct fdt_prop *prop, u32 index);

/* fdt_prop and one of the above in one step. Returns 0, -ENOENT or -EINVAL. */
int fdt_get_u32(const struct fdt *fdt, fdt_node_t node, const char *name, u32 *value);
int fdt_get_u64(const struct fdt *fdt, fdt_node_t node, const char *name, u64 *value);
/* NULL if it is not there or no string. */
const char *fdt_get_string(const struct fdt *fdt, fdt_node_t node, const char *name);

bool fdt_is_compatible(const struct fdt *fdt, fdt_node_t node, const char *compatible);
/* No `status`, "okay" or "ok". */
bool fdt_is_enabled(const struct fdt *fdt, fdt_node_t node);

/*
 * The index-th entry of `reg`, with the parent's #address-cells and #size-cells (2 and 1 where not
 * given). Addresses are those of the parent bus. Returns 0, -ENOENT, or -EINVAL for odd cell counts.
 */
int fdt_reg(const struct fdt *fdt, fdt_node_t node, u32 index, struct fdt_range *range);

/*
 * The index-th interrupt of a node: from interrupts-extended, else from `interrupts` with the nearest
 * interrupt-parent. Returns 0, -ENOENT or -EINVAL.
 */
int fdt_interrupt(const struct fdt *fdt, fdt_node_t node, u32 index, struct fdt_interrupt *irq);
