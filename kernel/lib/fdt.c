/*
 * Flattened device trees.
 *
 * The blob: a header, a list of reserved ranges, a structure block, a block of property names. The
 * structure block is a sequence of tokens, each a big-endian cell:
 *
 *	BEGIN_NODE name\0 pad  (PROP len nameoff data pad)*  (a node ... END_NODE)*  END_NODE  END
 *
 * Everything here is built on one step, token_read(): it decodes the token at an offset and says where
 * the next one is, or that the blob ends or is bad. It never reads outside the blocks that fdt_open()
 * found inside the blob, so that a wild offset gives an error and not a wild read. A node is the offset
 * of its BEGIN_NODE. As the format has no links, a sibling is found by skipping a subtree and a parent
 * by walking from the root: trees are small and read once at boot.
 */
#include "lib/fdt.h"
#include "lib/bitops.h"
#include "lib/errno.h"
#include "lib/string.h"

#define FDT_MAGIC	 0xd00dfeedU
#define FDT_HEADER_BYTES 40
/* The version whose layout we know must be one that the writer calls compatible. */
#define FDT_VERSION   17
#define FDT_MAX_BYTES (64U << 20)

enum fdt_token {
	FDT_BEGIN_NODE = 1,
	FDT_END_NODE = 2,
	FDT_PROP = 3,
	FDT_NOP = 4,
	FDT_END = 9,
};

enum header_field {
	HEADER_MAGIC = 0,
	HEADER_TOTALSIZE = 4,
	HEADER_OFF_STRUCT = 8,
	HEADER_OFF_STRINGS = 12,
	HEADER_OFF_RESERVE = 16,
	HEADER_VERSION = 20,
	HEADER_LAST_COMPATIBLE = 24,
	HEADER_BOOT_HART = 28,
	HEADER_SIZE_STRINGS = 32,
	HEADER_SIZE_STRUCT = 36,
};

#define RESERVE_ENTRY_BYTES 16
#define CELL_BYTES	    4

struct token {
	enum fdt_token type;
	u32 next;	      /* offset of the token behind */
	const char *name;     /* of the node that begins */
	struct fdt_prop prop; /* of FDT_PROP */
};

