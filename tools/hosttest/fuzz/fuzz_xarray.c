/*
 * Operations on a sparse array, each ten bytes: what, a small number, an index. After each one the
 * whole structure is checked, and that the operation did what it says at its index.
 */
#include "lib/errno.h"
#include "lib/xa_env.h"
#include "lib/xarray.h"

#include <stdlib.h>
#include <string.h>

#define OP_BYTES 10

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void
expect(bool cond)
{
	if (!cond)
		abort();
}

static void
fuzz_store(struct xarray *xa, u64 index, u8 arg)
{
	void *old = xa_load(xa, index), *entry = xa_mk_value(index ^ arg);
	long live = xa_env_live;

	xa_env_fail_countdown = arg % 32 < 24 ? arg % 32 : -1;

	int err = xa_store(xa, index, entry);

	xa_env_fail_countdown = -1;
	expect(err == 0 || (err == -ENOMEM && !old && xa_env_live == live));
	expect(xa_load(xa, index) == (err ? NULL : entry));
}

static void
fuzz_mark(struct xarray *xa, u64 index, u8 arg)
{
	enum xa_mark mark = arg % XA_NR_MARKS;
	bool present = xa_load(xa, index);

	if (arg & 0x80) {
		xa_set_mark(xa, index, mark);
		expect(xa_get_mark(xa, index, mark) == present);
	} else {
		xa_clear_mark(xa, index, mark);
		expect(!xa_get_mark(xa, index, mark));
	}
}

static void
fuzz_find(const struct xarray *xa, u64 index, u8 arg)
{
	enum xa_mark mark = arg % XA_NR_BITMAPS;
	u64 at = index, max = arg & 0x80 ? UINT64_MAX : index + arg * 100;
	void *entry = xa_find_marked(xa, &at, max, mark);

	if (entry)
		expect(at >= index && at <= max && xa_load(xa, at) == entry &&
		       xa_get_mark(xa, at, mark));
	else
		expect(at == index);
}

/* Returns what xa_check must say now. */
static ssize_t
fuzz_one(struct xarray *xa, const u8 *op, ssize_t count)
{
	u64 index;
	bool before;

	memcpy(&index, op + 2, sizeof(index));
	if (op[0] & 0x40)
		index &= 0xfff;
	before = xa_load(xa, index);
	switch (op[0] % 4) {
	case 0:
		fuzz_store(xa, index, op[1]);
		break;
	case 1:
		expect((xa_erase(xa, index) != NULL) == before);
		expect(!xa_load(xa, index));
		break;
	case 2:
		fuzz_mark(xa, index, op[1]);
		break;
	case 3:
		fuzz_find(xa, index, op[1]);
		break;
	}
	return count + (xa_load(xa, index) != NULL) - before;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct xarray xa = XARRAY_INIT;
	ssize_t count = 0;

	for (; bytes >= OP_BYTES; bytes -= OP_BYTES, data += OP_BYTES) {
		count = fuzz_one(&xa, data, count);
		expect(xa_check(&xa) == count);
	}

	u64 index;
	void *entry;

	xa_for_each(&xa, index, entry)
		count--;
	expect(count == 0);
	xa_destroy(&xa);
	expect(xa_env_live == 0);
	return 0;
}
