#include "lib/fdt_walk.h"

#include <stdlib.h>
#include <string.h>

/* More properties and nodes than any blob in the tests: the walk must end by itself before. */
#define MANY 100000

static void
expect(bool cond)
{
	if (!cond)
		abort();
}

static unsigned long
sum_bytes(const u8 *data, u32 bytes)
{
	unsigned long sum = 0;

	for (u32 i = 0; i < bytes; i++)
		sum += data[i];
	return sum;
}

static void
walk_prop(const struct fdt_prop *prop)
{
	volatile unsigned long sink = sum_bytes(prop->data, prop->bytes) + strlen(prop->name);
	u32 cell, n = 0;
	u64 number;
	const char *s;

	(void)sink;
	while (fdt_prop_u32(prop, n, &cell) == 0)
		n++;
	expect(n == prop->bytes / 4);
	expect((fdt_prop_u64(prop, &number) == 0) == (prop->bytes == 4 || prop->bytes == 8));
	for (n = 0; (s = fdt_prop_string(prop, n)) != NULL; n++)
		expect((const u8 *)s + strlen(s) < prop->data + prop->bytes);
}

static void
walk_node(const struct fdt *fdt, fdt_node_t node)
{
	struct fdt_prop prop, again;
	struct fdt_range range;
	struct fdt_interrupt irq;
	u32 n;

	for (n = 0; fdt_prop_at(fdt, node, n, &prop) == 0; n++) {
		expect(n < MANY);
		walk_prop(&prop);
		expect(fdt_prop(fdt, node, prop.name, &again) == 0);
		expect(strcmp(again.name, prop.name) == 0);
	}
	for (n = 0; fdt_reg(fdt, node, n, &range) == 0; n++)
		expect(n < MANY);
	for (n = 0; n < 64 && fdt_interrupt(fdt, node, n, &irq) == 0; n++)
		;
	fdt_is_enabled(fdt, node);
	fdt_is_compatible(fdt, node, "riscv,plic0");
}

unsigned
fdt_walk_all(const struct fdt *fdt)
{
	struct fdt_range range;
	fdt_node_t node, child;
	unsigned nr_nodes = 0, nr_children = 0;

	for (u32 i = 0; fdt_reserved(fdt, i, &range) == 0; i++)
		expect(i < MANY);
	fdt_for_each_node(node, fdt)
	{
		expect(nr_nodes++ < MANY);
		walk_node(fdt, node);
		fdt_for_each_child(child, fdt, node)
		{
			nr_children++;
			expect(fdt_parent(fdt, child) == node);
		}
	}
	/* Every node but the root is a child of exactly one. */
	expect(nr_nodes == nr_children + 1);
	fdt_find_path(fdt, "/soc/serial@10000000");
	fdt_find_path(fdt, "/chosen");
	fdt_find_type(fdt, -1, "memory");
	fdt_find_phandle(fdt, 3);
	for (node = -1; (node = fdt_find_compatible(fdt, node, "virtio,mmio")) >= 0;)
		fdt_get_string(fdt, node, "status");
	return nr_nodes;
}