static u32
read_be32(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

static u64
read_be64(const u8 *p)
{
	return (u64)read_be32(p) << 32 | read_be32(p + CELL_BYTES);
}

/* The terminated string at offset `off` of a block, or NULL. */
static const char *
block_string(const u8 *block, u32 block_bytes, u32 off)
{
	if (off >= block_bytes || !memchr(block + off, '\0', block_bytes - off))
		return NULL;
	return (const char *)block + off;
}

static int
token_read_prop(const struct fdt *fdt, u32 off, struct token *token)
{
	const u8 *block = fdt->blob + fdt->struct_off;

	if (fdt->struct_bytes - off < 2 * CELL_BYTES)
		return -EINVAL;

	u32 bytes = read_be32(block + off);
	u32 name_off = read_be32(block + off + CELL_BYTES);

	off += 2 * CELL_BYTES;
	if (bytes > fdt->struct_bytes - off)
		return -EINVAL;
	token->prop.name = block_string(fdt->blob + fdt->strings_off, fdt->strings_bytes, name_off);
	if (!token->prop.name)
		return -EINVAL;
	token->prop.data = block + off;
	token->prop.bytes = bytes;
	token->next = ALIGN_UP(off + bytes, CELL_BYTES);
	return 0;
}

/* Decodes the token at `off`, skipping padding tokens. Returns 0 or -EINVAL. */
static int
token_read(const struct fdt *fdt, u32 off, struct token *token)
{
	const u8 *block = fdt->blob + fdt->struct_off;

	do {
		if (off % CELL_BYTES != 0 || off >= fdt->struct_bytes ||
		    fdt->struct_bytes - off < CELL_BYTES)
			return -EINVAL;
		token->type = read_be32(block + off);
		off += CELL_BYTES;
	} while (token->type == FDT_NOP);

	token->next = off;
	switch (token->type) {
	case FDT_BEGIN_NODE:
		token->name = block_string(block, fdt->struct_bytes, off);
		if (!token->name)
			return -EINVAL;
		token->next = ALIGN_UP(off + (u32)strlen(token->name) + 1, CELL_BYTES);
		return 0;
	case FDT_PROP:
		return token_read_prop(fdt, off, token);
	case FDT_END_NODE:
	case FDT_END:
		return 0;
	default:
		return -EINVAL;
	}
}

/* Walks the whole structure block: one root, properly nested, not too deep, ended by FDT_END. */
static int
structure_check(const struct fdt *fdt)
{
	struct token token;
	u32 off = 0;
	unsigned depth = 0, nr_roots = 0;

	for (;; off = token.next) {
		if (token_read(fdt, off, &token))
			return -EINVAL;
		switch (token.type) {
		case FDT_BEGIN_NODE:
			nr_roots += depth == 0;
			if (++depth > FDT_MAX_DEPTH || nr_roots > 1)
				return -EINVAL;
			break;
		case FDT_END_NODE:
			if (depth-- == 0)
				return -EINVAL;
			break;
		case FDT_END:
			return depth == 0 && nr_roots == 1 ? 0 : -EINVAL;
		default:
			if (depth == 0)
				return -EINVAL;
		}
	}
}

/* Counts the entries before the terminating pair of zeros. */
static int
reserved_count(struct fdt *fdt)
{
	struct fdt_range range;

	for (fdt->nr_reserved = 0;; fdt->nr_reserved++) {
		u64 off = fdt->reserve_off + (u64)fdt->nr_reserved * RESERVE_ENTRY_BYTES;

		if (off + RESERVE_ENTRY_BYTES > fdt->blob_bytes)
			return -EINVAL;
		range.addr = read_be64(fdt->blob + off);
		range.bytes = read_be64(fdt->blob + off + sizeof(u64));
		if (range.addr == 0 && range.bytes == 0)
			return 0;
	}
}

static bool
block_is_inside(const struct fdt *fdt, u32 off, u32 bytes)
{
	return off >= FDT_HEADER_BYTES && off <= fdt->blob_bytes && bytes <= fdt->blob_bytes - off;
}

int
fdt_open(struct fdt *fdt, const void *blob, size_t max_bytes)
{
	const u8 *header = blob;

	*fdt = (struct fdt){.blob = blob};
	if (max_bytes < FDT_HEADER_BYTES || read_be32(header + HEADER_MAGIC) != FDT_MAGIC)
		return -EINVAL;
	if (read_be32(header + HEADER_VERSION) < FDT_VERSION ||
	    read_be32(header + HEADER_LAST_COMPATIBLE) > FDT_VERSION)
		return -EINVAL;
	fdt->blob_bytes = read_be32(header + HEADER_TOTALSIZE);
	if (fdt->blob_bytes > max_bytes || fdt->blob_bytes > FDT_MAX_BYTES)
		return -EINVAL;
	fdt->struct_off = read_be32(header + HEADER_OFF_STRUCT);
	fdt->struct_bytes = read_be32(header + HEADER_SIZE_STRUCT);
	fdt->strings_off = read_be32(header + HEADER_OFF_STRINGS);
	fdt->strings_bytes = read_be32(header + HEADER_SIZE_STRINGS);
	fdt->reserve_off = read_be32(header + HEADER_OFF_RESERVE);
	fdt->boot_hart = read_be32(header + HEADER_BOOT_HART);
	if (!block_is_inside(fdt, fdt->struct_off, fdt->struct_bytes) ||
	    !block_is_inside(fdt, fdt->strings_off, fdt->strings_bytes) ||
	    !block_is_inside(fdt, fdt->reserve_off, 0))
		return -EINVAL;
	if (reserved_count(fdt))
		return -EINVAL;
	return structure_check(fdt);
}

int
fdt_reserved(const struct fdt *fdt, u32 index, struct fdt_range *range)
{
	if (index >= fdt->nr_reserved)
		return -ENOENT;

	const u8 *entry = fdt->blob + fdt->reserve_off + index * RESERVE_ENTRY_BYTES;

	range->addr = read_be64(entry);
	range->bytes = read_be64(entry + sizeof(u64));
	return 0;
}

/*
 * The next BEGIN_NODE from `off` on, properties skipped; -ENOENT at the end of the tree. Each node that
 * is closed on the way takes one off *depth; with depth NULL none may be closed (-ENOENT, too).
 */
static fdt_node_t
next_begin(const struct fdt *fdt, u32 off, int *depth)
{
	struct token token;

	for (;; off = token.next) {
		if (token_read(fdt, off, &token))
			return -EINVAL;
		if (token.type == FDT_BEGIN_NODE) {
			/* Skipped padding may lie before the token itself. */
			while (read_be32(fdt->blob + fdt->struct_off + off) == FDT_NOP)
				off += CELL_BYTES;
			return (fdt_node_t)off;
		}
		if (token.type == FDT_END)
			return -ENOENT;
		if (token.type == FDT_END_NODE) {
			if (!depth)
				return -ENOENT;
			--*depth;
		}
	}
}

/* The offset behind the BEGIN_NODE token of `node`, or -EINVAL if there is no node there. */
static s32
node_body(const struct fdt *fdt, fdt_node_t node)
{
	struct token token;

	if (node < 0 || token_read(fdt, (u32)node, &token) || token.type != FDT_BEGIN_NODE)
		return -EINVAL;
	return (s32)token.next;
}

fdt_node_t
fdt_root(const struct fdt *fdt)
{
	return next_begin(fdt, 0, NULL);
}

fdt_node_t
fdt_first_child(const struct fdt *fdt, fdt_node_t node)
{
	s32 body = node_body(fdt, node);

	return body < 0 ? body : next_begin(fdt, (u32)body, NULL);
}

fdt_node_t
fdt_next_node(const struct fdt *fdt, fdt_node_t node)
{
	s32 body = node_body(fdt, node);
	int depth = 0;

	return body < 0 ? body : next_begin(fdt, (u32)body, &depth);
}

fdt_node_t
fdt_next_sibling(const struct fdt *fdt, fdt_node_t node)
{
	int depth = 1; /* of what we are inside, relative to node's parent */

	for (;;) {
		s32 body = node_body(fdt, node);

		if (body < 0)
			return body;
		node = next_begin(fdt, (u32)body, &depth);
		if (node < 0 || depth == 0)
			return node;
		if (depth < 0)
			return -ENOENT;
		depth++;
	}
}

fdt_node_t
fdt_parent(const struct fdt *fdt, fdt_node_t node)
{
	fdt_node_t path[FDT_MAX_DEPTH];
	fdt_node_t at = fdt_root(fdt);
	int depth = 0;

	while (at >= 0 && depth >= 0 && depth < FDT_MAX_DEPTH) {
		path[depth] = at;
		if (at == node)
			return depth > 0 ? path[depth - 1] : -ENOENT;
		depth++;

		s32 body = node_body(fdt, at);

		if (body < 0)
			break;
		at = next_begin(fdt, (u32)body, &depth);
	}
	return -ENOENT;
}

const char *
fdt_name(const struct fdt *fdt, fdt_node_t node)
{
	struct token token;

	if (node < 0 || token_read(fdt, (u32)node, &token) || token.type != FDT_BEGIN_NODE)
		return "";
	return token.name;
}

/* Does the component path[0..len) name this node? "cpus" and "memory" match "memory@80000000". */
static bool
name_matches(const char *name, const char *path, size_t len)
{
	if (strncmp(name, path, len) != 0)
		return false;
	return name[len] == '\0' || name[len] == '@';
}

fdt_node_t
fdt_find_path(const struct fdt *fdt, const char *path)
{
	fdt_node_t node = fdt_root(fdt);

	while (node >= 0) {
		path += strspn(path, "/");
		if (!*path)
			return node;

		size_t len = strcspn(path, "/");
		fdt_node_t child;

		fdt_for_each_child(child, fdt, node)
		{
			if (name_matches(fdt_name(fdt, child), path, len))
				break;
		}
		node = child;
		path += len;
	}
	return node;
}

fdt_node_t
fdt_find_compatible(const struct fdt *fdt, fdt_node_t from, const char *compatible)
{
	fdt_node_t node = from < 0 ? fdt_root(fdt) : fdt_next_node(fdt, from);

	while (node >= 0 && !fdt_is_compatible(fdt, node, compatible))
		node = fdt_next_node(fdt, node);
	return node;
}

fdt_node_t
fdt_find_type(const struct fdt *fdt, fdt_node_t from, const char *type)
{
	fdt_node_t node = from < 0 ? fdt_root(fdt) : fdt_next_node(fdt, from);

	for (; node >= 0; node = fdt_next_node(fdt, node)) {
		const char *is = fdt_get_string(fdt, node, "device_type");

		if (is && strcmp(is, type) == 0)
			break;
	}
	return node;
}

fdt_node_t
fdt_find_phandle(const struct fdt *fdt, u32 phandle)
{
	fdt_node_t node;
	u32 is;

	fdt_for_each_node(node, fdt)
	{
		if (fdt_get_u32(fdt, node, "phandle", &is) == 0 && is == phandle)
			break;
	}
	return node;
}

/* The first property with this name (or any, if NULL) after `skip` others. */
static int
prop_search(const struct fdt *fdt, fdt_node_t node, const char *name, u32 skip,
	    struct fdt_prop *prop)
{
	s32 off = node_body(fdt, node);
	struct token token;

	if (off < 0)
		return -ENOENT;
	for (;; off = (s32)token.next) {
		if (token_read(fdt, (u32)off, &token) || token.type != FDT_PROP)
			return -ENOENT;
		if ((!name || strcmp(token.prop.name, name) == 0) && skip-- == 0) {
			*prop = token.prop;
			return 0;
		}
	}
}

int
fdt_prop(const struct fdt *fdt, fdt_node_t node, const char *name, struct fdt_prop *prop)
{
	return prop_search(fdt, node, name, 0, prop);
}

int
fdt_prop_at(const struct fdt *fdt, fdt_node_t node, u32 index, struct fdt_prop *prop)
{
	return prop_search(fdt, node, NULL, index, prop);
}

int
fdt_prop_u32(const struct fdt_prop *prop, u32 index, u32 *value)
{
	if (index >= prop->bytes / CELL_BYTES)
		return -ENOENT;
	*value = read_be32(prop->data + index * CELL_BYTES);
	return 0;
}

int
fdt_prop_u64(const struct fdt_prop *prop, u64 *value)
{
	if (prop->bytes == sizeof(u32))
		*value = read_be32(prop->data);
	else if (prop->bytes == sizeof(u64))
		*value = read_be64(prop->data);
	else
		return -EINVAL;
	return 0;
}

const char *
fdt_prop_string(const struct fdt_prop *prop, u32 index)
{
	const char *s = block_string(prop->data, prop->bytes, 0);
	u32 off = 0;

	while (s && index-- != 0) {
		off += (u32)strlen(s) + 1;
		s = block_string(prop->data, prop->bytes, off);
	}
	return s;
}

int
fdt_get_u32(const struct fdt *fdt, fdt_node_t node, const char *name, u32 *value)
{
	struct fdt_prop prop;
	int err = fdt_prop(fdt, node, name, &prop);

	if (err)
		return err;
	return fdt_prop_u32(&prop, 0, value) ? -EINVAL : 0;
}

int
fdt_get_u64(const struct fdt *fdt, fdt_node_t node, const char *name, u64 *value)
{
	struct fdt_prop prop;
	int err = fdt_prop(fdt, node, name, &prop);

	return err ? err : fdt_prop_u64(&prop, value);
}

const char *
fdt_get_string(const struct fdt *fdt, fdt_node_t node, const char *name)
{
	struct fdt_prop prop;

	return fdt_prop(fdt, node, name, &prop) ? NULL : fdt_prop_string(&prop, 0);
}

bool
fdt_is_compatible(const struct fdt *fdt, fdt_node_t node, const char *compatible)
{
	struct fdt_prop prop;
	const char *s;

	if (fdt_prop(fdt, node, "compatible", &prop))
		return false;
	for (u32 i = 0; (s = fdt_prop_string(&prop, i)) != NULL; i++) {
		if (strcmp(s, compatible) == 0)
			return true;
	}
	return false;
}

bool
fdt_is_enabled(const struct fdt *fdt, fdt_node_t node)
{
	const char *status = fdt_get_string(fdt, node, "status");

	return !status || strcmp(status, "okay") == 0 || strcmp(status, "ok") == 0;
}

/* A number of nr_cells cells (0 to 2) that begins with cell `at`. */
static u64
cells_read(const struct fdt_prop *prop, u32 at, u32 nr_cells)
{
	u64 value = 0;
	u32 cell;

	for (u32 i = 0; i < nr_cells; i++) {
		if (fdt_prop_u32(prop, at + i, &cell) == 0)
			value = value << 32 | cell;
	}
	return value;
}

int
fdt_reg(const struct fdt *fdt, fdt_node_t node, u32 index, struct fdt_range *range)
{
	fdt_node_t parent = fdt_parent(fdt, node);
	u32 nr_addr = 2, nr_size = 1;
	struct fdt_prop prop;

	if (parent < 0 || fdt_prop(fdt, node, "reg", &prop))
		return -ENOENT;
	fdt_get_u32(fdt, parent, "#address-cells", &nr_addr);
	fdt_get_u32(fdt, parent, "#size-cells", &nr_size);
	if (nr_addr < 1 || nr_addr > 2 || nr_size > 2)
		return -EINVAL;

	u32 nr_each = nr_addr + nr_size;

	if (index >= prop.bytes / CELL_BYTES / nr_each)
		return -ENOENT;
	range->addr = cells_read(&prop, index * nr_each, nr_addr);
	range->bytes = cells_read(&prop, index * nr_each + nr_addr, nr_size);
	return 0;
}

/* The cells of an interrupt specifier for this controller; 0 if it is none. */
static u32
interrupt_cells(const struct fdt *fdt, u32 phandle)
{
	fdt_node_t controller = fdt_find_phandle(fdt, phandle);
	u32 nr_cells = 0;

	if (controller >= 0)
		fdt_get_u32(fdt, controller, "#interrupt-cells", &nr_cells);
	return nr_cells;
}

/* Entries are a phandle and then as many cells as that controller wants. */
static int
interrupt_extended(const struct fdt *fdt, const struct fdt_prop *prop, u32 index,
		   struct fdt_interrupt *irq)
{
	u32 at = 0;

	for (;; index--) {
		if (fdt_prop_u32(prop, at, &irq->phandle))
			return -ENOENT;

		u32 nr_cells = interrupt_cells(fdt, irq->phandle);

		if (nr_cells == 0 || nr_cells > prop->bytes / CELL_BYTES - at - 1)
			return -EINVAL;
		if (index == 0)
			return fdt_prop_u32(prop, at + 1, &irq->number);
		at += 1 + nr_cells;
	}
}

int
fdt_interrupt(const struct fdt *fdt, fdt_node_t node, u32 index, struct fdt_interrupt *irq)
{
	struct fdt_prop prop;
	fdt_node_t at = node;

	if (fdt_prop(fdt, node, "interrupts-extended", &prop) == 0)
		return interrupt_extended(fdt, &prop, index, irq);
	if (fdt_prop(fdt, node, "interrupts", &prop))
		return -ENOENT;
	while (at >= 0 && fdt_get_u32(fdt, at, "interrupt-parent", &irq->phandle))
		at = fdt_parent(fdt, at);
	if (at < 0)
		return -EINVAL;

	u32 nr_cells = interrupt_cells(fdt, irq->phandle);

	if (nr_cells == 0)
		return -EINVAL;
	if (index >= prop.bytes / CELL_BYTES / nr_cells)
		return -ENOENT;
	return fdt_prop_u32(&prop, index * nr_cells, &irq->number);
}
